import type { Document, Node, Pair } from 'yaml';
import { SettingError } from './settings';

/**
 * A configuration as YAML has it, before anything in it means something. Scalars stay the text that stands there
 * (the failsafe schema): YAML's own guesses would make 0777 a number, `no` a switch and 1e3 a port. Nothing is ever
 * resolved or expanded: an alias is refused where it stands, and cannot multiply.
 */

/** A scalar, as it stands in the file. */
export interface Word {
  readonly text: string;
  readonly line: number;
  /** Without quotes around it. */
  readonly plain: boolean;
}
export interface List {
  readonly items: readonly Item[];
  readonly line: number;
}
export interface Mapping {
  readonly entries: readonly Entry[];
  readonly line: number;
}
export interface Entry {
  readonly key: string;
  /** Where the key stands. */
  readonly line: number;
  readonly item: Item;
}
export type Item = Word | List | Mapping;

/**
 * Brackets, dashes and question marks of a whole file: what is nested deeper than the stack is deep ends the process,
 * and no error can be caught.
 */
const MOST_NESTING = 1000;

/** Throws a SettingError: one sentence with file and line. `file` is for those sentences. */
export function parseDocument(text: string, file: string): Mapping {
  const { isScalar, Lexer, LineCounter, parseAllDocuments } = require('yaml') as typeof import('yaml');
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line || 1;
  const fail = (line: number, sentence: string): never => {
    throw new SettingError(`${file}:${line}: ${sentence}`);
  };

  let nesting = 0;
  for (const token of new Lexer().lex(text)) if (NESTS.has(token)) nesting++;
  if (nesting > MOST_NESTING) fail(1, 'this is nested too deeply to be settings');

  const read = parseAllDocuments(text, {
    schema: 'failsafe',
    // Said better by us, with both lines.
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [document, second] = 'empty' in read ? [] : (read as Document.Parsed[]);
  if (document === undefined) return { entries: [], line: 1 };
  const [wrong] = [...document.errors, ...document.warnings];
  if (wrong !== undefined) {
    const offset = Math.min(wrong.pos[0], text.trimEnd().length);
    const line = lineAt(offset);
    const codes = document.errors.map(({ code }) => code);
    const inward = indented(text.split('\n'), line, codes);
    if (inward !== undefined) {
      fail(inward.line, `"${shortened(inward.key)}" is indented: a setting begins where its line begins`);
    }
    const sentence = complaint(wrong.code, wrong.message);
    // Of what is told in our words the value is the place.
    fail(line, sentence + near(text, line, sentence.startsWith(NO_YAML) ? lines.linePos(offset).col : undefined));
  }
  if (second !== undefined) fail(lineAt(second.range[0]), 'a second document begins here, and only one is taken');
  const { contents } = document;
  // `---` alone is a document of one scalar, and that is empty.
  if (contents === null || (isScalar(contents) && contents.source === '')) return { entries: [], line: 1 };
  return mappingOf(new Walk(lineAt, fail), contents);
}

const NESTS = new Set(['[', '{', '-', '?']);

const NO_YAML = 'this is not YAML: ';

/** What goes wrong most, in words for somebody who does not know YAML's; the rest in the parser's own. */
function complaint(code: string, message: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'a tab cannot indent in YAML, only blanks can';
    case 'BAD_ALIAS':
      return 'what begins with "*" is an alias in YAML: put it in quotes';
    case 'TAG_RESOLVE_FAILED':
      return 'a tag ("!…") means nothing here';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'a value that holds ": ", or ends in ":", stands in quotes';
    default:
      return `${NO_YAML}${plainly(message)}`;
  }
}

/** What the parser says in words of the grammar, and with its own quotes run into the text. */
const PLAINLY: readonly (readonly [said: RegExp, meant: (mark: string) => string])[] = [
  [/^Missing closing (["'])quote$/, (mark) => `a quote ${mark} was opened, and nothing closes it`],
  [/^Implicit map keys need/, () => 'a setting is a name, a colon and a value, and there is no colon'],
  [
    /^Flow (?:sequence|map) .* end with a ([\]}])$/,
    (mark) => `what was opened with ${OPENS[mark] ?? ''} wants its ${mark}`,
  ],
  [/^Unexpected flow-(?:seq|map)-end token .*"([\]}])"$/, (mark) => `${mark} closes what nothing has opened`],
  [/^Unexpected scalar at node end$/, () => 'there is more behind the value: put all of it in quotes'],
  [/^Plain value cannot start with .*character (.)$/, (mark) => `a value that begins with ${mark} stands in quotes`],
  [
    /^Invalid escape sequence (.*)$/,
    (mark) => `${mark} means nothing between double quotes: single ones take it as it is`,
  ],
];
const OPENS: Readonly<Record<string, string>> = { ']': '[', '}': '{' };

function plainly(message: string): string {
  for (const [said, meant] of PLAINLY) {
    const found = said.exec(message);
    if (found !== null) return meant(found[1] ?? '');
  }
  return `${message.slice(0, 1).toLowerCase()}${quotedShort(message.slice(1)).replace(/\s+/g, ' ')}`;
}

/** The parser quotes as much as it has read. */
function quotedShort(message: string): string {
  return message.length > 200 ? `${message.slice(0, 200)}…` : message;
}

/**
 * A setting behind blanks is part of the value above it to YAML, whose complaint is about that value. Undefined where the
 * complaint is about something else.
 */
function indented(
  lines: readonly string[],
  line: number,
  codes: readonly string[],
): { readonly line: number; readonly key: string } | undefined {
  const [first = ''] = codes;
  // Told at the value above; at the line itself, or blank ones before it; at what follows an indented first line.
  const from =
    first === 'BLOCK_AS_IMPLICIT_KEY' && codes.includes('MULTILINE_IMPLICIT_KEY')
      ? line
      : first === 'BAD_INDENT'
        ? line - 1
        : first === 'UNEXPECTED_TOKEN'
          ? 0
          : undefined;
  if (from === undefined) return undefined;
  const at = lines.findIndex((one, index) => index >= from && !/^\s*(#.*)?$/.test(one));
  const key = /^ +([A-Za-z][\w-]*)[ \t]*:(?=\s|$)/.exec(lines[at] ?? '')?.[1];
  return key === undefined ? undefined : { line: at + 1, key };
}

/** Of a word that is none of ours, as much as tells which it is. */
export function shortened(word: string): string {
  return word.length > 60 ? `${word.slice(0, 60)}…` : word;
}

/** The setting that a line belongs to, where one is in sight, and the column in the line. */
function near(text: string, line: number, column: number | undefined): string {
  const above = text.split('\n').slice(0, line).reverse();
  const found = above.map((one) => /^([A-Za-z][\w-]*)[ \t]*:/.exec(one)?.[1]).find((key) => key !== undefined);
  const words = [
    ...(found === undefined ? [] : [`at "${shortened(found)}"`]),
    ...(column === undefined ? [] : [`column ${column}`]),
  ];
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

class Walk {
  constructor(
    readonly lineAt: (offset: number) => number,
    readonly fail: (line: number, sentence: string) => never,
  ) {}

  lineOf(node: unknown): number {
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    return Array.isArray(range) && typeof range[0] === 'number' ? this.lineAt(range[0]) : 1;
  }
}

function mappingOf(walk: Walk, contents: Node): Mapping {
  const { isMap } = require('yaml') as typeof import('yaml');
  if (!isMap(contents)) walk.fail(walk.lineOf(contents), 'settings are lines like "root: /srv/files"');
  return { entries: contents.items.map((pair) => entryOf(walk, pair)), line: walk.lineOf(contents) };
}

function entryOf(walk: Walk, { key, value }: Pair): Entry {
  const { isScalar } = require('yaml') as typeof import('yaml');
  if (!isScalar(key) || typeof key.value !== 'string' || key.value === '') {
    return walk.fail(walk.lineOf(key), 'the name of a setting is a word');
  }
  const line = walk.lineOf(key);
  return { key: key.value, line, item: itemOf(walk, value, key.value, line) };
}

function itemOf(walk: Walk, node: unknown, key: string, line: number): Item {
  const { isAlias, isMap, isScalar, isSeq } = require('yaml') as typeof import('yaml');
  if (isAlias(node))
    return walk.fail(walk.lineOf(node), `${shortened(key)}: aliases are not taken here, write the value out`);
  if (isScalar(node) && typeof node.value === 'string') {
    return { text: node.value, line: walk.lineOf(node), plain: node.type === 'PLAIN' };
  }
  if (isSeq(node)) {
    return { items: node.items.map((item) => itemOf(walk, item, key, line)), line: walk.lineOf(node) };
  }
  if (isMap(node)) return mappingOf(walk, node);
  // `? key` alone has no value at all.
  return { text: '', line, plain: true };
}
