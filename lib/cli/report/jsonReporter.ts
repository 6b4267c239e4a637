import { isTwinportError, type Endpoint, type Progress, type TransferResult } from '../../index';
import { plainAddress } from '../../wire/addresses';
import { decodeName } from '../../wire/names';
import type { Output } from '../output';
import { sentence, wordsOfError } from '../render';
import type { Failure, FileJob, Listed, Reporter, Results } from '../reporter';
import { jsonLine, type JsonValue } from './jsonLine';
import { pour } from './pour';

/** Milliseconds between two reports of progress: a fast link has thousands a second, and each is a line to parse. */
const EVERY = 250;

export interface JsonReporterHow {
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
  /** Which of several commands that run at once, from 1: a member of each object. */
  readonly client?: number;
  /** Which line of a batch: a member of each object. */
  readonly line?: number;
}

type Members = Readonly<Record<string, JsonValue>>;

/** Each member is named here: what the library learns to tell does not slip into what is promised. */
const FACTS: { readonly [C in keyof Results]: (facts: Results[C]) => Members } = {
  // What the wire does not tell is not invented: the size of a directory, a time that is missing.
  stat: ({ path, type, size, modified, version }) => ({
    path,
    type,
    size: type === 'file' ? size : undefined,
    modified: modified === 0 ? undefined : new Date(modified),
    version,
  }),
  digest: ({ path, length, crc32, sha256, version }) => ({ path, length, crc32, sha256, version }),
  mkdir: ({ path }) => ({ path }),
  delete: ({ path }) => ({ path }),
  rename: ({ from, to }) => ({ from, to }),
  ping: ({ milliseconds }) => ({ milliseconds }),
  pwd: ({ path }) => ({ path }),
};

/** One object a line on standard output, for programs: docs/JSON.md says what each holds, and promises it. */
export class JsonReporter implements Reporter {
  private job: FileJob | undefined;
  /** Not told of yet: a file begins behind the connection that it needs. */
  private held: FileJob | undefined;
  private met = false;
  /** When progress was told last, or the file began. */
  private told = 0;
  private untold: Progress | undefined;
  /** Of this file some progress was told. */
  private moved = false;
  private readonly now: () => number;

  constructor(
    private readonly stdout: Output,
    private readonly how: JsonReporterHow = {},
  ) {
    this.now = how.now ?? (() => performance.now());
  }

  connected(host: string, port: number): void {
    this.met = true;
    this.say({ event: 'connected', host, port });
    this.tellBegin();
  }

  begin(job: FileJob, connecting = false): void {
    this.held = job;
    // Nobody is told of another connection: nothing would release it.
    if (!connecting || this.met) this.tellBegin();
  }

  data({ address, port }: Endpoint): void {
    this.tellBegin();
    this.say({ event: 'data', file: this.job?.index, address: plainAddress(address), port });
  }

  progress(progress: Progress): void {
    if (this.job === undefined) return;
    this.untold = progress;
    if (this.now() - this.told >= EVERY) this.tellProgress();
  }

  message(bytes: Uint8Array): void {
    this.say({ event: 'message', file: this.job?.index, text: decodeName(bytes) });
  }

  note(text: string, file = this.job?.index): void {
    this.say({ event: 'note', file, message: sentence(text) });
  }

  async listed(listed: Listed): Promise<void> {
    await pour(this.stdout, this.entries(listed));
  }

  complete({ index, verb, remote, local }: FileJob, result: TransferResult): void {
    this.tellBegin();
    // Of an empty file nothing was heard: the last progress of what was moved is told all the same.
    if (!result.skipped && !this.moved) this.untold ??= { bytes: result.size, total: result.size };
    this.endFile();
    const { size, length, crc32, sha256, verified, skipped, localPath } = result;
    this.say({
      event: 'complete',
      ...{ file: index, verb, remote, local },
      ...{ size, length, crc32, sha256, verified, skipped, localPath },
    });
  }

  result<C extends keyof Results>(command: C, facts: Results[C]): void {
    this.say({ event: 'result', command, ...FACTS[command](facts) });
  }

  failed({ error, exit, sentence: told, path, kept }: Failure, job?: FileJob): void {
    // It could not connect, or there was no reason to: the file that fails has begun all the same.
    this.tellBegin();
    this.endFile();
    const { index: file, verb, remote, local } = job ?? {};
    const known = isTwinportError(error);
    const code = known ? error.code : 'defect';
    // Of a defect the sentence holds what its report needs.
    const message = known ? sentence(wordsOfError(error)) : told;
    const reply = known ? error.reply : undefined;
    this.say({ event: 'error', file, verb, remote, local, path, code, exit, reply, message });
    if (kept !== undefined) this.note(kept, file);
  }

  async end(exit: number): Promise<void> {
    this.say({ event: 'end', exit });
    await this.stdout.flushed();
  }

  private *entries({ path, list }: Listed): Generator<Buffer> {
    let count = 0;
    for (const { name, type, size, modified } of list.entries) {
      if (name === '.' || name === '..') continue;
      count++;
      const time = modified === undefined ? undefined : new Date(modified);
      yield Buffer.from(this.line({ event: 'entry', name, type, size, modified: time }));
    }
    yield Buffer.from(this.line({ event: 'listed', path, entries: count, verified: list.verified }));
  }

  private tellBegin(): void {
    if (this.held === undefined) return;
    this.job = this.held;
    this.held = undefined;
    this.told = this.now();
    this.untold = undefined;
    this.moved = false;
    const { index, count, verb, remote, local, overall } = this.job;
    this.say({ event: 'begin', file: index, count, verb, remote, local, overall: overall?.total });
  }

  /** The last progress of a file is always told. */
  private endFile(): void {
    if (this.untold !== undefined) this.tellProgress();
    this.job = undefined;
  }

  private tellProgress(): void {
    const { bytes, total } = this.untold ?? { bytes: 0 };
    this.untold = undefined;
    this.moved = true;
    this.told = this.now();
    this.say({ event: 'progress', file: this.job?.index, bytes, total });
  }

  private line(members: Members): string {
    const { client, line } = this.how;
    return jsonLine({ ...members, client, line });
  }

  private say(members: Members): void {
    this.stdout.say(this.line(members));
  }
}
