import { FlagValues, readOption, type Flag } from '../flags';
import { EXIT } from '../exit';
import { UsageError } from '../usage';
import { about, rowNamed } from './about';
import { CHANGING } from './changing';
import type { Where } from './context';
import { LOCAL } from './local';
import { LOOKING } from './looking';
import { MOVING } from './moving';
import { usageOf, type Outcome, type Row } from './rows';
import type { Shell } from './shell';
import { splitWords, type Word } from './words';

/** Every command, in the order in which the help shows them. */
export const ROWS: readonly Row[] = [...LOOKING, ...MOVING, ...CHANGING, ...LOCAL, ...about(() => ROWS)];

/**
 * One line, done. Resolves with the exit code, 0 for a line that says nothing; failures have been told. A line that
 * makes no sense does nothing at all.
 */
export async function execute(
  shell: Shell,
  line: string,
  signal: AbortSignal,
  where: Where | undefined,
): Promise<Outcome> {
  let outcome: Outcome | undefined;
  try {
    outcome = await commandOf(shell, line, signal, where);
    if (outcome === undefined) return 0;
  } catch (error) {
    // Whoever stopped it knows.
    outcome = signal.aborted ? EXIT.aborted : shell.fail(error, where);
  }
  await shell.ended(outcome === 'leave' ? 0 : outcome, where);
  return outcome;
}

/** Undefined where the line says nothing. */
async function commandOf(
  shell: Shell,
  line: string,
  signal: AbortSignal,
  where: Where | undefined,
): Promise<Outcome | undefined> {
  const words = splitWords(line, where !== undefined);
  const [first, ...rest] = words;
  // In a batch a comment ends any line; at the prompt a # is a letter, but where it stands first.
  if (first === undefined || (first.text.startsWith('#') && !first.literal)) return undefined;
  const row = rowNamed(first.text, ROWS);
  const { flags, names } = takeOptions(row, rest);
  checkCount(row, names);
  // What Tab asked for nobody waits for any more, and the session does one thing at a time.
  await shell.names.stop();
  const given = {
    shell,
    row,
    said: first.text,
    words: names,
    flags,
    signal,
    where,
    print: (text: string) => shell.print(text, where),
  };
  try {
    return await row.run(given);
  } finally {
    if (row.changes === true) shell.names.forget();
  }
}

/** An option looks like one, is not quoted, and stands before a `--`. */
function takeOptions(row: Row, words: readonly Word[]): { flags: FlagValues; names: Word[] } {
  const texts = words.map(({ text }) => text);
  const rows: readonly Flag[] = row.flags ?? [];
  const values: Record<string, string | true> = {};
  const names: Word[] = [];
  for (let at = 0; at < words.length;) {
    const word = words[at];
    if (word === undefined) break;
    if (word.text === '--' && !word.literal) {
      names.push(...words.slice(at + 1));
      break;
    }
    if (word.literal || !word.text.startsWith('-') || word.text === '-') {
      names.push(word);
      at++;
      continue;
    }
    const read = readKnown(row, texts, at, rows);
    for (const option of read.options) {
      const [name = '', ...value] = option.slice(2).split('=');
      values[name] = value.length === 0 ? true : value.join('=');
    }
    at = read.next;
  }
  return { flags: new FlagValues(values), names };
}

function readKnown(
  row: Row,
  texts: readonly string[],
  at: number,
  rows: readonly Flag[],
): ReturnType<typeof readOption> {
  try {
    return readOption(texts, at, rows);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const isName = error.message.startsWith('there is no option');
    const hint = isName ? '; a name that begins with a dash stands in quotes, or after --' : '';
    throw new UsageError(`${row.name}: ${error.message}${hint}`);
  }
}

function checkCount(row: Row, words: readonly Word[]): void {
  const [least, most] = row.words;
  const said = usageOf(row);
  if (words.length < least) throw new UsageError(`something is missing: ${said}`);
  const extra = words[most];
  if (extra !== undefined) throw new UsageError(`"${extra.text}" is one word too many: ${said}`);
}
