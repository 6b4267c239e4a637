import { readdirSync, readlinkSync } from 'node:fs';
import { sharesTaken } from '../../lib/net/receiveShare';
import { settle } from './fakeClock';

/** What keeps a process alive or costs a descriptor. Mocha's own timer is there before and after alike. */
const KINDS = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'TCPConnectWrap',
  'TLSWrap',
  'PipeWrap',
  'ProcessWrap',
  'Timeout',
  'GetAddrInfoReqWrap',
  'FSReqCallback',
  'FSReqPromise',
  'FileHandle',
  'Worker',
]);

/** Milliseconds a closing handle gets: its peer may be another process, on a loaded machine. */
const PATIENCE = 10_000;

// The standard streams are made when first used; they are no leak of whoever prints first.
void process.stdout;
void process.stderr;

/** Everything held now, each as a word, with repeats. */
async function heldNow(): Promise<string[]> {
  // Mocha sets its own timer only once a function has returned a promise: let it, or it counts as a leak.
  await settle(1);
  return held();
}

function held(): string[] {
  const resources = process.getActiveResourcesInfo().filter((kind) => KINDS.has(kind));
  // Kept by one that is gone, the room for large reads would be less for everybody.
  const kept = sharesTaken() === 0 ? [] : [`${sharesTaken()} bytes of buffers to receive into`];
  return [...resources, ...descriptors(), ...kept];
}

/** Open files and sockets by what they are, where the system tells (Linux). */
function descriptors(): string[] {
  let names: string[];
  try {
    names = readdirSync('/proc/self/fd');
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${name}`);
      // A socket's number says nothing about which one it is.
      if (target.startsWith('socket:')) return ['descriptor of a socket'];
      // libuv opens it with the first socket of a process and keeps it, to survive running out of descriptors.
      if (target === '/dev/null') return [];
      return target.startsWith('/') && !target.startsWith('/proc/') ? [`descriptor of ${target}`] : [];
    } catch {
      // The descriptor of the directory listing itself.
      return [];
    }
  });
}

/** What is in `after` and not in `before`, repeats counted. */
function surplus(before: readonly string[], after: readonly string[]): string[] {
  const left = [...before];
  return after.filter((word) => {
    const at = left.indexOf(word);
    if (at === -1) return true;
    left.splice(at, 1);
    return false;
  });
}

/** Fails unless everything acquired since `before` was taken is released, at once or soon. */
export async function releasedSince(before: readonly string[], patience = PATIENCE): Promise<void> {
  let leaked = surplus(before, await heldNow());
  const patient = performance.now() + patience;
  while (leaked.length > 0 && performance.now() < patient) {
    await settle(20);
    leaked = surplus(before, held());
  }
  if (leaked.length > 0) throw new Error(`leaked: ${leaked.join(', ')}`);
}

/** Called in a `describe` block: each of its specs must release all it acquired. */
export function noLeaks(): void {
  let before: string[] = [];
  beforeEach(async () => {
    before = await heldNow();
  });
  afterEach(() => releasedSince(before));
}

/** The same for one piece of work, for instance a loop that must not leak per turn. */
export async function withoutLeaks<T>(work: () => Promise<T>, patience = PATIENCE): Promise<T> {
  const before = await heldNow();
  const result = await work();
  await releasedSince(before, patience);
  return result;
}
