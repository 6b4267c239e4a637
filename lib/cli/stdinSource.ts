import { Readable } from 'node:stream';

/**
 * Standard input as the source of one try of a put. Whoever ends it before reading leaves standard input whole for the
 * next try: a name that was taken is asked about, or the session was refused.
 */
export function bytesFrom(input: Readable): Readable {
  let chunks: AsyncIterator<Uint8Array, unknown> | undefined;
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
