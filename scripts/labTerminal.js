'use strict';
// One terminal for several programs: one of them asks, the others only tell. Whatever is told stands above the line that
// is being typed. So the line is edited here, and the asking program has pipes; what it echoes of a pipe is left out.
const readline = require('node:readline');

/** True where there is a terminal to share. */
const isTerminal = () => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Calls `hear` with each whole line of a stream, and with what is not one yet: a prompt, or ''. */
function eachLine(stream, hear, hearRest = () => undefined) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    lines.forEach(hear);
    hearRest(rest);
  });
  stream.on('end', () => rest !== '' && hear(rest));
}

class Terminal {
  constructor({ stdin: input, stderr: output } = process) {
    this.output = output;
    /** Lines typed that the program has not echoed yet. */
    this.unechoed = 0;
    this.open = true;
    this.editor = readline.createInterface({ input, output, prompt: '' });
    // While it edits, the terminal makes no signal of Ctrl-C.
    this.editor.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    this.editor.on('close', () => (this.open = false));
  }

  /** A line above the one that is being typed. */
  say(line) {
    if (this.open) {
      readline.cursorTo(this.output, 0);
      readline.clearScreenDown(this.output);
    }
    this.output.write(`${line}\n`);
    if (this.open) this.editor.prompt(true);
  }

  /** The program whose input is typed here, and whose prompts are shown. */
  lend(child) {
    child.stdin.on('error', () => undefined);
    this.editor.on('line', (line) => {
      // What is typed ahead stands beside no prompt: its echo is what shows where it belongs.
      if (this.editor.getPrompt() !== '') this.unechoed++;
      this.ask('');
      child.stdin.write(`${line}\n`);
    });
    this.editor.on('close', () => {
      this.output.write('\n');
      // It ends the line of its last prompt.
      this.unechoed++;
      child.stdin.end();
    });
    let prompt = '';
    eachLine(
      child.stderr,
      (line) => {
        const echo = this.unechoed > 0 && prompt !== '' && line.startsWith(prompt);
        // What a program that was stopped leaves behind is on the screen already.
        const left = prompt !== '' && line === prompt;
        if (prompt !== '' && !left) this.ask('');
        prompt = '';
        if (echo) this.unechoed--;
        else if (!left) this.say(line);
      },
      (rest) => {
        if (rest !== '') this.ask(rest);
        prompt = rest;
      },
    );
    if (child.stdout !== null) eachLine(child.stdout, (line) => this.say(line));
  }

  ask(prompt) {
    if (!this.open) return;
    this.editor.setPrompt(prompt);
    this.editor.prompt(true);
  }

  /** Gives the terminal back, at the beginning of a line. */
  close() {
    if (this.open && this.editor.getPrompt() + this.editor.line !== '') this.output.write('\n');
    this.editor.removeAllListeners('close');
    this.open = false;
    this.editor.close();
  }
}

module.exports = { eachLine, isTerminal, Terminal };
