import { TwinportError } from '../../errors';
import { EXIT } from '../exit';
import type { Ending } from '../run';
import { complete } from './complete';
import type { ShellContext } from './context';
import { Editor } from './editor';
import { execute } from './execute';
import { History, historyPath } from './history';
import { promptOf } from './prompt';
import { Shell } from './shell';

/** What is heard of while the shell is there, and ends it. */
const LEAVES = ['SIGTERM', 'SIGHUP'] as const;
/** Interrupts of one command: the first stops it, the second asks for patience, the third ends the program. */
const PATIENCE = 3;
/** Milliseconds that a command has to end in, once the program is asked to: to keep the part of a transfer, say. */
const GOODBYE = 1000;
/** Milliseconds until a stop would have stopped us: not in the very moment that it is asked for, with several threads. */
const STOPPING = 100;
/** Milliseconds until whoever goes on has heard of the signals that came meanwhile. */
const HEARING = 20;

/**
 * Commands from a terminal until Ctrl-D or `quit`, which are a success whatever failed before. Where the first
 * connection cannot be made it ends at once, with what that means. Never rejects but by a defect.
 */
export async function runShell(context: ShellContext): Promise<Ending> {
  return new Terminal(context).run();
}

class Terminal {
  private readonly shell: Shell;
  private readonly editor: Editor;
  private readonly history: History;
  /** Of the command that is under way. */
  private stop: AbortController | undefined;
  private interrupts = 0;
  private ending: Ending | undefined;
  private note: string | undefined;
  /** Runs out where the command under way does not end. */
  private goodbye: ReturnType<ShellContext['clock']['after']> | undefined;
  /** The command under way is not waited for any more: it may wait for what never comes. */
  private abandoned = false;
  private abandon!: () => void;
  private readonly whenAbandoned = new Promise<undefined>((resolve) => {
    this.abandon = () => {
      this.abandoned = true;
      resolve(undefined);
    };
  });

  constructor(private readonly context: ShellContext) {
    this.history = new History(historyPath(context.here.env), () => {
      this.note = 'the lines typed here will not be remembered: the history cannot be written';
    });
    this.shell = new Shell(context, this.history);
    this.editor = new Editor(context.streams, {
      history: () => this.history.lines,
      complete: (line) => complete(this.shell, line),
      // To all of the job, as a terminal does it that is not raw: nobody else has heard of it.
      onSuspend: () => this.suspend(0),
    });
    this.shell.asker = () => ({ ask: (prompt) => this.question(prompt) });
  }

  async run(): Promise<Ending> {
    const release = this.listen();
    try {
      await this.history.load();
      const code = (await this.doing((signal) => this.connect(signal))) ?? 0;
      if (this.ending === undefined && code !== 0) this.ending = code === EXIT.aborted ? 'SIGINT' : Number(code);
      while (this.ending === undefined) await this.next();
      return this.ending;
    } finally {
      // From here on a signal does what it does to any program: nobody waits for a goodbye that does not come.
      release();
      this.editor.close();
      if (this.abandoned) this.context.drop();
      else {
        await this.shell.names.stop();
        await this.context.close();
      }
      await this.history.written();
      await this.shell.stdout.flushed();
    }
  }

  private async connect(signal: AbortSignal): Promise<number> {
    try {
      await this.shell.client(signal, undefined);
      return 0;
    } catch (error) {
      return signal.aborted ? EXIT.aborted : this.shell.refuse(error, undefined);
    }
  }

  private async next(): Promise<void> {
    const { shell, context } = this;
    if (this.note !== undefined) shell.note(this.note, undefined);
    this.note = undefined;
    const columns = context.streams.stdout.columns || 80;
    const typed = await this.editor.ask(promptOf(context.server, shell.place.directory, columns));
    if (typed === 'interrupted' || this.ending !== undefined) return;
    if (typed === 'end') {
      shell.stdout.say('\n');
      this.ending = 0;
      return;
    }
    this.history.add(typed.line.trim());
    const outcome = await this.doing((signal) => execute(shell, typed.line, signal, undefined));
    if (outcome === 'leave') this.ending ??= 0;
    // A terminal that is gone: nobody sees anything any more.
    if (shell.stdout.failure !== undefined) this.ending ??= 0;
  }

  /** What Ctrl-C stops. Resolves with nothing where the work would not end, and the program is to. */
  private async doing<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const stop = new AbortController();
    this.stop = stop;
    this.interrupts = 0;
    try {
      return await Promise.race([work(stop.signal), this.whenAbandoned]);
    } finally {
      this.stop = undefined;
      this.goodbye?.cancel();
      if (stop.signal.aborted && this.ending === undefined) {
        this.editor.forget();
        this.shell.stderr.say('stopped\n');
      }
    }
  }

  /** Ctrl-C at a question stops the command that asks, as it does in the middle of its data. */
  private async question(prompt: string): Promise<string | undefined> {
    const typed = await this.editor.question(prompt);
    if (typed === 'interrupted') this.stopCommand();
    else if (typed === 'end') this.shell.stdout.say('\n');
    else return typed.line;
    return undefined;
  }

  private listen(): () => void {
    const { here } = this.context;
    const interrupt = (): void => this.interrupt();
    const leaving = LEAVES.map((signal) => {
      const leave = (): void => this.leave(signal);
      here.on(signal, leave);
      return (): void => void here.off(signal, leave);
    });
    const refresh = (): void => this.editor.refresh();
    here.on('SIGINT', interrupt);
    here.on('SIGTSTP', this.suspended);
    here.on('SIGCONT', refresh);
    return () => {
      here.off('SIGINT', interrupt);
      here.off('SIGTSTP', this.suspended);
      here.off('SIGCONT', refresh);
      for (const release of leaving) release();
    };
  }

  private interrupt(): void {
    const { stop } = this;
    if (stop === undefined || this.editor.questions) {
      this.editor.interrupt();
      return;
    }
    if (this.interrupts === 0) this.shell.stdout.say(this.echoed('^C\n', '\n'));
    this.stopCommand();
    if (this.interrupts === PATIENCE) this.leave('SIGINT');
    else if (this.interrupts > 1) this.shell.stderr.say('still stopping; once more ends ftclient\n');
  }

  private stopCommand(): void {
    this.interrupts++;
    this.stop?.abort(new TwinportError('aborted', 'stopped by SIGINT'));
  }

  private readonly suspended = (): void => this.suspend(this.context.here.pid);

  /** Stops the program until somebody continues it (`fg`), with the signal's own action. */
  private suspend(whom: number): void {
    const { here } = this.context;
    here.off('SIGTSTP', this.suspended);
    // The editor shows the keys that are its own.
    if (this.stop !== undefined && !this.editor.questions) this.shell.stdout.say(this.echoed('^Z', ''));
    this.editor.aside(() => this.stopped(whom));
  }

  /**
   * Resolves once the program goes on. The terminal must be made raw then, and once: between two times it is not raw, and
   * takes a key that is pressed there for one of its own. So it is the SIGCONT that is waited for. Where nobody could
   * continue us, in an orphaned process group, the system ignores the signal, and there is none.
   */
  private async stopped(whom: number): Promise<void> {
    const { here, clock } = this.context;
    await new Promise<void>((resolve) => {
      const goOn = (): void => {
        timer.cancel();
        here.off('SIGCONT', goOn);
        resolve();
      };
      // After a stop that lasted longer the first is due before the signal is heard of; the second is not.
      let timer = clock.after(STOPPING, () => (timer = clock.after(HEARING, goOn)));
      here.on('SIGCONT', goOn);
      here.kill(whom, 'SIGTSTP');
    });
    if (this.ending === undefined) here.on('SIGTSTP', this.suspended);
  }

  /** The terminal has shown it, in the middle of a progress bar perhaps: that line shall hold nothing else. */
  private echoed(keys: string, plain: string): string {
    return this.context.here.env['TERM'] === 'dumb' ? plain : `\r\x1b[J${keys}`;
  }

  /** A command has a moment to end in, but for the second time, or when it was asked to often enough. */
  private leave(ending: Ending): void {
    const again = this.ending !== undefined;
    this.ending ??= ending;
    this.stop?.abort(new TwinportError('aborted', 'the shell was ended by a signal'));
    this.editor.stop();
    if (this.stop === undefined) return;
    if (again || this.interrupts >= PATIENCE) this.abandon();
    else this.goodbye ??= this.context.clock.after(GOODBYE, this.abandon);
  }
}
