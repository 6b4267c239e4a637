import type { Debugger } from 'debug';

/**
 * Tracing through `debug`, in the namespaces `ft:*`. The package is loaded only when tracing is asked
 * for (it costs a short command some milliseconds); `debug.enable()` at run time sets the same variable.
 */
export type Trace = (format: string, ...values: unknown[]) => void;

export interface Log {
  /** True when lines of this namespace are wanted; ask before building something costly. */
  readonly on: boolean;
  readonly trace: Trace;
}

/** A log for one room, for instance `logFor('control')` for `DEBUG=ft:control`. */
export function logFor(room: string): Log {
  let debug: Debugger | undefined;
  const wanted = (): boolean => {
    if (process.env['DEBUG'] === undefined) return false;
    debug ??= (require('debug') as typeof import('debug'))(`ft:${room}`);
    return debug.enabled;
  };
  return {
    get on(): boolean {
      return wanted();
    },
    trace: (format, ...values) => {
      if (wanted()) debug?.(format, ...values);
    },
  };
}

/**
 * What somebody said, without what may be a password in it: all behind `-u`, also where it is misspelt, cut off, behind
 * padding, or in FTP's words (PASS). The name goes with it, for that is where passwords are typed by mistake.
 */
export function withoutPasswords(said: string): string {
  // Padding has no NUL of its own here: one begins it, and looking from each of many NULs to the last would take for ever.
  return said.replace(/(^|[\r\n\0])([ \t]*(?:-+u|(?:u|pass)(?=[ \t])))[^\n]*/gi, '$1$2 …');
}

/**
 * Besides C0: C1, U+2028 and U+2029, which to some terminals and readers of lines are commands or ends of lines, and what
 * turns the text around, so that it would read as something else.
 */
export const HARMFUL_LETTER = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Those letters as `\uNNNN`. */
export function lettersEscaped(text: string): string {
  return text.replace(HARMFUL_LETTER, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * A protocol line as it may be shown: secrets removed, control bytes escaped (a peer must not be able to
 * forge log lines or drive the terminal that shows them). The secrets of the wire are tokens and passwords.
 */
export function forLog(line: string): string {
  const text = withoutPasswords(line)
    .replace(/(--token=)[0-9A-Fa-f]+/g, '$1…')
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return lettersEscaped(text);
}
