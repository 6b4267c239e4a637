import { encodeName } from '../../wire/names';

export type JsonValue = string | number | boolean | Date | undefined;

/** What `decodeName` makes of bytes that are not UTF-8, and nothing else. */
const BYTES_ONLY = /^[^\u{d800}-\u{dc7f}\u{dd00}-\u{dfff}]*$/u;
/** Valid in JSON, but to a terminal C1 are commands, and to JavaScript U+2028 and U+2029 once ended a line. */
const UNSEEN = /[\x7f-\x9f\u2028\u2029]/g;

/**
 * One object as one line. What is undefined is left out, dates are UTC (RFC 3339).
 *
 * A name that is not UTF-8 is half surrogate pairs here, which strict readers of JSON refuse: U+FFFD takes their
 * places, and a member of the same name with `Hex` behind it has the bytes.
 */
export function jsonLine(members: Readonly<Record<string, JsonValue>>): string {
  const plain: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(members)) {
    if (value === undefined) continue;
    if (value instanceof Date) plain[key] = value.toISOString();
    else if (typeof value !== 'string' || value.isWellFormed()) plain[key] = value;
    else {
      plain[key] = value.toWellFormed();
      if (BYTES_ONLY.test(value)) plain[`${key}Hex`] = encodeName(value).toString('hex');
    }
  }
  const unseen = (control: string): string => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(plain).replace(UNSEEN, unseen)}\n`;
}
