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
  const formed = Object.values(members).every((value) => typeof value !== 'string' || value.isWellFormed());
  // It leaves out what is undefined, and has dates as they are promised.
  const text = JSON.stringify(formed ? members : wellFormed(members));
  return `${text.replace(UNSEEN, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}

function wellFormed(members: Readonly<Record<string, JsonValue>>): Record<string, JsonValue> {
  const formed: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(members)) {
    if (typeof value !== 'string' || value.isWellFormed()) {
      formed[key] = value;
      continue;
    }
    formed[key] = value.toWellFormed();
    if (BYTES_ONLY.test(value)) formed[`${key}Hex`] = encodeName(value).toString('hex');
  }
  return formed;
}
