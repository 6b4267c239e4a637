import { closeSync, openSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import type { AnswerStream } from './lines';
import { Output } from './output';

/** The terminal that a program was started from, whatever its standard streams are. */
export interface ControllingTerminal {
  /** Not read before somebody asks. */
  readonly input: AnswerStream;
  readonly say: (text: string) => void;
  readonly close: () => void;
}

/** Its name on every system of POSIX (XBD 10.1). */
const NAME = '/dev/tty';

/** Undefined where there is none: in a service, for cron, behind `setsid`. */
export function controllingTerminal(): ControllingTerminal | undefined {
  const input = opened('r', (fd) => new ReadStream(fd));
  const output = opened('w', (fd) => new WriteStream(fd));
  const close = (): void => {
    input?.destroy();
    output?.destroy();
  };
  if (input === undefined || output === undefined) {
    close();
    return undefined;
  }
  // Which hears of a terminal that hangs up.
  const said = new Output(() => output);
  return { input, say: (text) => said.say(text), close };
}

function opened<T>(how: 'r' | 'w', streamOf: (fd: number) => T): T | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(NAME, how);
    return streamOf(fd);
  } catch {
    if (fd !== undefined) closeSync(fd);
    return undefined;
  }
}

/** Closes descriptors of a terminal that is gone. */
export function letGo(descriptors: readonly number[]): void {
  for (const fd of descriptors) {
    try {
      closeSync(fd);
    } catch {
      // It was closed before.
    }
  }
}
