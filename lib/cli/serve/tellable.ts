import { EventEmitter } from 'node:events';
import type { ChangeEvent, Clock, LoginEvent, NoteAbout, ServerEvents, SessionInfo, TransferEvent } from '../../index';
import { Tally, type Kind } from './tally';

/** As a server's own; with a session, how many milliseconds ago it came, where it is told of late. */
export type ToldEvents = Omit<ServerEvents, 'session'> & { session: [session: SessionInfo, ago?: number] };

/**
 * What a server tells, as its logs can bear it. Of what costs a client nothing, connections that come to nothing and
 * requests that are refused, only so much is told of each address, and then how often (`tally`). What was done, a transfer
 * that began, a change, a login, is told always, and then also whose connection it was.
 */
export class Tellable extends EventEmitter<ToldEvents> {
  private readonly tally: Tally;
  /** Sessions that nobody has been told of. */
  private readonly unknown = new Map<number, { readonly session: SessionInfo; readonly since: number }>();
  /** Requests that nobody has been told of: they may be refused. */
  private readonly pending = new Map<number, TransferEvent>();
  /** Sessions whose transfer has begun. */
  private readonly moving = new Set<number>();

  constructor(
    server: Pick<EventEmitter<ServerEvents>, 'on'>,
    private readonly clock: Clock,
  ) {
    super();
    this.tally = new Tally(clock, (sentence, kind, address) => {
      const about = { outcome: kind === 'remark' ? 'ok' : 'refused', address: address ?? '' } as const;
      if (kind === 'session' || address === undefined) this.emit('note', sentence);
      else this.emit('note', sentence, about);
    });
    server.on('session', (session) => this.session(session));
    server.on('end', (session) => this.end(session));
    server.on('transfer', (event) => this.transfer(event));
    server.on('change', (event) => this.change(event));
    server.on('login', (event) => this.login(event));
    server.on('note', (sentence, about) => this.note(sentence, about));
  }

  /** The last of it: what has been left out. */
  close(): void {
    this.tally.sum();
  }

  private session(session: SessionInfo): void {
    if (this.tally.admits('session', session.remote.address)) this.emit('session', session);
    else this.unknown.set(session.id, { session, since: this.clock.now() });
  }

  private end(session: SessionInfo): void {
    if (this.unknown.delete(session.id)) this.tally.left('session', session.remote.address);
    else this.emit('end', session);
  }

  private transfer(event: TransferEvent): void {
    const { session, phase } = event;
    const { id } = session;
    if (phase === 'requested') {
      if (!this.admits('request', session)) {
        this.pending.set(id, event);
        return;
      }
      this.introduce(session);
      this.emit('transfer', event);
      return;
    }
    const request = this.pending.get(id);
    this.pending.delete(id);
    if (phase === 'started') this.moving.add(id);
    else if (!this.moving.delete(id) && phase === 'failed' && request !== undefined) {
      this.tally.left('request', session.remote.address);
      return;
    }
    this.introduce(session);
    if (request !== undefined) this.emit('transfer', request);
    this.emit('transfer', event);
  }

  private change(event: ChangeEvent): void {
    if (event.phase === 'failed' && !this.tells('request', event.session)) return;
    this.introduce(event.session);
    this.emit('change', event);
  }

  private login(event: LoginEvent): void {
    if (!event.ok && !this.tells('login', event.session)) return;
    if (event.ok) this.introduce(event.session);
    this.emit('login', event);
  }

  private note(sentence: string, about?: NoteAbout): void {
    const address = about?.address ?? '';
    const kind = about === undefined ? 'own' : about.outcome === 'ok' ? 'remark' : 'note';
    if (this.tally.admits(kind, address)) this.emit('note', sentence, ...(about === undefined ? [] : [about]));
    else this.tally.left(kind, address);
  }

  /** Whoever does something is somebody. */
  private introduce(session: SessionInfo): void {
    const known = this.unknown.get(session.id);
    this.unknown.delete(session.id);
    if (known !== undefined) this.emit('session', known.session, this.clock.now() - known.since);
  }

  private tells(kind: Kind, session: SessionInfo): boolean {
    const tells = this.admits(kind, session);
    if (!tells) this.tally.left(kind, session.remote.address);
    return tells;
  }

  private admits(kind: Kind, { remote }: SessionInfo): boolean {
    return this.tally.admits(kind, remote.address);
  }
}
