import { sentence } from '../render';
import type { Results } from '../reporter';
import { humanSize } from './sizes';
import { localTimeExact } from './times';

/** What a command without data is told as: facts were asked for, a sentence only says that it was done. */
export interface Words {
  readonly facts?: Readonly<Record<string, string>>;
  readonly sentence?: string;
  /** The answer itself. */
  readonly line?: string;
}

type Wording = { readonly [C in keyof Results]: (facts: Results[C], human: boolean) => Words };

const WORDING: Wording = {
  stat: ({ path, type, size, modified, version }, human) => ({
    facts: {
      path,
      type,
      ...(type === 'file' ? { size: human ? humanSize(size) : size.toString() } : {}),
      ...(modified === 0 ? {} : { modified: localTimeExact(modified) }),
      ...(version === undefined ? {} : { version }),
    },
  }),
  digest: ({ path, length, crc32, sha256, version }, human) => ({
    facts: {
      path,
      length: human ? humanSize(length) : length.toString(),
      crc32,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(version === undefined ? {} : { version }),
    },
  }),
  mkdir: ({ path }) => ({ sentence: `Created ${path}.` }),
  delete: ({ path }) => ({ sentence: `Deleted ${path}.` }),
  rename: ({ from, to }) => ({ sentence: `Renamed ${from} to ${to}.` }),
  pwd: ({ path }) => ({ line: `/${path}` }),
  ping: ({ milliseconds }) => ({ sentence: `Answered in ${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms.` }),
};

/** Lines without their ends: `key: value` for each fact, or one sentence. */
export function wordsOf<C extends keyof Results>(command: C, facts: Results[C], human: boolean): Words {
  return WORDING[command](facts, human);
}

/** One `key: value` a line. Values come from the server: they are escaped. */
export function factLines(facts: Readonly<Record<string, string>>): string[] {
  return Object.entries(facts).map(([key, value]) => `${key}: ${sentence(value)}`);
}
