import type { SingleBar } from 'cli-progress';
import type { Writable } from 'node:stream';
import type { Progress } from '../index';

/** Milliseconds before a bar appears: most transfers are over by then, and a flash of a bar is noise. */
const AFTER = 500;
/** Milliseconds between two drawings; a fast link reports far more often. */
const EVERY = 100;

export interface TerminalStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * A bar with rate and time left, for terminals only. It has no clock of its own: it is drawn as progress is
 * reported. No colours, so nothing to ask NO_COLOR about.
 */
export class ProgressBar {
  private bar: SingleBar | undefined;
  private begun: { readonly at: number; readonly bytes: number } | undefined;
  private drawn = 0;
  private done: Progress = { bytes: 0 };

  constructor(
    private readonly stream: TerminalStream,
    private readonly now: () => number = () => performance.now(),
  ) {}

  update(progress: Progress): void {
    const now = this.now();
    this.done = progress;
    this.begun ??= { at: now, bytes: progress.bytes };
    if (now - this.begun.at < AFTER || now - this.drawn < EVERY) return;
    this.drawn = now;
    if (this.bar === undefined) {
      this.bar = this.create();
      this.bar.start(progress.total ?? 0, progress.bytes);
    } else {
      this.bar.update(progress.bytes);
    }
  }

  /** Clears its line. The next progress draws it anew, so others may write in between. */
  hide(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private create(): SingleBar {
    const { SingleBar } = require('cli-progress') as typeof import('cli-progress');
    return new SingleBar({
      stream: this.stream,
      clearOnComplete: true,
      // Lines are cut to the terminal's width instead: a killed program would leave wrapping off.
      linewrap: true,
      // It would leave on SIGINT with an exit code of its own.
      gracefulExit: false,
      format: () => this.line(),
    });
  }

  private line(): string {
    const seconds = this.begun === undefined ? 0 : (this.now() - this.begun.at) / 1000;
    const rate = seconds > 0 ? (this.done.bytes - (this.begun?.bytes ?? 0)) / seconds : 0;
    // A terminal that was never told its size says 0.
    return progressLine(this.done, rate, this.stream.columns || 80);
  }
}

/** `[=====-----]  50 %  1.0 of 2.0 GiB  310 MiB/s  0:03 left`, never wider than `columns`. */
export function progressLine({ bytes, total }: Progress, rate: number, columns: number): string {
  const speed = `${amount(rate)}/s`;
  if (total === undefined || total === 0) return `${amount(bytes)}  ${speed}`.slice(0, columns);
  const part = Math.min(bytes / total, 1);
  const left = rate > 0 ? `${timeLeft((total - bytes) / rate)} left` : '';
  const percent = `${Math.floor(part * 100)}`.padStart(3);
  const text = `${percent} %  ${amount(bytes)} of ${amount(total)}  ${speed}  ${left}`.trimEnd();
  // Brackets and a space, and one column free: a full last column makes some terminals wrap.
  const width = Math.min(30, columns - text.length - 4);
  if (width < 4) return text.slice(0, Math.max(columns - 1, 0));
  const full = Math.round(part * width);
  return `[${'='.repeat(full)}${'-'.repeat(width - full)}] ${text}`;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes with three digits or so: `1023 bytes`, `4.5 KiB`, `310 MiB`. */
export function amount(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const shown = unit === 0 ? Math.round(value).toString() : value.toFixed(value < 100 ? 1 : 0);
  return `${shown} ${UNITS[unit] ?? ''}`;
}

/** `0:07`, `12:34`, `3:00:00`. */
export function timeLeft(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (value: number): string => value.toString().padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
