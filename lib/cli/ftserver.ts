import type { createServer as CreateServer } from '../index';
import { sentenceOf } from '../errors';
import { FlagValues, sortWords } from './flags';
import { Output } from './output';
import { defect, sentence } from './render';
import { run } from './serve/run';
import { gather, type Sources } from './serve/sources';
import { SERVER_FLAGS, serverCommand } from './serverOptions';
import { UsageError } from './usage';

/** The program: everything from the command line to the exit code. Never throws, never exits by itself. */
export function main(argv: readonly string[]): void {
  // A log that nobody reads any more is no reason to stop serving.
  const stdout = new Output(() => process.stdout);
  const stderr = new Output(() => process.stderr);
  void ftserver(argv, stdout, stderr, () => (require('../index') as typeof import('../index')).createServer).then(
    (code) => (process.exitCode = code),
  );
}

/** Resolves with the exit code once the server has stopped. */
export async function ftserver(
  argv: readonly string[],
  stdout: Output,
  stderr: Output,
  createServer: () => typeof CreateServer,
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  try {
    if (argv[0] === 'completion') {
      const { completionAsked } = require('./completion') as typeof import('./completion');
      const script = await completionAsked('ftserver', argv);
      if (script !== undefined) {
        await stdout.write(Buffer.from(script));
        return 0;
      }
    }
    const { words, options } = sortWords(argv, SERVER_FLAGS);
    let flags = new FlagValues();
    if (options.length > 0) {
      const { parseFlags } = require('./parser') as typeof import('./parser');
      flags = parseFlags('ftserver', SERVER_FLAGS, options);
    }
    const page = await pageAsked(flags);
    if (page !== undefined) {
      await stdout.write(Buffer.from(page));
      return 0;
    }
    if (words[0] === 'check') return await check({ words, flags, env }, stdout, stderr);
    return await run({ sources: { words, flags, env }, stdout, stderr, createServer });
  } catch (error) {
    if (error instanceof UsageError) {
      const { usageOf } = require('./help') as typeof import('./help');
      stderr.say(`ftserver: ${sentence(error.message)}\n${usageOf('ftserver')}`);
      return 64;
    }
    const { EXIT, listenExit } = require('./exit') as typeof import('./exit');
    const code = listenExit(error);
    stderr.say(`ftserver: ${code === EXIT.defect ? defect(error) : sentence(sentenceOf(error))}\n`);
    return code;
  }
}

/** `ftserver check CONFIG`, with whatever options it would be started with. */
async function check(sources: Sources, stdout: Output, stderr: Output): Promise<number> {
  const [, file, ...words] = sources.words;
  if (file !== undefined && sources.flags.value('config') !== undefined) {
    throw new UsageError(`check takes one configuration: "${file}", or --config`);
  }
  const { config, settings, warnings } = await gather({ ...sources, words }, SERVER_FLAGS, file);
  if (config === undefined) throw new UsageError('check which configuration?');
  for (const warning of warnings) stderr.say(`ftserver: ${sentence(warning)}\n`);
  const { checked } = require('./serve/check') as typeof import('./serve/check');
  await stdout.write(Buffer.from(await checked(config, settings, serverCommand(settings, [], true), SERVER_FLAGS)));
  return 0;
}

async function pageAsked(flags: FlagValues): Promise<string | undefined> {
  if (flags.has('help')) return (require('./help') as typeof import('./help')).serverHelp();
  if (flags.has('version')) return `ftserver ${(require('./version') as typeof import('./version')).VERSION}\n`;
  return undefined;
}
