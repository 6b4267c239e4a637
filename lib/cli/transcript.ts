import type { Endpoint } from '../index';
import type { Output } from './output';

/**
 * What the client prints of a session (and all it prints to standard output, with the data): wording and
 * order are fixed, programs compare them. With `-q` there is none.
 */
export class Transcript {
  private initiated = false;

  constructor(
    private readonly output: Output,
    private readonly quiet: boolean,
    /** Clears what stands in the way on a terminal. */
    private readonly before: () => void = () => undefined,
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

  complete(): void {
    this.line('Transfer complete.');
  }

  private line(text: string): void {
    if (this.quiet) return;
    this.before();
    this.output.say(`${text}\n`);
  }
}
