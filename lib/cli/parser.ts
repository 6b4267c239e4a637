import { FlagValues, type Flag } from './flags';
import { UsageError } from './usage';

/** Columns of a help page: the same in a pipe, a log and any terminal. */
const WIDTH = 80;

/** yargs, and the only room that knows it. Loaded by those command lines that carry an option. */
function parserFor(program: string, flags: readonly Flag[], options: readonly string[]) {
  const yargs = require('yargs') as typeof import('yargs');
  // It would ask for the current directory, which may be gone, and nothing of ours is looked for there.
  const parser = yargs([...options], '/')
    .scriptName(program)
    // A locale would translate half of a page that is written in English.
    .detectLocale(false)
    .parserConfiguration({
      // A value is text: `--output=007` is a file of that name.
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'camel-case-expansion': false,
      // `--no-progress` is an option of that name, not the negation of one.
      'boolean-negation': false,
      // Each value of an option given several times; FlagValues knows which of them count.
      'duplicate-arguments-array': true,
      'greedy-arrays': false,
    })
    .wrap(WIDTH)
    .help(false)
    .version(false)
    // It would leave with exit codes of its own.
    .exitProcess(false)
    .strict()
    .fail((message: string | null, error: Error | undefined) => {
      throw new UsageError(message ?? error?.message ?? 'the options cannot be understood');
    });
  for (const { name, short, value, text } of flags) {
    parser.option(name, {
      ...(short === undefined ? {} : { alias: short }),
      ...(value === undefined ? { type: 'boolean' } : { type: 'string', requiresArg: true }),
      describe: value === undefined ? text : `${value}: ${text}`,
    });
  }
  return parser;
}

/** The values of options that `readOption` has put in order. */
export function parseFlags(program: string, flags: readonly Flag[], options: readonly string[]): FlagValues {
  if (options.length === 0) return new FlagValues();
  return new FlagValues(parserFor(program, flags, options).parseSync());
}

export interface HelpText {
  /** Usage and what it means, printed as they are. */
  readonly above: string;
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  readonly epilogue: string;
}

/** The whole help page, its options from the same rows that parse them. */
export async function helpPage(program: string, flags: readonly Flag[], text: HelpText): Promise<string> {
  const options = await parserFor(program, flags, []).getHelp();
  // The types say nothing that the texts do not. The rest is not for yargs to re-wrap.
  const rows = options.replace(/\s*\[(?:string|boolean)\]$/gm, '').trimEnd();
  return `${text.above}\n${rows}\n\nExamples:\n${exampleLines(text.examples)}\n${text.epilogue}\n`;
}

/** Each command is one line, to be pasted; a meaning that has no room beside it stands beneath. */
function exampleLines(examples: HelpText['examples']): string {
  const meanings = Math.max(...examples.map(([, meaning]) => meaning.length));
  const room = WIDTH - meanings - '  '.length - '  '.length;
  const column = Math.max(...examples.map(([{ length }]) => (length <= room ? length : 0)));
  const line = ([command, meaning]: readonly [string, string]): string => {
    const beside = command.length <= column ? command.padEnd(column) : `${command}\n${' '.repeat(column + 2)}`;
    return `  ${beside}  ${meaning}\n`;
  };
  return examples.map(line).join('');
}
