import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import { sentence } from './render';
import { UsageError } from './usage';

/** Where answers come from: a terminal, or a pipe that knows them beforehand. */
export interface AnswerStream extends Readable {
  readonly isTTY?: boolean | undefined;
}

/** Characters of one line. No answer is longer, and a pipe may hold a file without any newline. */
export const LONGEST_LINE = 64 * 1024;

/**
 * Questions and their answers, a line each. The line stays the terminal's own, so that Ctrl-C is a signal.
 * There must be one of these at a time: it reads ahead.
 */
export class Lines {
  private readonly decoder = new StringDecoder('utf8');
  private readonly ready: string[] = [];
  private rest = '';
  private ended = false;
  private failure: UsageError | undefined;
  private wake: () => void = () => undefined;

  constructor(
    private readonly input: AnswerStream,
    private readonly say: (text: string) => void,
  ) {
    // A terminal that hangs up is an end of input like others.
    input.on('data', this.take).on('end', this.end).on('close', this.end).on('error', this.end);
    if (input.readableEnded || input.destroyed) this.end();
    input.resume();
  }

  /**
   * The next line; undefined at the end of input and when `signal` aborts, which is no answer. Rejects with a
   * UsageError when it is longer than `LONGEST_LINE`.
   */
  async ask(prompt: string, signal?: AbortSignal): Promise<string | undefined> {
    this.say(prompt);
    const line = await this.next(signal);
    // A terminal shows what is typed, its newline included; of a pipe we show it, or questions would stand in a row.
    if (this.input.isTTY !== true) this.say(line === undefined ? '\n' : `${sentence(line)}\n`);
    else if (line === undefined) this.say('\n');
    if (line === undefined && this.failure !== undefined) throw this.failure;
    return line;
  }

  /** Reading would keep the program alive. */
  readonly close = (): void => {
    const { input } = this;
    input.off('data', this.take).off('end', this.end).off('close', this.end);
    // An input that fails behind our back would end the program; nobody reads it any more.
    input.off('error', this.end).on('error', ignore);
    input.pause();
    this.ended = true;
    this.wake();
  };

  private readonly take = (chunk: Buffer | string): void => {
    this.split(typeof chunk === 'string' ? chunk : this.decoder.write(chunk));
    if (this.ready.length > 0) this.input.pause();
    this.wake();
  };

  private readonly end = (): void => {
    if (this.ended) return;
    this.split(this.decoder.end());
    if (this.rest !== '') this.ready.push(this.rest);
    this.rest = '';
    this.ended = true;
    this.wake();
  };

  private split(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.ready.push(line.endsWith('\r') ? line.slice(0, -1) : line);
    const tooLong = [...lines, this.rest].findIndex((line) => line.length > LONGEST_LINE);
    if (tooLong === -1) return;
    // What stands before it was asked for, what follows is of no known beginning.
    this.ready.length -= lines.length - tooLong;
    this.rest = '';
    this.failure = new UsageError(`a line of the input is longer than ${LONGEST_LINE} characters`);
    this.close();
  }

  private async next(signal: AbortSignal | undefined): Promise<string | undefined> {
    const given = (): boolean => signal?.aborted === true;
    try {
      while (!given() && this.ready.length === 0 && !this.ended) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
          signal?.addEventListener('abort', this.wake, { once: true });
          this.input.resume();
        });
        signal?.removeEventListener('abort', this.wake);
      }
    } finally {
      this.wake = () => undefined;
    }
    return given() ? undefined : this.ready.shift();
  }
}

const ignore = (): void => undefined;
