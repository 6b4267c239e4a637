import { sentenceOf } from '../errors';
import { lineCommand } from './lineCommand';
import { Lines } from './lines';
import type { ClientOptions, Relay } from './options';
import { Output } from './output';
import { relayNote, sentence } from './render';
import { runCommand, type Ending, type Surroundings } from './run';
import { UsageError } from './usage';

/** A client without a command, that asks. */
export interface Asking {
  readonly server: { readonly host: string; readonly port: number };
  readonly options: ClientOptions;
  readonly around: Surroundings;
  readonly stderr: Output;
}

/** Where the original's relay is found. */
const RELAY: Relay = { host: 'localhost', port: 50000 };
/** EXIT.usage of the table. */
const USAGE = 64;

/**
 * The client of `framed`: asks whether to go straight to the server or through the relay, then for one command
 * after another, each over a connection of its own, until `exit`. Ends with 0, or with the code of the last failure.
 */
export async function askLines({ server, options, around, stderr }: Asking): Promise<Ending> {
  const { streams } = around;
  const lines = new Lines(streams.stdin, (text) => stderr.say(text));
  const say = (text: string): void => stderr.say(`ftclient: ${sentence(text)}\n`);
  const stdout = new Output(() => streams.stdout);
  let code = 0;
  try {
    const direct = await askDirect(lines, say);
    const { relay: named = RELAY, ...rest } = options;
    const told: ClientOptions = direct ? rest : { ...rest, relay: named };
    if (!direct) stderr.say(relayNote(named));
    for (;;) {
      const line = await lines.ask('> ');
      if (line === undefined) return code;
      try {
        const command = lineCommand(line);
        if (command === 'nothing') continue;
        if (command === 'exit') return code;
        const ending = await runCommand({ server, command, options: told, around, stderr, among: { stdout, lines } });
        if (typeof ending !== 'number') return ending;
        if (ending !== 0) code = ending;
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        say(sentenceOf(error));
        code = USAGE;
      }
    }
  } finally {
    lines.close();
    await stdout.flushed();
  }
}

/** Straight to the server? Throws a UsageError when nobody answers: what follows would be half of what was meant. */
async function askDirect(lines: Lines, say: (sentence: string) => void): Promise<boolean> {
  for (;;) {
    const answer = await lines.ask('Direct? [Y/n] ');
    if (answer === undefined) throw new UsageError('the input ended before this was answered: nothing was done');
    if (/^\s*(y(es)?)?\s*$/i.test(answer)) return true;
    if (/^\s*no?\s*$/i.test(answer)) return false;
    say(`this is answered with yes or no, and the commands come after it, not "${answer.trim()}"`);
  }
}
