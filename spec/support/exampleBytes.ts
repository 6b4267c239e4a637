import { DIALECTS, PORT_DIALECTS } from '../../lib/dialects/registry';
import { blocksOf, type Block } from './markdown';
import type { Actor } from './example';

/**
 * The examples of the small dialects (```` ```example framed server: … ````). Their messages have no terminators,
 * so these say every byte; and every remark is a claim that is looked into.
 */

export interface ByteExample {
  readonly dialect: string;
  readonly kind: 'server' | 'client';
  readonly title: string;
  readonly line: number;
  readonly steps: readonly ByteStep[];
}

/** Which of several connections: 1 unless a digit says otherwise (`C2`). */
type On = { readonly actor: Actor; readonly conn: number };

export type ByteStep =
  | (On & { readonly kind: 'bytes'; readonly text: string })
  | (On & { readonly kind: 'end' | 'reset' })
  | (On & { readonly kind: 'silence'; readonly ms: number })
  | { readonly kind: 'open'; readonly dials: 'server' | 'client' }
  | Ask
  /** How the server is started, where that matters. */
  | { readonly kind: 'serve'; readonly settings: Settings }
  /** What is under a name now; undefined: nothing. */
  | { readonly kind: 'holds'; readonly name: string; readonly content: string | undefined }
  | { readonly kind: 'lists'; readonly names: readonly string[] }
  | { readonly kind: 'outcome'; readonly text: string };

/** What the client is asked for. */
export interface Ask {
  readonly kind: 'ask';
  readonly verb: 'list' | 'get' | 'put';
  readonly name: string;
  /** What is in the file that is put. */
  readonly body: string;
  readonly settings: Settings;
}

type Settings = Readonly<Record<string, number | true>>;

const HEAD = /^example ([a-z]+) (server|client): (.+)$/;

/** Is it an example of this kind? The native language's own have a word less. */
export function isByteExample(info: string): boolean {
  const [, dialect = '', kind] = HEAD.exec(info) ?? [];
  // A port that speaks several has no client of its own.
  return dialect !== 'ft' && (kind === 'server' ? PORT_DIALECTS : Object.keys(DIALECTS)).includes(dialect as 'auto');
}

export function byteExamplesOf(markdown: string): readonly ByteExample[] {
  return blocksOf(markdown)
    .filter(({ info }) => isByteExample(info))
    .map(parseByteExample);
}

/** Throws on whatever it does not understand: an example that nobody executes is worse than none. */
export function parseByteExample({ info, text, line }: Block): ByteExample {
  const [, dialect = '', kind = '', title = ''] = HEAD.exec(info) ?? [];
  const steps = text
    .split('\n')
    .slice(0, -1)
    .flatMap((each, at) => apart(each).map((step) => parseByteStep(step, line + 1 + at)));
  if (steps.length === 0) throw new Error(`line ${line}: an example without lines`);
  const asks = steps.flatMap((step, at) => (step.kind === 'ask' ? [at] : []));
  if (asks.join() !== (kind === 'client' ? '0' : ''))
    throw new Error(`line ${line}: a client is asked once, and first`);
  const late = steps.some((step, at) => step.kind === 'serve' && (kind === 'client' || at > 0));
  if (late) throw new Error(`line ${line}: a server is started once, and first`);
  return { dialect, kind: kind as 'server' | 'client', title, line, steps };
}

/** Short steps may share a line. */
function apart(line: string): readonly string[] {
  return line.startsWith('#') ? [line] : line.split(' · ');
}

const TEXT = '"(?:[^"\\\\]|\\\\.)*"';
const BYTES = new RegExp(`^(${TEXT})(?: padded to ([0-9]+))?$`);
const HOLDS = new RegExp(`^# (${TEXT}) (?:holds (${TEXT})|is not there)$`);
const LISTS = new RegExp(`^# lists((?: ${TEXT})*)$`);
const ASK = new RegExp(`^\\$ (list|get|put)(?: ([^ "-][^ "]*))?(?: (${TEXT}))?((?: --[a-z-]+(?:=[0-9]+)?)*)$`);
const SERVE = /^\$((?: --[a-z-]+(?:=[0-9]+)?)+)$/;

export function parseByteStep(line: string, at = 0): ByteStep {
  if (line === 'Q <-') return { kind: 'open', dials: 'server' };
  if (line === 'Q ->') return { kind: 'open', dials: 'client' };
  const step = line.startsWith('#') ? remark(line) : line.startsWith('$') ? ask(line) : said(line);
  if (step === undefined) throw new Error(`line ${at}: what does "${line}" mean?`);
  return step;
}

function said(line: string): ByteStep | undefined {
  const [, actor, conn = '1', what = ''] = /^([CScs])([2-9])? (.+)$/.exec(line) ?? [];
  if (actor === undefined || (conn !== '1' && !'CS'.includes(actor))) return undefined;
  const on = { actor: actor as Actor, conn: Number(conn) };
  if (what === 'FIN') return { ...on, kind: 'end' };
  if (what === 'RST') return { ...on, kind: 'reset' };
  const [, long, unit] = /^silence ([0-9]+) (ms|s)$/.exec(what) ?? [];
  if (long !== undefined) return { ...on, kind: 'silence', ms: Number(long) * (unit === 's' ? 1000 : 1) };
  const [, quoted, length] = BYTES.exec(what) ?? [];
  if (quoted === undefined) return undefined;
  const text = unquoted(quoted);
  // An example without a byte would be one without a claim.
  if (text === '') return undefined;
  return { ...on, kind: 'bytes', text: text.padEnd(Number(length ?? 0), '\0') };
}

function remark(line: string): ByteStep | undefined {
  const [, name, content] = HOLDS.exec(line) ?? [];
  if (name !== undefined) {
    return { kind: 'holds', name: unquoted(name), content: content === undefined ? undefined : unquoted(content) };
  }
  const [, names] = LISTS.exec(line) ?? [];
  if (names !== undefined) return { kind: 'lists', names: (names.match(new RegExp(TEXT, 'g')) ?? []).map(unquoted) };
  const [, outcome] = /^# (unverified|[a-z-]+: .+)$/.exec(line) ?? [];
  return outcome === undefined ? undefined : { kind: 'outcome', text: outcome };
}

function ask(line: string): ByteStep | undefined {
  const [, started] = SERVE.exec(line) ?? [];
  if (started !== undefined) return { kind: 'serve', settings: settingsIn(started) };
  const [, verb, name = '', body, options = ''] = ASK.exec(line) ?? [];
  if (verb === undefined || (verb === 'list') !== (name === '') || (verb === 'put') !== (body !== undefined))
    return undefined;
  const asked = { name, body: body === undefined ? '' : unquoted(body), settings: settingsIn(options) };
  return { kind: 'ask', verb: verb as 'list' | 'get' | 'put', ...asked };
}

/** ` --max-size=8` is `{ maxSize: 8 }`, as the library calls it. */
function settingsIn(options: string): Settings {
  const pairs = [...options.matchAll(/--([a-z-]+)(?:=([0-9]+))?/g)].map(
    ([, key = '', value]): [string, number | true] => [
      key.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
      value === undefined ? true : Number(value),
    ],
  );
  return Object.fromEntries(pairs);
}

/** As in JSON: `\n`, `\r`, `\u0000`; the bytes are UTF-8's. */
function unquoted(text: string): string {
  return JSON.parse(text) as string;
}
