import { systemClock } from './net/clock';
import { readPipe } from './net/pipe';
import { LIMITS } from './options';
import { readPrivateFile, type PrivateFile } from './storage/privateFile';
import { escaped } from './wire/names';

export interface SecretOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of a pipe no more than the first line is waited for. */
  readonly line?: boolean;
}

const LF = 0x0a;

/**
 * The whole of a small file of secrets that its user named, or what a pipe in its place says: `<(pass show ftp)`,
 * /dev/stdin, a FIFO. Rejects as `readPrivateFile`; `timeout` where nothing comes; and with the signal's reason.
 */
export function readSecretFile(path: string, most: number, options: SecretOptions = {}): Promise<PrivateFile> {
  const { signal, line = false } = options;
  return readPrivateFile(path, most, (fd) =>
    readPipe(fd, escaped(path), most, {
      clock: systemClock(),
      ms: LIMITS.secretPipe,
      signal,
      ...(line && { enough: (bytes: Buffer) => bytes.includes(LF) }),
    }),
  );
}
