import { isUtf8 } from 'node:buffer';
import { TwinportError } from '../errors';

/**
 * File names are bytes; strings are what programs handle. A name that is not UTF-8 must still be
 * fetchable, so each byte that is no part of valid UTF-8 becomes one lone surrogate, U+DC80 to U+DCFF
 * (what Python calls surrogateescape). Valid UTF-8 never decodes to a surrogate, so nothing is lost.
 */
const ESCAPE = 0xdc00;

/** The name these bytes spell; every byte string has one, and `encodeName` gives the same bytes back. */
export function decodeName(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  // Into one buffer: a string put together of single letters is a tree with a node for each, seventy bytes of memory
  // for a byte of a peer's. No sequence has more code units than bytes.
  const units = Buffer.allocUnsafe(2 * buffer.length);
  let end = 0;
  let clean = 0;
  const flush = (to: number): void => {
    if (to > clean) end += units.write(buffer.toString('utf8', clean, to), end, 'utf16le');
  };
  for (let at = 0; at < buffer.length;) {
    const length = sequenceLength(buffer, at);
    if (length > 0) {
      at += length;
      continue;
    }
    flush(at);
    end = units.writeUInt16LE(ESCAPE + buffer.readUInt8(at), end);
    clean = at += 1;
  }
  flush(buffer.length);
  return units.toString('utf16le', 0, end);
}

/**
 * The bytes of a name. Throws `invalid-name` on a surrogate that no byte decodes to: such a name exists
 * on no disk, and writing U+FFFD in its place would silently name another file.
 */
export function encodeName(name: string): Buffer {
  if (isUtf8Clean(name)) return Buffer.from(name, 'utf8');
  const parts: Buffer[] = [];
  let clean = 0;
  for (const match of name.matchAll(/\p{Surrogate}/gu)) {
    const byte = match[0].charCodeAt(0) - ESCAPE;
    if (byte < 0x80 || byte > 0xff) throw new TwinportError('invalid-name', 'A name holds half a surrogate pair.');
    parts.push(Buffer.from(name.slice(clean, match.index), 'utf8'), Buffer.of(byte));
    clean = match.index + 1;
  }
  parts.push(Buffer.from(name.slice(clean), 'utf8'));
  return Buffer.concat(parts);
}

/** False when the name holds bytes that are not UTF-8 (or any lone surrogate). */
export function isUtf8Clean(name: string): boolean {
  return !/\p{Surrogate}/u.test(name);
}

/** True when the name holds a control character: C0, DEL or C1 (Unicode's category Cc is exactly these). */
export function hasControl(name: string): boolean {
  return /\p{Cc}/u.test(name);
}

/** The name as one line of a plain listing: C0 and DEL as `?`, so that a name can never be two lines. */
export function printable(name: string): string {
  return name.replace(/\p{Cc}/gu, (control) => (control <= '\x7f' ? '?' : control));
}

/**
 * The name as a terminal may see it: C0, DEL and C1 as `\xNN`. A remote name could otherwise move the
 * cursor, retitle the window or type answers. A stray byte 0x80 to 0x9F is C1 to an 8-bit terminal.
 */
export function escaped(name: string): string {
  return name.replace(
    /[\p{Cc}\udc80-\udc9f]/gu,
    (control) => `\\x${(control.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`,
  );
}

/** How many bytes the valid UTF-8 sequence at `at` takes (RFC 3629 §4); 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes.readUInt8(at);
  if (first < 0x80) return 1;
  // C0, C1 and F5 to FF begin nothing: overlong forms and beyond U+10FFFF.
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  return length > 0 && at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
