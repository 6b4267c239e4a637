import type { Endpoint, ListEntry, Progress, TransferResult } from '../../index';
import type { Output } from '../output';
import type { ProgressBar } from '../progress';
import type { Failure, FileJob, Listed, Reporter, Results } from '../reporter';
import { Transcript } from '../transcript';

export interface TranscriptReporterHow {
  /** The data alone: no transcript, no `.` and `..`. */
  readonly quiet: boolean;
  /** Listed names end with NUL. */
  readonly print0: boolean;
  /** Facts in columns. They must have been asked for. */
  readonly long: boolean;
  /** `4.5K` instead of 4608. */
  readonly human: boolean;
  /** Standard output is a terminal: a `/` behind directories in a long listing. */
  readonly terminal: boolean;
  /** The file itself goes to standard output, so the transcript goes to standard error with all else. */
  readonly dataOnStdout?: boolean;
  /** Nothing in this language vouches for a transfer, and each says so; of a plain server there is a note. */
  readonly saysUnverified?: boolean;
  /** Begins each line: `2: `, of one of several commands that run at once. */
  readonly label?: string;
  /** Absent: none is drawn. */
  readonly bar?: ProgressBar;
}

/**
 * The transcript that programs compare on standard output, with what was asked for; notes, errors and the
 * progress bar on standard error. With several files each line says which one it is about.
 */
export class TranscriptReporter implements Reporter {
  private transcript: Transcript;
  private job: FileJob | undefined;
  /** The terminal is ours while a file is waited for. */
  private waits = false;
  private readonly before = (): void => this.how.bar?.hide();
  /** Whatever was printed in between. */
  private readonly behind = (): void => {
    if (this.waits && this.job !== undefined) this.how.bar?.wait();
  };

  constructor(
    private readonly stdout: Output,
    private readonly stderr: Output,
    private readonly how: TranscriptReporterHow,
  ) {
    this.transcript = this.transcriptOf(this.label());
  }

  connected(host: string, port: number): void {
    this.transcriptOf(this.label()).connected(host, port);
    this.behind();
  }

  begin(job: FileJob): void {
    this.job = job;
    this.transcript = this.transcriptOf(this.label(job));
    this.how.bar?.begin(job);
  }

  waiting(waiting: boolean): void {
    this.waits = waiting;
    if (waiting) this.behind();
    else this.before();
  }

  data(remote: Endpoint): void {
    this.transcript.data(remote);
    this.behind();
  }

  progress(progress: Progress): void {
    if (this.job !== undefined) this.how.bar?.update(progress);
  }

  message(bytes: Uint8Array): void {
    this.transcript.message(bytes);
    this.behind();
  }

  note(sentence: string): void {
    const { sentence: escape } = require('../render') as typeof import('../render');
    this.sayAside(`${this.label(this.job)}ftclient: ${escape(sentence)}`);
    this.behind();
  }

  async listed({ list: { entries } }: Listed): Promise<void> {
    const { quiet, print0, long, human, terminal } = this.how;
    const listing = require('./listing') as typeof import('./listing');
    const { pour } = require('./pour') as typeof import('./pour');
    const wanted = quiet ? entries.filter(({ name }: ListEntry) => name !== '.' && name !== '..') : entries;
    const end = print0 ? '\0' : '\n';
    // Whoever asks for NUL has a program read them, which is to find the file; a terminal is no program.
    const raw = print0 && !terminal;
    if (long && listing.tellsNamesOnly(wanted)) this.note('the server tells names only');
    this.before();
    await pour(
      this.stdout,
      long ? listing.longListing(wanted, { end, human, raw, slash: terminal }) : listing.names(wanted, end, raw),
    );
  }

  complete(job: FileJob, result: TransferResult): void {
    this.how.bar?.ended(result.size);
    this.job = undefined;
    if (result.skipped) return;
    this.transcript.complete(this.how.saysUnverified === true && !result.verified);
  }

  result<C extends keyof Results>(command: C, facts: Results[C]): void {
    const { wordsOf, factLines } = require('./results') as typeof import('./results');
    const words = wordsOf(command, facts, this.how.human);
    const { sentence } = require('../render') as typeof import('../render');
    const label = this.label();
    // Facts are what was asked for, as the names of a listing are; that something was done is transcript.
    if (words.facts !== undefined) for (const line of factLines(words.facts)) this.say(this.stdout, label + line);
    if (words.sentence !== undefined && !this.how.quiet) this.say(this.main, label + sentence(words.sentence));
  }

  failed({ sentence, quoted, advice, path, kept }: Failure, job?: FileJob): void {
    if (job !== undefined) this.how.bar?.ended();
    this.job = undefined;
    const which = path === undefined ? this.label(job) : this.labelled(path);
    this.sayAside(`${which}${quoted === true ? '' : 'ftclient: '}${sentence}`);
    if (advice !== undefined) this.sayAside(`${which}ftclient: ${advice}`);
    if (kept === undefined) return;
    const { sentence: escape } = require('../render') as typeof import('../render');
    this.sayAside(`${which}ftclient: ${escape(kept)}`);
  }

  async end(_exit: number): Promise<void> {
    this.before();
    await this.stdout.flushed();
    await this.stderr.flushed();
  }

  /** Where the transcript goes. */
  private get main(): Output {
    return this.how.dataOnStdout === true ? this.stderr : this.stdout;
  }

  private transcriptOf(label: string): Transcript {
    return new Transcript(this.main, { quiet: this.how.quiet, label, before: this.before });
  }

  /** One file needs no name: its command has just been typed. */
  private label(job?: FileJob): string {
    if (job === undefined || job.count < 2) return this.how.label ?? '';
    return this.labelled(job.verb === 'get' ? job.remote : job.local);
  }

  private labelled(name: string): string {
    const { sentence } = require('../render') as typeof import('../render');
    return `${this.how.label ?? ''}${sentence(name)}: `;
  }

  private sayAside(line: string): void {
    this.say(this.stderr, line);
  }

  private say(output: Output, line: string): void {
    this.before();
    const { printLine } = require('./bytes') as typeof import('./bytes');
    printLine(output, line);
  }
}
