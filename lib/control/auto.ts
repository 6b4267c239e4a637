import { Unread } from '../wire/bytes';
import type { CommandDecoder, Dialect, Incoming } from './dialect';
import type { AnyDialect, ServerSlice } from './slice';

/** A language that a port may turn out to speak, and its dialect for this session. */
export interface Candidate {
  readonly begins: NonNullable<ServerSlice['begins']>;
  readonly dialect: AnyDialect;
}

/**
 * The language of a port that speaks several: a client's first bytes choose, once for the session. When they
 * are of none, or the client ends before they are, `otherwise` has it. Silence alone chooses nobody: the half of a
 * frame must not be answered in words that its sender takes for a file. `tells`: the owner hears of who spoke none.
 */
export function autoDialect(candidates: readonly Candidate[], otherwise: AnyDialect, tells = false): AnyDialect {
  let chosen: AnyDialect | undefined;
  let known = false;
  const choose = (dialect: AnyDialect, isKnown: boolean): CommandDecoder<unknown> => {
    chosen = dialect;
    known = isKnown;
    return dialect.decoder();
  };
  const dialect: Dialect<unknown> = {
    get name() {
      return (chosen ?? otherwise).name;
    },
    get tells() {
      return known ? chosen?.tells === true : tells;
    },
    decoder: () => new AutoDecoder(candidates, otherwise, choose),
    row: (command) => (chosen ?? otherwise).row(command),
    replies: {
      error: (error) => (chosen ?? otherwise).replies.error(error),
      // To who has not chosen yet any word could be a file: none is said where one of the languages has none.
      closing: (why) =>
        chosen === undefined && candidates.some((each) => each.dialect.replies.closing(why) === undefined)
          ? undefined
          : (chosen ?? otherwise).replies.closing(why),
    },
  };
  return dialect;
}

const DASH = 0x2d;

class AutoDecoder implements CommandDecoder<unknown> {
  private readonly first = new Unread();
  private chosen: CommandDecoder<unknown> | undefined;

  constructor(
    private readonly candidates: readonly Candidate[],
    private readonly otherwise: AnyDialect,
    private readonly choose: (dialect: AnyDialect, isKnown: boolean) => CommandDecoder<unknown>,
  ) {}

  push(bytes: Uint8Array): void {
    if (this.chosen === undefined) this.first.append(bytes);
    else this.chosen.push(bytes);
  }

  next(): Incoming<unknown> | undefined {
    return this.decided(false)?.next();
  }

  quiet(): Incoming<unknown> | undefined {
    const asked = this.chosen === undefined;
    const decoder = this.decided(true);
    // Chosen by this very silence, it has yet to look at what came before it.
    return asked ? (decoder?.next() ?? decoder?.quiet()) : decoder?.quiet();
  }

  end(): Incoming<unknown> | undefined {
    const decoder = this.decided(false, true);
    return decoder?.next() ?? decoder?.end();
  }

  get waiting(): boolean {
    return this.chosen?.waiting ?? this.first.length > 0;
  }

  get patience(): number | undefined {
    return this.chosen?.patience;
  }

  rest(): Uint8Array {
    return this.chosen?.rest?.() ?? new Uint8Array();
  }

  /** `silent`: the client waits and says no more for now; after `last`, its FIN, it never will. */
  private decided(silent: boolean, last = false): CommandDecoder<unknown> | undefined {
    if (this.chosen !== undefined || this.first.length === 0) return this.chosen;
    const first = this.first.view();
    let open = false;
    let found: Candidate | undefined;
    for (const candidate of this.candidates) {
      const verdict = candidate.begins(first, silent);
      if (verdict === true) {
        found = candidate;
        break;
      }
      open ||= verdict === undefined;
    }
    if (found === undefined && open && !last) return undefined;
    // The native language has no `begins`; its requests do have a first byte.
    this.chosen = this.choose(found?.dialect ?? this.otherwise, found !== undefined || first[0] === DASH);
    this.chosen.push(this.first.take(this.first.length));
    return this.chosen;
  }
}
