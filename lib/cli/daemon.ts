import { sentenceOf } from '../errors';
import { FlagValues, sortWords, type Flag } from './flags';
import type { Output } from './output';
import { defect } from './render';
import { harmless } from './serve/harmless';
import { UsageError } from './usage';

/** One of the programs that run until a signal stops them. */
export interface Daemon {
  readonly name: 'ftserver' | 'ftrelay';
  readonly flags: readonly Flag[];
  readonly help: () => Promise<string>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Resolves with the exit code once it has stopped. */
  readonly run: (words: readonly string[], flags: FlagValues) => Promise<number>;
}

/** From the command line to the exit code: pages and completion, or `run`; every failure is one sentence. */
export async function runDaemon(argv: readonly string[], daemon: Daemon): Promise<number> {
  const { name, stderr } = daemon;
  try {
    const { words, options } = argv[0] === 'completion' ? { words: argv, options: [] } : sortWords(argv, daemon.flags);
    let flags = new FlagValues();
    if (options.length > 0) {
      const { parseFlags } = require('./parser') as typeof import('./parser');
      flags = parseFlags(name, daemon.flags, options);
    }
    const page = await pageAsked(argv, flags, daemon);
    return page === undefined ? await daemon.run(words, flags) : await printed(page, daemon);
  } catch (error) {
    if (error instanceof UsageError) {
      // Whoever asks for nothing is shown what there is; whoever is wrong in one thing, that thing.
      const { usageOf } = require('./help') as typeof import('./help');
      stderr.say(`${name}: ${harmless(error.message)}\n${argv.length === 0 ? usageOf(name) : `Try ${name} --help.\n`}`);
      return 64;
    }
    const { EXIT, listenExit } = require('./exit') as typeof import('./exit');
    const code = listenExit(error);
    stderr.say(`${name}: ${code === EXIT.defect ? defect(error) : harmless(sentenceOf(error))}\n`);
    return code;
  }
}

/** What was asked for, and the exit code: a page that nobody gets is a failure. */
export async function printed(
  page: string,
  { name, stdout, stderr }: Pick<Daemon, 'name' | 'stdout' | 'stderr'>,
): Promise<number> {
  await stdout.write(Buffer.from(page));
  if (stdout.loss === undefined) return 0;
  stderr.say(`${name}: ${stdout.loss}\n`);
  return (require('./exit') as typeof import('./exit')).EXIT.localWrite;
}

async function pageAsked(
  argv: readonly string[],
  flags: FlagValues,
  { name, help }: Daemon,
): Promise<string | undefined> {
  if (argv[0] === 'completion') {
    return (require('./completion') as typeof import('./completion')).completionAsked(name, argv);
  }
  if (flags.has('help')) return help();
  if (flags.has('version')) return `${name} ${(require('./version') as typeof import('./version')).VERSION}\n`;
  return undefined;
}
