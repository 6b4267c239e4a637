import { isTwinportError, TwinportError } from '../../errors';
import { LIMITS } from '../../options';
import { decodeName, encodeName, isUtf8Clean, printable } from '../../wire/names';
import { parseDecimal } from '../../wire/numbers';
import { normalisePath } from '../../wire/paths';
import { formatCredentials, needsHex, parseCredentials, type Credentials } from './credentials';
import { OPTIONS, readOption, writeOption, type FtOptions } from './grammarOptions';

export type { FtOptions } from './grammarOptions';

export type Verb = 'l' | 'g' | 'p' | 'c' | 'f' | 's' | 'h' | 'm' | 'd' | 'r' | 'u' | 'q' | 'x';

/** One request, understood. */
export interface FtRequest {
  readonly verb: Verb;
  readonly options: FtOptions;
  /** PATH normalised (`wire/paths`); `''` for the root and for verbs without a PATH. */
  readonly path: string;
  /** PATH as sent, decoded, for logs and replies; may hold control characters when it came in hexadecimal. */
  readonly named: string;
  /** r alone: the new name, as `path` and `named` are the old one. */
  readonly to?: { readonly path: string; readonly named: string };
  /** l, g, p: 1024–65535, or 0 for passive. Otherwise 0. */
  readonly port: number;
  /** c: the count and the CRC-32, eight digits in lower case. Otherwise 0 and `''`. */
  readonly length: number;
  readonly crc32: string;
  /** u alone. Never to be shown. */
  readonly login?: Credentials;
}

interface VerbRow {
  /** What follows the options: `[PATH] PORT`, `PATH PORT`, `PATH`, `OLD TAB NEW`, `NAME TAB PASSWORD`, `LENGTH CRC32`, nothing. */
  readonly shape: 'maybe-path-port' | 'path-port' | 'path' | 'two-paths' | 'login' | 'count' | 'nothing';
  readonly options: readonly (keyof FtOptions)[];
  /** Changes what is there, or who somebody is, in one line: it must be whole. */
  readonly changes?: boolean;
}

/** DESIGN §3.1: each verb, what follows it, and the options it knows. */
export const VERBS: Readonly<Record<Verb, VerbRow>> = {
  l: { shape: 'maybe-path-port', options: ['hex', 'facts', 'recursive', 'token', 'digest'] },
  g: { shape: 'path-port', options: ['hex', 'offset', 'length', 'versionIs', 'token', 'digest'] },
  p: {
    shape: 'path-port',
    options: ['hex', 'size', 'confirm', 'modify', 'offset', 'ifExists', 'token'],
  },
  c: { shape: 'count', options: [] },
  f: { shape: 'nothing', options: [] },
  s: { shape: 'path', options: ['hex', 'part', 'size', 'modify'] },
  h: { shape: 'path', options: ['hex', 'length', 'digest'] },
  m: { shape: 'path', options: ['hex', 'parents'], changes: true },
  d: { shape: 'path', options: ['hex'], changes: true },
  r: { shape: 'two-paths', options: ['hex'], changes: true },
  u: { shape: 'login', options: ['hex'], changes: true },
  q: { shape: 'nothing', options: [] },
  x: { shape: 'nothing', options: [] },
};

const NEEDS = {
  path: 'a path',
  'two-paths': 'two paths with a TAB between them',
  login: 'a name and a password with a TAB between them',
  'path-port': 'a data port',
  'maybe-path-port': 'a data port',
} as const;
const TAB = 0x09;

/**
 * One request line, without its LF or CR LF. Throws `syntax` with the reply it deserves: 500 unknown
 * verb, 501 a missing or impossible argument or a repeated option, 504 an option this verb does not know.
 */
export function parseRequest(line: Uint8Array): FtRequest {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  // One character a byte: positions in the text are positions in the bytes, and PATH stays verbatim.
  const text = bytes.toString('latin1');
  const verb = parseVerb(text);
  const row = VERBS[verb];
  const options: FtOptions = {};
  const at = parseOptions(text, verb, options);
  const rest = text.slice(at);
  const none = { verb, options, path: '', named: '', port: 0, length: 0, crc32: '' };

  if (row.shape === 'nothing') {
    if (rest !== '') throw bad(501, `-${verb} takes no argument.`);
    return none;
  }
  if (row.shape === 'count') return { ...none, ...parseCount(rest) };
  // From here each argument has one space before it, and the first space is the one after the options.
  if (rest === '') throw bad(501, `-${verb} needs ${NEEDS[row.shape]}.`);
  if (row.shape === 'path') return { ...none, ...parsePath(bytes.subarray(at + 1), verb, options) };
  if (row.shape === 'two-paths') return { ...none, ...parsePaths(bytes.subarray(at + 1), verb, options) };
  if (row.shape === 'login') return { ...none, login: parseCredentials(bytes.subarray(at + 1), options.hex === true) };

  const last = text.lastIndexOf(' ');
  const port = parsePort(text.slice(last + 1));
  if (last === at && row.shape === 'maybe-path-port') return { ...none, port };
  const path = bytes.subarray(at + 1, Math.max(at + 1, last));
  if (path.length === 0 && row.shape === 'maybe-path-port') return { ...none, port };
  return { ...none, port, ...parsePath(path, verb, options) };
}

/** What `formatRequest` sends. An option that is undefined is left out. */
export interface RequestParts {
  readonly verb: Verb;
  readonly options?: { readonly [K in keyof FtOptions]?: FtOptions[K] | undefined } | undefined;
  /** Goes out as it is, in hexadecimal when it must; `''` is the root. */
  readonly path?: string | undefined;
  /** r: the new name. */
  readonly to?: string | undefined;
  /** u: who, and by which password; in hexadecimal when they must. */
  readonly login?: Credentials | undefined;
  readonly port?: number | undefined;
  readonly length?: number | undefined;
  readonly crc32?: string | undefined;
}

/**
 * The request as one line with its LF. A path that is not UTF-8 or holds control characters goes out in
 * hexadecimal: no name can end the line early and smuggle a second request behind it. Throws
 * `invalid-name` (NUL, too long for a line), `invalid-port`, or `invalid-argument` (an option this verb
 * does not know, an impossible value).
 */
export function formatRequest(request: RequestParts): Buffer {
  const { verb, path = '', to = '', login } = request;
  const row = VERBS[verb];
  const takesTwo = row.shape === 'two-paths';
  const takesPath = row.shape !== 'count' && row.shape !== 'nothing' && row.shape !== 'login';
  if ((login !== undefined) !== (row.shape === 'login')) throw misuse(`A login belongs to -u, and -u to a login.`);
  const takesPort = row.shape === 'maybe-path-port' || row.shape === 'path-port';
  if (path !== '' && !takesPath) throw misuse(`-${verb} takes no path.`);
  if (to !== '' && !takesTwo) throw misuse(`-${verb} takes no second path.`);
  if (path.includes('\0') || to.includes('\0'))
    throw new TwinportError('invalid-name', 'A path cannot hold a NUL byte.');
  // The root has no name of its own to send; a list says it by silence.
  const named = path === '' && row.shape !== 'maybe-path-port' ? '.' : path;
  const names = takesTwo ? [named, to === '' ? '.' : to] : [named];
  const sendsPath = takesPath && named !== '';
  const mustHex = login === undefined ? sendsPath && !names.every(isPlain) : needsHex(login);
  const hex = mustHex || ((sendsPath || login !== undefined) && request.options?.hex === true);

  const words = [`-${verb}`, ...formatOptions(verb, { ...request.options, hex: hex ? true : undefined })];
  if (!hex && (sendsPath ? named : (login?.name ?? '')).startsWith('--')) words.push('--');
  if (login !== undefined) words.push(formatCredentials(login, hex));
  if (sendsPath) words.push(names.map((each) => (hex ? encodeName(each).toString('hex') : each)).join('\t'));
  if (takesPort) words.push(String(checkedPort(request.port)));
  if (row.shape === 'count') words.push(...checkedCount(request.length, request.crc32));

  const line = Buffer.from(`${words.join(' ')}\n`, 'utf8');
  if (line.length > LIMITS.requestLine) {
    throw new TwinportError(
      'invalid-name',
      `The request is longer than ${LIMITS.requestLine} bytes: the ${login === undefined ? 'path' : 'password'} is too long.`,
    );
  }
  return line;
}

/** PATH as `formatRequest` sends it: hexadecimal when it could not be read back otherwise. */
export function pathOnWire(path: string): string {
  return isPlain(path) ? path : encodeName(path).toString('hex');
}

/** Is this a whole `-l` or `-g` line? Only then may it stand without its newline: a write must be deliberate. */
export function isComplete(text: Uint8Array): boolean {
  if (text[0] !== 0x2d || (text[1] !== 0x6c && text[1] !== 0x67)) return false;
  try {
    parseRequest(text);
    return true;
  } catch (error) {
    if (isTwinportError(error, 'syntax')) return false;
    throw error;
  }
}

function parseVerb(text: string): Verb {
  const space = text.indexOf(' ');
  const word = space === -1 ? text : text.slice(0, space);
  const letter = word.length === 2 && word.startsWith('-') ? word.slice(1) : '';
  if (isVerb(letter)) return letter;
  // Only a plain short word is repeated: whatever is said here lands on somebody's terminal. In quotes it keeps its case.
  // But not where it could be a password behind a verb that was misspelt.
  const shown = /^(?!-*u)[!-~]{1,16}$/i.test(word) ? `"${word}" is not a request` : 'That is not a request';
  throw bad(500, `${shown} of this server. It knows -l, -g and -p; -f lists all.`);
}

function isVerb(letter: string): letter is Verb {
  return Object.hasOwn(VERBS, letter);
}

/** Reads the options; returns where the arguments begin: at their space, or at the end. */
function parseOptions(text: string, verb: Verb, options: FtOptions): number {
  let at = 2;
  while (text.startsWith(' --', at)) {
    const space = text.indexOf(' ', at + 1);
    const end = space === -1 ? text.length : space;
    const token = text.slice(at + 3, end);
    at = end;
    if (token === '' && takesArguments(verb)) return at;
    parseOption(token, verb, options);
  }
  return at;
}

function takesArguments(verb: Verb): boolean {
  return VERBS[verb].shape !== 'nothing' && VERBS[verb].shape !== 'count';
}

function parseOption(token: string, verb: Verb, options: FtOptions): void {
  const equals = token.indexOf('=');
  const wire = equals === -1 ? token : token.slice(0, equals);
  const key = VERBS[verb].options.find((candidate) => OPTIONS[candidate].wire === wire);
  const shown = /^[a-z0-9-]{1,32}$/.test(wire) ? `--${wire}` : 'That';
  if (key === undefined) throw bad(504, `${shown} is not an option of -${verb}.`);
  if (options[key] !== undefined) throw bad(501, `--${wire} is given twice.`);
  if (OPTIONS[key].flag && equals !== -1) throw bad(501, `--${wire} takes no value.`);
  if (!OPTIONS[key].flag && equals === -1) throw bad(501, `--${wire} needs a value.`);
  if (!readOption(options, key, token.slice(equals + 1))) throw bad(501, `--${wire} cannot have that value.`);
}

function parsePath(raw: Buffer, verb: Verb, options: FtOptions): { path: string; named: string } {
  if (raw.length === 0) throw bad(501, `-${verb} needs a path.`);
  let named = decodeName(raw);
  if (options.hex === true) {
    if (!/^(?:[0-9a-f]{2})+$/i.test(named)) throw bad(501, 'The path is not hexadecimal.');
    named = decodeName(Buffer.from(named, 'hex'));
    // A NUL would cut the name short on its way to the disk: another file than was asked for.
    if (named.includes('\0')) throw bad(501, 'A path cannot hold a NUL byte.');
  } else if (!isPlain(named)) {
    throw bad(501, 'The path is not UTF-8 or holds control characters: use --hex.');
  }
  return { path: normalisePath(named), named };
}

/** A TAB in a name goes in hexadecimal, so the one that is seen stands between two. */
function parsePaths(raw: Buffer, verb: Verb, options: FtOptions): Pick<FtRequest, 'path' | 'named' | 'to'> {
  const tab = raw.indexOf(TAB);
  if (tab === -1 || raw.includes(TAB, tab + 1)) throw bad(501, `-${verb} needs ${NEEDS['two-paths']}.`);
  const to = parsePath(raw.subarray(tab + 1), verb, options);
  return { ...parsePath(raw.subarray(0, tab), verb, options), to };
}

/** May stand on the wire as it is: UTF-8, no C0, no DEL. */
function isPlain(named: string): boolean {
  return isUtf8Clean(named) && printable(named) === named;
}

function parsePort(text: string): number {
  const port = parseDecimal(text);
  if (port === undefined) throw bad(501, 'The last word must be the data port, a decimal number.');
  const fault = portFault(port);
  if (fault !== undefined) throw bad(501, fault);
  return port;
}

function portFault(port: number): string | undefined {
  if (port === 0 || (port >= 1024 && port <= 65535)) return undefined;
  // RFC 2577 §3: dialled at a client's word, these would turn the server against other services.
  return port > 0 && port < 1024
    ? `Data port ${port} is refused: below 1024 are the ports of services (RFC 2577 §3).`
    : 'The data port must be 1024 to 65535, or 0 for passive.';
}

function parseCount(rest: string): { length: number; crc32: string } {
  const match = /^ ([^ ]+) ([^ ]+)$/.exec(rest);
  const length = parseDecimal(match?.[1] ?? '');
  const crc32 = match?.[2] ?? '';
  if (length === undefined || !/^[0-9a-f]{8}$/i.test(crc32)) {
    throw bad(501, '-c needs a length and a CRC-32 of eight hexadecimal digits.');
  }
  return { length, crc32: crc32.toLowerCase() };
}

function formatOptions(verb: Verb, given: NonNullable<RequestParts['options']>): string[] {
  const known: readonly string[] = VERBS[verb].options;
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined && !known.includes(key)) throw misuse(`-${verb} does not know the option ${key}.`);
  }
  return VERBS[verb].options.flatMap((key) => {
    const value = given[key];
    if (value === undefined) return [];
    const word = writeOption(key, value);
    if (word === undefined) throw misuse(`The option ${key} cannot have that value.`);
    return [word];
  });
}

function checkedPort(port: number | undefined): number {
  const fault = port !== undefined && Number.isInteger(port) && port >= 0 ? portFault(port) : 'A data port is missing.';
  if (port === undefined || fault !== undefined)
    throw new TwinportError('invalid-port', fault ?? 'A data port is missing.');
  return port;
}

function checkedCount(length: number | undefined, crc32: string | undefined): [string, string] {
  if (length === undefined || !Number.isSafeInteger(length) || length < 0) throw misuse('-c needs a length.');
  if (crc32 === undefined || !/^[0-9a-f]{8}$/i.test(crc32)) throw misuse('-c needs a CRC-32.');
  return [String(length), crc32.toLowerCase()];
}

function bad(reply: 500 | 501 | 504, sentence: string): TwinportError {
  return new TwinportError('syntax', sentence, { reply });
}

function misuse(sentence: string): TwinportError {
  return new TwinportError('invalid-argument', sentence);
}
