import type { Progress } from '../../index';
import { escaped } from '../../wire/names';
import { columnsOf, lastColumns } from './columns';

/** Which file is moving, of how many. */
export interface Place {
  readonly name: string;
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

/** Columns of the bar without its brackets; fewer than four say nothing. */
const BAR = { least: 4, most: 30 };
/** Columns of a file's name, of several. */
const NAME = { least: 8, most: 28 };

/**
 * `[=====-----]  50 %   1.0 GiB of  2.0 GiB   310 MiB/s   0:03 left`, one column narrower than the terminal: some wrap a
 * line that fills the last one. Of several files `3/12 name` stands before it. `rate` is bytes a second. In a narrow
 * terminal the parts go that can be missed most easily; the percentage goes last.
 *
 * Each part has the width of the widest that it can become, so that nothing moves but what has changed.
 */
export function progressLine(progress: Progress, rate: number, columns: number, place?: Place): string {
  const room = columns - 1;
  const counter = place === undefined ? '' : `${place.index}/${place.count} `;
  const name = place === undefined ? '' : shownName(place.name);
  const nameLeast = Math.min(columnsOf(name), NAME.least);
  const barLeast = progress.total ? BAR.least : 0;
  const variants = variantsOf(progress, rate);
  const fits = (extra: number): string | undefined => variants.find((text) => text.length + extra <= room);

  // All that matters of several files first, even if the amounts have to go for it.
  const all = place === undefined ? undefined : fits(counter.length + gap(nameLeast, 2) + gap(barLeast, 3));
  const text = all ?? fits(counter.length) ?? fits(0) ?? '';
  const rest = room - text.length;
  const label = labelOf(counter, name, rest, all === undefined ? 0 : gap(barLeast, 3));
  return (label + barOf(progress, rest - columnsOf(label) - 3) + text).trimEnd();
}

/**
 * `3/12 notes.txt  waiting 0:07`: nothing has come yet. `seconds` since it began; who waits for what only the peer knows.
 * Of a single file there is no counter.
 */
export function waitingLine(seconds: number, columns: number, place: Place): string {
  const room = columns - 1;
  const counter = place.count > 1 ? `${place.index}/${place.count} ` : '';
  const waited = timeLeft(Math.floor(seconds)).padStart(WIDEST.timeLeft);
  const text = [`waiting ${waited}`, 'waiting'].find((one) => counter.length + one.length <= room);
  if (text === undefined) return 'waiting'.length <= room ? 'waiting' : '';
  return labelOf(counter, shownName(place.name), room - text.length, 0) + text;
}

/** Counter and name in so many columns, less the reserved ones; the end of a name, or none, where it does not fit. */
function labelOf(counter: string, name: string, room: number, reserved: number): string {
  if (counter.length > room) return '';
  const least = Math.min(columnsOf(name), NAME.least);
  const width = Math.min(NAME.most, columnsOf(name), room - counter.length - 2 - reserved);
  return least > 0 && width >= least ? `${counter}${lastColumns(name, width)}  ` : counter;
}

const gap = (width: number, space: number): number => (width === 0 ? 0 : width + space);

/** What is said of it, from most to least. */
function variantsOf({ bytes, total }: Progress, rate: number): string[] {
  const speed = `${amount(rate).padStart(WIDEST.amount)}/s`;
  if (!total) {
    const moved = amount(bytes).padStart(WIDEST.amount);
    return [`${moved}  ${speed}`, moved, moved.trimStart()];
  }
  const percent = `${Math.floor(Math.min(bytes / total, 1) * 100)}`.padStart(3) + ' %';
  const seconds = (total - bytes) / rate;
  const known = rate > 0 && seconds < LONGEST;
  const left = known ? `  ${timeLeft(seconds).padStart(WIDEST.timeLeft)} left` : ' '.repeat(WIDEST.timeLeft + 7);
  return [
    `${percent}  ${amount(bytes).padStart(widest(total))} of ${amount(total)}  ${speed}${left}`,
    `${percent}  ${speed}${left}`,
    `${percent}${left}`,
    percent,
    percent.trimStart(),
  ];
}

/** Seconds. Beyond four days it has no room, and is a guess that nobody plans by. */
const LONGEST = 100 * 60 * 60 - 60;

/** Columns of the widest there is: `1023 KiB`, `99h59`. */
const WIDEST = { amount: 8, timeLeft: 5 };

/** Columns of the widest amount on the way to this one. */
function widest(total: number): number {
  if (total < 1024) return amount(total).length;
  return Math.max(amount(total).length, total < 10 * 1024 ? '9.9 KiB'.length : WIDEST.amount);
}

function barOf({ bytes, total }: Progress, room: number): string {
  const width = Math.min(BAR.most, room);
  if (!total || width < BAR.least) return '';
  const full = Math.round(Math.min(bytes / total, 1) * width);
  return `[${'='.repeat(full)}${'-'.repeat(width - full)}] `;
}

/** A name as it may stand within a line: one that writes from right to left must not turn what follows it. */
function shownName(name: string): string {
  return escaped(name).replace(/[\p{Bidi_Control}\p{Surrogate}]/gu, '?');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes with three digits or so, in eight columns at most: `1023 B`, `4.5 KiB`, `310 MiB`. */
export function amount(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // As it will be rounded: there is no `1024 KiB`, and no `100.0 KiB`.
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const shown = unit === 0 ? Math.round(value).toString() : value.toFixed(value < 99.95 ? 1 : 0);
  return `${shown} ${UNITS[unit] ?? ''}`;
}

/** In five columns at most, up to a hundred hours: `0:07`, `12:34`, `3h05`. */
export function timeLeft(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (value: number): string => value.toString().padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  // Seconds matter to nobody any more; and who waits is not told less than it takes.
  const minutes = Math.ceil(whole / 60);
  return `${Math.floor(minutes / 60)}h${two(minutes % 60)}`;
}
