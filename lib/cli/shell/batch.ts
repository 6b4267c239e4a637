import type { Readable } from 'node:stream';
import { isUtf8 } from 'node:buffer';
import { TwinportError } from '../../errors';
import { LineDecoder } from '../../wire/lines';
import { EXIT } from '../exit';
import { Lines, type Asker } from '../lines';
import { onStopSignal, type StopSignal } from '../signals';
import type { Ending } from '../run';
import { readable } from '../stdinSource';
import { UsageError } from '../usage';
import type { ShellContext, Where } from './context';
import { execute } from './execute';
import { openToRead } from './files';
import { NOBODY, Shell } from './shell';

export interface Batch {
  /** A file with a command on each line, or `-` for standard input. */
  readonly file: string;
  /** Go on after a failure. */
  readonly keepGoing: boolean;
}

/** Bytes of one line: a put of some thousand names, and no more than a memory can hold. */
const LONGEST_LINE = 1024 * 1024;

/**
 * The shell's commands without a terminal. Stops at the first line that fails, with its exit code; with `keepGoing` it
 * does them all and ends with the last failure's. A signal stops it where it is.
 */
export async function runBatchFile(context: ShellContext, batch: Batch): Promise<Ending> {
  const shell = new Shell(context, undefined);
  const answers = new Answers(shell, batch);
  shell.asker = () => answers.asker();
  // It would be the first line's failure, which is not the one that is wrong.
  if (context.settings.onExists === 'ask') shell.asker();
  // Opened now, or it would not be heard when its reader leaves while others write there.
  void shell.stdout.stream;
  const stop = new AbortController();
  let stopped: StopSignal | undefined;
  const release = onStopSignal((signal) => {
    stopped = signal;
    stop.abort(new TwinportError('aborted', `stopped by ${signal}`));
  });
  try {
    const code = await everyLine(shell, batch, stop.signal);
    await shell.stdout.flushed();
    if (stopped !== undefined) return stopped;
    const { loss, abandoned } = shell.stdout;
    // A reader that left, as `head` does, wants no more.
    if (loss === undefined) return abandoned ? 'SIGPIPE' : code;
    shell.stderr.say(`ftclient: ${loss}\n`);
    await shell.stderr.flushed();
    return code || EXIT.localWrite;
  } finally {
    release();
    answers.close();
    await context.close();
  }
}

/** Whoever sits before the terminal that the batch was started from. */
class Answers {
  private lines: Lines | undefined;

  constructor(
    private readonly shell: Shell,
    private readonly batch: Batch,
  ) {}

  /** Throws a UsageError where there is nobody, or nobody who could be told from the batch itself. */
  asker(): Asker {
    const { stdin, stderr } = this.shell.context.streams;
    if (this.batch.file === '-') {
      throw new UsageError('on-exists ask needs --batch FILE: standard input holds the commands, and no answers');
    }
    if (stdin.isTTY !== true || stderr.isTTY !== true) throw new UsageError(NOBODY);
    return (this.lines ??= new Lines(stdin, (text) => this.shell.stderr.say(text)));
  }

  close(): void {
    this.lines?.close();
  }
}

async function everyLine(shell: Shell, { file, keepGoing }: Batch, signal: AbortSignal): Promise<number> {
  let code = 0;
  const where = (line: number): Where => ({ file, line });
  let line = 0;
  try {
    const input = file === '-' ? readable(shell.context.streams.stdin) : await openToRead(file);
    for await (const bytes of linesOf(input, signal)) {
      line++;
      const outcome = isUtf8(bytes)
        ? await execute(shell, line === 1 ? withoutMark(bytes.toString()) : bytes.toString(), signal, where(line))
        : await shell.refuse(new UsageError("this is not UTF-8; other bytes are written $'\\xNN'"), where(line));
      if (outcome === 'leave') return code;
      if (outcome !== 0) code = outcome;
      // Whoever is told nothing is not to have the next line done.
      await shell.stdout.flushed();
      if ((code !== 0 && !keepGoing) || signal.aborted || shell.stdout.failure !== undefined) return code;
    }
    return code;
  } catch (error) {
    if (signal.aborted) return EXIT.aborted;
    return shell.refuse(error, line === 0 ? undefined : where(line + 1));
  }
}

/** Without the mark that some editors put before everything (U+FEFF). */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** Lines without their ends; the last one may lack it. Ends quietly when `signal` aborts. */
async function* linesOf(input: Readable, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const decoder = new LineDecoder(LONGEST_LINE, () => new UsageError(`a line is longer than ${LONGEST_LINE} bytes`));
  const end = (): void => void input.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    if (signal.aborted) return;
    for await (const chunk of input as AsyncIterable<Uint8Array>) {
      decoder.push(chunk);
      for (let line = decoder.next(); line !== undefined; line = decoder.next()) yield line;
    }
    const rest = decoder.takePending();
    if (rest.length > 0) yield rest;
  } finally {
    signal.removeEventListener('abort', end);
    input.destroy();
  }
}
