import { setMaxListeners } from 'node:events';
import { isTwinportError, sentenceOf, TwinportError } from '../errors';
import type { Asking } from './asking';
import type { Command } from './command';
import { Lines } from './lines';
import { checkLocalFile } from './localFile';
import { localNameFor, remoteNameFor } from './names';
import { Output } from './output';
import { relayNote, sentence } from './render';
import { runCommand, type Ending } from './run';
import { onStopSignal, type StopSignal } from './signals';
import { isNumber, UsageError } from './usage';

/** Clients of one batch: each is a connection, and every one of them works at once. */
const MOST_CLIENTS = 100;

type Transfer = Extract<Command, { readonly verb: 'get' | 'put' }>;

/** One client of the batch. */
interface Member {
  /** From 1, in the order they were described. */
  readonly number: number;
  readonly command: Transfer;
  /** Where it goes, here for a get, there for a put. */
  readonly name: string;
  /** Why that is another name than was asked for. */
  readonly because?: string;
  /** It has nothing to send: it is not announced, and fails by itself. */
  readonly missing: boolean;
}

/**
 * The client of `colon`: asks how many clients there are, then for the file and the choice of each, and runs all of
 * them at once; the first tells the server how many come. Ends with 0, or with the code of the last that failed.
 */
export async function askBatch(asking: Asking): Promise<Ending> {
  const { around, options, stderr } = asking;
  const lines = new Lines(around.streams.stdin, (text) => stderr.say(text));
  let commands: Transfer[];
  try {
    commands = await askCommands(lines, (text) => stderr.say(`ftclient: ${sentence(text)}\n`));
  } finally {
    lines.close();
  }
  if (options.relay !== undefined) stderr.say(relayNote(options.relay));
  return runBatch(asking, await membersOf(commands));
}

async function askCommands(lines: Lines, say: (sentence: string) => void): Promise<Transfer[]> {
  const ask = async (prompt: string): Promise<string> => {
    const answer = await lines.ask(prompt);
    if (answer === undefined)
      throw new UsageError('the answers ended before every client was described: nothing was sent');
    return answer.trim();
  };
  let count = 0;
  while (count === 0) {
    const answer = await ask('How many clients? ');
    if (isNumber(answer) && Number(answer) <= MOST_CLIENTS) count = Number(answer);
    if (count === 0) say(`the clients are a number from 1 to ${MOST_CLIENTS}, not "${answer}"`);
  }
  const commands: Transfer[] = [];
  while (commands.length < count) {
    const number = commands.length + 1;
    const file = await ask(`Client ${number}: which file? `);
    const choice = await ask(`Client ${number}: get, put or send? `);
    try {
      const command = commandOf(file, choice.toLowerCase());
      targetOf(command);
      commands.push(command);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      say(error.message);
    }
  }
  return commands;
}

function commandOf(file: string, choice: string): Transfer {
  if (file === '') throw new UsageError('the name of a file is needed');
  if (file.includes('\0')) throw new UsageError('a name cannot hold NUL');
  if (choice === 'get') return { verb: 'get', paths: [file] };
  if (choice === 'put' || choice === 'send') return { verb: 'put', names: [file] };
  throw new UsageError(`the choice is get, put or send, not "${choice}"`);
}

const fileOf = (command: Transfer): string => (command.verb === 'get' ? command.paths : command.names)[0] ?? '';

/** What it writes to: here for a get, there for a put. Throws a UsageError where that can never work. */
function targetOf(command: Transfer): string {
  return command.verb === 'get' ? localNameFor(fileOf(command)) : remoteNameFor(fileOf(command));
}

/** Gives every get a name of its own here: two of them may want the same file, at the same time. */
async function membersOf(commands: readonly Transfer[]): Promise<Member[]> {
  const { localStorage } = require('../index') as typeof import('../index');
  const here = await localStorage({ root: '.' });
  const isFree = async (path: string): Promise<boolean> => {
    try {
      await here.stat(path);
      return false;
    } catch (error) {
      // Of any other failure the transfer itself will tell.
      return isTwinportError(error);
    }
  };
  /** Names that a client of this batch gets, and which client. */
  const taken = new Map<string, number>();
  const members: Member[] = [];
  try {
    for (const [at, command] of commands.entries()) {
      const number = at + 1;
      const wanted = targetOf(command);
      let name = wanted;
      let because: string | undefined;
      if (command.verb === 'get') {
        for (let n = 1; taken.has(name) || !(await isFree(name)); n++) name = `${wanted}.${n}`;
        const other = taken.get(wanted);
        taken.set(name, number);
        if (name !== wanted) because = `${wanted} is ${other === undefined ? 'there already' : `client ${other}'s`}`;
      }
      const missing = command.verb === 'put' && (await isMissing(fileOf(command)));
      members.push({ number, command, name, missing, ...(because === undefined ? {} : { because }) });
    }
  } finally {
    await here.close();
  }
  return members;
}

/** Why it cannot be read is told where it is its turn. */
async function isMissing(path: string): Promise<boolean> {
  return checkLocalFile(path).then(
    () => false,
    () => true,
  );
}

async function runBatch({ server, options, around, stderr }: Asking, members: readonly Member[]): Promise<Ending> {
  const stdout = new Output(() => around.streams.stdout);
  const stop = new AbortController();
  // Each of them listens; Node would take more than ten for a leak.
  setMaxListeners(MOST_CLIENTS, stop.signal);
  let stopped: StopSignal | undefined;
  const release = onStopSignal((signal) => {
    stopped = signal;
    stop.abort(new TwinportError('aborted', `stopped by ${signal}`));
  });
  const present = members.filter(({ missing }) => !missing);
  const endings = await Promise.all(
    members.map(async (member): Promise<Ending> => {
      const { number, command, name, because } = member;
      const announces = member === present[0] && present.length > 1;
      const label = `${number}: `;
      const among = {
        stdout,
        label,
        client: number,
        stop: stop.signal,
        name,
        ...(because === undefined ? {} : { because }),
        ...(announces ? { clients: present.length } : {}),
      };
      try {
        // Several bars would draw over each other.
        return await runCommand({ server, command, options: { ...options, progress: false }, around, stderr, among });
      } catch (error) {
        stderr.say(`${label}ftclient: ${sentence(sentenceOf(error))}\n`);
        return 70;
      }
    }),
  );
  release();
  await stdout.flushed();
  return stopped ?? endings.filter((ending) => ending !== 0).at(-1) ?? 0;
}
