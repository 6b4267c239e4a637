import type { createServer as CreateServer, Server } from '../index';
import { isTwinportError, sentenceOf } from '../errors';
import { FlagValues, sortWords } from './flags';
import { Output } from './output';
import { SERVER_FLAGS, serverCommand, type ServerCommand } from './serverOptions';
import { defect, sentence } from './render';
import { traced, type Settings } from './serve/settings';
import { gather, type Sources } from './serve/sources';
import { onStopSignal, type StopSignal } from './signals';
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
    const warn = (warning: string): void => stderr.say(`ftserver: ${sentence(warning)}\n`);
    if (words[0] === 'check') return await check({ words, flags, env }, stdout, warn);
    const { settings, warnings } = await gather({ words, flags, env }, SERVER_FLAGS);
    warnings.forEach(warn);
    return await serve(serverCommand(settings), settings, stdout, stderr, createServer());
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
async function check(sources: Sources, stdout: Output, warn: (warning: string) => void): Promise<number> {
  const [, file, ...words] = sources.words;
  if (file !== undefined && sources.flags.value('config') !== undefined) {
    throw new UsageError(`check takes one configuration: "${file}", or --config`);
  }
  const { config, settings, warnings } = await gather({ ...sources, words }, SERVER_FLAGS, file);
  if (config === undefined) throw new UsageError('check which configuration?');
  warnings.forEach(warn);
  const { checked } = require('./serve/check') as typeof import('./serve/check');
  await stdout.write(Buffer.from(await checked(config, settings, serverCommand(settings, [], true), SERVER_FLAGS)));
  return 0;
}

async function pageAsked(flags: FlagValues): Promise<string | undefined> {
  if (flags.has('help')) return (require('./help') as typeof import('./help')).serverHelp();
  if (flags.has('version')) return `ftserver ${(require('./version') as typeof import('./version')).VERSION}\n`;
  return undefined;
}

/** Opens the port, prints what happens, and ends with the first signal to stop. */
async function serve(
  command: ServerCommand,
  settings: Settings,
  stdout: Output,
  stderr: Output,
  createServer: typeof CreateServer,
): Promise<number> {
  const { sessionLine, TransferVoice } = require('./voice') as typeof import('./voice');
  const print = (line: string | undefined): void => {
    if (line !== undefined) stdout.say(`${line}\n`);
  };
  const server: Server = createServer(command.server);
  const voice = new TransferVoice();
  let running = 0;
  server.on('session', (session) => print(sessionLine(session)));
  server.on('transfer', (event) => {
    if (event.phase === 'requested') running++;
    if (event.phase === 'done' || event.phase === 'failed') running--;
    print(voice.line(event));
  });
  server.on('note', (text) => print(sentence(text)));
  server.on('error', (error) => stderr.say(`ftserver: ${sentence(sentenceOf(error))}\n`));

  // Heard from before the port is announced: whoever reads that line may stop us at once.
  let release = (): void => undefined;
  const stopped = new Promise<StopSignal>((resolve) => (release = onStopSignal(resolve)));
  try {
    for (const line of await openPorts(server, command, settings)) print(line);
  } catch (error) {
    release();
    throw error;
  }
  await stopped;
  if (running > 0) stderr.say('ftserver: stopping; transfers may finish, a second signal ends them.\n');
  await server.close(command.grace);
  await stdout.flushed();
  return 0;
}

/** Opens every port, or none. Returns what is printed of them. */
async function openPorts(server: Server, { ports }: ServerCommand, settings: Settings): Promise<readonly string[]> {
  const lines: string[] = [];
  try {
    for (const { port, on } of ports) {
      const { port: opened } = await server.listen(port, on).catch((error: unknown) => {
        const { withAdvice } = require('./ports') as typeof import('./ports');
        throw isTwinportError(error) && error.kind === 'storage'
          ? traced(error, settings.get('root'))
          : withAdvice(error, port);
      });
      // The first line stays what programs wait for, whatever is spoken.
      lines.push(`Server open on ${opened}`);
      if (on.dialect !== 'default') lines.push(`Speaking ${on.dialect}.`);
    }
  } catch (error) {
    await server.close(0);
    throw error;
  }
  return lines;
}
