import type { Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { sentence } from './render';

/** Where answers come from: a terminal, or a pipe that knows them beforehand. */
export interface AnswerStream extends Readable {
  readonly isTTY?: boolean | undefined;
}

/**
 * Questions and their answers, a line each. The line stays the terminal's own, so that Ctrl-C is a signal.
 * There must be one of these at a time: it reads ahead.
 */
export class Lines {
  private readonly reader: Interface;
  private readonly lines: AsyncIterator<string, undefined>;

  constructor(
    private readonly input: AnswerStream,
    private readonly say: (text: string) => void,
  ) {
    const { createInterface } = require('node:readline') as typeof import('node:readline');
    this.reader = createInterface({ input, terminal: false });
    // A terminal that hangs up is an end of input like others.
    input.on('error', this.close);
    // Made at once: what is said before it is there would be lost.
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  /** The next line; undefined at the end of input and when `signal` aborts, which is no answer. */
  async ask(prompt: string, signal?: AbortSignal): Promise<string | undefined> {
    this.say(prompt);
    const line = await this.next(signal);
    // A terminal shows what is typed, its newline included; of a pipe we show it, or questions would stand in a row.
    if (this.input.isTTY !== true) this.say(line === undefined ? '\n' : `${sentence(line)}\n`);
    else if (line === undefined) this.say('\n');
    return line;
  }

  /** Reading would keep the program alive. */
  readonly close = (): void => {
    this.input.off('error', this.close);
    this.reader.close();
    this.input.pause();
  };

  private async next(signal: AbortSignal | undefined): Promise<string | undefined> {
    if (signal?.aborted === true) return undefined;
    const line = this.lines.next().then(
      ({ value }) => value,
      () => undefined,
    );
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
}
