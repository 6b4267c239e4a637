import { decodeName, escaped, isUtf8Clean } from '../../wire/names';
import type { Endpoint, ListEntry, Progress, TransferResult } from '../../index';
import type { Output } from '../output';
import type { ProgressBar } from '../progress';
import { printLine } from '../report/bytes';
import { columnsOf } from '../report/columns';
import { longListing, names, tellsNamesOnly } from '../report/listing';
import { pour } from '../report/pour';
import { factLines, wordsOf } from '../report/results';
import type { Failure, FileJob, Listed, Reporter, Results } from '../reporter';
import { sentence } from '../render';
import type { Where } from './context';
import { inColumns } from './layout';

export interface ShellReporterHow {
  /** The line of a batch; absent at the prompt. */
  readonly where?: Where | undefined;
  /** Lines above a listing. */
  readonly heading?: readonly string[] | undefined;
  readonly long: boolean;
  readonly human: boolean;
  /** Width of the terminal that standard output is; absent where it is none: then names stand one a line. */
  readonly columns?: number | undefined;
  /** Nothing in this language vouches for a transfer. */
  readonly saysUnverified?: boolean;
  /** Nothing but what was asked for. */
  readonly quiet?: boolean;
  /** Absent: none is drawn. */
  readonly bar?: ProgressBar | undefined;
}

/** Names beyond which columns are no help: the first ones have scrolled away. */
const MOST_IN_COLUMNS = 5000;

/** What a command does, told to a person at the prompt, or in the log of a batch. */
export class ShellReporter implements Reporter {
  private job: FileJob | undefined;
  private waits = false;

  constructor(
    private readonly stdout: Output,
    private readonly stderr: Output,
    private readonly how: ShellReporterHow,
  ) {}

  connected(host: string, port: number): void {
    // In a batch nobody waits for it.
    if (this.how.where === undefined) this.say(`Connected to ${host} on port ${port}.`);
  }

  begin(job: FileJob): void {
    this.job = job;
    this.how.bar?.begin(job);
  }

  data(_remote: Endpoint): void {
    // The prompt has said whom we talk to.
  }

  waiting(on: boolean): void {
    this.waits = on;
    if (on) this.how.bar?.wait();
    else this.how.bar?.hide();
  }

  progress(progress: Progress): void {
    if (this.job !== undefined) this.how.bar?.update(progress);
  }

  message(bytes: Uint8Array): void {
    this.line(this.asideOf(this.job), `Received: ${sentence(decodeName(bytes))}`);
  }

  note(text: string): void {
    this.line(this.stderr, `${this.label(this.job)}${sentence(text)}`);
    if (this.waits && this.job !== undefined) this.how.bar?.wait();
  }

  async listed({ list }: Listed): Promise<void> {
    const { long, human, columns } = this.how;
    const entries = columns === undefined ? list.entries : list.entries.map(straight);
    if (long && tellsNamesOnly(entries)) this.note('the server tells names only');
    this.how.bar?.hide();
    for (const line of this.how.heading ?? []) this.line(this.stdout, sentence(line));
    if (long) await pour(this.stdout, longListing(entries, { end: '\n', human, slash: columns !== undefined }));
    else if (columns === undefined || entries.length > MOST_IN_COLUMNS) await pour(this.stdout, names(entries, '\n'));
    else for (const line of inColumns(entries.map(shownName), columns, columnsOf)) this.line(this.stdout, line);
  }

  complete(job: FileJob, { size, skipped, verified, localPath }: TransferResult): void {
    this.how.bar?.ended(size);
    this.job = undefined;
    // A note has told why.
    if (skipped) return;
    const unverified = this.how.saysUnverified === true && !verified ? ', unverified' : '';
    const what = job.verb === 'get' ? `Got ${job.remote}${went(job, localPath)}` : `Put ${job.local} to /${job.remote}`;
    this.say(`${what}, ${size} ${size === 1 ? 'byte' : 'bytes'}${unverified}.`, this.asideOf(job));
  }

  result<C extends keyof Results>(command: C, facts: Results[C]): void {
    const words = wordsOf(command, facts, this.how.human);
    if (words.facts !== undefined) for (const line of factLines(words.facts)) this.line(this.stdout, line);
    if (words.line !== undefined) this.line(this.stdout, sentence(words.line));
    if (words.sentence !== undefined) this.say(words.sentence);
  }

  failed({ sentence: text, quoted, advice, path, kept }: Failure, job?: FileJob): void {
    if (job !== undefined) this.how.bar?.ended();
    this.job = undefined;
    // What the server says names nothing; what we say ourselves does.
    const about = path ?? (quoted === true ? job?.remote : undefined);
    const which = about === undefined ? this.label(job) : `${this.at()}${sentence(about || '/')}: `;
    this.line(this.stderr, `${which}${text}`);
    if (advice !== undefined) this.line(this.stderr, `${which}${advice}`);
    if (kept !== undefined) this.line(this.stderr, `${which}${sentence(kept)}`);
  }

  async end(): Promise<void> {
    this.how.bar?.hide();
    await this.stdout.flushed();
    await this.stderr.flushed();
  }

  /** Which file of several; one needs no name, its command has just been typed. */
  private label(job: FileJob | undefined): string {
    if (job === undefined || job.count < 2) return this.at();
    return `${this.at()}${sentence(job.verb === 'get' ? job.remote : job.local)}: `;
  }

  private at(): string {
    const { where } = this.how;
    return where === undefined ? '' : `${sentence(where.file)}:${where.line}: `;
  }

  /** That something was done. */
  private say(text: string, output = this.stdout): void {
    if (this.how.quiet !== true) this.line(output, sentence(text));
  }

  /** Where the file itself goes to standard output, nothing else does. */
  private asideOf(job: FileJob | undefined): Output {
    return job?.verb === 'get' && job.standard === true ? this.stderr : this.stdout;
  }

  private line(output: Output, line: string): void {
    this.how.bar?.hide();
    printLine(output, line);
  }
}

/** Where it went, if that is not what its name says. */
function went({ remote, local, standard }: FileJob, localPath: string | undefined): string {
  if (standard === true) return ' to standard output';
  const name = remote.slice(remote.lastIndexOf('/') + 1);
  const path = localPath ?? local;
  return path === name ? '' : ` as ${path}`;
}

/**
 * On a terminal a name could be read as another one, as `exe.txt` for `txt.exe` (Unicode TR 36 §2.5), or as two. Into a pipe it
 * goes as it is.
 */
function straight(entry: ListEntry): ListEntry {
  const name = sentence(entry.name);
  return name === entry.name ? entry : { ...entry, name };
}

/** As the terminal may see it; a byte that is no letter takes a column of its own. */
function shownName({ name, type }: ListEntry): string {
  const text = escaped(name);
  const clean = isUtf8Clean(text) ? text : text.replace(/\p{Surrogate}/gu, '\ufffd');
  return type === 'dir' ? `${clean}/` : clean;
}
