import { expect } from 'chai';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { Captured } from '../support/stdio';

interface Terminal {
  say(line: string): void;
  lend(child: { stdin: PassThrough; stdout: PassThrough; stderr: PassThrough }): void;
  close(): void;
}
const { Terminal } = require('../../scripts/labTerminal.js') as {
  Terminal: new (streams: { stdin: PassThrough; stderr: Captured }) => Terminal;
};

/** What stands on the screen: lines, of which `\r` begins the last anew and a clearing takes what stands there. */
function screen(text: string): string[] {
  const lines = [''];
  let column = 0;
  for (const [piece, , code] of text.matchAll(/\x1b\[(\d*)([A-Za-z])|\r|\n|[^\x1b\r\n]+/g)) {
    const line = lines.at(-1) ?? '';
    const [, count = ''] = /^\x1b\[(\d*)/.exec(piece) ?? [];
    if (code === 'G') column = Number(count || 1) - 1;
    else if (code === 'J') lines[lines.length - 1] = line.slice(0, column);
    else if (code !== undefined) throw new Error(`What does ${JSON.stringify(piece)} do?`);
    else if (piece === '\r') column = 0;
    else if (piece === '\n') {
      lines.push('');
      column = 0;
    } else {
      lines[lines.length - 1] = line.slice(0, column) + piece + line.slice(column + piece.length);
      column += piece.length;
    }
  }
  // readline writes a blank where there is nothing to write.
  return lines.map((line) => (line === ' ' ? '' : line));
}

describe("the lab's terminal", () => {
  let keys: PassThrough;
  let shown: Captured;
  let terminal: Terminal;
  let child: { stdin: PassThrough; stdout: PassThrough; stderr: PassThrough };
  beforeEach(() => {
    keys = new PassThrough();
    shown = new Captured(true);
    terminal = new Terminal({ stdin: keys, stderr: shown });
    child = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    terminal.lend(child);
  });
  afterEach(() => terminal.close());

  const says = async (stream: PassThrough, text: string): Promise<void> => {
    const heard = once(stream, 'data');
    stream.write(text);
    await heard;
  };
  const types = (text: string): Promise<void> => says(keys, text);

  it('shows what others tell above the line that is being typed, which stays whole', async () => {
    await says(child.stderr, '> ');
    await types('put a');
    terminal.say('server | one');
    await says(child.stdout, 'two\nth');
    await says(child.stdout, 'ree\n');
    expect(screen(shown.text)).to.deep.equal(['server | one', 'two', 'three', '> put a']);
    await types('b\r');
    expect(String(child.stdin.read())).to.equal('put ab\n');
    expect(screen(shown.text).slice(-2)).to.deep.equal(['> put ab', '']);
  });

  it('leaves out the echo of a pipe, and nothing else', async () => {
    await says(child.stderr, 'Direct? ');
    await types('y\r');
    await says(child.stderr, 'y\n> ');
    terminal.say('relay | one');
    await types('exit\r');
    await says(child.stderr, 'exit\n> not an echo\n');
    expect(screen(shown.text)).to.deep.equal(['Direct? y', 'relay | one', '> exit', '> not an echo', '']);
  });

  it('shows what was typed ahead where it belongs', async () => {
    await types('get a\r');
    await says(child.stderr, '> ');
    await says(child.stderr, 'get a\n> ');
    expect(screen(shown.text)).to.deep.equal(['get a', '> get a', '> ']);
  });

  it('ends the input with the keys, and leaves the screen at the beginning of a line', async () => {
    await says(child.stderr, '> ');
    const ended = once(child.stdin.resume(), 'end');
    await types('\x04');
    await ended;
    await says(child.stderr, '\n');
    terminal.say('server | bye');
    expect(screen(shown.text)).to.deep.equal(['> ', 'server | bye', '']);
  });

  it('is given back at the beginning of a line, whatever stood there', async () => {
    await says(child.stderr, '> ');
    await types('half');
    terminal.close();
    expect(screen(shown.text)).to.deep.equal(['> half', '']);
  });
});
