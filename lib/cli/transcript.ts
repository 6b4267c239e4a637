import type { Endpoint } from '../index';
import type { Output } from './output';

export interface TranscriptHow {
  readonly quiet: boolean;
  /** Clears what stands in the way on a terminal. */
  readonly before?: () => void;
  /** Begins each line. */
  readonly label?: string;
}

/**
 * What the client prints of a session (and all it prints to standard output, with the data): wording and
 * order are fixed, programs compare them. With `-q` there is none.
 */
export class Transcript {
  private initiated = false;

  constructor(
    private readonly output: Output,
    private readonly how: TranscriptHow,
  ) {}

  /** `host` as it was typed. */
  connected(host: string, port: number): void {
    this.line(`Connected to ${host} on port ${port}...`);
  }

  /** Once, also when the request is asked again over a second data connection. */
  data({ address, port }: Endpoint): void {
    if (this.initiated) return;
    this.initiated = true;
    // A Python tuple: the first client was written in it, and printed what accept() gave.
    this.line(`Data transfer initiated on ('${address.replace(/^::ffff:(?=\d+\.)/i, '')}', ${port})...`);
  }

  /** `unverified`: in a language in which nothing vouches for it. */
  complete(unverified: boolean): void {
    this.line(unverified ? 'Transfer complete, unverified.' : 'Transfer complete.');
  }

  /** What the server said, one line whatever is in it, also when there is no transcript: it was asked for. */
  message(bytes: Uint8Array): void {
    const { nameBytes } = require('./render') as typeof import('./render');
    const { decodeName } = require('../wire/names') as typeof import('../wire/names');
    this.how.before?.();
    const begin = Buffer.from(`${this.how.label ?? ''}Received: `);
    void this.output.write(Buffer.concat([begin, nameBytes(decodeName(bytes)), Buffer.from('\n')]));
  }

  private line(text: string): void {
    const { quiet, before, label = '' } = this.how;
    if (quiet) return;
    before?.();
    const { printLine } = require('./report/bytes') as typeof import('./report/bytes');
    printLine(this.output, `${label}${text}`);
  }
}
