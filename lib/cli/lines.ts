import type { Readable } from 'node:stream';
import { decodeName } from '../wire/names';
import { sentence } from './render';
import { UsageError } from './usage';

/** Where answers come from: a terminal, or a pipe that knows them beforehand. */
export interface AnswerStream extends Readable {
  readonly isTTY?: boolean | undefined;
}

/** Whom a question can be put to. */
export interface Asker {
  /** The line that answers; undefined where nobody does, and when `signal` aborts. */
  ask(prompt: string, signal: AbortSignal): Promise<string | undefined>;
}

/** Bytes of one line, without its end. A path has 4096 at most; a file piped in by mistake may have no line at all. */
const LONGEST = 64 * 1024;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Questions and their answers, a line each. The line stays the terminal's own, so that Ctrl-C is a signal.
 * There must be one of these at a time, and for as long as anything is asked: it reads ahead, and ends the stream.
 */
export class Lines implements Asker {
  private chunks: AsyncIterator<unknown, unknown> | undefined;
  /** What was read behind the last line. */
  private unread: Buffer = Buffer.alloc(0);
  private ended = false;
  /** Whoever gave up waiting left this behind for whoever asks next. */
  private reading: Promise<string | undefined> | undefined;

  constructor(
    private readonly input: AnswerStream,
    private readonly say: (text: string) => void,
  ) {
    // A terminal that hangs up is an end of input like others, also while nothing is read.
    input.on('error', this.close);
  }

  /**
   * The next line; undefined at the end of input and when `signal` aborts, which is no answer. Rejects a UsageError when
   * the line is longer than any answer; then nothing more is read.
   */
  async ask(prompt: string, signal?: AbortSignal): Promise<string | undefined> {
    this.say(prompt);
    const line = await this.next(signal).catch((error: unknown) => {
      this.say('\n');
      throw error;
    });
    // A terminal shows what is typed, its newline included; of a pipe we show it, or questions would stand in a row.
    if (this.input.isTTY !== true) this.say(line === undefined ? '\n' : `${sentence(line)}\n`);
    else if (line === undefined) this.say('\n');
    return line;
  }

  /**
   * An open input would keep the program alive. Pausing it does not help: a stream that began to read goes on until
   * its buffer is full.
   */
  readonly close = (): void => {
    this.ended = true;
    this.unread = Buffer.alloc(0);
    this.input.destroy();
  };

  private async next(signal: AbortSignal | undefined): Promise<string | undefined> {
    if (signal?.aborted === true) return undefined;
    const line = (this.reading ??= this.read().finally(() => (this.reading = undefined)));
    // Nobody may be waiting for it any more when it fails.
    line.catch(() => undefined);
    if (signal === undefined) return line;
    let abandon = (): void => undefined;
    const aborted = new Promise<undefined>((resolve) => (abandon = () => resolve(undefined)));
    signal.addEventListener('abort', abandon, { once: true });
    try {
      return await Promise.race([line, aborted]);
    } finally {
      signal.removeEventListener('abort', abandon);
    }
  }

  private async read(): Promise<string | undefined> {
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const end = this.unread.indexOf(LF);
      const part = end === -1 ? this.unread : this.unread.subarray(0, end);
      this.unread = end === -1 ? Buffer.alloc(0) : this.unread.subarray(end + 1);
      parts.push(part);
      length += part.length;
      if (length > LONGEST) {
        this.close();
        throw new UsageError(`a line of the input is longer than ${LONGEST} bytes, which is no answer`);
      }
      if (end !== -1) return text(parts);
      const more = await this.more();
      if (more === undefined) return length === 0 ? undefined : text(parts);
      this.unread = more;
    }
  }

  /** What comes next; undefined when nothing does. */
  private async more(): Promise<Buffer | undefined> {
    if (this.ended) return undefined;
    // One for all of it: each ends the stream with itself.
    this.chunks ??= this.input[Symbol.asyncIterator]();
    // An input that fails, as one that we end ourselves, only ends.
    const { done, value } = await this.chunks.next().catch(() => ({ done: true, value: undefined }));
    if (done !== true && !this.ended) return Buffer.from(value as Uint8Array);
    this.ended = true;
    return undefined;
  }
}

/** The line, without the first half of a CR LF. */
function text(parts: readonly Buffer[]): string {
  const line = Buffer.concat(parts);
  return decodeName(line.subarray(0, line.at(-1) === CR ? -1 : undefined));
}
