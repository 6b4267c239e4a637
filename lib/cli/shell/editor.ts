import { createInterface, type Interface } from 'node:readline';
import { sentence } from '../render';
import type { Streams } from '../run';
import type { Completion } from './complete';
import { Screen } from './screen';

/** What came of a prompt: a line, Ctrl-C, or the end (Ctrl-D, a terminal that hung up). */
export type Typed = { readonly line: string } | 'interrupted' | 'end';

export interface EditorHow {
  /** Newest last. */
  readonly history: () => readonly string[];
  readonly complete: (line: string) => Promise<Completion>;
  /** Ctrl-Z, which is a key like others while the terminal is raw. */
  readonly onSuspend: () => void;
}

/**
 * Asks for a line with node:readline, which makes the terminal raw only while it asks: in between, Ctrl-C is a signal
 * that reaches also a program that is busy, and whoever else asks something may read.
 */
export class Editor {
  /** Pasted lines that came with one that was asked for. */
  private pasted: string[] = [];
  /** What was typed behind the end of a line: the beginning of the next. */
  private begun = NOTHING;
  /** Lines that came with an answer: the next answers of the same command. */
  private answers: string[] = [];
  private over = false;
  private questioned = false;
  private asking: Asking | undefined;
  /** Until it resolves the terminal is somebody else's. */
  private away: Promise<void> | undefined;
  private readonly end = (): void => {
    this.over = true;
  };

  constructor(
    private readonly streams: Streams,
    private readonly how: EditorHow,
  ) {
    // A terminal that hangs up fails at a time when nobody reads it, too.
    streams.stdin.on('end', this.end).on('error', this.end).on('close', this.end);
  }

  async ask(prompt: string): Promise<Typed> {
    this.pasted.unshift(...this.answers.splice(0));
    const next = this.pasted.shift();
    if (next !== undefined) {
      this.streams.stdout.write(`${prompt}${sentence(next)}\n`);
      return { line: next };
    }
    const { typed, more, begun } = await this.typed(prompt, this.how, this.begun);
    this.begun = begun;
    this.pasted = more;
    return typed;
  }

  /** Asks what a command wants to know. What stands at the next prompt, pasted behind the command, is no answer to that. */
  async question(prompt: string): Promise<Typed> {
    const next = this.answers.shift();
    if (next !== undefined) {
      this.streams.stdout.write(`${prompt}${sentence(next)}\n`);
      return { line: next };
    }
    this.questioned = true;
    try {
      const how = { ...this.how, history: () => [], complete: async () => ({ candidates: [], replaced: '' }) };
      const { typed, more, begun } = await this.typed(prompt, how, NOTHING);
      this.answers = more;
      if (this.begun.line === '') this.begun = begun;
      return typed;
    } finally {
      this.questioned = false;
    }
  }

  /** A question of a command is being asked. */
  get questions(): boolean {
    return this.questioned;
  }

  private async typed(
    prompt: string,
    how: EditorHow,
    first: Begun,
  ): Promise<{ typed: Typed; more: string[]; begun: Begun }> {
    for (let begun = first; !this.over;) {
      this.asking = new Asking(this.streams, how, prompt, begun);
      const { lines, begun: rest, without } = await this.asking.done;
      this.asking = undefined;
      begun = rest;
      const [line, ...more] = lines;
      if (line !== undefined) return { typed: { line }, more, begun };
      if (without !== 'again') return { typed: without, more, begun };
      await this.away;
    }
    return { typed: 'end', more: [], begun: NOTHING };
  }

  /**
   * Lets go of the terminal until `stop`, which stops the program, resolves; then asks once more, with what was typed so
   * far. Neither readline's own way nor a terminal's modes survive that: it pauses its input, and other programs set theirs.
   */
  aside(stop: () => Promise<void>): void {
    this.asking?.again(true);
    this.away = stop();
  }

  /** Somebody else has used the terminal: it is made raw anew, and the line drawn anew. */
  refresh(): void {
    this.asking?.again(false);
  }

  /** Ends what is being asked, as Ctrl-C does. */
  interrupt(): void {
    this.asking?.interrupt();
  }

  /** Ends what is being asked, and whatever would be. */
  stop(): void {
    this.over = true;
    this.asking?.stop();
  }

  /** What was pasted behind a command that was stopped is not wanted either. */
  forget(): void {
    this.pasted = [];
    this.answers = [];
    this.begun = NOTHING;
  }

  close(): void {
    this.streams.stdin.off('end', this.end).off('error', this.end).off('close', this.end);
  }
}

interface Begun {
  readonly line: string;
  /** Letters behind the cursor. */
  readonly behind: number;
}

const NOTHING: Begun = { line: '', behind: 0 };

interface Asked {
  readonly lines: readonly string[];
  readonly begun: Begun;
  /** What it was if there is no line. */
  readonly without: 'interrupted' | 'end' | 'again';
}

/** One prompt. */
class Asking {
  readonly done: Promise<Asked>;
  private readonly reader: Interface;
  private readonly screen: Screen;
  private readonly lines: string[] = [];
  private without: Asked['without'] = 'end';
  private answer: (Completion & { readonly line: string }) | undefined;
  private closed = false;
  /** Where it stood before it was moved to make room. */
  private cursor: number | undefined;

  constructor(
    streams: Streams,
    private readonly how: EditorHow,
    prompt: string,
    begun: Begun,
  ) {
    this.screen = new Screen(streams.stdout, () => this.reader.getCursorPos().rows);
    const history = [...how.history()].reverse();
    this.reader = createInterface({
      input: streams.stdin,
      output: this.screen,
      terminal: true,
      prompt,
      history,
      historySize: history.length + 1,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) =>
        done(null, this.offer(line)),
    });
    this.done = new Promise((resolve) => {
      this.reader.on('close', () => {
        this.closed = true;
        this.screen.release();
        const { line, cursor } = this.reader;
        const goesOn = this.lines.length > 0 || this.without === 'again';
        const begun = goesOn ? { line, behind: line.length - (this.cursor ?? cursor) } : NOTHING;
        resolve({ lines: this.lines, begun, without: this.without });
      });
    });
    // Behind readline's own listener: it takes a key that means nothing to it, as Ctrl-\ does, for a letter.
    const key = (letter: unknown): void => this.dropControl(letter);
    streams.stdin.on('keypress', key);
    this.reader.on('close', () => streams.stdin.off('keypress', key));
    this.reader.on('line', (line) => this.take(line));
    this.reader.on('SIGINT', () => this.interrupt());
    this.reader.on('SIGTSTP', () => how.onSuspend());
    // A terminal that hangs up.
    // Not at once: where the terminal is gone, closing fails at making it what it was, and tells of that here.
    this.reader.on('error', () => queueMicrotask(() => this.reader.close()));
    this.reader.prompt();
    if (begun.line !== '') this.reader.write(begun.line);
    while (begun.line.length - this.reader.cursor < begun.behind) this.reader.write(null, { name: 'left' });
  }

  interrupt(): void {
    if (this.closed) return;
    this.without = 'interrupted';
    // Beneath the line, also where that is longer than a row and the cursor was not at its end.
    this.reader.write(null, { ctrl: true, name: 'e' });
    this.screen.write('^C\n');
    this.reader.close();
  }

  /** `leaving`: what comes next is not ours, and stands beneath the line. */
  again(leaving: boolean): void {
    if (this.closed) return;
    this.without = 'again';
    this.cursor = this.reader.cursor;
    this.reader.write(null, { ctrl: true, name: leaving ? 'e' : 'a' });
    // As a terminal shows it that is not raw; the shell that takes over begins a line of its own.
    if (leaving) this.screen.write('^Z');
    this.reader.close();
  }

  stop(): void {
    this.reader.close();
  }

  /** Nobody sees a control character in a line, and no name that is meant has one. */
  private dropControl(letter: unknown): void {
    if (this.closed || typeof letter !== 'string' || !/^\p{Cc}$/u.test(letter) || letter === '\t') return;
    const { line, cursor } = this.reader;
    if (line.charAt(cursor - 1) === letter) this.reader.write(null, { name: 'backspace' });
  }

  private take(line: string): void {
    this.lines.push(line);
    if (this.lines.length > 1) return;
    // The rest of what was pasted is still being handed over, and nobody else would hear of it.
    this.screen.silent = true;
    queueMicrotask(() => this.reader.close());
  }

  /**
   * readline stands still until its completer answers, and a server may take a minute. So it is told at once that
   * there is nothing, and when there is something Tab is pressed again on behalf of whoever has not typed on.
   */
  private offer(line: string): [string[], string] {
    const { answer } = this;
    this.answer = undefined;
    if (answer?.line === line) return [[...answer.candidates], answer.replaced];
    void this.how.complete(line).then((completion) => {
      const { line: now, cursor } = this.reader;
      if (this.closed || this.lines.length > 0 || now.slice(0, cursor) !== line) return;
      if (completion.candidates.length === 0) return;
      this.answer = { ...completion, line };
      this.reader.write(null, { name: 'tab' });
    });
    return [[], line];
  }
}
