import { sentenceOf, TwinportError } from '../errors';
import { escaped, hasControl, isUtf8Clean } from '../wire/names';
import { normalisePath, rootFault } from '../wire/paths';
import { rightsOf, type Right } from '../wire/rights';
import { VISITOR, type Account, type AccountLimits } from './auth';
import { parseSecret, type Secret } from './passwords';

/**
 * The users file: a user a line, in words with blanks between them.
 *
 *     NAME HASH [rights=LIST] [root=DIR] [rate=BYTES] [quota-bytes=BYTES] [quota-files=N] [disabled]
 *
 * `#` begins a comment where a line begins. A word with blanks in it stands in double quotes, as JSON has them.
 */
export interface UserLine {
  readonly account: Account;
  readonly secret: Secret;
  readonly disabled: boolean;
  /** From 1. */
  readonly line: number;
}

interface Token {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Longer names are no names, and would be a burden in every line of a log. */
const LONGEST_NAME = 64;

/** Throws `invalid-argument`, a sentence with file and line, at the first thing that cannot be meant. */
export function parseUsers(text: string, file: string): readonly UserLine[] {
  const users = new Map<string, UserLine>();
  for (const [at, content] of text.split('\n').entries()) {
    const line = at + 1;
    const fail: Fail = (sentence) => {
      throw new TwinportError('invalid-argument', `${file}:${line}: ${sentence}`);
    };
    const tokens = tokensOf(content, fail);
    if (tokens.length === 0) continue;
    const user = { ...userOf(tokens, fail), line };
    const { name } = user.account;
    const same = users.get(name);
    if (same !== undefined) fail(`"${escaped(name)}" has an entry already, in line ${same.line}`);
    const [first = user] = users.values();
    // Who tries a name would else learn from the time it takes whether there is one.
    if (JSON.stringify(first.secret.cost) !== JSON.stringify(user.secret.cost)) {
      fail(`the hash does not cost what that in line ${first.line} does: give all of them the same ln, r and p`);
    }
    users.set(name, user);
  }
  return [...users.values()];
}

/** Why this cannot be the name of a user; undefined where it can. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'a name is missing';
  // The file is UTF-8: another name would be written there in its place.
  if (!isUtf8Clean(name)) return 'a name is UTF-8';
  if (hasControl(name)) return 'a name cannot hold control characters';
  // In no log would the one be told from the other.
  if (name === VISITOR) return `"${VISITOR}" is who has not logged in, and can be nobody's name`;
  if ([...name].length > LONGEST_NAME) return `a name has at most ${LONGEST_NAME} characters`;
  return undefined;
}

/** The file with this secret for that name: in its line, whose other words stay, or in a new one at the end. */
export function withUser(text: string, file: string, name: string, hash: string): string {
  const known = parseUsers(text, file).find(({ account }) => account.name === name);
  if (known === undefined) {
    const end = text === '' || text.endsWith('\n') ? '' : '\n';
    return `${text}${end}${quoted(name)} ${hash}\n`;
  }
  return changed(text, known, (content) => {
    const [, old] = tokensOf(content, never);
    return old === undefined ? content : content.slice(0, old.from) + hash + content.slice(old.to);
  });
}

/** The file without that name; undefined where it has no entry. */
export function withoutUser(text: string, file: string, name: string): string | undefined {
  const known = parseUsers(text, file).find(({ account }) => account.name === name);
  if (known === undefined) return undefined;
  return changed(text, known, () => undefined);
}

function changed(text: string, { line }: UserLine, change: (content: string) => string | undefined): string {
  return text
    .split('\n')
    .flatMap((content, at) => (at === line - 1 ? (change(content) ?? []) : [content]))
    .join('\n');
}

type Fail = (sentence: string) => never;
const never: Fail = (sentence) => {
  throw new TwinportError('invalid-argument', sentence);
};

/** Words, and what is in quotes of them: `root="my files"`. */
function tokensOf(content: string, fail: Fail): readonly Token[] {
  const text = content.replace(/\r$/, '');
  if (/^[ \t]*#/.test(text)) return [];
  const tokens: Token[] = [];
  const word = /[ \t]*((?:[^ \t"]|"(?:[^"\\]|\\.)*")+)(?=[ \t]|$)/y;
  for (let at = 0; text.slice(at).trim() !== ''; at = word.lastIndex) {
    word.lastIndex = at;
    const match = word.exec(text);
    if (match?.[1] === undefined) return fail('a quote (") has no second one, or stands inside of a word');
    const from = word.lastIndex - match[1].length;
    tokens.push({ text: unquoted(match[1], fail), from, to: word.lastIndex });
  }
  return tokens;
}

function unquoted(text: string, fail: Fail): string {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, (string) => {
    try {
      return String(JSON.parse(string));
    } catch {
      return fail('what is in quotes is not as JSON has it');
    }
  });
}

function quoted(name: string): string {
  return /^[^\s"#][^\s"]*$/.test(name) ? name : JSON.stringify(name);
}

function userOf([first, second, ...rest]: readonly Token[], fail: Fail): Omit<UserLine, 'line'> {
  const name = first?.text ?? '';
  const fault = nameFault(name);
  if (fault !== undefined) fail(fault);
  // The words of the line are not repeated from here on: one of them may be a password that somebody wrote there.
  if (second === undefined) return fail('a hash is missing behind the name: make one with ftserver passwd');
  const secret = parseSecret(second.text);
  if (secret === undefined) return fail('the second word is no hash: make one with ftserver passwd');
  if (typeof secret === 'string') return fail(`the hash ${secret}: make one with ftserver passwd`);
  const said = new Map<string, string>();
  for (const { text } of rest) {
    const equals = text.indexOf('=');
    const key = equals === -1 ? text : text.slice(0, equals);
    if (!KEYS.includes(key)) fail(`behind the hash stand ${KEYS.join(', ')}, and nothing else`);
    if ((key === 'disabled') !== (equals === -1)) fail(`${key} ${key === 'disabled' ? 'takes no' : 'needs a'} value`);
    if (said.has(key)) fail(`${key} is given twice`);
    said.set(key, text.slice(equals + 1));
  }
  const rights = given(said, 'rights', (text) => rightsIn(text, fail));
  const root = given(said, 'root', (text) => rootIn(text, fail));
  const limits = limitsIn(said, fail);
  return {
    account: {
      name,
      ...(rights !== undefined && { rights }),
      ...(root !== undefined && { root }),
      ...(limits !== undefined && { limits }),
    },
    secret,
    disabled: said.has('disabled'),
  };
}

const KEYS: readonly string[] = ['rights', 'root', 'rate', 'quota-bytes', 'quota-files', 'disabled'];

function given<T>(said: ReadonlyMap<string, string>, key: string, meaning: (text: string) => T): T | undefined {
  const text = said.get(key);
  return text === undefined ? undefined : meaning(text);
}

function rightsIn(text: string, fail: Fail): readonly Right[] {
  try {
    return rightsOf(text.split(','));
  } catch (error) {
    return fail(sentenceOf(error));
  }
}

function rootIn(text: string, fail: Fail): string {
  const fault = rootFault(text);
  if (fault !== undefined) fail(`root ${fault}`);
  return normalisePath(text);
}

function limitsIn(said: ReadonlyMap<string, string>, fail: Fail): AccountLimits | undefined {
  const rate = given(said, 'rate', (text) => amount('rate', text, 1, fail));
  const quotaBytes = given(said, 'quota-bytes', (text) => amount('quota-bytes', text, 0, fail));
  const quotaFiles = given(said, 'quota-files', (text) => amount('quota-files', text, 0, fail));
  if (rate === undefined && quotaBytes === undefined && quotaFiles === undefined) return undefined;
  return {
    ...(rate !== undefined && { rate }),
    ...(quotaBytes !== undefined && { quotaBytes }),
    ...(quotaFiles !== undefined && { quotaFiles }),
  };
}

/** Each 1024 of the one before. */
const UNITS = ['', 'K', 'M', 'G', 'T'];

function amount(key: string, text: string, least: number, fail: Fail): number {
  const [, digits = '', unit = ''] = /^([0-9]{1,15})([KMGT]?)$/.exec(text) ?? [];
  const value = digits === '' ? NaN : Number(digits) * 1024 ** UNITS.indexOf(unit);
  if (!Number.isSafeInteger(value) || value < least)
    fail(`${key} is a number from ${least} on, as 500, 64K, 10M or 2G`);
  return value;
}
