import type { Flag, FlagValues } from '../flags';
import type { Shell } from './shell';
import type { Where } from './context';
import type { Word } from './words';

/** What a command's words name: what they are completed with. */
export type Takes = 'remote' | 'remote-directory' | 'local' | 'local-directory' | 'command' | 'setting' | 'nothing';

/** One command as it was typed. */
export interface Given {
  readonly shell: Shell;
  readonly row: Row;
  /** The name or alias it was called by. */
  readonly said: string;
  /** Without the options; as many as the row allows. */
  readonly words: readonly Word[];
  readonly flags: FlagValues;
  readonly signal: AbortSignal;
  /** Set in a batch. */
  readonly where: Where | undefined;
  /** A line of what was asked for; whatever a name puts into it, it stays one. */
  readonly print: (line: string) => Promise<void>;
}

/** How a command ended: its exit code, or the wish to leave. */
export type Outcome = number | 'leave';

export interface Row {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** How it is called, without its name. */
  readonly usage: string;
  /** One sentence, without a capital and a full stop. */
  readonly text: string;
  readonly flags?: readonly Flag[];
  readonly takes: Takes;
  /** How many words it takes: at least, at most. */
  readonly words: readonly [least: number, most: number];
  /** It may change names on the server: what was listed for completion is forgotten. */
  readonly changes?: true;
  /** Rejects with a TwinportError, a UsageError included, where it has not reported the failure itself. */
  readonly run: (given: Given) => Promise<Outcome>;
}

/** `get [-o NAME] FILE…`. */
export function usageOf({ name, usage }: Row): string {
  return usage === '' ? name : `${name} ${usage}`;
}
