/**
 * What the engine knows of the network and of time. Everything above this folder is given a `Network`
 * and a `Clock` and never reaches for `net`, `tls` or a timer itself, so that the same specs run over
 * memory and over TCP, and a minute passes in no time.
 */
import type { TwinportError } from '../errors';

/** An address (no `::ffff:` prefix, IPv6 zone kept) and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * One established connection, half-open allowed: the peer's FIN ends reading and leaves writing alone.
 * A rejected promise carries a TwinportError (`connection-lost`, or `aborted` after our own `destroy`).
 */
export interface Conn {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Bytes so far in each direction; stall watches compare them, so no timer is touched per chunk. */
  readonly bytesRead: number;
  readonly bytesWritten: number;

  /**
   * What has arrived: at least one byte, or, when `gather` is given, about that many unless the stream
   * ends first, or a quarter of a second has passed since the first of them (a receiver that gathers makes few
   * large writes, and on a slow line it does not wait for them). `null` once the peer has sent FIN and all
   * was read. A reset rejects, also one that Node disguises as an end. The chunks belong to the connection
   * and are reused: they are valid until the next `read`. One read at a time. While no read is pending at
   * most about 1 MiB is buffered; then the peer feels it.
   */
  read(gather?: number): Promise<readonly Uint8Array[] | null>;

  /** Resolves when the bytes were handed over and the caller may reuse its buffer. */
  write(bytes: Uint8Array): Promise<void>;

  /** Sends FIN behind everything written; resolves when it was handed over. Reading goes on. */
  end(): Promise<void>;

  /** Closes both directions at once. Pending operations reject. Safe to call twice. */
  destroy(): void;

  /** As `destroy`, but the peer is told with RST: what it has is not the whole. */
  reset(): void;

  /** Settles (never rejects) when nothing is left of the connection. */
  readonly closed: Promise<void>;

  /** The connection under TLS that this is, once it is one. Absent, or undefined: everybody between can read it. */
  readonly secured?: SecureConn | undefined;

  /** It was given one of the last descriptors that this process may have: the next ones may find none. */
  readonly scarce?: boolean;

  /**
   * Do descriptors run short now, as the system counts them? Absent, or undefined, where it does not tell. It is dear: not to
   * be asked for each connection.
   */
  runsShort?(): boolean | undefined;

  /**
   * Another number, never a smaller one, when this direction was held back by a limit of our own since it was asked last:
   * that nothing moved then is no stall. Absent where nothing holds it back.
   */
  signsOfLife?(direction: Direction): number;

  /**
   * Does what comes before anything is transferred (a token, a handshake), and holds none of it up: it has a time of its own,
   * and who shares a rate with many would never get through. What that moved is paid for behind it. Absent as above.
   */
  opening?<T>(work: () => Promise<T>): Promise<T>;

  /**
   * Lets TLS be made beneath what this adds to a connection, and adds it to what comes of that: further down it costs less.
   * Absent where there is nothing to go beneath.
   */
  beneath?(secure: (conn: Conn) => Promise<SecureConn>): Promise<SecureConn>;
}

/** As seen from this end. */
export type Direction = 'in' | 'out';

/** A connection under TLS: what is read and written here nobody between can read or change. */
export interface SecureConn extends Conn {
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly protocol: string;
  /** The common name in the peer's certificate, where it showed one that was verified. */
  readonly peerName: string | undefined;
  /**
   * Behind the end of what is read: the peer itself ended it (close_notify). A FIN alone anybody between can send. Of a
   * connection that `another` made it may stay false: there counts decide.
   */
  readonly farewell: boolean;
  /** Why the certificate that a client showed proves nothing. Whoever serves says so, and serves nothing. */
  readonly doubt: TwinportError | undefined;
  /** Bytes that only the two ends of this very connection can know (RFC 5705; RFC 8446 §7.5). */
  exporter(length: number, label: string, context: Uint8Array): Buffer;
  /**
   * Makes a further connection between the same two secure: the same role and credentials, and on the client's side the
   * very certificate that the server has shown here. What goes over it must be counted by its ends. Rejects as `Tls.secure`.
   */
  another(conn: Conn): Promise<SecureConn>;
}

/** One side of TLS: what it proves, and whom it believes. */
export interface Tls {
  /**
   * The handshake, over a connection that nobody else reads or writes from now on. Rejects `tls`, `certificate`, or
   * `aborted` when the connection was given up meanwhile; nothing is left of it then. Time is the caller's.
   */
  secure(conn: Conn): Promise<SecureConn>;
}

export interface Listener {
  readonly local: Endpoint;
  /** Stops listening; established connections live on. Safe to call twice. */
  close(): Promise<void>;
}

export interface ListenOptions {
  /** Address to bind; absent means every address, IPv6 and IPv4. */
  readonly host?: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Listen on this descriptor, a TCP socket that was bound by whoever started us; host and port say nothing then. */
  readonly fd?: number;
  /** Many bytes will be read from what is accepted here: worth large reused read buffers. */
  readonly bulk?: boolean;
  /** Anybody may come here, and as often: what is accepted tells when descriptors run short (`Conn.scarce`). */
  readonly crowd?: boolean;
}

export interface DialOptions {
  /** A host name or a literal address. */
  readonly host: string;
  readonly port: number;
  /** Bind this local address first. */
  readonly localAddress?: string;
  /** Many bytes will be read: worth large reused read buffers. */
  readonly bulk?: boolean;
}

export interface Network {
  /** `onConn` is called for each accepted connection. Rejects `cannot-listen` (cause keeps Node's error). */
  listen(options: ListenOptions, onConn: (conn: Conn) => void): Promise<Listener>;
  /** Rejects `cannot-resolve`, `cannot-connect` (cause keeps Node's error) or the signal's reason. */
  dial(options: DialOptions, signal: AbortSignal): Promise<Conn>;
  /** Is this address loopback, or one of this machine's own? */
  isOwnAddress(address: string): boolean;
}

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds, monotonic: wall-clock jumps do not show. */
  now(): number;
  /** Calls `fn` once after `ms` milliseconds. A timer does keep the process alive. */
  after(ms: number, fn: () => void): Timer;
}
