import { TwinportError } from '../../errors';
import { decodeName, encodeName, isUtf8Clean, printable } from '../../wire/names';

/** What `-u` carries. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
}

const TAB = 0x09;

/** `NAME<TAB>PASSWORD`: the first TAB ends the name, which has none. Throws `syntax`; nothing of what was sent is in it. */
export function parseCredentials(raw: Buffer, hex: boolean): Credentials {
  const tab = raw.indexOf(TAB);
  if (tab === -1) throw bad('-u needs a name and a password with a TAB between them.');
  const [name, password] = [raw.subarray(0, tab), raw.subarray(tab + 1)].map((part) => {
    const text = decodeName(part);
    if (!hex) return text;
    if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw bad('The name or the password is not hexadecimal.');
    return decodeName(Buffer.from(text, 'hex'));
  }) as [string, string];
  if (name === '') throw bad('-u needs a name.');
  if (!hex && !isPlain(name)) throw bad('The name is not UTF-8 or holds control characters: use --hex.');
  if (name.includes('\0') || password.includes('\0')) throw bad('A name or a password cannot hold a NUL byte.');
  return { name, password };
}

/** Must it go in hexadecimal? What could be read back otherwise goes as it is. */
export function needsHex({ name, password }: Credentials): boolean {
  return !isPlain(name) || !isPlain(password);
}

/** Throws `invalid-argument` on what can be nobody's: neither is repeated. */
export function formatCredentials({ name, password }: Credentials, hex: boolean): string {
  if (name === '') throw new TwinportError('invalid-argument', 'A login needs a name.');
  if (name.includes('\0') || password.includes('\0')) {
    throw new TwinportError('invalid-argument', 'A name or a password cannot hold a NUL byte.');
  }
  return [name, password].map((text) => (hex ? encodeName(text).toString('hex') : text)).join('\t');
}

function isPlain(text: string): boolean {
  return isUtf8Clean(text) && printable(text) === text;
}

function bad(sentence: string): TwinportError {
  return new TwinportError('syntax', sentence, { reply: 501 });
}
