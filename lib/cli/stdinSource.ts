import { Readable } from 'node:stream';
import { EXIT } from './exit';
import { ExitError } from './failure';

/**
 * For what it cannot read at all (a directory, a block device, a socket of datagrams) Node puts a stream that ends at
 * once in place of standard input: it would be an empty file over a good one, or a batch that does nothing, and a
 * success. Nothing else is a plain stream with a descriptor. Throws where it is that one, else gives it back.
 */
export function readable<T extends Readable>(input: T): T {
  if (Object.getPrototypeOf(input) !== Readable.prototype || !('fd' in input)) return input;
  const what = 'neither a file, a pipe, a terminal nor a connection';
  throw new ExitError('not-a-file', EXIT.localRead, `standard input cannot be read: it is ${what}`);
}

/**
 * Standard input as the source of one try of a put. Whoever ends it before reading leaves standard input whole for the
 * next try: a name that was taken is asked about, or the session was refused. Throws where it cannot be read at all.
 */
export function bytesFrom(input: Readable): Readable {
  let chunks: AsyncIterator<Uint8Array, unknown> | undefined;
  readable(input);
  // Whoever reads hears of it there; an error that nobody listens for would end the program.
  input.on('error', () => undefined);
  return new Readable({
    // Buffering is left to the stream beneath.
    highWaterMark: 1,
    read() {
      chunks ??= input[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, unknown>;
      chunks.next().then(
        ({ done, value }) => this.push(done === true ? null : value),
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
    destroy(error, done) {
      // An open input would keep the program alive.
      if (chunks !== undefined) input.destroy();
      done(error);
    },
  });
}
