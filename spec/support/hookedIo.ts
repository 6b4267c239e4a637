import type { Io } from '../../lib/storage/io';

/** A call of the file system's, by its name in `Io`, and its first argument as text. */
export type Hook = (call: keyof Io, what: string) => void;

/** The same calls, with a moment before and after each: where races are decided, on purpose. */
export function hookedIo(io: Io, { before, after }: { before?: Hook; after?: Hook }): Io {
  return new Proxy(io, {
    get(target, call: keyof Io) {
      const method = target[call];
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<unknown> => {
        const what = Buffer.isBuffer(args[0]) ? args[0].toString('latin1') : String(args[0]);
        before?.(call, what);
        const result: unknown = await (method as (...args: unknown[]) => unknown)(...args);
        after?.(call, what);
        return result;
      };
    },
  });
}

/** Nothing was touched since it was last written: a spec can set back the one time and not the other. */
export function agedIo(io: Io): Io {
  const aged = <T extends { mtimeMs: bigint; ctimeMs: bigint }>(stats: T): T =>
    Object.assign(stats, { ctimeMs: stats.mtimeMs });
  return {
    ...io,
    lstat: async (place) => aged(await io.lstat(place)),
    fstat: async (fd) => aged(await io.fstat(fd)),
  };
}

/** Fails these calls with this errno, as the kernel would: a close that fails has closed all the same. */
export function failingIo(io: Io, fails: (call: keyof Io, what: string) => string | undefined): Io {
  const hook = (call: keyof Io, what: string): void => {
    const errno = fails(call, what);
    if (errno !== undefined) throw Object.assign(new Error(`${errno}: on purpose, ${call}`), { code: errno });
  };
  return hookedIo(io, {
    before: (call, what) => (call === 'close' ? undefined : hook(call, what)),
    after: (call, what) => (call === 'close' ? hook(call, what) : undefined),
  });
}
