import { isTwinportError, sentenceOf, TwinportError } from '../errors';
import type { Clock, Conn, Endpoint, Network } from '../net/network';
import { logFor } from '../log';
import { LIMITS } from '../options';
import type { Channel } from './channel';
import { prove, shows, type Proof } from './proof';
import { pause, reasonOf, Scope, throwIfAborted } from './scope';

const log = logFor('data');

/** The dialling side of a data connection: the server when active, the client when passive. */
export interface DialPlan {
  readonly network: Network;
  readonly clock: Clock;
  /** Always the address the control connection comes from, never one that the peer names (RFC 2577 §3). */
  readonly to: Endpoint;
  /** The control connection's own local address: a client that connected to 127.0.1.1 expects to be dialled from there. */
  readonly from: string;
  /** Written first on the data connection: proves to the listener who dials. */
  readonly token?: Uint8Array;
  /** More than a token. It fails in its own words; within the time of the dial. Instead of the token. */
  readonly proof?: Proof;
  /** Ports this process listens on itself: dialling them would make it its own client. */
  readonly isOurs: (endpoint: Endpoint) => boolean;
  /** Many bytes will be read from this side. */
  readonly bulk?: boolean;
  /** Milliseconds in all, retries included. */
  readonly budget?: number;
}

/** First pause between refused dials; it doubles up to the last. A client that listens late is met quickly. */
const FIRST_PAUSE = 15;
const LAST_PAUSE = 500;

export function dialChannel(plan: DialPlan): Channel {
  const cancelled = new Scope();
  let dialling: Promise<unknown> = Promise.resolve();
  return {
    open: (signal) => {
      const conn = dial(plan, signal, cancelled.signal);
      dialling = conn.catch(() => undefined);
      return conn;
    },
    cancel: async () => {
      cancelled.abort(new TwinportError('aborted', 'the data connection is not wanted any more'));
      await dialling;
    },
  };
}

async function dial(plan: DialPlan, signal: AbortSignal, cancelled: AbortSignal): Promise<Conn> {
  const { network, clock, to } = plan;
  // The same words for every cause: whether a port was refused, filtered or ours is not told to a
  // client, who could otherwise have the server scan ports for him (RFC 2577 §3).
  const failed = (cause?: unknown): TwinportError =>
    new TwinportError('no-data-connection', 'cannot open the data connection', { reply: 425, cause });
  if (plan.isOurs(to)) throw failed();

  const scope = new Scope(signal);
  const onCancel = (): void => scope.abort(reasonOf(cancelled));
  cancelled.addEventListener('abort', onCancel, { once: true });
  if (cancelled.aborted) onCancel();
  const budget = clock.after(plan.budget ?? LIMITS.dial, () => scope.abort(failed()));
  try {
    for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LAST_PAUSE)) {
      if (scope.signal.aborted) throw reasonOf(scope.signal);
      try {
        const conn = await network.dial(
          { host: to.address, port: to.port, localAddress: plan.from, bulk: plan.bulk === true },
          scope.signal,
        );
        if (!isItself(conn)) return await handOver(conn, plan, scope.signal);
        conn.destroy();
      } catch (error) {
        if (scope.signal.aborted) throw reasonOf(scope.signal);
        if (error instanceof Unproven) throw error.reason;
        log.trace('%s:%d: %s', to.address, to.port, sentenceOf(error));
        if (!wasRefused(error)) throw failed(error);
      }
      await pause(clock, wait, scope.signal);
    }
  } finally {
    budget.cancel();
    cancelled.removeEventListener('abort', onCancel);
    scope.close();
  }
}

/** A connection was there, and did not go through its proof: that is no reason to dial again. */
class Unproven extends Error {
  constructor(readonly reason: unknown) {
    super('unproven');
  }
}

/**
 * Goes through the proof, if there is one, and hands the connection over. When the dial is called off meanwhile, or
 * in the very moment in which it succeeded, the connection is nobody's: it must not outlive its request.
 */
async function handOver(conn: Conn, { token, proof }: DialPlan, signal: AbortSignal): Promise<Conn> {
  const giveUp = (): void => conn.reset();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    if (signal.aborted) throw reasonOf(signal);
    let proven = conn;
    if (proof !== undefined) {
      proven = await prove(conn, proof).catch((error: unknown) => Promise.reject(new Unproven(error)));
    } else if (token !== undefined) await prove(conn, shows(token));
    throwIfAborted(signal);
    return proven;
  } catch (error) {
    conn.reset();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** Dialling an unheld ephemeral port on loopback can connect a socket to itself (measured: after 6,176 tries). */
function isItself(conn: Conn): boolean {
  return conn.local.port === conn.remote.port && conn.local.address === conn.remote.address;
}

/** Refused means "not listening yet": worth another try. Anything else will not change in eight seconds. */
function wasRefused(error: unknown): boolean {
  if (!isTwinportError(error, 'cannot-connect')) return false;
  const cause: unknown = error.cause;
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ECONNREFUSED';
}
