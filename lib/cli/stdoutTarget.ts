import { Writable } from 'node:stream';
import type { Output } from './output';

/** Standard output as the target of a get. Ending or destroying it leaves standard output itself alone. */
export function bytesTo(output: Output): Writable {
  const target = new Writable({
    // Buffering is left to the stream beneath; a chunk is the sender's again once `done` is called.
    highWaterMark: 1,
    write(chunk: Uint8Array, _encoding, done) {
      if (output.failure !== undefined) done(output.failure);
      else output.stream.write(chunk, done);
    },
  });
  // Whoever writes here learns of failures by its writes; an error that nobody listens for would end the program.
  target.on('error', () => undefined);
  return target;
}
