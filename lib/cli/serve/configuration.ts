import * as path from 'node:path';
import { isTwinportError, sentenceOf, TwinportError } from '../../errors';
import { hasControl } from '../../wire/names';
import type { Flag } from '../flags';
import { parseDocument, shortened, type Entry, type Item, type Word } from './document';
import { didYouMean } from '../nearest';
import { SettingError, type Layer, type Value } from './settings';

/** Settings are a page of text. More is the wrong file, and must not be read into memory to find that out. */
const MOST_BYTES = 64 * 1024;

/** As long as a path may be on Linux. */
const LONGEST = 4096;

/** Options that are about the command line itself. */
const NOT_SETTINGS = ['help', 'version', 'config'];
/** What is written in front of the options. */
const PORT: Flag = { name: 'port', value: 'PORT', text: 'the port' };
/** Quoting and YAML's version make no difference: who writes `yes` means it. */
const ON = /^(true|yes|on)$/i;
const OFF = /^(false|no|off)$/i;

/** Everything that can be set, whatever the source: the long names of the options, and `port`. */
export function settingsOf(flags: readonly Flag[]): readonly Flag[] {
  return [PORT, ...flags.filter(({ name }) => !NOT_SETTINGS.includes(name))];
}

/**
 * The settings in a configuration file. Throws a SettingError with file, line and name (exit 64); `io-error` where the
 * file cannot be read (exit 66).
 */
export async function readConfiguration(file: string, flags: readonly Flag[]): Promise<Layer> {
  const bytes = await bytesOf(file);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SettingError(`${file}:1: this is not text in UTF-8`);
  }
  return configurationOf(text, file, flags);
}

async function bytesOf(file: string): Promise<Uint8Array> {
  const { readUserFile } = require('../../index') as typeof import('../../index');
  try {
    return await readUserFile(file, MOST_BYTES);
  } catch (error) {
    if (isTwinportError(error, 'too-large')) {
      throw new SettingError(`${file}:1: this is more than ${MOST_BYTES} bytes, and no configuration`);
    }
    // Whatever the reason, in words of sysexits this is no input.
    throw new TwinportError('io-error', `the configuration cannot be read: ${sentenceOf(error)}`, { cause: error });
  }
}

/** The same of a text; paths in it count from where `file` lies. */
export function configurationOf(text: string, file: string, flags: readonly Flag[]): Layer {
  const settings = settingsOf(flags);
  const names = settings.map(({ name }) => name);
  const layer = new Map<string, readonly Value[]>();
  const lines = new Map<string, number>();
  for (const entry of parseDocument(text, file).entries) {
    const { key, line } = entry;
    const fail = (at: number, sentence: string): never => {
      throw new SettingError(`${file}:${at}: ${sentence}`);
    };
    const setting = settings.find(({ name }) => name === key);
    if (setting === undefined) return fail(line, `there is no setting "${shortened(key)}"${didYouMean(key, names)}`);
    const first = lines.get(key);
    if (first !== undefined) fail(line, `${key} is given twice, first in line ${first}`);
    lines.set(key, line);
    const value = (word: Word): Value => ({ text: textOf(setting, word, fail), origin: origin(file, key, word.line) });
    const values = wordsOf(setting, entry, fail).map(value);
    layer.set(
      key,
      PATHS.includes(setting.name) ? values.map((one) => ({ ...one, text: beside(file, one.text) })) : values,
    );
  }
  return layer;
}

const origin = (file: string, name: string, line: number): Value['origin'] => ({ source: 'file', name, file, line });

/** Beside the configuration, where they are not absolute. */
const PATHS: readonly string[] = ['root', 'users', 'xferlog', 'audit', 'tls-cert', 'tls-key', 'tls-client-ca'];

/** The same file means the same directory from wherever the server is started. */
function beside(file: string, root: string): string {
  return path.resolve(path.dirname(file), root);
}

type Fail = (line: number, sentence: string) => never;

/** One word for most; several for a list. */
function wordsOf({ name, kind }: Flag, { item, line }: Entry, fail: Fail): readonly Word[] {
  if ('text' in item) return [item];
  if ('entries' in item && !(kind === 'prefix'))
    return fail(line, `${name} takes one value, and no settings beneath it`);
  if (kind !== 'prefix' && kind !== 'list') return fail(line, `${name} takes one value, not a list`);
  const items = 'entries' in item ? [item] : item.items;
  if (items.length === 0) fail(line, kind === 'list' ? nothing(name) : `${name} is an empty list: leave the line out`);
  const words = items.map((one) => (kind === 'prefix' ? placeOf(name, one, fail) : plainOf(name, one, fail)));
  // On a command line they stand between commas.
  return kind === 'list'
    ? [{ text: words.map(({ text }) => text).join(','), line: words[0]?.line ?? line, plain: true }]
    : words;
}

/** To leave the line out would be no way to say it: the default grants something. */
function nothing(name: string): string {
  return `${name} names no right, and a server that allows nothing serves nobody: stop it, or name one`;
}

function plainOf(name: string, item: Item, fail: Fail): Word {
  return 'text' in item ? item : fail(item.line, `${name} takes words, and this is none`);
}

/** `framed:50001`, or {dialect: framed, port: 50001}. */
function placeOf(name: string, item: Item, fail: Fail): Word {
  if ('text' in item) return item;
  if ('items' in item) return fail(item.line, `${name} is a list of places to listen, not of lists`);
  const parts = new Map<string, string>();
  for (const { key, line, item: part } of item.entries) {
    if (key !== 'dialect' && key !== 'port') {
      const [only] = item.entries;
      // `framed: 50001`, with a blank, is a mapping to YAML.
      const blank =
        item.entries.length === 1 && only !== undefined && 'text' in only.item && /^[0-9]+$/.test(only.item.text);
      const hint = blank
        ? `; write ${shortened(key)}:${shortened(only.item.text)}, without a blank`
        : didYouMean(key, ['dialect', 'port']);
      return fail(line, `${name} takes NAME:PORT or {dialect: NAME, port: PORT}, and no "${shortened(key)}"${hint}`);
    }
    if (parts.has(key)) fail(line, `${name}: ${key} is given twice`);
    parts.set(key, plainOf(`${name}: ${key}`, part, fail).text);
  }
  const [dialect, port] = [parts.get('dialect') ?? 'default', parts.get('port')];
  if (port === undefined || port === '') return fail(item.line, `${name}: which port shall ${dialect} be on?`);
  return { text: `${dialect}:${port}`, line: item.line, plain: true };
}

/** The text as a command line would have it. */
function textOf({ name, value: wanted, kind }: Flag, { text, line, plain }: Word, fail: Fail): string {
  if (text === '' || (plain && /^(~|null)$/i.test(text)))
    fail(line, kind === 'list' ? nothing(name) : `${name} has no value: give it one, or leave the line out`);
  if (text.length > LONGEST) fail(line, `${name} has more than ${LONGEST} characters`);
  if (hasControl(text)) fail(line, `${name} holds a line break or another control character`);
  if (wanted === undefined) {
    if (ON.test(text)) return 'true';
    if (OFF.test(text)) return 'false';
    return fail(line, `${name} takes true or false, not "${shortened(text)}"`);
  }
  // 0777 is 511 to older YAML and 777 to newer.
  if (/^0[0-9]+$/.test(text) && name !== 'root' && name !== 'user') {
    fail(line, `${name}: ${text} would be octal to some, write ${Number(text)}`);
  }
  return text;
}
