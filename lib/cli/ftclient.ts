import type { connect as Connect } from '../index';
import type { Asking } from './asking';
import { takeApart, serverOf } from './command';
import { FlagValues } from './flags';
import { checkTogether, CLIENT_FLAGS, clientOptions } from './options';
import { Output } from './output';
import { runCommand, type Ending, type Streams, type Surroundings } from './run';
import { dieOf } from './signals';
import { UsageError } from './usage';

/** The program: everything from the command line to the exit code. Never throws, never exits by itself. */
export function main(argv: readonly string[]): void {
  const connect = (): typeof Connect => (require('../index') as typeof import('../index')).connect;
  // `process` has the standard streams as getters, each made when it is first asked for.
  void ftclient(argv, { streams: process, connect }).then((ending) => {
    // No process.exit: it would throw away what a pipe has not taken yet.
    if (typeof ending === 'number') process.exitCode = ending;
    else dieOf(ending);
  });
}

export async function ftclient(argv: readonly string[], around: Surroundings): Promise<Ending> {
  const stderr = new Output(() => around.streams.stderr);
  /** Whoever asks for nothing is shown what there is; whoever is wrong in one thing, that thing. */
  let shows = false;
  try {
    const { words, options: tokens, nothing, command } = takeApart(argv, CLIENT_FLAGS);
    let flags = new FlagValues();
    if (tokens.length > 0) {
      const { parseFlags } = require('./parser') as typeof import('./parser');
      flags = parseFlags('ftclient', CLIENT_FLAGS, tokens);
    }
    const page = await pageAsked(flags);
    if (page !== undefined) {
      const stdout = new Output(() => around.streams.stdout);
      await stdout.write(Buffer.from(page));
      return 0;
    }
    const options = clientOptions(flags);
    const { dialect } = options;
    if (nothing && dialect?.asks === true) {
      const server = serverOf(words, dialect.port);
      const { checkAsking } = require('./dialects') as typeof import('./dialects');
      checkAsking(options);
      return await asker(dialect.name)({ server, options, around, stderr });
    }
    shows = nothing;
    const wanted = command(dialect);
    shows = false;
    const server = serverOf(words);
    checkTogether(wanted, options, () => canAsk(around.streams));
    if (options.relay !== undefined) {
      const { relayNote } = require('./render') as typeof import('./render');
      stderr.say(relayNote(options.relay));
    }
    return await runCommand({ server, command: wanted, options, around, stderr });
  } catch (error) {
    if (error instanceof UsageError) return sayUsage(stderr, error, shows);
    return sayDefect(stderr, error);
  }
}

/** Whoever asks what shall be done, in the manner of the original of its language. */
function asker(name: string): (asking: Asking) => Promise<Ending> {
  if (name === 'colon') return (require('./batch') as typeof import('./batch')).askBatch;
  return (require('./asking') as typeof import('./asking')).askLines;
}

function canAsk({ stdin, stderr }: Streams): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

async function pageAsked(flags: FlagValues): Promise<string | undefined> {
  if (flags.has('help')) return (require('./help') as typeof import('./help')).clientHelp();
  if (flags.has('version')) return `ftclient ${(require('./version') as typeof import('./version')).VERSION}\n`;
  return undefined;
}

function sayUsage(stderr: Output, error: UsageError, shows: boolean): number {
  const { sentence } = require('./render') as typeof import('./render');
  const more = shows ? (require('./help') as typeof import('./help')).usageOf('ftclient') : 'Try ftclient --help.\n';
  stderr.say(`ftclient: ${sentence(error.message)}\n${more}`);
  return 64;
}

function sayDefect(stderr: Output, error: unknown): number {
  const { EXIT } = require('./exit') as typeof import('./exit');
  const { defect } = require('./render') as typeof import('./render');
  stderr.say(`ftclient: ${defect(error)}\n`);
  return EXIT.defect;
}
