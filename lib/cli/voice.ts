import type { ChangeEvent, LoginEvent, SessionInfo, TransferEvent } from '../index';
import { hostPort } from '../wire/addresses';
import { harmless } from './serve/harmless';

/** Characters of a name that nobody has vouched for: a line of it could be 4 KiB long. */
const LONGEST_NAME = 64;

/** A name as it is logged. */
export function shortened(name: string): string {
  const letters = [...name];
  return letters.length > LONGEST_NAME ? `${letters.slice(0, LONGEST_NAME).join('')}…` : name;
}

/**
 * What the server prints, one line an event. The wording of the plain cases is fixed (programs compare it);
 * the rest speaks in the same voice. Names come from clients: control characters in them are escaped, or a
 * name could forge lines.
 */
export function sessionLine({ remote }: SessionInfo): string {
  return `Connection from ${harmless(remote.address)}.`;
}

/** Of whoever is refused, the name is anybody's words. */
export function loginLine({ session, name, ok, why }: LoginEvent): string {
  const who = `"${harmless(shortened(name))}"`;
  const where = harmless(session.remote.address);
  return ok
    ? `${who} logged in from ${where}.`
    : `Login of ${who} from ${where} refused${why === undefined ? '' : ` (${why})`}.`;
}

/** For what a client had made, deleted or renamed, and for whom; or was refused. */
export function changeLine(event: ChangeEvent): string {
  const { kind, to = '', session } = event;
  if (event.phase === 'failed') return refused(event);
  const forWhom = `for ${harmless(session.remote.address)}.`;
  switch (kind) {
    case 'mkdir':
      return `Made directory ${quoted(event)} ${forWhom}`;
    case 'delete':
      return `Deleted ${quoted(event)} ${forWhom}`;
    case 'rename':
      return `Renamed ${quoted(event)} to ${quoted({ path: to })} ${forWhom}`;
  }
}

/** Lines for the steps of transfers. It remembers which have begun to move, to tell a refusal from a failure. */
export class TransferVoice {
  /** By session: one transfer at a time in each. */
  private readonly moving = new Set<number>();

  /** Undefined where there is nothing to say. */
  line(event: TransferEvent): string | undefined {
    const { id } = event.session;
    const moved = this.moving.has(id);
    if (event.phase === 'started') this.moving.add(id);
    else this.moving.delete(id);
    switch (event.phase) {
      case 'requested':
        return requested(event);
      case 'started':
        return started(event);
      case 'done':
        return done(event);
      case 'failed':
        return moved ? broken(event) : refused(event);
    }
  }
}

function requested(event: TransferEvent): string {
  const how = event.port === undefined ? '' : event.port === 0 ? ' in passive mode' : ` on port ${event.port}`;
  switch (event.kind) {
    case 'list':
      return event.path === '' ? `List directory requested${how}.` : `List directory ${quoted(event)} requested${how}.`;
    case 'get':
      return `File ${quoted(event)} requested${how}.`;
    case 'put':
      return `File ${quoted(event)} offered${how}.`;
  }
}

function started(event: TransferEvent): string {
  switch (event.kind) {
    case 'list':
      return `Sending directory contents to ${far(event)}.`;
    case 'get':
      return `Sending ${quoted(event)} to ${far(event)}.`;
    case 'put':
      return `Receiving ${quoted(event)} from ${far(event)}.`;
  }
}

/**
 * What was sent and verified needs no more words; what was received is now a file here; and of what nothing
 * vouches for, that is said.
 */
function done(event: TransferEvent): string | undefined {
  if (event.kind !== 'put' && event.unverified !== true) return undefined;
  const what = event.kind === 'list' ? 'directory contents' : quoted(event);
  const unverified = event.unverified === true ? ', unverified' : '';
  return `${event.kind === 'put' ? 'Received' : 'Sent'} ${what}: ${byteCountOf(event)}${unverified}.`;
}

const byteCountOf = ({ length = 0 }: TransferEvent): string => `${length} ${length === 1 ? 'byte' : 'bytes'}`;

const reasonOf = ({ error }: TransferEvent | ChangeEvent): string =>
  harmless((error?.message ?? 'no reason given').replace(/[.\s]+$/, ''));

function broken(event: TransferEvent): string {
  const doing = event.kind === 'put' ? 'Receiving' : 'Sending';
  return `${doing} ${event.kind === 'list' ? 'directory contents' : quoted(event)} failed: ${reasonOf(event)}.`;
}

function refused(event: TransferEvent | ChangeEvent): string {
  const missing = event.error?.code === 'not-found';
  if (missing && event.kind === 'get') return `File not found. ${told(event)}.`;
  if (missing && event.kind === 'list') return `Directory not found. ${told(event)}.`;
  return `Request refused: ${reasonOf(event)}. ${told(event)}.`;
}

/** Languages that have no word for a refusal: theirs is a reset. */
const WORDLESS: readonly string[] = ['framed', 'numbered'];

/** How the client hears of a refusal. */
function told({ session, dialect }: TransferEvent | ChangeEvent): string {
  const address = harmless(session.remote.address);
  if (WORDLESS.includes(dialect)) return `Resetting the connection from ${hostPort(address, session.remote.port)}`;
  // The client's address with the server's own port: the address of the control connection, as printed since
  // the first of these servers.
  return `Sending error message to ${hostPort(address, session.local.port)}`;
}

function quoted({ path }: Pick<TransferEvent, 'path'>): string {
  return `"${harmless(path)}"`;
}

function far({ data, session, port }: TransferEvent): string {
  return data === undefined
    ? hostPort(harmless(session.remote.address), port ?? session.remote.port)
    : hostPort(harmless(data.address), data.port);
}
