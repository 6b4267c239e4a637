import { Socket } from 'node:net';
import { TwinportError } from '../errors';
import type { Clock } from './network';

export interface PipeOptions {
  readonly clock: Clock;
  /** Milliseconds for all of it. */
  readonly ms: number;
  readonly signal?: AbortSignal | undefined;
  /** No more is read than it takes to make this true. Absent: all. */
  readonly enough?: (bytes: Buffer) => boolean;
}

/**
 * What comes out of a pipe, or of a FIFO whose writer may still be to come: no thread waits in it. The descriptor is closed
 * with it. Rejects `timeout`, `too-large` beyond `most` bytes, `io-error`, and with the signal's reason.
 */
export function readPipe(fd: number, name: string, most: number, options: PipeOptions): Promise<Buffer> {
  const { clock, ms, signal, enough = () => false } = options;
  return new Promise((resolve, reject) => {
    const socket = new Socket({ fd, readable: true, writable: false });
    let bytes = Buffer.alloc(0);
    const fail = (error: Error): void => done(() => reject(error));
    const onAbort = (): void => fail(signal?.reason as Error);
    const timer = clock.after(ms, () => {
      fail(new TwinportError('timeout', `nothing that is enough came out of ${name} in ${ms / 1000} s`));
    });
    const done = (settle: () => void): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      settle();
    };
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length > most) fail(new TwinportError('too-large', `${name} has more than ${most} bytes`));
      else if (enough(bytes)) done(() => resolve(bytes));
    });
    socket.on('end', () => done(() => resolve(bytes)));
    socket.on('error', (error) => fail(new TwinportError('io-error', `${name} cannot be read`, { cause: error })));
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
