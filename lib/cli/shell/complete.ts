import { ROWS } from './execute';
import { isPlain, type Found } from './expand';
import { namesIn } from './files';
import { absolute, localPath } from './place';
import { quoted } from './quoting';
import type { Row, Takes } from './rows';
import { SETTINGS } from './settings';
import type { Shell } from './shell';
import { scanWords, type Quote, type Word } from './words';

/** What may stand where the cursor is, and how many letters before it that replaces (node:readline's completer). */
export interface Completion {
  readonly candidates: readonly string[];
  readonly replaced: string;
}

/** Candidates that are shown; of more the first are, and how many there are besides. */
const MOST_SHOWN = 200;

const NONE: Completion = { candidates: [], replaced: '' };

/** Completes the line before the cursor. Never rejects. */
export async function complete(shell: Shell, line: string): Promise<Completion> {
  const words = scanWords(line);
  const last = words.at(-1);
  const open = last !== undefined && last.end === line.length && !last.dangling ? last : undefined;
  const before = open === undefined ? words : words.slice(0, -1);
  const current = open ?? EMPTY;
  const [command] = before;
  if (command === undefined) return finish(line, current, commandNames(), '', false);
  const row = ROWS.find(({ name, aliases = [] }) => name === command.text || aliases.includes(command.text));
  if (row === undefined) return NONE;

  const ended = before.some(({ text, literal }) => text === '--' && !literal);
  if (!ended && !current.literal && current.text.startsWith('-')) {
    const options = finish(line, current, flagNames(row), '', true);
    // Otherwise it is a name that begins with a dash, and is quoted.
    if (options.candidates.length > 0) return options;
  }
  const flag = ended ? undefined : flagBefore(row, before);
  if (flag?.choices !== undefined && typeof flag.choices !== 'function') {
    return finish(line, current, flag.choices.map(named), '', false);
  }
  const takes = flag === undefined ? row.takes : valueOf(row, flag.name);
  return completeName(shell, line, current, takes, before.length);
}

const EMPTY: Word = { text: '', literal: false, start: 0, end: 0, quote: '', dangling: false };

const named = (name: string): Found => ({ name });

function commandNames(): Found[] {
  return ROWS.flatMap(({ name, aliases = [] }) => [name, ...aliases.filter((alias) => alias !== '?')]).map(named);
}

function flagNames({ flags = [] }: Row): Found[] {
  return flags.map(({ name }) => named(`--${name}`));
}

/** The option whose value stands at the cursor. */
function flagBefore({ flags = [] }: Row, before: readonly Word[]): NonNullable<Row['flags']>[number] | undefined {
  const word = before.length > 1 ? before.at(-1) : undefined;
  if (word === undefined || word.literal || !word.text.startsWith('-')) return undefined;
  return flags.find(({ name, short, value }) => {
    if (value === undefined) return false;
    return word.text === `--${name}` || (short !== undefined && /^-[^-]/.test(word.text) && word.text.endsWith(short));
  });
}

function valueOf(row: Row, flag: string): Takes {
  if (flag === 'to') return row.name === 'put' ? 'remote-directory' : 'local-directory';
  if (flag !== 'output') return 'nothing';
  return row.name === 'put' ? 'remote' : 'local';
}

async function completeName(
  shell: Shell,
  line: string,
  current: Word,
  takes: Takes,
  words: number,
): Promise<Completion> {
  const cut = current.text.lastIndexOf('/') + 1;
  const directory = current.text.slice(0, cut);
  const onlyDirectories = takes.endsWith('-directory');
  const wanted = (names: readonly Found[]): Found[] => names.filter(({ type }) => !onlyDirectories || type !== 'file');
  try {
    switch (takes) {
      case 'remote':
      case 'remote-directory': {
        const names = await shell.names.find(shell.place.path(directory === '' ? '.' : directory));
        return finish(line, current, wanted(names), directory, false);
      }
      case 'local':
      case 'local-directory': {
        const { here } = shell.context;
        const path = localPath({ text: directory === '' ? '.' : directory, literal: current.literal }, here);
        return finish(line, current, wanted(await namesIn(absolute(path, here))), directory, false);
      }
      case 'command':
        return words > 1 ? NONE : finish(line, current, commandNames(), '', false);
      case 'setting':
        return finish(line, current, settingNames(line), '', false);
      case 'nothing':
        return NONE;
    }
  } catch {
    // Nothing is there to complete with; whoever runs the line is told why.
    return NONE;
  }
}

function settingNames(line: string): Found[] {
  const [, name] = /^\s*set\s+(\S+)\s/.exec(line) ?? [];
  if (name === undefined) return SETTINGS.map((one) => named(one.name));
  return (SETTINGS.find((one) => one.name === name)?.choices ?? []).map(named);
}

/** The candidates as they are typed, in the manner in which the word was begun. */
function finish(line: string, word: Word, names: readonly Found[], directory: string, verbatim: boolean): Completion {
  const raw = word.end === 0 ? '' : line.slice(word.start);
  // The last part alone is replaced and shown: what leads to it may be long.
  const cut = directory === '' ? 0 : raw.lastIndexOf('/') + 1;
  const [lead] = scanWords(raw.slice(0, cut));
  if ((lead?.text ?? '') !== directory) return NONE;
  const inside: Quote = lead?.quote ?? '';
  const quote = inside === '' ? word.quote : inside;
  const opening = inside === '' ? quote : '';
  const closing = quote === "$'" ? "'" : quote;
  const begun = word.text.slice(directory.length);
  const fits = names.filter(({ name }) => isOffered(name, begun)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const only = fits.length === 1;
  const typed = ({ name, type }: Found): string => {
    const text = verbatim ? name : opening + quoted(name, quote, directory === '');
    if (type === 'dir') return `${text}/`;
    return only ? `${text}${closing} ` : `${text}${closing}`;
  };
  return { candidates: bounded(fits, typed, raw.slice(cut)), replaced: raw.slice(cut) };
}

/** Hidden names are offered to who begins with a dot. */
function isOffered(name: string, begun: string): boolean {
  return isPlain(name) && name.startsWith(begun) && (begun !== '' || !name.startsWith('.'));
}

/** readline spreads all of them into one call, and a screenful helps nobody: so no more than can be looked at. */
function bounded(fits: readonly Found[], typed: (found: Found) => string, replaced: string): readonly string[] {
  const shown = fits.slice(0, MOST_SHOWN).map(typed);
  const end = fits.at(-1);
  if (fits.length <= MOST_SHOWN || end === undefined) return shown;
  const first = shown[0] ?? '';
  const last = typed(end);
  let common = 0;
  while (common < first.length && first[common] === last[common]) common++;
  // They are sorted: what the first and the last share, all of them share.
  if (common > replaced.length && first.startsWith(replaced)) return [first.slice(0, common)];
  return [...shown, `(${fits.length - MOST_SHOWN} more)`];
}
