import { didYouMean } from '../nearest';
import { UsageError } from '../usage';
import { wrapped } from './layout';
import { usageOf, type Given, type Outcome, type Row } from './rows';
import { SETTINGS } from './settings';

/** The commands about the shell itself. `rows` gives all there are, these included. */
export function about(rows: () => readonly Row[]): readonly Row[] {
  return [
    {
      name: 'set',
      usage: '[NAME [VALUE]]',
      text: `change what the following commands do (${SETTINGS.map(({ name, value }) => `${name} ${value}`).join(', ')}); without words, show what is set`,
      takes: 'setting',
      words: [0, 2],
      run: set,
    },
    {
      name: 'history',
      usage: '',
      text: 'show the lines that were typed',
      takes: 'nothing',
      words: [0, 0],
      run: async ({ shell, print }) => {
        const lines = shell.history?.lines ?? [];
        const width = String(lines.length).length;
        for (const [at, line] of lines.entries()) await print(`${String(at + 1).padStart(width)}  ${line}`);
        return 0;
      },
    },
    {
      name: 'help',
      aliases: ['?'],
      usage: '[COMMAND]',
      text: 'show the commands, or how one of them is used',
      takes: 'command',
      words: [0, 1],
      run: (given) => help(given, rows()),
    },
    {
      name: 'quit',
      aliases: ['exit', 'bye'],
      usage: '',
      text: 'leave, as Ctrl-D does',
      takes: 'nothing',
      words: [0, 0],
      run: async (): Promise<Outcome> => 'leave',
    },
  ];
}

/** The row of that name. Throws a UsageError that says which one may have been meant. */
export function rowNamed(name: string, rows: readonly Row[]): Row {
  const found = rows.find((row) => row.name === name || row.aliases?.includes(name) === true);
  if (found !== undefined) return found;
  const meant = didYouMean(
    name,
    rows.flatMap((row) => [row.name, ...(row.aliases ?? [])]),
  );
  throw new UsageError(`there is no command ${name}${meant || '; help shows them'}`);
}

async function help({ shell, words, print }: Given, rows: readonly Row[]): Promise<number> {
  const [word] = words;
  const columns = shell.context.streams.stdout.columns || 80;
  for (const line of word === undefined ? overview(rows, columns) : details(rowNamed(word.text, rows), columns)) {
    await print(line);
  }
  return 0;
}

function overview(rows: readonly Row[], columns: number): string[] {
  const width = Math.max(...rows.map(({ name }) => name.length)) + 2;
  return [
    ...rows.flatMap(({ name, text }) => wrapped(name, text, width, columns)),
    '',
    ...wrapped(
      '',
      'A name with blanks stands in quotes, or has a backslash before each. Unquoted *, ? and [...] are patterns. ' +
        'Tab completes. Ctrl-C stops a command, Ctrl-D leaves. help COMMAND tells more.',
      0,
      columns,
    ),
  ];
}

function details(row: Row, columns: number): string[] {
  const flags = (row.flags ?? []).map(
    ({ name, short, value, text }) =>
      [`${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`, text] as const,
  );
  const width = Math.max(0, ...flags.map(([left]) => left.length)) + 4;
  const aliases = row.aliases ?? [];
  return [
    ...wrapped('', usageOf(row), 0, columns),
    ...wrapped('  ', row.text, 2, columns),
    ...flags.flatMap(([left, text]) => wrapped(`  ${left}`, text, width, columns)),
    ...(aliases.length === 0 ? [] : wrapped('  ', `also called ${aliases.join(', ')}`, 2, columns)),
  ];
}

async function set({ shell, words, print }: Given): Promise<number> {
  const [name, value] = words.map(({ text }) => text);
  if (name === undefined) {
    for (const setting of SETTINGS) await print(`${setting.name} ${setting.show(shell.settings)}`);
    return 0;
  }
  const setting = SETTINGS.find((one) => one.name === name);
  if (setting === undefined) {
    const known = SETTINGS.map((one) => one.name).join(', ');
    throw new UsageError(`there is nothing called ${name} to set: ${known}`);
  }
  if (value === undefined) await print(`${setting.name} ${setting.show(shell.settings)}`);
  else {
    const changed = setting.change(shell.settings, value);
    if (changed.onExists === 'ask') shell.asker();
    shell.settings = changed;
  }
  return 0;
}
