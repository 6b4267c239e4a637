import type { Progress } from '../../index';
import { escaped } from '../../wire/names';
import { columnsOf, lastColumns } from './columns';

/** Which of several files is moving. */
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
 * `[=====-----]  50 %  1.0 GiB of 2.0 GiB  310 MiB/s  0:03 left`, one column narrower than the terminal: some wrap a
 * line that fills the last one. Of several files `3/12 name` stands before it. `rate` is bytes a second. In a narrow
 * terminal the parts go that can be missed most easily; the percentage goes last.
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
  let rest = room - text.length;
  let line = '';
  if (counter.length <= rest) {
    line = counter;
    rest -= counter.length;
    const width = Math.min(NAME.most, columnsOf(name), rest - 2 - (all === undefined ? 0 : gap(barLeast, 3)));
    if (nameLeast > 0 && width >= nameLeast) {
      const shown = lastColumns(name, width);
      line += `${shown}  `;
      rest -= columnsOf(shown) + 2;
    }
  }
  return (line + barOf(progress, rest - 3) + text).trimEnd();
}

const gap = (width: number, space: number): number => (width === 0 ? 0 : width + space);

/** What is said of it, from most to least. */
function variantsOf({ bytes, total }: Progress, rate: number): string[] {
  const speed = `${amount(rate)}/s`;
  if (!total) return [`${amount(bytes)}  ${speed}`, amount(bytes)];
  const percent = `${Math.floor(Math.min(bytes / total, 1) * 100)}`.padStart(3) + ' %';
  const seconds = (total - bytes) / rate;
  const left = rate > 0 && seconds < LONGEST ? `  ${timeLeft(seconds)} left` : '';
  return [
    `${percent}  ${amount(bytes)} of ${amount(total)}  ${speed}${left}`,
    `${percent}  ${speed}${left}`,
    `${percent}${left}`,
    percent,
    percent.trimStart(),
  ];
}

/** Seconds. Beyond four days it is a guess that nobody plans by. */
const LONGEST = 100 * 60 * 60;

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
