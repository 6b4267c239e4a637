import type { createServer as CreateServer } from '../index';
import { asTyped } from './argv';
import { printed, runDaemon } from './daemon';
import { outliveTerminals } from './hangup';
import { didYouMean } from './nearest';
import { Output } from './output';
import { harmless } from './serve/harmless';
import { run } from './serve/run';
import { gather, type Sources } from './serve/sources';
import { SERVER_FLAGS, serverCommand } from './serverOptions';
import { isNumber, UsageError } from './usage';

const COMMANDS = ['check', 'passwd', 'completion'];

/** The program: everything from the command line to the exit code. Never throws, never exits by itself. */
export function main(argv: readonly string[]): void {
  outliveTerminals();
  // A log that nobody reads any more is no reason to stop serving.
  const stdout = new Output(() => process.stdout);
  const stderr = new Output(() => process.stderr);
  const createServer = (): typeof CreateServer => (require('../index') as typeof import('../index')).createServer;
  void ftserver(asTyped(argv), stdout, stderr, createServer).then((code) => (process.exitCode = code));
}

/** Resolves with the exit code once the server has stopped. */
export async function ftserver(
  argv: readonly string[],
  stdout: Output,
  stderr: Output,
  createServer: () => typeof CreateServer,
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  if (argv[0] === 'passwd') return changeUsers(argv.slice(1), stdout, stderr, env);
  return runDaemon(argv, {
    name: 'ftserver',
    flags: SERVER_FLAGS,
    help: () => (require('./help') as typeof import('./help')).serverHelp(),
    stdout,
    stderr,
    run: async (words, flags) => {
      const sources = { words, flags, env };
      const meant = words[0] === undefined || COMMANDS.includes(words[0]) ? '' : didYouMean(words[0], COMMANDS);
      if (meant !== '') throw new UsageError(`"${words[0]}" is neither a port nor a command${meant}`);
      return words[0] === 'check' ? check(sources, stdout, stderr) : run({ sources, stdout, stderr, createServer });
    },
  });
}

/** `ftserver passwd`, which has options of its own. */
function changeUsers(argv: readonly string[], stdout: Output, stderr: Output, env: NodeJS.ProcessEnv): Promise<number> {
  const { passwd, PASSWD_FLAGS } = require('./passwd') as typeof import('./passwd');
  const { controllingTerminal: terminal } = require('./terminal') as typeof import('./terminal');
  return runDaemon(argv, {
    name: 'ftserver',
    flags: PASSWD_FLAGS,
    help: () => (require('./help') as typeof import('./help')).passwdHelp(),
    stdout,
    stderr,
    run: (words, flags) => passwd(words, flags, { stdin: process.stdin, stdout, env, terminal }),
  });
}

/** `ftserver check CONFIG`, with whatever options it would be started with. */
async function check(sources: Sources, stdout: Output, stderr: Output): Promise<number> {
  const [, file, ...words] = sources.words;
  if (file !== undefined && sources.flags.value('config') !== undefined) {
    throw new UsageError(`check takes one configuration: "${file}", or --config`);
  }
  // Behind it there may be the port, as it would be on the command line.
  const extra = words.find((word, at) => at > 0 || !isNumber(word));
  if (extra !== undefined) throw new UsageError(`check takes one configuration: "${extra}" is one word too many`);
  const { config, settings, warnings } = await gather({ ...sources, words }, SERVER_FLAGS, file);
  if (config === undefined) throw new UsageError('check which configuration?');
  for (const warning of warnings) stderr.say(`ftserver: ${harmless(warning)}\n`);
  const { checked } = require('./serve/check') as typeof import('./serve/check');
  const page = await checked(config, settings, serverCommand(settings), SERVER_FLAGS);
  return printed(page, { name: 'ftserver', stdout, stderr });
}
