import { isTwinportError, TwinportError } from '../../errors';
import { UsageError } from '../usage';

/** Where a value was given: it is told in every sentence about the value. */
export interface Origin {
  readonly source: 'flag' | 'environment' | 'file';
  /** What the setting is called there: `--root`, `FTSERVER_ROOT`, `root`. */
  readonly name: string;
  /** The file as it was named, and the line in it. */
  readonly file?: string;
  readonly line?: number;
}

/** A value is the text that a command line would have; a switch is `true` or `false`. */
export interface Value {
  readonly text: string;
  readonly origin: Origin;
}

/** All values of one source, by the long names of the options, and `port`. Several values where it may be repeated. */
export type Layer = ReadonlyMap<string, readonly Value[]>;

/** A value in a file or in the environment that cannot be meant: one sentence, exit 64, and no usage beneath it. */
export class SettingError extends TwinportError {
  constructor(sentence: string) {
    super('invalid-argument', sentence);
    this.name = 'SettingError';
  }
}

export interface Overruled {
  readonly value: Value;
  readonly by: Value;
}

/** Three ways to say one thing, who may do what: the strongest source that says any of them says it all. */
const RIGHTS = ['writable', 'read-only', 'allow'];

/** What a server is told, by every source. A stronger source replaces a setting of a weaker one, lists included. */
export class Settings {
  private readonly values = new Map<string, readonly Value[]>();
  /** What a stronger source said in another way. */
  private readonly dropped = new Map<string, Overruled>();

  /** The weakest source comes first. `file` is the configuration, for sentences about what is nowhere. */
  constructor(
    layers: readonly Layer[],
    readonly file?: string,
  ) {
    for (const layer of layers) {
      const by = RIGHTS.flatMap((key) => layer.get(key) ?? [])[0];
      if (by !== undefined) for (const key of RIGHTS) this.drop(key, by);
      for (const [key, values] of layer) this.values.set(key, values);
    }
  }

  private drop(key: string, by: Value): void {
    const value = this.get(key);
    if (value !== undefined) this.dropped.set(key, { value, by });
    this.values.delete(key);
  }

  /** What was given of a setting and does not count, for a stronger source says who may do what in other words. */
  overruled(key: string): Overruled | undefined {
    return this.values.has(key) ? undefined : this.dropped.get(key);
  }

  /** A switch that is on. */
  has(key: string): boolean {
    return this.get(key)?.text === 'true';
  }

  /** Of an option given twice, the last. */
  get(key: string): Value | undefined {
    return this.all(key).at(-1);
  }

  all(key: string): readonly Value[] {
    return this.values.get(key) ?? [];
  }

  /** The meaning of a value; what `meaning` throws is told with where the value is from. */
  read<T>(key: string, meaning: (name: string, text: string) => T): T | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : meant(value, meaning);
  }
}

export function meant<T>(value: Value, meaning: (name: string, text: string) => T): T {
  try {
    return meaning(value.origin.name, value.text);
  } catch (error) {
    throw error instanceof UsageError ? refusal(error.message, value) : error;
  }
}

/** An error about these values, the first of which is to blame. */
export function refusal(sentence: string, ...values: readonly Value[]): TwinportError {
  const [blamed] = values;
  if (blamed === undefined || values.some(({ origin }) => origin.source === 'flag')) return new UsageError(sentence);
  return new SettingError(`${placeOf(blamed.origin)}${sentence}`);
}

/** An error about what a value leads to, with where the value is from; the command line's are known. */
export function traced(error: unknown, value: Value | undefined): unknown {
  if (!isTwinportError(error) || value === undefined || value.origin.source === 'flag') return error;
  const { origin } = value;
  // `port 3555 is already in use` names it already.
  const name = error.message.startsWith(`${origin.name} `) ? '' : `${origin.name}: `;
  return new TwinportError(error.code, `${placeOf(origin)}${name}${error.message}`, { cause: error.cause });
}

/** The same, of a value that the sentence would not lead to: the option is named too. */
export function named(error: unknown, value: Value | undefined): unknown {
  if (!isTwinportError(error) || value === undefined || value.origin.source !== 'flag') return traced(error, value);
  return new TwinportError(error.code, `${value.origin.name}: ${error.message}`, { cause: error.cause });
}

/** `ftserver.yaml:3: `, or nothing where the name says where it is. */
function placeOf({ file, line }: Origin): string {
  return file === undefined ? '' : `${file}:${line ?? 1}: `;
}

/** A value by its name, beside another of the same file. */
export function alsoNamed({ origin: { name, line } }: Value): string {
  return line === undefined ? name : `${name} (line ${line})`;
}

/** Where a value is from, for a list of them. */
export function sourceOf({ name, file, line }: Origin): string {
  return file === undefined ? name : `${file}:${line ?? 1}`;
}
