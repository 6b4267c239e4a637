/** Of a series: the middle one, and between which it lies. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [below = NaN, above = NaN] = [sorted[half - 1], sorted[half]];
  return {
    median: sorted.length % 2 === 1 ? above : (below + above) / 2,
    lowest: sorted[0] ?? NaN,
    highest: sorted.at(-1) ?? NaN,
  };
}

/**
 * The ratios round by round. What else a machine does changes from round to round and touches both alike, so
 * the median of ratios holds where the ratio of medians wanders.
 */
export function ratios(above: readonly number[], below: readonly number[]): Spread {
  return spread(above.map((value, round) => value / (below[round] ?? NaN)));
}

/** `1.23 (1.10–1.31)`. */
export function shown({ median, lowest, highest }: Spread, digits = 2): string {
  return `${median.toFixed(digits)} (${lowest.toFixed(digits)}–${highest.toFixed(digits)})`;
}

/** Columns as wide as they need; all but the first are numbers, and to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('   ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}
