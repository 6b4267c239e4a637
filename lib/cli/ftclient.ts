import { homedir } from 'node:os';
import type { connect as Connect } from '../index';
import { asTyped } from './argv';
import type { Asking } from './asking';
import { takeApart, serverOf, type Command } from './command';
import { FlagValues, isOption } from './flags';
import { outliveTerminals } from './hangup';
import { loginAsked, type LoginAsked } from './loginFlags';
import { checkShell, checkTogether, CLIENT_FLAGS, clientOptions, type Relay } from './options';
import { Output } from './output';
import { runCommand, type Ending, type Streams, type Surroundings } from './run';
import { dieOf } from './signals';
import { UsageError } from './usage';

/** The program: everything from the command line to the exit code. Never throws, never exits by itself. */
export function main(argv: readonly string[]): void {
  outliveTerminals();
  const connect = (): typeof Connect => (require('../index') as typeof import('../index')).connect;
  // `process` has the standard streams as getters, each made when it is first asked for.
  void ftclient(asTyped(argv), { streams: process, connect }).then((ending) => {
    // No process.exit: it would throw away what a pipe has not taken yet.
    if (typeof ending === 'number') process.exitCode = ending;
    else dieOf(ending);
  });
}

export async function ftclient(argv: readonly string[], here: Surroundings): Promise<Ending> {
  let around = here;
  const stderr = new Output(() => around.streams.stderr);
  /** Whoever asks for nothing is shown what there is; whoever is wrong in one thing, that thing. */
  let shows = false;
  try {
    const script = await completionAsked(argv, around);
    if (script !== undefined) return await print(script, around, stderr);
    const { words, options: tokens, nothing, command } = takeApart(argv, CLIENT_FLAGS);
    let flags = new FlagValues();
    if (tokens.length > 0) {
      const { parseFlags } = require('./parser') as typeof import('./parser');
      flags = parseFlags('ftclient', CLIENT_FLAGS, tokens);
    }
    const page = await pageAsked(flags);
    if (page !== undefined) return await print(page, around, stderr);
    const given = clientOptions(flags);
    const { dialect } = given;
    const login = loginAsked(flags, dialect?.name);
    const options = login === undefined ? given : { ...given, logsIn: true as const };
    if (login !== undefined) {
      around = withLogin(around, login, { host: words[0] ?? '', relayed: options.relay !== undefined });
    }
    if (options.tls?.insecure === true) {
      const { INSECURE } = require('./security') as typeof import('./security');
      stderr.say(`ftclient: ${INSECURE}\n`);
    }
    if (nothing && dialect?.asks === true) {
      const server = serverOf(words, dialect.port);
      const { checkAsking } = require('./dialects') as typeof import('./dialects');
      checkAsking(options);
      return await asker(dialect.name)({ server, options, around, stderr });
    }
    const batch = flags.value('batch');
    if (batch !== undefined && !nothing) throw new UsageError('--batch has commands of its own: none beside it');
    if (batch === undefined && flags.has('keep-going')) throw new UsageError('--keep-going belongs to --batch');
    const ping = flags.has('ping');
    if (ping && (!nothing || batch !== undefined))
      throw new UsageError('--ping is a command of its own: none beside it');
    const asks = nothing && !ping && words.length === 2 && dialect === undefined && isTerminal(around.streams);
    if (batch !== undefined || asks) {
      const server = serverOf(words);
      checkShell(options, batch !== undefined);
      const task = { server, options, around, here: process, stderr };
      const context = (require('./shellContext') as typeof import('./shellContext')).shellContext(task);
      if (options.relay !== undefined) sayRelay(options.relay, stderr);
      if (batch === undefined)
        return await (require('./shell/interactive') as typeof import('./shell/interactive')).runShell(context);
      const { runBatchFile } = require('./shell/batch') as typeof import('./shell/batch');
      return await runBatchFile(context, { file: batch, keepGoing: flags.has('keep-going') });
    }
    shows = nothing && !ping;
    const wanted: Command = ping && words.length === 2 ? { verb: 'ping' } : command(dialect);
    shows = false;
    const server = serverOf(words);
    checkTogether(wanted, options, () => canAsk(around.streams));
    const ending = await runCommand({ server, command: wanted, options, around, stderr });
    if (ending !== 0 && !options.json) explain(stderr, wanted, ending, argv.at(-1));
    return ending;
  } catch (error) {
    if (error instanceof UsageError) return sayUsage(stderr, error, shows);
    return sayDefect(stderr, error);
  }
}

/** Every connection that is made from here on logs in. */
function withLogin(
  around: Surroundings,
  asked: LoginAsked,
  { host: typed, relayed }: { readonly host: string; readonly relayed: boolean },
): Surroundings {
  const { loggingIn } = require('./credentials') as typeof import('./credentials');
  const terminal = around.terminal ?? (require('./terminal') as typeof import('./terminal')).controllingTerminal;
  const host = typed.replace(/^\[(.*:.*)\]$/, '$1');
  const means = { host, home: process.env['HOME'] ?? homedir(), terminal, relayed };
  let connect: ReturnType<Surroundings['connect']> | undefined;
  return { ...around, connect: () => (connect ??= loggingIn(around.connect(), asked, means)) };
}

/** Whoever asks what shall be done, in the manner of the original of its language. */
function asker(name: string): (asking: Asking) => Promise<Ending> {
  if (name === 'colon') return (require('./batch') as typeof import('./batch')).askBatch;
  return (require('./asking') as typeof import('./asking')).askLines;
}

/** `ftclient completion SHELL`; undefined where something else is meant. */
async function completionAsked(argv: readonly string[], { connect }: Surroundings): Promise<string | undefined> {
  if (argv[0] !== 'completion') return undefined;
  return (require('./completion') as typeof import('./completion')).completionAsked('ftclient', argv, connect);
}

async function print(text: string, { streams }: Surroundings, stderr: Output): Promise<Ending> {
  const stdout = new Output(() => streams.stdout);
  await stdout.write(Buffer.from(text));
  if (stdout.loss === undefined) return stdout.abandoned ? 'SIGPIPE' : 0;
  stderr.say(`ftclient: ${stdout.loss}\n`);
  return (require('./exit') as typeof import('./exit')).EXIT.localWrite;
}

function sayRelay(relay: Relay, stderr: Output): void {
  const { relayNote } = require('./render') as typeof import('./render');
  stderr.say(relayNote(relay));
}

/** Somebody types, and reads the answers. */
function isTerminal({ stdin, stdout }: Streams): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

function canAsk({ stdin, stderr }: Streams): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

async function pageAsked(flags: FlagValues): Promise<string | undefined> {
  if (flags.has('help')) return (require('./help') as typeof import('./help')).clientHelp();
  if (flags.has('version')) return `ftclient ${(require('./version') as typeof import('./version')).VERSION}\n`;
  return undefined;
}

/** `get --quiet` is about a file of that name: who forgot the file would not see why it is missing. */
function explain(stderr: Output, command: Command, ending: Ending, last = ''): void {
  const { EXIT } = require('./exit') as typeof import('./exit');
  if (ending !== EXIT.notFound || command.verb !== 'get' || command.paths[0] !== last) return;
  if (!isOption(last, CLIENT_FLAGS)) return;
  const { sentence } = require('./render') as typeof import('./render');
  stderr.say(`ftclient: ${sentence(last)} was taken for the name of a file: that is what follows a get\n`);
}

function sayUsage(stderr: Output, error: UsageError, shows: boolean): number {
  const { sentence } = require('./render') as typeof import('./render');
  const { printLine } = require('./report/bytes') as typeof import('./report/bytes');
  printLine(stderr, `ftclient: ${sentence(error.message)}`);
  stderr.say(shows ? (require('./help') as typeof import('./help')).usageOf('ftclient') : 'Try ftclient --help.\n');
  return 64;
}

function sayDefect(stderr: Output, error: unknown): number {
  const { EXIT } = require('./exit') as typeof import('./exit');
  const { defect } = require('./render') as typeof import('./render');
  stderr.say(`ftclient: ${defect(error)}\n`);
  return EXIT.defect;
}
