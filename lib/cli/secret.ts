import type { AnswerStream } from './lines';
import { decodeName } from '../wire/names';

/** A terminal that can be told not to show what is typed. */
export interface SecretStream extends AnswerStream {
  setRawMode?(raw: boolean): unknown;
}

export interface SecretTerminal {
  readonly input: SecretStream;
  readonly say: (text: string) => void;
}

/** More is no password, but a file that was piped in or a key that fell on the keyboard. */
const LONGEST = 4096;
const [CTRL_C, CTRL_D, BACKSPACE, LF, CR, CTRL_U, DEL] = [0x03, 0x04, 0x08, 0x0a, 0x0d, 0x15, 0x7f];

/**
 * Asks for what nobody may see: nothing of it is shown, not even how long it is. Undefined where nobody answers: at the
 * end of input, at Ctrl-D on an empty line, and when `signal` aborts. Ctrl-C is `interrupt`, for it is no signal while the
 * terminal is raw. However it ends, the terminal is as it was.
 */
export async function askSecret(
  prompt: string,
  { input, say }: SecretTerminal,
  signal?: AbortSignal,
  interrupt: () => void = () => process.kill(process.pid, 'SIGINT'),
): Promise<string | undefined> {
  if (signal?.aborted === true) return undefined;
  input.setRawMode?.(true);
  try {
    say(prompt);
    return await typed(input, signal, interrupt);
  } finally {
    input.setRawMode?.(false);
    input.pause();
    say('\n');
  }
}

function typed(
  input: SecretStream,
  signal: AbortSignal | undefined,
  interrupt: () => void,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let bytes: number[] = [];
    const done = (secret?: string): void => {
      input.off('data', hear).off('end', end).off('error', end).off('close', end);
      signal?.removeEventListener('abort', end);
      bytes = [];
      resolve(secret);
    };
    const end = (): void => done();
    const hear = (chunk: Buffer | string): void => {
      const came = Buffer.from(chunk as Buffer);
      for (const [at, byte] of came.entries()) {
        if (byte === LF || byte === CR) {
          // What was pasted behind it is the next answer's.
          const rest = came.subarray(at + (byte === CR && came[at + 1] === LF ? 2 : 1));
          const secret = decodeName(Buffer.from(bytes));
          // Or it would flow on, to nobody.
          input.pause();
          done(secret);
          if (rest.length > 0) input.unshift(rest);
          return;
        }
        if (byte === CTRL_C) {
          done();
          return interrupt();
        }
        if (byte === CTRL_D && bytes.length === 0) return done();
        if (byte === CTRL_U) bytes = [];
        else if (byte === BACKSPACE || byte === DEL) dropLetter(bytes);
        // Arrows and the like would be in the password unseen.
        else if (byte >= 0x20 && bytes.length < LONGEST) bytes.push(byte);
      }
    };
    input.on('data', hear).on('end', end).on('error', end).on('close', end);
    signal?.addEventListener('abort', end, { once: true });
    input.resume();
  });
}

/** The last letter, with all the bytes that UTF-8 makes of it. */
function dropLetter(bytes: number[]): void {
  let last;
  do last = bytes.pop();
  while (last !== undefined && (last & 0xc0) === 0x80);
}
