import type { Writable } from 'node:stream';
import type { Clock, Progress } from '../index';
import type { FileJob, Overall } from './reporter';
import { progressLine, waitingLine, type Place } from './report/progressLine';
import { Rate } from './report/rate';

/** Milliseconds before a bar appears: most transfers are over by then, and a flash of a bar is noise. */
const AFTER = 500;
/** Milliseconds between two drawings; a fast link reports far more often. */
const EVERY = 100;
/** Milliseconds until it is drawn although nothing moves: the rate falls, or the wait grows, and a person sees why. */
const IDLE = 1000;

export interface TerminalStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Without `after` it is drawn only when there is progress. */
export type BarClock = Pick<Clock, 'now'> & Partial<Pick<Clock, 'after'>>;

/** The process, as far as Ctrl-Z is concerned. */
export interface Stoppable {
  readonly pid: number;
  on(signal: 'SIGTSTP' | 'SIGCONT', listener: () => void): unknown;
  off(signal: 'SIGTSTP' | 'SIGCONT', listener: () => void): unknown;
  kill(pid: number, signal: 'SIGTSTP'): unknown;
}

/** Terminals that can do nothing but print, and whatever is none. */
export function canDraw(stream: TerminalStream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/**
 * A bar with rate and time left, for terminals only: one line, or nothing. No colours, so nothing to ask NO_COLOR
 * about, and a cursor that is always where others expect it, so nothing to give back when the program is killed.
 */
export class ProgressBar {
  private readonly rate = new Rate();
  private begun: number | undefined;
  private place: Place | undefined;
  /** When the file began. */
  private began = 0;
  /** That nothing of it has come yet may be shown. */
  private waiting = false;
  private overall: Overall | undefined;
  private resumes = true;
  /** Of the file that is moving. */
  private done: Progress | undefined;
  /** Bytes moved in all, without what was there before. */
  private moved = 0;
  private drawn = -Infinity;
  private shown = false;
  private next: { cancel(): void } | undefined;

  /**
   * `stream` must be one whose errors are heard, as those of an `Output` are: terminals hang up. `host` is stopped by
   * Ctrl-Z with the line wiped; absent where somebody else sees to that.
   */
  constructor(
    private readonly stream: TerminalStream,
    private readonly clock: BarClock = { now: () => performance.now() },
    private readonly host?: Stoppable,
  ) {}

  /** A file begins; where it is the only one this need not be called. */
  begin({ verb, remote, local, standard, index, count, overall, resumes = false }: FileJob): void {
    this.began = this.clock.now();
    this.begun ??= this.began;
    // What comes from standard input has no name but the server's.
    this.place = { name: verb === 'get' || standard === true ? remote : local, index, count };
    this.overall = overall;
    this.resumes = resumes;
    this.done = undefined;
  }

  /** What has begun is drawn by and by, also when nothing comes: until `hide` or `ended`. */
  wait(): void {
    if (this.place === undefined || this.shown) return;
    this.waiting = true;
    this.drawIn(AFTER);
  }

  update(progress: Progress): void {
    const now = this.clock.now();
    this.begun ??= now;
    // What was there at first was not moved now; and where it is fewer, somebody has begun anew.
    const before = this.done?.bytes ?? (this.resumes ? progress.bytes : 0);
    this.moved += Math.max(0, progress.bytes - before);
    this.done = progress;
    this.rate.add(now, this.moved);
    if (now - this.drawn >= EVERY && now - this.begun >= AFTER) this.draw(now);
  }

  /** The file has ended, however that was. */
  ended(_size?: number): void {
    this.done = undefined;
    this.place = undefined;
    this.hide();
  }

  /** Clears its line. The next progress, or `wait`, draws it anew, so others may write in between. */
  hide(): void {
    this.waiting = false;
    this.next?.cancel();
    this.next = undefined;
    this.host?.off('SIGCONT', this.goOn);
    if (!this.shown) return;
    this.shown = false;
    this.host?.off('SIGTSTP', this.suspend);
    this.stream.off('resize', this.resized);
    this.stream.write(CLEAR);
  }

  private draw(now: number): void {
    const line = this.line(now);
    if (line === undefined) return;
    this.drawn = now;
    this.stream.write(frame(line));
    if (!this.shown) {
      this.stream.on('resize', this.resized);
      this.host?.on('SIGTSTP', this.suspend);
    }
    this.shown = true;
    this.drawIn(IDLE);
  }

  private line(now: number): string | undefined {
    // Asked each time: a window is resized in the middle. A terminal that was never told its size says 0.
    const columns = this.stream.columns || 80;
    const { place, done, overall } = this;
    // Of everything something has come already: then the file that is waited for does not hide how much.
    if (done !== undefined || (overall !== undefined && overall.before > 0 && this.waiting)) {
      const several = place !== undefined && place.count > 1;
      return progressLine(this.progress(done), this.rate.at(now), columns, several ? place : undefined);
    }
    return this.waiting && place !== undefined ? waitingLine((now - this.began) / 1000, columns, place) : undefined;
  }

  private drawIn(ms: number): void {
    this.next?.cancel();
    this.next = this.clock.after?.(ms, () => this.draw(this.clock.now()));
  }

  private readonly resized = (): void => {
    const now = this.clock.now();
    const wait = this.drawn + EVERY - now;
    // A window that is dragged is resized sixty times a second.
    if (wait <= 0 || this.clock.after === undefined) this.draw(now);
    else this.drawIn(wait);
  };

  /**
   * Ctrl-Z: the terminal has written `^Z` into the bar, and would keep both above what comes next. The signal's own action
   * stops us, now that nobody hears it. In an orphaned process group nothing does: then the timer draws again.
   */
  private readonly suspend = (): void => {
    const { host, waiting } = this;
    this.hide();
    this.waiting = waiting;
    // Not before the signal has arrived.
    this.drawn = this.clock.now();
    this.drawIn(IDLE);
    host?.on('SIGCONT', this.goOn);
    host?.kill(host.pid, 'SIGTSTP');
  };

  private readonly goOn = (): void => {
    this.host?.off('SIGCONT', this.goOn);
    this.draw(this.clock.now());
  };

  /** Of everything, where it is known how much that is; a file that grows takes nothing from the others. */
  private progress(done: Progress = { bytes: 0 }): Progress {
    const { overall } = this;
    if (overall === undefined) return done;
    return { bytes: overall.before + Math.min(done.bytes, overall.size), total: overall.total };
  }
}

const ERASE_BELOW = '\x1b[J';
/**
 * From the second column, then the rest: erasing from the very first place of a screen is how programs clear it,
 * and tmux saves what stood there among the lines that have scrolled away.
 */
const CLEAR = `\r\x1b[C${ERASE_BELOW}\r\x1b[K`;
const NO_WRAP = '\x1b[?7l';
const WRAP = '\x1b[?7h';

/**
 * One write, so that it never flickers and is never seen half. It leaves the cursor at the line's beginning:
 * a terminal that is made narrower breaks the line in two, and keeps the cursor where the line begins, so that erasing
 * from there takes both. What was resized a moment ago and is not known yet to be is why wrapping is off meanwhile.
 */
function frame(line: string): string {
  return `\r${NO_WRAP}${line}${WRAP}${ERASE_BELOW}\r`;
}
