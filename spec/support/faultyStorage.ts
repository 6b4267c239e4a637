import { TwinportError } from '../../lib/errors';
import type { Io } from '../../lib/storage/io';
import type { Entry, Source, Storage, Target } from '../../lib/storage/storage';

/** What goes wrong: an errno, or a call that does less than it was asked for. */
export type Fault = 'EIO' | 'ENOSPC' | 'EACCES' | 'EROFS' | 'EDQUOT' | 'EMFILE' | 'short';

/** Fails one call of many, or none: set `at` to the number of the call, from 1. */
export class Saboteur {
  at = 0;
  fault: Fault = 'EIO';
  /** Calls so far. */
  calls = 0;
  /** What was failed. */
  struck: string | undefined;

  /** Forgets what was, and fails the `at`-th call from now on. */
  arm(at: number, fault: Fault): void {
    [this.at, this.fault, this.calls, this.struck] = [at, fault, 0, undefined];
  }

  disarm(): void {
    this.at = 0;
  }

  /** Is this call the one? */
  strikes(call: string): boolean {
    if (this.at === 0) return false;
    this.calls += 1;
    if (this.calls !== this.at) return false;
    this.struck = call;
    return true;
  }
}

function errno(code: string, call: string): Error {
  return Object.assign(new Error(`${code}: on purpose, ${call}`), { code });
}

/** The file system with one call that fails. A close that fails has closed all the same, as the kernel's does. */
export function faultyIo(io: Io, saboteur: Saboteur): Io {
  return new Proxy(io, {
    get(target, call: keyof Io) {
      const method = target[call] as unknown;
      if (typeof method !== 'function' || call === 'closeNow') return method;
      const run = method as (...args: unknown[]) => unknown;
      return (...args: unknown[]): unknown => {
        if (!saboteur.strikes(call)) return run(...args);
        if (saboteur.fault === 'short') return run(...shorter(call, args));
        if (call === 'close') void run(...args);
        const failure = errno(saboteur.fault, call);
        if (io.blocking) throw failure;
        return Promise.reject(failure);
      };
    },
  });
}

/** Reads and writes take a byte of what there is; nothing else can be done by half. */
function shorter(call: keyof Io, args: readonly unknown[]): unknown[] {
  const [fd, bytes, ...rest] = args;
  if (call === 'read') return [fd, (bytes as Uint8Array).subarray(0, 1), ...rest];
  if (call !== 'write') return [...args];
  const first = (bytes as readonly Uint8Array[]).find(({ length }) => length > 0);
  return [fd, first === undefined ? bytes : [first.subarray(0, 1)], ...rest];
}

const CODES = {
  EIO: 'io-error',
  ENOSPC: 'no-space',
  EACCES: 'denied',
  EROFS: 'denied',
  EDQUOT: 'no-space',
  EMFILE: 'io-error',
} as const;

/**
 * A storage with one call that fails, at any depth: an entry of a listing, a read, a commit. `coded` as the house has it;
 * otherwise as a plug-in may have it that knows no better, with the error that it was given.
 */
export function faultyStorage(storage: Storage, saboteur: Saboteur, coded: boolean): Storage {
  const before = (call: string): void => {
    if (!saboteur.strikes(call) || saboteur.fault === 'short') return;
    const { fault } = saboteur;
    throw coded ? new TwinportError(CODES[fault], `${fault}: on purpose, ${call}`) : errno(fault, call);
  };
  const wrap = <T extends object>(of: string, what: T, wrapped: Partial<T> = {}): T =>
    new Proxy(what, {
      get(target, name: keyof T & string) {
        const method = (wrapped[name] ?? target[name]) as unknown;
        if (typeof method !== 'function') return method;
        return (...args: unknown[]): unknown => {
          // These never reject, by contract.
          if (name !== 'keep' && name !== 'discard') before(`${of}.${name}`);
          return (method as (...args: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  const isShort = (): boolean => saboteur.fault === 'short' && saboteur.calls === saboteur.at;
  const source = (one: Source): Source =>
    wrap('source', one, { read: (into, position) => one.read(isShort() ? into.subarray(0, 1) : into, position) });
  const target = (one: Target): Target => wrap('target', one);
  async function* entries(of: AsyncIterable<Entry>): AsyncGenerator<Entry> {
    for await (const entry of of) {
      before('entry');
      yield entry;
    }
  }
  return wrap<Storage>('storage', storage, {
    // Asynchronous, as they promise: what they throw is a rejection.
    list: async (path, options, signal) => entries(await storage.list(path, options, signal)),
    read: async (path) => source(await storage.read(path)),
    write: async (path, options) => target(await storage.write(path, options)),
  });
}
