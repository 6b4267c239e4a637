import type { createRelay as CreateRelay, Relay } from '../index';
import { hostPort } from '../wire/addresses';
import { runDaemon } from './daemon';
import { outliveTerminals } from './hangup';
import { Output } from './output';
import { RELAY_FLAGS, relayCommand, type RelayCommand } from './relayOptions';
import { onStopSignal, type StopSignal } from './signals';

/** The program: everything from the command line to the exit code. Never throws, never exits by itself. */
export function main(argv: readonly string[]): void {
  outliveTerminals();
  // A log that nobody reads any more is no reason to stop relaying.
  const stdout = new Output(() => process.stdout);
  const stderr = new Output(() => process.stderr);
  void ftrelay(argv, stdout, stderr, () => (require('../index') as typeof import('../index')).createRelay).then(
    (code) => (process.exitCode = code),
  );
}

/** Resolves with the exit code once the relay has stopped. */
export async function ftrelay(
  argv: readonly string[],
  stdout: Output,
  stderr: Output,
  createRelay: () => typeof CreateRelay,
): Promise<number> {
  return runDaemon(argv, {
    name: 'ftrelay',
    flags: RELAY_FLAGS,
    help: () => (require('./help') as typeof import('./help')).relayHelp(),
    stdout,
    stderr,
    run: async (words, flags) => run(relayCommand(words, flags), stdout, stderr, createRelay()),
  });
}

/** Opens the ports, prints what happens, and ends with the first signal to stop. */
async function run(
  command: RelayCommand,
  stdout: Output,
  stderr: Output,
  createRelay: typeof CreateRelay,
): Promise<number> {
  const { relayLine } = require('./relayVoice') as typeof import('./relayVoice');
  const { sentence } = require('./render') as typeof import('./render');
  const relay: Relay = createRelay(command.relay);
  const { to } = command.relay;
  relay.on('event', (event) => {
    // What the relay cannot do is for whoever started it, not for a script that counts lines.
    if (event.kind === 'note' || event.kind === 'unreachable') stderr.say(`ftrelay: ${relayLine(event)}\n`);
    else stdout.say(`${relayLine(event)}\n`);
  });

  // Heard from before the port is announced: whoever reads that line may stop us at once.
  let release = (): void => undefined;
  const stopped = new Promise<StopSignal>((resolve) => (release = onStopSignal(resolve)));
  try {
    const { port } = await relay.listen(command.port, command.host);
    stdout.say(`Relay open on ${port}, to ${sentence(hostPort(to.host, to.port))}\n`);
    for (const pair of relay.dataPorts) {
      stdout.say(`Data port open on ${pair.listen}, to ${sentence(hostPort(to.host, pair.port))}\n`);
    }
    if (command.announceSeed) stdout.say(`Seed ${relay.seed}: --seed ${relay.seed} repeats these faults\n`);
  } catch (error) {
    release();
    await relay.close();
    const { withAdvice } = require('./ports') as typeof import('./ports');
    throw withAdvice(error, lowestPort(command));
  }
  await stopped;
  await relay.close();
  await stdout.flushed();
  return 0;
}

/** Whichever was refused: advice that suits the lowest suits it too. 0 where any port would do. */
function lowestPort({ port, relay }: RelayCommand): number {
  const fixed = [port, ...(relay.data ?? []).map(([listen]) => listen)].filter((one) => one !== 0);
  return fixed.length === 0 ? 0 : Math.min(...fixed);
}
