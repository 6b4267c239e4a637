import type { ErrandSettings, PortSettings } from '../../lib/control/slice';
import type { DialectName } from '../../lib/dialects/registry';
import type { ErrorCode } from '../../lib/errors';
import type { Step } from './dialectSteps';

export type Verb = 'list' | 'get' | 'put';

/** How one side of each verb goes over the wire, for a file of any name and content. */
export interface Wire {
  readonly list?: (names: readonly string[]) => readonly Step[];
  readonly get?: (name: string, body: Buffer) => readonly Step[];
  readonly put?: (name: string, body: Buffer) => readonly Step[];
}

/** How the server ends a connection on which nothing, or nothing sensible, was asked for. */
export interface Ending {
  /** What it says before. Default: nothing. */
  readonly says?: string | RegExp;
  readonly by: 'fin' | 'rst';
}

/** A bare client against our server. */
export interface Script {
  readonly what: string;
  readonly steps: readonly Step[];
  /** There before. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** There afterwards; undefined: not there. Of a file that would be new, the suite knows that it is whole or absent. */
  readonly leaves?: Readonly<Record<string, string | Uint8Array | undefined>>;
  /** The port takes no files. */
  readonly readOnly?: boolean;
}

/** A bare server against our client. */
export interface Answer {
  readonly what: string;
  readonly verb: Verb;
  /** Default `notes.txt`. */
  readonly name?: string;
  /** What a put sends. Default: a small file. */
  readonly body?: Buffer;
  readonly steps: readonly Step[];
  /** What comes of it: one of these errors, or a list of names or a file. */
  readonly fails?: readonly ErrorCode[];
  readonly gives?: Buffer | readonly string[];
}

export interface Strange {
  readonly what: string;
  readonly bytes: string | Uint8Array;
  /** What the client does then. Silence is kept until the server has had enough, at most five minutes. */
  readonly then: 'fin' | 'silence';
  readonly ends: Ending;
}

/** All that the house suite must be told of a dialect. */
export interface DialectHouse {
  readonly name: DialectName;
  /** For titles, where a dialect passes the suite more than once. */
  readonly variant?: string;
  readonly verbs: readonly Verb[];
  /** Milliseconds of silence that end a message, the longest of them, pauses of our own client included. */
  readonly silence?: number;
  /**
   * The end of every message is marked: silence in between is nothing, and words may come together with the data
   * behind them. Default: where there is no `silence`.
   */
  readonly marked?: boolean;
  readonly port?: PortSettings;
  readonly settings?: ErrandSettings;
  /** The name under which the `nth` upload (from 1) is found. Default: the name it was put under. */
  readonly savedAs?: (name: string, nth: number) => string;
  /** Can the wire carry this name? Default: every one. Those it cannot are `invalid-name` before anything is said. */
  readonly carries?: (name: string) => boolean;
  /** What our client says to a refusal; absent where none can be. */
  readonly codes: {
    readonly missing?: readonly ErrorCode[];
    readonly taken?: readonly ErrorCode[];
    readonly readOnly?: readonly ErrorCode[];
  };
  /** A bare client's way. */
  readonly client: Wire;
  /** A bare server's way. Default: the client's, mirrored. */
  readonly server?: Wire;
  /** More of a bare client: refusals above all. Each is cut at every point, and left at every step. */
  readonly scripts?: readonly Script[];
  /** More of a bare server: refusals, nonsense. Each is cut at every point, and left at every step. */
  readonly answers?: readonly Answer[];
  /** What the server does with those who connect and send FIN, or nothing at all. */
  readonly empty: Ending;
  readonly silent: Ending;
  /** To a caller too many, and to who has asked for nothing when the server stops. */
  readonly farewell: Ending;
  /** There is nobody who has asked for nothing: connecting is asking. */
  readonly asksByConnecting?: boolean;
  /** To an upload that stops moving. Default: a reset. */
  readonly stalled?: Ending;
  /** Milliseconds without a byte that an upload is granted. Default: what every transfer is. */
  readonly uploadPatience?: number;
  /** The content that stands for an upload that was lost. Default: there is no file then. */
  readonly instead?: string;
  readonly strange?: readonly Strange[];
  /** Rubbish makes files here: any bytes are an upload. */
  readonly takesRubbish?: boolean;
}

/** Is the end of every message marked? */
export function isMarked({ silence, marked = silence === undefined }: DialectHouse): boolean {
  return marked;
}

export function titleOf(house: DialectHouse): string {
  return house.variant === undefined ? house.name : `${house.name} (${house.variant})`;
}
