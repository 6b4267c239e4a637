import { PassThrough, Writable } from 'node:stream';

/** Standard streams in memory. */
export class Captured extends Writable {
  text = '';
  columns = 80;

  constructor(readonly isTTY = false) {
    super({ decodeStrings: true });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString('latin1');
    done();
  }

  /** What was written, as UTF-8. */
  get utf8(): string {
    return Buffer.from(this.text, 'latin1').toString();
  }
}

/** A stream that takes `room` bytes and then fails for ever. */
export class Failing extends Writable {
  taken = 0;

  constructor(
    private readonly room: number,
    private readonly code: string,
  ) {
    // Standard streams are not destroyed by their errors.
    super({ autoDestroy: false });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.taken += chunk.length;
    if (this.taken <= this.room) done();
    else done(Object.assign(new Error(`${this.code}: it failed, write`), { code: this.code }));
  }
}

/** Standard input that says these lines; a terminal, if so told. */
export function saying(text: string, isTTY = true): PassThrough & { isTTY: boolean } {
  const stream = Object.assign(new PassThrough(), { isTTY });
  stream.end(text);
  return stream;
}
