/** Twinport as a library: files between two machines over two connections. No code but its doors. */
import type { Client, ConnectOptions } from './client';
import type { DialectInfo } from './dialectInfo';
import type { Clock } from './net/network';
import type { HeldNetwork } from './net/held';
import type { Relay, RelayOptions } from './relaying';
import type { RetryOptions } from './retrying';
import type { CertificateFacts, ServerTlsOptions } from './securing';
import type { SecretOptions } from './secretFile';
import type { Server, ServerOptions } from './server';
import type { AppendedFile } from './storage/appending';
import type { LocalStorage, LocalStorageOptions } from './storage/local';
import type { MemoryStorage, MemoryStorageOptions } from './storage/memory';
import type { Authenticator } from './auth/auth';
import type { PrivateFile } from './storage/privateFile';
import type { UsersFileEditor, UsersFileOptions } from './usersFile';
import type { Stat } from './storage/storage';

// Each is loaded when it is first asked for: loading the server takes a client longer than a whole listing.

/** A server. Throws `invalid-argument` on options that make no sense. */
export function createServer(options: ServerOptions = {}): Server {
  return (require('./server') as typeof import('./server')).createServer(options);
}

/**
 * Connects to `ft://host:port` (port 3555 when absent) or as the options say; to `ft://user@host` belongs a password.
 * Rejects `cannot-resolve`, `cannot-connect`, `timeout`, `invalid-argument`, and `refused` (530) where a login is.
 * `fts://` is TLS, and rejects `tls` and `certificate` too.
 */
export async function connect(to: string | ConnectOptions, password?: string): Promise<Client> {
  return (require('./client') as typeof import('./client')).connect(to, password);
}

/**
 * Whether `put` could read this file, and what it is, asked before there is a connection: a server may count those, and
 * log them. Reads nothing and waits for nobody, not even for the writer of a FIFO. Rejects as the put would:
 * `not-found`, `denied`, `not-a-file`, `not-a-directory`.
 */
export async function checkUserFile(path: string): Promise<Stat> {
  const { openUserFile } = require('./storage/userFile') as typeof import('./storage/userFile');
  const file = await openUserFile(path);
  await file.close();
  return file.stat;
}

/**
 * The whole of a small file of this machine's user, as a configuration is: links are followed. Rejects `not-found`,
 * `denied`, `not-a-file`, and `too-large` beyond `most` bytes.
 */
export async function readUserFile(path: string, most: number): Promise<Uint8Array> {
  return (require('./storage/userFile') as typeof import('./storage/userFile')).readUserFile(path, most);
}

/**
 * A file of this machine's user that lines are appended to, as a log is. Nothing that happens to it throws: lines wait, bounded,
 * and `onTrouble` hears one sentence when it begins to fail, and one when that is over.
 */
export function appendTo(path: string, onTrouble: (sentence: string) => void): AppendedFile {
  const { AppendingFile } = require('./storage/appending') as typeof import('./storage/appending');
  return new AppendingFile(path, onTrouble);
}

/** Why `appendTo` could not write there now, in a few words; undefined where it could. Makes nothing. */
export async function whyNotAppended(path: string): Promise<string | undefined> {
  return (require('./storage/appending') as typeof import('./storage/appending')).whyNotAppended(path);
}

/**
 * TCP for `ServerOptions.network`, with ports that are opened before the server is: those below 1024 while the process
 * may, those that a supervisor has opened and hands over. `listen` of the server then takes them by their number.
 */
export function heldPorts(): HeldNetwork {
  const { heldNetwork } = require('./net/held') as typeof import('./net/held');
  return heldNetwork((require('./net/tcp') as typeof import('./net/tcp')).tcpNetwork());
}

/**
 * Looks at what `ServerOptions.tls` would be, and tells of the certificate. Throws `invalid-argument` on what is no
 * certificate or no key, and where they do not belong together.
 */
export function checkServerTls(options: ServerTlsOptions): CertificateFacts {
  const { certificateFacts, tlsRuleOf } = require('./securing') as typeof import('./securing');
  tlsRuleOf(options);
  return certificateFacts(options.cert);
}

/** Can every user of this machine read that file? Rejects `not-found`, `denied`. */
export function isReadableByOthers(path: string): Promise<boolean> {
  return (require('./storage/userFile') as typeof import('./storage/userFile')).isReadableByOthers(path);
}

/**
 * What tells the regular file of that name from every other that is there now; undefined where there is none. Of a link it is
 * not what the link leads to. Never rejects.
 */
export function fileIdentity(path: string): Promise<string | undefined> {
  return (require('./storage/userFile') as typeof import('./storage/userFile')).fileIdentity(path);
}

/** Can every user of this machine write into that file? Rejects `not-found`, `denied`. */
export function isWritableByOthers(path: string): Promise<boolean> {
  return (require('./storage/userFile') as typeof import('./storage/userFile')).isWritableByOthers(path);
}

/** Does that file lie in the directory or beneath it, whatever links lead to either? Of what is not there yet: would it? */
export function liesBeneath(file: string, directory: string): Promise<boolean> {
  return (require('./storage/beneath') as typeof import('./storage/beneath')).liesBeneath(file, directory);
}

/** Is it there, and neither a file nor a directory: a device, a FIFO, a socket? */
export function isSpecialFile(path: string): Promise<boolean> {
  return (require('./storage/beneath') as typeof import('./storage/beneath')).isSpecialFile(path);
}

/** The files under one directory, and nothing else. Rejects `not-found`, `not-a-directory`, `denied`. */
export async function localStorage(options: LocalStorageOptions): Promise<LocalStorage> {
  return (require('./storage/local') as typeof import('./storage/local')).localStorage(options);
}

/** Files in memory, for tests and for what is made on the fly. Keys are paths (`docs/a.txt`). */
export function memoryStorage(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  options: MemoryStorageOptions = {},
): MemoryStorage {
  return (require('./storage/memory') as typeof import('./storage/memory')).memoryStorage(files, options);
}

/**
 * The users of a file, for `ServerOptions.authenticator`, as they are now: after a change read it again, and `reload`.
 * Rejects `invalid-argument` (file and line), `denied` where others may write it, and as `readUserFile`.
 */
export async function usersFile(path: string, options: UsersFileOptions = {}): Promise<Authenticator> {
  return (require('./usersFile') as typeof import('./usersFile')).usersFile(path, options);
}

/** Those who change a users file, whole or not at all, and read it: `setUser`, `deleteUser`, `listUsers`. */
export function usersFileEditor(): UsersFileEditor {
  return require('./usersFile') as typeof import('./usersFile');
}

/**
 * As `readUserFile`, of a file of secrets: with who else may read and write it. A pipe in its place is read too, for a
 * minute, and with `line` no further than its first line.
 */
export async function readSecretFile(path: string, most: number, options?: SecretOptions): Promise<PrivateFile> {
  return (require('./secretFile') as typeof import('./secretFile')).readSecretFile(path, most, options);
}

/** A relay between clients and one server, which does what a bad network does. Throws `invalid-argument`. */
export function createRelay(options: RelayOptions): Relay {
  return (require('./relaying') as typeof import('./relaying')).createRelay(options);
}

/**
 * Does `work`, again after failures that can pass (lost connections, timeouts, 4xx replies), with growing pauses.
 * `work` is told which try it is, from 0; a later one should pass `resume`. Rejects with the last failure.
 */
export function retrying<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  return (require('./retrying') as typeof import('./retrying')).retrying(work, options);
}

/** The machine's monotonic clock, and its timers. */
export function systemClock(): Clock {
  return (require('./net/clock') as typeof import('./net/clock')).systemClock();
}

/** The wire languages: what can be given as `dialect`, and what can be asked for in each. */
export function dialects(): readonly DialectInfo[] {
  return (require('./dialectInfo') as typeof import('./dialectInfo')).dialects();
}

export type { DialectInfo } from './dialectInfo';
export type { DialectName } from './dialects/registry';
export type { ErrandSettings } from './control/slice';
export type {
  ChangeEvent,
  ChangeKind,
  LoginEvent,
  PortDialect,
  PortOptions,
  ReloadOptions,
  Right,
  Server,
  NoteAbout,
  ServerEvents,
  ServerOptions,
  SessionInfo,
  TransferEvent,
  TransferKind,
} from './server';
export type { CertificateFacts, ClientTlsOptions, PemFile, ServerTlsOptions } from './securing';
export type { Client, ConnectOptions } from './client';
export type { LoginOptions } from './loggingIn';
export type {
  Digest,
  GetOptions,
  ListEntry,
  ListOptions,
  ListResult,
  MakeDirectoryOptions,
  OnExists,
  Progress,
  PutOptions,
  RequestOptions,
  TransferResult,
} from './transfers';
export type { Fault, FaultOptions, Relay, RelayEvent, RelayEvents, RelayOptions } from './relaying';
export type { RetryOptions } from './retrying';
export { TwinportError, isTwinportError, sentenceOf } from './errors';
export type { ErrorCode, ErrorDetails, ErrorKind } from './errors';
export type { Account, AccountLimits, Attempt, Authenticator } from './auth/auth';
export type { SecretOptions } from './secretFile';
export type { PrivateFile } from './storage/privateFile';
export type { UserEntry, UsersFileEditor, UsersFileOptions } from './usersFile';
export type { HeldNetwork } from './net/held';
export type { Clock, Conn, Endpoint, Listener, ListenOptions, Network, SecureConn, Tls } from './net/network';
export type { Entry, FileType, Source, Stat, Storage, StorageFeatures, Target, WriteOptions } from './storage/storage';
export type { AppendedFile } from './storage/appending';
export type { LocalStorage, LocalStorageOptions } from './storage/local';
export type { MemoryStorage, MemoryStorageOptions } from './storage/memory';
