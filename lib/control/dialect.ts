import type { TwinportError } from '../errors';
import type { Conn } from '../net/network';

/**
 * What the control side must be told of a wire language to serve it. A dialect parses, names its replies and
 * has a row per verb; reading, queueing, order of replies, aborting, timers and limits are the session's,
 * and no dialect can opt out of them.
 */
export interface Dialect<C> {
  readonly name: string;
  /**
   * The server's owner is told of what cannot be understood, and of who leaves or is left before having asked for
   * anything: for languages with one request a connection, so that each connection has its line.
   */
  readonly tells?: boolean;
  /** A fresh decoder for one control connection. */
  decoder(): CommandDecoder<C>;
  row(command: C): Row<C>;
  readonly replies: DialectReplies;
}

export interface CommandDecoder<C> {
  push(bytes: Uint8Array): void;
  /** The next whole command; undefined: need more. Throws when the stream is lost (a line too long). */
  next(): Incoming<C> | undefined;
  /** The peer has been silent for `LIMITS.halfLine` with something unfinished. */
  quiet(): Incoming<C> | undefined;
  /** The peer sent FIN. */
  end(): Incoming<C> | undefined;
  /** What the server does before the client has said a word, for languages in which connecting is asking. */
  open?(): Incoming<C>;
  /** Milliseconds of silence after which `quiet` is asked. Default `LIMITS.halfLine`. */
  readonly patience?: number | undefined;
  /** What came behind an in-band command: the first bytes of its data. */
  rest?(): Uint8Array;
  /** Something unfinished is there. */
  readonly waiting: boolean;
}

/** `line` is for logs. */
export type Incoming<C> =
  | { readonly request: C; readonly half?: 'nul' | 'silence' | 'end'; readonly line: string }
  | { readonly refusal: TwinportError; readonly line: string };

export interface Row<C> {
  /** Not before a login, on a server that demands one (`Login.guarded`). */
  readonly login?: boolean;
  /** Aborts what runs and what waits before it; its own reply still comes after theirs. */
  readonly urgent?: boolean;
  /**
   * The second half of the command before it, without a reply of its own: still heard when the session takes
   * no more requests, and never refused in that command's place.
   */
  readonly continues?: boolean;
  /** Only a part of the first request: who stops behind it has asked for nothing yet, and gets no more time for that. */
  readonly partial?: boolean;
  /** The last request of the session: what comes behind it is not served. */
  readonly last?: boolean;
  /**
   * The data travel on this very connection: what comes behind the command are no commands, and the connection
   * is the row's (`Turn.conn`). It is the last command of its session.
   */
  readonly inband?: boolean;
  /**
   * Serves the command and returns its final reply (undefined: it has none of its own). A rejection becomes
   * the dialect's reply to that error. Whatever it opened is closed, or handed to `turn.linger`, when it settles.
   */
  readonly run: (command: C, turn: Turn<C>) => Promise<Buffer | undefined>;
}

/** A command's turn: what its row may do with the session. */
export interface Turn<C> {
  /** Aborted by an urgent command, by the peer's reset, or by the server's end. */
  readonly signal: AbortSignal;
  /** Sends a preliminary reply. */
  say(reply: Buffer): Promise<void>;
  /**
   * Takes the next command out of the queue, waiting at most `ms`, if it is one that belongs to this turn;
   * undefined when another came, the peer ended, or time ran out.
   */
  takeNext(belongs: (command: C) => boolean, ms: number): Promise<C | undefined>;
  /**
   * True once the peer has ended and the next command is none that belongs to this turn: it will never come. False when
   * it has come, or nobody asks any more; that is looked at when something comes.
   */
  unfollowed(belongs: (command: C) => boolean, isAsked: () => boolean): Promise<boolean>;
  /** An in-band command's connection, from the first byte behind the command on. */
  conn(): Conn;
  /** Opens a data connection: as long as the client makes us wait for it, the turn is no reason to keep a place. */
  opening(open: () => Promise<Conn>): Promise<Conn>;
  /** A data connection as the turn is to use it: nor is it one while the client makes next to nothing of that. */
  moving(conn: Conn): Conn;
  /** Lets a connection wait for its peer's FIN in the background; the session's end puts an end to it. */
  linger(conn: Conn): void;
}

/** The replies of a dialect to what is not a command's own business. */
export interface DialectReplies {
  /** To a failed or refused command. */
  error(error: TwinportError): Buffer | undefined;
  /**
   * The session is over, and why: idle, too many sessions, the server stops. Undefined where the language has no
   * words for it: then the connection is reset, since FIN could be taken for the end of a file.
   */
  closing(why: string): Buffer | undefined;
}
