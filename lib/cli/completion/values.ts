import type { Flag, ValueKind } from '../flags';

/** What a shell completes the value of an option with. */
export interface Value {
  readonly kind: ValueKind | 'words';
  readonly choices: readonly string[];
}

/** Undefined for a switch. */
export function valueOf({ value, kind, choices }: Flag): Value | undefined {
  if (value === undefined) return undefined;
  // `text|json` as the value's name tells the choices, too.
  const named = /^[a-z0-9]+(\|[a-z0-9]+)+$/.test(value) ? value.split('|') : [];
  const words = (typeof choices === 'function' ? choices() : choices) ?? named;
  if (kind !== undefined) return { kind, choices: words };
  if (words.length > 0) return { kind: 'words', choices: words };
  if (/^(FILE|CONFIG)\b/.test(value)) return { kind: 'file', choices: [] };
  return { kind: value === 'DIR' ? 'dir' : 'text', choices: [] };
}

/** The ways an option may be written: `-o`, `--output`. */
export function spellings({ name, short }: Flag): readonly string[] {
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
}

/** Several letters in one word, of which the last takes a value: `-qo`. Undefined where no letter does. */
export function clusterPattern(flags: readonly Flag[]): string | undefined {
  const letters = (withValue: boolean): string =>
    flags
      .flatMap(({ short, value }) => (short !== undefined && (value !== undefined) === withValue ? [short] : []))
      .join('');
  const valued = letters(true);
  if (valued === '') return undefined;
  const switches = letters(false);
  return `^-${switches === '' ? '' : `[${switches}]+`}[${valued}]$`;
}
