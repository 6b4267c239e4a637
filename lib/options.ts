import { TwinportError } from './errors';

/**
 * Every number the engine lives by, in one place. A number on everything a peer can grow (DESIGN §6.3):
 * the reason stands beside the limit. Times are milliseconds, sizes bytes.
 */
export const LIMITS = {
  /** One request line. A path on Linux is at most 4096 bytes, and so is a line: one without end would fill the memory. */
  requestLine: 4096,
  /** One reply line our client accepts: a request line's path comes back in it, with facts before. A server may never end it. */
  replyLine: 16384,
  /** Lines of one multi-line reply our client accepts: a feature list, not a book. */
  replyLines: 1024,
  /** Requests waiting behind the running one: enough to pipeline, too few to fill memory (64 × 4 KiB). */
  queuedRequests: 64,

  /** Sessions in all: each costs a descriptor or two, and 1024 descriptors is the common soft limit. */
  sessions: 480,
  /** Sessions of one address: one host cannot take every place (a NAT still has room for an office). */
  sessionsPerAddress: 240,
  /**
   * A session that has asked for nothing for this long may be sent away to make room for a new one. A program's
   * first request is there within milliseconds of its connection; 240 places at 600 callers a second last 400.
   */
  evictableAfter: 100,

  /** Without a complete request and nothing running for this long: 421 (RFC 959 §4.2). Who asks for nothing costs a place. */
  idle: 300_000,
  /** From connecting to the first complete request: people type slowly, slow-loris slower. */
  firstRequest: 60_000,
  /** A complete request without its newline is taken after this much silence (homemade clients). */
  halfLine: 1000,
  /**
   * A TLS handshake on a fresh control connection, from its first byte on: two round trips and some mathematics. Who
   * dribbles one holds a place and the memory of a handshake, which is more than that of a session.
   */
  handshake: 10_000,
  /**
   * No byte moved on a data connection, or into a peer that does not read its replies, for this long: whoever neither reads
   * nor leaves would keep his place, a file and its buffers.
   */
  stall: 60_000,
  /** While we read for long and have nothing to say (a digest), a line this often: silence would look like death. */
  signOfLife: 10_000,
  /**
   * Bytes of the buffers that files are sent from, all transfers together: forty at full speed. Beyond it a transfer has
   * 192 KiB, at a third of the speed.
   */
  sendBuffers: 128 * 1024 * 1024,
  /**
   * Bytes that connections may hold unread, or their readers in hand, all together: thirty uploads at full speed. Beyond it
   * a connection holds a quarter of a megabyte.
   */
  receiveBuffers: 128 * 1024 * 1024,
  /** Waiting for the peer's FIN after ours, so that closing cannot destroy bytes on their way; a peer may never send it. */
  linger: 10_000,

  /**
   * Dialling the client's data port: retried while refused, never longer than this in all. One that drops what comes
   * would be dialled for as long as the kernel tries, which is minutes.
   */
  dial: 8_000,
  /**
   * How long a listener waits for its data connection: longer than the dial, so that 425 arrives first. Requests that nobody
   * follows up would else take every port.
   */
  awaitData: 15_000,
  /** Connections a listener looks at before it gives up: strangers can knock, not besiege. */
  candidates: 8,
  /** One candidate's time to show its token: a stranger that says nothing must not outwait the right one. */
  candidate: 5_000,
  /** After the last byte of a confirmed put, for the `-c` line: meanwhile nobody else can write that part. */
  confirm: 60_000,

  /** After Q ended and no reply was ever seen: how long a plain server may still send its error text. */
  plainEnd: 2_000,
  /** An uncoded line and no data connection: after this much quiet the line was the server's error. */
  plainQuiet: 1_000,
  /** Entries of one listing, and how deep a recursive one goes: it is sorted in memory before it is sent. */
  listEntries: 1_000_000,
  listDepth: 64,
  /**
   * Bytes of all listings that a server holds at once, one address at most half of them: a million entries with facts are
   * some 180 MB. Those below 128 KiB do not count: they are always served.
   */
  listings: 512 * 1024 * 1024,
  /** A listing our client holds in memory to verify it before it shows it. */
  listing: 256 * 1024 * 1024,
  /** One line of it. A path that can be asked for has 4096 bytes; in hexadecimal, and shown as well, three times that. */
  listedLine: 16384,

  /** Logins that may fail on one connection: a person mistypes twice. Each has cost us a scrypt of 32 MiB. */
  loginTries: 3,
  /**
   * Failed logins of one address within this time, before it is turned away for that long: a person who has lost a
   * password stops before; whoever guesses has 1440 tries a day, of passwords that have millions of siblings.
   */
  loginFailures: 10,
  loginWindow: 10 * 60_000,
  loginBan: 10 * 60_000,
  /** After a failed login the next one from that address waits, each time twice as long, up to the longest. */
  loginDelay: 1000,
  loginDelayMost: 30_000,
  /** Addresses remembered for that: some 2 MB. */
  loginAddresses: 10_000,
  /** Logins of one address at once; they are worked on one after another. */
  loginsWaiting: 16,
  /** For an authenticator to answer: a plug-in may ask somebody who never does, and others of that address wait behind it. */
  loginAnswer: 30_000,
  /** For a password to come out of a pipe: what makes it may have to ask somebody for another one first. */
  secretPipe: 60_000,

  /** An upload in `numbered` that says nothing for this long is given up: the original's timeout. */
  uploadSilence: 10_000,
  /** One upload in `numbered`, unless told otherwise: it has no names, no accounts, and nobody deletes. */
  uploadSize: 100 * 1024 * 1024,

  /** Files beneath any quota: at some 30 000 a second they are counted in a few minutes, when a server starts. */
  quotaEntries: 10_000_000,

  /**
   * Lines of a log about what costs a client nothing, of each kind: of one address in a minute, and of all. The rest is a
   * number: a flood of broken handshakes would else be gigabytes a day on the disk.
   */
  logLines: 100,
  logLinesInAll: 1000,
  /**
   * The first ones about each of a thousand addresses, whatever is said of others: a dozen noisy ones would else hide who
   * guesses passwords from the log, and from whoever reads it to turn him away. Ten thousand more at most.
   */
  logLinesFirst: 10,

  /** Transfers get this long to finish when the server is asked to stop. */
  grace: 10_000,
  /** A kept part of an interrupted put: what is begun and left would fill the disk. */
  partLifetime: 24 * 60 * 60 * 1000,
  /** How often a server looks everywhere for parts that have expired: they live a quarter of a day longer at most. */
  sweep: 6 * 60 * 60 * 1000,
  /** Directories that one look goes through: not a whole archive. The next one goes on where it ended. */
  sweepDirectories: 100_000,
  /** TCP keep-alive on both connections: a peer that vanished, its machine with it, is noticed. */
  keepAlive: 60_000,
  /** Reaching the server: a name may lead to an address that drops what comes. */
  connect: 30_000,
} as const;

/** Refuses anything but a whole number within bounds, in one sentence that names the option. */
export function wholeNumber(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new TwinportError(
    'invalid-argument',
    `${name} must be a whole number from ${min} to ${max}, not ${String(value)}`,
  );
}
