import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Running } from './programs';
import type { Workshop } from './thirdParty';

/** An interactive shell on a terminal of its own, into which somebody types. */

export type ShellName = 'bash' | 'zsh' | 'fish';

/** What each reads at its start: a prompt to wait for, completion, and programs that only tell their words. */
const BEGINNING: Readonly<Record<ShellName, (scripts: readonly string[]) => readonly string[]>> = {
  bash: (scripts) => [
    "PS1='READY> '",
    "tell() { printf '\\n<<'; printf '%s\\036' \"$@\"; printf '>>\\n'; }",
    'ftclient() { tell "$@"; }; ftserver() { tell "$@"; }; ftrelay() { tell "$@"; }',
    ...scripts.map((script) => `source ${script}`),
  ],
  zsh: (scripts) => [
    "PS1='READY> '",
    'autoload -Uz compinit; compinit -u -D',
    "function ftclient ftserver ftrelay { printf '\\n<<'; printf '%s\\036' \"$@\"; printf '>>\\n' }",
    ...scripts.map((script) => `source ${script}`),
  ],
  fish: (scripts) => [
    "function fish_prompt; echo 'READY> '; end",
    "function tell; printf '\\n<<'; printf '%s\\036' $argv; printf '>>\\n'; end",
    'function ftclient; tell $argv; end; function ftserver; tell $argv; end; function ftrelay; tell $argv; end',
    ...scripts.map((script) => `source ${script}`),
  ],
};

/** Without anything that this machine's user has set up. */
const COMMAND: Readonly<Record<ShellName, string>> = {
  bash: 'bash --noprofile --rcfile rc.bash -i',
  zsh: 'ZDOTDIR=. zsh -d -i',
  fish: 'fish --no-config --init-command "source rc.fish" -i',
};

export class TypedShell {
  /** How much of what it printed has been read. */
  private read = 0;

  private constructor(private readonly running: Running) {}

  /** `scripts`: files in the workshop to source. Resolves once it has prompted. */
  static async start(shell: ShellName, workshop: Workshop, scripts: readonly string[]): Promise<TypedShell> {
    const file = shell === 'zsh' ? '.zshrc' : `rc.${shell}`;
    writeFileSync(workshop.path(file), `${BEGINNING[shell](scripts).join('\n')}\n`);
    const settings = 'HOME=. LC_ALL=C.UTF-8 TERM=xterm';
    const command = `stty cols 200 rows 50; exec env ${settings} ${COMMAND[shell]}`;
    const typed = new TypedShell(workshop.start('script', ['-qec', command, '/dev/null'], { input: null }));
    await typed.next('READY> ');
    return typed;
  }

  /** Types a line with Tab behind it, then Return; resolves with the words that the program was given. */
  async tab(line: string): Promise<readonly string[]> {
    this.running.child.stdin?.write(`${line}\t\r`);
    await this.next('<<');
    const words = await this.next('>>');
    // Whoever types before the prompt types into no line editor.
    await this.next('READY> ');
    return words.split('\x1e').slice(0, -1);
  }

  async end(): Promise<void> {
    this.running.child.stdin?.write('exit\r');
    await this.running.ended;
  }

  /** What it prints up to this text, and no further. */
  private async next(text: string): Promise<string> {
    for (;;) {
      const { stdout } = this.running;
      const at = stdout.indexOf(text, this.read);
      if (at !== -1) {
        const before = stdout.slice(this.read, at);
        this.read = at + text.length;
        return before;
      }
      const more = once(this.running.child.stdout ?? this.running.child, 'data').then(() => true);
      if (!(await Promise.race([more, this.running.ended.then(() => false)]))) {
        throw new Error(`It ended before it printed ${text}:\n${stdout}`);
      }
    }
  }
}
