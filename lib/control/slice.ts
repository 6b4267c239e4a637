import type { Body } from '../data/body';
import type { RunningDigest } from '../data/digest';
import type { Pace } from '../data/pace';
import type { Sink } from '../data/receive';
import type { Clock, Conn, Endpoint, Network } from '../net/network';
import type { Dialect } from './dialect';
import type { AnySession } from './serve';
import type { Service } from './service';

/** What a wire language shows of itself to the rest: a slice is this and nothing else. */

/** A dialect whose commands nobody outside of it can name. */
export type AnyDialect = Dialect<unknown>;

/** The commands that a dialect decodes are the only ones its own rows are ever given. */
export function anyDialect<C>(dialect: Dialect<C>): AnyDialect {
  return dialect as unknown as AnyDialect;
}

/** What one port of a server can be told about its language. */
export interface PortSettings {
  /** Bytes that one upload may have (numbered). */
  readonly maxSize?: number;
  /** Greet the uploader and wait for its two confirmations (numbered). */
  readonly accio?: boolean;
}

/** The server's side of a slice. */
export interface ServerSlice {
  /** Made once for each port; then a dialect for each session, which it may remember. */
  open(service: Service, settings: PortSettings): Promise<(session: AnySession) => AnyDialect>;
  /**
   * Do a client's first bytes sound like this language? Undefined: more are needed. For ports that speak several;
   * a language whose first words could be anything has none. `silent`: the client waits and says no more; after its FIN
   * nobody asks again, and it is the native language's.
   */
  begins?(first: Buffer, silent: boolean): boolean | undefined;
  /**
   * Is this, to its last byte, what a client of this language says to get a file? For languages whose clients take
   * any answer for the file: the ports of others, which answer in words, reset such a client.
   */
  opensGet?(said: Buffer): boolean;
}

/** One operation of a client, over a connection of its own. */
export interface Errand {
  readonly conn: Conn;
  readonly network: Network;
  readonly clock: Clock;
  /** Aborted by the caller, or when nothing moves for too long: the connection is reset then. */
  readonly signal: AbortSignal;
  /** The port to listen on where there is a second connection; 0 for any. */
  readonly dataPort: number;
  /** Whose second connection is taken. */
  readonly allows: (from: Endpoint) => boolean;
  readonly settings: ErrandSettings;
  /** Received bytes matter at once (a pipe, a terminal): they are not gathered. */
  readonly prompt?: boolean;
  /** No faster than this. */
  readonly pace?: Pace;
  /** What is sent is counted in here. */
  readonly digest?: RunningDigest;
  /** Takes the second connection in: what moves there is no stall, and it is reset when the errand fails. */
  readonly join: (conn: Conn) => void;
  /** The first data are about to move: the far end of the connection that carries them. */
  readonly onData: (remote: Endpoint) => void;
  /** Bytes moved so far, and of how many where that is known: also what tells movement from a stall. */
  readonly onProgress: (bytes: number, total?: number) => void;
  /** One sentence worth showing. */
  readonly onNote?: (sentence: string) => void;
  /** What the server says, as it comes; the bytes may be reused once it has returned. */
  readonly onMessage?: (bytes: Uint8Array) => void;
}

export interface ErrandSettings {
  /** Wait for the server's two greetings and confirm them before a byte is sent (numbered). */
  readonly accio?: boolean;
  /** How many clients are said to come, before the first request (colon). */
  readonly clients?: number;
}

/**
 * The client's side of a slice: the verbs its wire has. None of them can be verified; a rejection is coded as
 * everywhere (`refused`, `incomplete`, `invalid-name` for a name that the wire cannot carry…).
 */
export interface ClientSlice {
  readonly name: string;
  /** Data come over a second connection: what is said on the first is no movement, but for what we are let say. */
  readonly dataApart?: true;
  list?(errand: Errand): Promise<readonly string[]>;
  /** Returns how many bytes were written into the sink, from position 0. */
  get?(errand: Errand, name: string, into: Sink): Promise<number>;
  /** Returns how many bytes were sent. */
  put?(errand: Errand, name: string, from: Body): Promise<number>;
}
