import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { PassThrough } from 'node:stream';
import { FlagValues } from '../../lib/cli/flags';
import { Output } from '../../lib/cli/output';
import { parseFlags } from '../../lib/cli/parser';
import { passwd, PASSWD_FLAGS } from '../../lib/cli/passwd';
import { askSecret } from '../../lib/cli/secret';
import { settle } from '../support/fakeClock';
import { Captured, saying } from '../support/stdio';
import { usersFile } from '../../lib/usersFile';

/** A terminal in memory: what was typed is read, and shown only by who asks. */
class FakeTerminal {
  readonly input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => void this.modes.push(raw),
  });
  readonly modes: boolean[] = [];
  said = '';
  closed = false;
  readonly say = (text: string): void => void (this.said += text);
  readonly close = (): void => void (this.closed = true);
}

describe('cli/secret', () => {
  const answers: [what: string, typed: string, secret: string | undefined][] = [
    ['a line', 'hunter2\r', 'hunter2'],
    ['a line of a pipe', 'hunter2\r\n', 'hunter2'],
    ['one that was mended', 'hunterx\x7f2\n', 'hunter2'],
    ['letters of several bytes', 'pä\x7f\x08xé\r', 'xé'],
    ['one begun again', 'wrong\x15right\r', 'right'],
    ['keys that are no letters', 'a\x01\x1bb\r', 'ab'],
    ['nothing', '\r', ''],
    ['Ctrl-D', '\x04', undefined],
    ['Ctrl-D behind letters, which is none', 'a\x04b\r', 'ab'],
  ];
  for (const [what, typed, secret] of answers) {
    it(`hears ${what}, at every cut, and shows nothing`, async () => {
      const bytes = Buffer.from(typed);
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const at = new FakeTerminal();
        const asking = askSecret('Password: ', at);
        at.input.write(bytes.subarray(0, cut));
        await settle(2);
        at.input.write(bytes.subarray(cut));
        expect(await asking).to.equal(secret);
        expect(at.said).to.equal('Password: \n');
        expect(at.modes).to.deep.equal([true, false]);
      }
    });
  }

  it('leaves what was pasted behind it to the next question', async () => {
    const at = new FakeTerminal();
    at.input.write('one\rtwo\r');
    expect(await askSecret('', at)).to.equal('one');
    expect(await askSecret('', at)).to.equal('two');
  });

  it('gives the terminal back at Ctrl-C, which is a signal, when it ends, and when nobody waits any more', async () => {
    const at = new FakeTerminal();
    let interrupted = 0;
    at.input.write('hunt\x03');
    expect(await askSecret('', at, undefined, () => void (interrupted += 1))).to.equal(undefined);
    expect(interrupted).to.equal(1);
    const gone = new AbortController();
    const asking = askSecret('', at, gone.signal);
    gone.abort();
    expect(await asking).to.equal(undefined);
    expect(await askSecret('', at, gone.signal)).to.equal(undefined);
    const ending = askSecret('', at);
    at.input.end();
    expect(await ending).to.equal(undefined);
    expect(at.modes).to.deep.equal([true, false, true, false, true, false]);
  });
});

describe('ftserver passwd', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-passwd-'));
    file = path.join(dir, 'users');
  });
  afterEach(() => fs.rmSync(dir, { recursive: true }));

  async function run(
    words: string[],
    options: string[],
    stdin: PassThrough & { isTTY: boolean },
    at?: FakeTerminal,
  ): Promise<string> {
    const stdout = new Captured();
    const flags = options.length === 0 ? new FlagValues() : parseFlags('ftserver', PASSWD_FLAGS, options);
    const io = { stdin, stdout: new Output(() => stdout), env: { FTSERVER_USERS: file }, terminal: () => at };
    try {
      expect(await passwd(words, flags, io)).to.equal(0);
    } catch (error) {
      return `! ${(error as Error).message}`;
    }
    return stdout.text;
  }

  const knows = async (name: string, password: string): Promise<boolean> => {
    const attempt = { name, password, address: '::1' };
    return (await (await usersFile(file)).authenticate(attempt, new AbortController().signal)) !== undefined;
  };

  it('takes the first line of standard input, lists, and deletes', async () => {
    expect(await run(['alice'], [], saying('one\nmore\n', false))).to.equal('Added "alice".\n');
    expect(await knows('alice', 'one')).to.equal(true);
    expect(await run(['alice'], ['--stdin'], saying('two', true))).to.equal('Changed the password of "alice".\n');
    expect(await knows('alice', 'two')).to.equal(true);
    expect(await run([], ['--list'], saying(''))).to.equal('alice\n');
    expect(await run(['bob'], ['--delete'], saying(''))).to.match(/^! "bob" has no entry/);
    expect(await run(['alice'], ['--delete'], saying(''))).to.equal('');
    expect(await run([], ['--list'], saying(''))).to.equal('');
  });

  it('tells what is missing, and where there is more about it', async () => {
    expect(await run([], [], saying(''))).to.equal('! whose password? Give a NAME (ftserver passwd --help tells more)');
    const nowhere = path.join(dir, 'none');
    expect(await run(['alice'], [`--users=${nowhere}/users`], saying('one', false))).to.equal(
      `! the directory "${nowhere}" was not found`,
    );
  });

  it('asks twice on a terminal, and changes nothing when the two differ or nobody answers', async () => {
    const at = new FakeTerminal();
    at.input.write('one\rone\r');
    expect(await run(['alice'], [], saying(''), at)).to.equal('Added "alice".\n');
    expect(at.said).to.equal('New password for alice: \nThe same again: \n');
    expect(at.closed).to.equal(true);
    const before = fs.readFileSync(file);
    const differ = new FakeTerminal();
    differ.input.write('two\rtow\r');
    expect(await run(['alice'], [], saying(''), differ)).to.equal('! the two differ: nothing was changed');
    const silent = new FakeTerminal();
    silent.input.write('two\r\x04');
    expect(await run(['alice'], [], saying(''), silent)).to.equal('! nothing was changed');
    expect(await run(['alice'], [], saying(''))).to.match(/^! there is no terminal to ask on/);
    expect(await run(['alice'], [], saying('', false))).to.match(/^! no password came/);
    expect(fs.readFileSync(file)).to.deep.equal(before);
  });

  it('takes no password on its command line, and does not repeat it', async () => {
    const said = await run(['alice', 'hunter2'], [], saying(''));
    expect(said)
      .to.match(/^! passwd takes one NAME/)
      .and.not.to.contain('hunter2');
    expect(fs.existsSync(file)).to.equal(false);
  });
});
