import { mayDial } from '../data/dataFrom';
import { dialChannel } from '../data/dial';
import { isTwinportError, sentenceOf } from '../errors';
import type { Conn, Endpoint, Listener, Timer } from '../net/network';
import { LIMITS } from '../options';
import { join, type Service } from './join';

/** Data ports of one session at once: what a server lets wait, and what runs. */
const MOST = LIMITS.queuedRequests + 8;
/** Of all sessions together: each is a descriptor, and clients of a mute server would take every one there is. */
const MOST_IN_ALL = 256;
/** A data connection may still be in the queue of the system when its request has its final reply. */
const AFTERWARDS = 2000;
/**
 * As long as the server itself would try: it has met our listener at once, and tries no more. A client that listens late
 * finds the relay as patient as the server.
 */
const REACHING = LIMITS.dial;

/** One data port of the relay's own, in the place of somebody else's. */
export interface Leg {
  readonly port: number;
  /** Its request is over: it closes in a short while. */
  expire(): void;
  close(): void;
}

interface Plan {
  /** Who dials: the server (active) or the client (passive). */
  readonly dialler: 'client' | 'server';
  readonly host: string;
  readonly allows: (remote: Endpoint) => boolean;
  readonly to: Endpoint;
  readonly from: string;
  /** Bytes that the dialling side proves itself with. */
  readonly token: number;
}

/** The data connections of one session. */
export class Legs {
  private readonly open = new Set<Leg>();
  private readonly running = new Set<Promise<void>>();
  private count = 0;
  private allClosed: (() => void) | undefined;

  constructor(
    private readonly service: Service,
    private readonly connection: number,
    private readonly client: Conn,
    private readonly server: Conn,
    private readonly note: (text: string) => void,
  ) {}

  /** A port for the server to dial, in the place of the client's. Undefined, and told, when there can be none. */
  active(port: number, token: number): Promise<Leg | undefined> {
    const { client, server, service } = this;
    return this.listen({
      dialler: 'server',
      host: server.local.address,
      allows: (remote) => mayDial(service.network, server.remote, remote),
      to: { address: client.remote.address, port },
      from: client.local.address,
      token,
    });
  }

  /** A port for the client to dial, in the place of the server's. */
  passive(port: number, token: number): Promise<Leg | undefined> {
    const { client, server, service } = this;
    return this.listen({
      dialler: 'client',
      host: client.local.address,
      allows: (remote) => mayDial(service.network, client.remote, remote),
      to: { address: server.remote.address, port },
      from: server.local.address,
      token,
    });
  }

  /** Data move, or may at any moment. */
  get busy(): boolean {
    return this.open.size > 0 || this.running.size > 0;
  }

  /** The control connection is over. Plain servers may still dial; resolves when nothing is left. */
  async over(): Promise<void> {
    for (const leg of this.open) leg.expire();
    while (this.open.size > 0) await new Promise<void>((resolve) => (this.allClosed = resolve));
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private async listen(plan: Plan): Promise<Leg | undefined> {
    const { service } = this;
    const name = `Q${(this.count += 1)}`;
    for (const [taken, most, whose] of [
      [this.open.size, MOST, ''],
      [service.room.taken, MOST_IN_ALL, ' by all clients together'],
    ] as const) {
      if (taken < most) continue;
      this.note(`more than ${most} data ports are asked for at once${whose}; this one is passed on as it is`);
      return undefined;
    }
    // Taken before it is open: many sessions ask in one turn.
    service.room.taken += 1;
    let knocks = 0;
    let listener: Listener;
    try {
      listener = await service.network.listen({ host: plan.host, port: 0 }, (conn) => {
        // Strangers must not be able to have us dial for them, nor one peer without end.
        const allowed = plan.allows(conn.remote) && knocks < LIMITS.candidates;
        if (allowed) knocks += 1;
        if (!allowed) conn.reset();
        else this.keepUntilOver(this.answer(plan, `${name}.${knocks}`, conn));
      });
    } catch (error) {
      service.room.taken -= 1;
      this.note(`no data port can be relayed: ${sentenceOf(error)}`);
      return undefined;
    }
    return this.keep(listener);
  }

  private keep(listener: Listener): Leg {
    const { service } = this;
    let timer: Timer | undefined;
    const onClose = (): void => leg.close();
    const leg: Leg = {
      port: listener.local.port,
      expire: () => {
        if (this.open.has(leg)) timer ??= service.clock.after(AFTERWARDS, () => leg.close());
      },
      close: () => {
        timer?.cancel();
        if (this.open.delete(leg)) service.room.taken -= 1;
        service.signal.removeEventListener('abort', onClose);
        void listener.close();
        if (this.open.size === 0) this.allClosed?.();
      },
    };
    this.open.add(leg);
    service.signal.addEventListener('abort', onClose, { once: true });
    if (service.signal.aborted) leg.close();
    return leg;
  }

  private keepUntilOver(work: Promise<void>): void {
    this.running.add(work);
    void work.then(() => this.running.delete(work));
  }

  /** Somebody dialled: dials on, and makes one of the two. */
  private async answer({ dialler, to, from, token }: Plan, name: string, accepted: Conn): Promise<void> {
    const { service, connection } = this;
    const { network, clock } = service;
    const isOurs = (endpoint: Endpoint): boolean => network.isOurs(endpoint);
    let dialled: Conn;
    try {
      dialled = await dialChannel({ network, clock, to, from, isOurs, budget: REACHING }).open(service.signal);
    } catch (error) {
      // A reset, as the refusal itself would have looked: an end could be taken for an empty file.
      accepted.reset();
      if (service.signal.aborted) return;
      const why = isTwinportError(error) && error.cause !== undefined ? error.cause : error;
      service.tell({ kind: 'unreachable', connection, which: 'data', to, error: why });
      return;
    }
    service.tell({ kind: 'data', connection, from: accepted.remote, to });
    await join(service, {
      connection,
      which: 'data',
      name,
      ...(dialler === 'server' ? { client: dialled, server: accepted } : { client: accepted, server: dialled }),
      skip: dialler === 'server' ? { back: token } : { there: token },
      limited: () => true,
    });
  }
}
