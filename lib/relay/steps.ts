import { Unread } from '../wire/bytes';
import { parseDecimal } from '../wire/numbers';

/** The fields of a stepwise client, in order: verb, data port, the client's IPv4 address, and for `-g` a name. */
export type Field = 'verb' | 'port' | 'address' | 'name' | 'rest';

export interface Step {
  readonly field: Field;
  readonly bytes: Buffer;
}

/** A field is a line's worth; more is something else. */
const LARGEST_FIELD = 4096;

/**
 * Fields that nothing terminates: each is what came before a silence, because the client waits for its OK before it
 * sends the next.
 */
export class Steps {
  private readonly unread = new Unread();
  private fields: Field[] = ['verb', 'port', 'address'];

  push(bytes: Uint8Array): void {
    this.unread.append(bytes);
  }

  /** Bytes that need no silence: what follows the last field, or is too long for one. */
  next(): Step | undefined {
    if (this.unread.length >= LARGEST_FIELD) this.fields = [];
    return this.fields.length === 0 && this.unread.length > 0 ? { field: 'rest', bytes: this.take() } : undefined;
  }

  get waiting(): boolean {
    return this.unread.length > 0;
  }

  /** After a silence, or at the end: what came is a field. */
  quiet(): Step | undefined {
    const rest = this.next();
    const field = this.fields[0];
    if (rest !== undefined || field === undefined || this.unread.length === 0) return rest;
    const bytes = this.take();
    this.fields.shift();
    if (field === 'verb') this.begin(bytes.toString('latin1'));
    return { field, bytes };
  }

  private begin(verb: string): void {
    if (verb === '-g') this.fields.push('name');
    else if (verb !== '-l') this.fields = [];
  }

  private take(): Buffer {
    return this.unread.take(this.unread.length);
  }
}

/** The data port in a field, and what pads it (some send whole buffers). */
export function portField(bytes: Buffer): { readonly port: number; readonly padding: string } | undefined {
  const [, digits = '', padding = ''] = /^([0-9]{4,5})([\0\r\n ]*)$/.exec(bytes.toString('latin1')) ?? [];
  const port = parseDecimal(digits);
  return port !== undefined && port >= 1024 && port <= 65535 ? { port, padding } : undefined;
}
