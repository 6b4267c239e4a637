import type { Client, ListEntry, Progress, RequestOptions, TransferResult } from '../index';
import type { Command } from './command';
import type { ClientOptions, Policy } from './options';
import type { Output } from './output';
import type { Transcript } from './transcript';

/** The part of a run that needs a session: one command, done. */

export interface Work {
  readonly client: Client;
  readonly options: ClientOptions;
  /** Where it goes: here for a get, there for a put; '' for a list. */
  readonly name: string;
  /** Why that is another name than it has; see `Among`. */
  readonly because?: string;
  readonly signal: AbortSignal;
  readonly stdout: Output;
  readonly transcript: Transcript;
  readonly note: (sentence: string) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** The data connection is open. */
  readonly onMoving: () => void;
  /** What to do about a name that is taken; undefined when nobody answers. */
  readonly ask: (verb: 'get' | 'put', name: string) => Promise<Exclude<Policy, 'ask'> | undefined>;
}

type ListCommand = Extract<Command, { verb: 'list' }>;
type GetCommand = Extract<Command, { verb: 'get' }>;
type PutCommand = Extract<Command, { verb: 'put' }>;

export function run(work: Work, command: Command): Promise<void> {
  switch (command.verb) {
    case 'list':
      return list(work, command);
    case 'get':
      return get(work, command);
    case 'put':
      return put(work, command);
  }
}

function requestOptions(work: Work, command: Command): RequestOptions {
  const { options } = work;
  const passive = options.passive || command.dataPort === 0;
  return {
    signal: work.signal,
    ...(passive ? { passive } : {}),
    ...(passive || command.dataPort === undefined ? {} : { dataPort: command.dataPort }),
    ...(options.digest === undefined ? {} : { digest: options.digest }),
    onData: (remote) => {
      work.onMoving();
      work.transcript.data(remote);
    },
    ...(work.onProgress === undefined ? {} : { onProgress: work.onProgress }),
    onNote: work.note,
    ...(options.echo === true ? { onMessage: (bytes: Uint8Array) => work.transcript.message(bytes) } : {}),
  };
}

/** Bytes gathered before they are written: a listing has names by the million at worst. */
const LIST_CHUNK = 64 * 1024;

async function list(work: Work, command: ListCommand): Promise<void> {
  const { client, options, stdout } = work;
  const { entries } = await client.list(command.path, requestOptions(work, command));
  const { nameBytes } = require('./render') as typeof import('./render');
  const end = Buffer.from(options.print0 ? '\0' : '\n');
  const wanted = ({ name }: ListEntry): boolean => !options.quiet || (name !== '.' && name !== '..');
  let parts: Buffer[] = [];
  let size = 0;
  for (const entry of entries) {
    if (!wanted(entry)) continue;
    const name = nameBytes(entry.name);
    parts.push(name, end);
    size += name.length + 1;
    if (size < LIST_CHUNK) continue;
    await stdout.write(Buffer.concat(parts));
    if (stdout.failure !== undefined) return;
    parts = [];
    size = 0;
  }
  if (parts.length > 0) await stdout.write(Buffer.concat(parts));
}

async function get(work: Work, command: GetCommand): Promise<void> {
  const { client, options, transcript } = work;
  const request = requestOptions(work, command);
  if (options.output === '-') {
    const { bytesTo } = require('./stdoutTarget') as typeof import('./stdoutTarget');
    const { verified } = await client.get(command.path, bytesTo(work.stdout), request);
    transcript.complete(isUnverified(work, verified));
    return;
  }
  const local = work.name;
  const result = await withPolicy(work, 'get', local, options.onExists ?? 'rename', (onExists) =>
    // Only -o chooses a pipe or a device; the server's name for a file must not.
    client.get(command.path, local, { ...request, onExists, specialFiles: options.output !== undefined }),
  );
  if (result.skipped) return;
  if (work.because !== undefined) work.note(`${work.because}, saved as ${result.localPath ?? local}`);
  transcript.complete(isUnverified(work, result.verified));
}

async function put(work: Work, command: PutCommand): Promise<void> {
  const { client, options, transcript } = work;
  const remote = work.name;
  const request = requestOptions(work, command);
  const result = await withPolicy(work, 'put', remote, options.onExists ?? 'fail', (policy) =>
    // `rename` was refused with the command line: there is no new name to agree upon with a server.
    client.put(command.local, remote, { ...request, onExists: policy === 'rename' ? 'fail' : policy }),
  );
  if (result.skipped) return;
  transcript.complete(isUnverified(work, result.verified));
}

/** Said with every transfer of a language that can verify none; of a plain server's there is a note. */
function isUnverified({ options }: Work, verified: boolean): boolean {
  return options.dialect !== undefined && !verified;
}

/** With `ask`: tries without touching what is there, and asks only when it is. */
async function withPolicy(
  work: Work,
  verb: 'get' | 'put',
  name: string,
  policy: Policy,
  transfer: (policy: Exclude<Policy, 'ask'>) => Promise<TransferResult>,
): Promise<TransferResult> {
  if (policy !== 'ask') return transfer(policy);
  try {
    return await transfer('fail');
  } catch (error) {
    const { isTaken } = require('./exit') as typeof import('./exit');
    if (!isTaken(error, verb)) throw error;
    const answer = await work.ask(verb, name);
    if (answer === undefined) throw error;
    return transfer(answer);
  }
}
