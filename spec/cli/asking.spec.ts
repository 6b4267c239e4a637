import { expect } from 'chai';
import type { GetOptions, TransferResult } from '../../lib/index';
import { DATA, DONE, failing, outcome, REMOTE, type Outcome, type Script } from '../support/pretender';
import { Captured, saying } from '../support/stdio';

const CONNECTED = 'Connected to localhost on port 50001...\n';
const COMPLETE = 'Transfer complete, unverified.\n';
const UNVERIFIED: TransferResult = { ...DONE, verified: false };
const moved = (options: GetOptions): TransferResult => {
  options.onData?.(REMOTE);
  return UNVERIFIED;
};

describe('ftclient --dialect framed', () => {
  const ask = (answers: string, script: Script = {}, words: readonly string[] = []): Promise<Outcome> =>
    outcome(
      [...words, '--dialect', 'framed'],
      { files: ['a', 'a.txt', 'b', 'c d'], ...script },
      { stdin: saying(answers, false) },
    );
  const targets = ({ client }: Outcome): unknown[] => client.asked.map((asked) => asked.slice(0, 3));

  it('asks, and does one line after another, each over a connection of its own', async () => {
    const done = await ask('y\nput a.txt\n\n/get sub/b\nput "c d" e\nexit\nput never\n', {
      transfers: [moved, moved, moved],
    });
    expect(done.ending).to.equal(0);
    expect(done.stdout).to.equal(`${CONNECTED}${DATA}${COMPLETE}`.repeat(3));
    expect(done.stderr).to.equal('Direct? [Y/n] y\n> put a.txt\n> \n> /get sub/b\n> put "c d" e\n> exit\n');
    expect(targets(done)).to.deep.equal([
      ['put', 'a.txt', 'a.txt'],
      ['get', 'sub/b', 'b'],
      ['put', 'c d', 'e'],
    ]);
    expect(done.client.closed).to.equal(3);
    expect(done.connected).to.include({ host: 'localhost', port: 50001, dialect: 'framed' });
  });

  it('goes through the relay when told not to go straight', async () => {
    const done = await ask('n\nput a\n', { transfers: [moved] });
    expect(done.connected).to.include({ host: 'localhost', port: 50000 });
    expect(done.stdout).to.equal(`${CONNECTED}${DATA}${COMPLETE}`);
    expect(done.stderr).to.equal('Direct? [Y/n] n\nftclient: through the relay localhost:50000\n> put a\n> \n');
    const named = await ask('No\nget a\n', { transfers: [moved] }, ['flip1', '3555', '--relay', '[::1]:9']);
    expect(named.connected).to.include({ host: '::1', port: 9 });
    expect(named.stdout).to.match(/^Connected to flip1 on port 3555\.\.\.\n/);
    const direct = await ask('\nget a\n', { transfers: [moved] }, ['flip1', '3555', '--relay', '[::1]:9']);
    expect(direct.connected).to.include({ host: 'flip1', port: 3555 });
    expect(direct.stderr).not.to.include('relay');
  });

  it('asks until it understands', async () => {
    const done = await ask('what?\nyesno\nYES\nexit\n');
    expect([done.ending, done.stderr.split('Direct? [Y/n] ').length - 1]).to.deep.equal([0, 3]);
    expect(done.stderr.match(/^ftclient: .*$/gm)).to.deep.equal([
      'ftclient: this is answered with yes or no, and the commands come after it, not "what?"',
      'ftclient: this is answered with yes or no, and the commands come after it, not "yesno"',
    ]);
  });

  it('fails in one sentence on a line that is no answer, 64', async () => {
    for (const before of ['', 'y\n']) {
      const done = await ask(`${before}${'x'.repeat(1_000_000)}`);
      expect([done.ending, done.connections]).to.deep.equal([64, []]);
      expect(done.stderr.match(/^ftclient: .*$/gm)).to.deep.equal([
        'ftclient: a line of the input is longer than 65536 bytes, which is no answer',
      ]);
    }
  });

  it('goes on after a failure, and ends with the code of the last', async () => {
    const done = await ask('y\nget a\nput b\nget ..\nget c\n', {
      transfers: [failing('refused', 'no such file there'), failing('refused', 'taken'), moved],
    });
    expect(done.ending).to.equal(64);
    expect(done.stderr).to.include('localhost:50001 says no such file there\n');
    expect(done.stderr).to.include('ftclient: ".." names no file');
    expect(done.stdout.endsWith(COMPLETE)).to.equal(true);
    const last = await ask('y\nfoo\nput b\nget c\n', { transfers: [failing('refused', 'taken', 553), moved] });
    expect(last.ending).to.equal(25);
    expect(last.stderr).to.include('ftclient: "foo" is not understood: put NAME');
  });

  it('ends with its input, once the question is answered', async () => {
    for (const answers of ['\n', 'y', 'y\n', 'n\n\n\n']) {
      const done = await ask(answers);
      expect([done.ending, done.stdout, done.client.asked.length], JSON.stringify(answers)).to.deep.equal([0, '', 0]);
    }
  });

  it('fails when its input ends before that, 64', async () => {
    for (const answers of ['', 'maybe\n', 'get one\n']) {
      const done = await ask(answers);
      expect([done.ending, done.connected], JSON.stringify(answers)).to.deep.equal([64, undefined]);
      expect(done.stderr).to.include('\nftclient: the input ended before this was answered: nothing was done\n');
    }
  });

  it('ends with quit too, and does not read further', async () => {
    for (const word of ['exit', '/exit', 'quit', '/quit']) {
      expect((await ask(`y\n${word}\nput a\n`)).client.asked).to.deep.equal([]);
    }
  });

  it('asks about what was named, and not about what belongs to one command', async () => {
    for (const [words, sentence] of [
      [['-o', 'x'], /^ftclient: --output belongs to a command/],
      [['-0'], /^ftclient: --print0 belongs to a command/],
      [['--resume'], /^ftclient: --on-exists belongs to a command/],
      [['--passive'], /^ftclient: --passive is not for framed/],
      [['--echo'], /^ftclient: --echo belongs to --dialect colon/],
      [['h', 'x'], /^ftclient: the port must be/],
      [['h', '1', 'x'], /^ftclient: after the host and the port comes/],
    ] as const) {
      const done = await ask('y\nput a\n', {}, words);
      expect([done.ending, done.connected], words.join(' ')).to.deep.equal([64, undefined]);
      expect(done.stderr).to.match(sentence);
    }
    const quiet = await ask('y\nput a\n', { transfers: [moved] }, ['-q', '--timeout', '3']);
    expect([quiet.ending, quiet.stdout]).to.deep.equal([0, '']);
    expect(quiet.connected).to.include({ timeout: 3000 });
  });

  it('does not repeat on a terminal what was typed there', async () => {
    const done = await outcome(
      ['--dialect', 'framed', '--no-progress'],
      { transfers: [moved], files: ['a'] },
      { stdin: saying('\nput a\n'), stderr: new Captured(true) },
    );
    expect(done.stderr).to.equal('Direct? [Y/n] > > \n');
  });
});

describe('ftclient --dialect colon', () => {
  const ask = (answers: string, script: Script = {}, words: readonly string[] = []): Promise<Outcome> =>
    outcome(
      [...words, '--dialect', 'colon'],
      { files: ['README.md', 'sub/x'], ...script },
      { stdin: saying(answers, false) },
    );

  it('asks how many, then for each, and runs all; the first tells how many', async () => {
    const done = await ask('3\na.txt\nget\nsub/a.txt\nGET\nREADME.md\nsend\n', { transfers: [moved, moved, moved] });
    expect(done.ending).to.equal(0);
    const lines = done.stdout.trimEnd().split('\n').sort();
    expect(lines).to.deep.equal(
      [1, 2, 3].flatMap((n) => [
        `${n}: Connected to localhost on port 5050...`,
        `${n}: ${DATA.trimEnd()}`,
        `${n}: ${COMPLETE.trimEnd()}`,
      ]),
    );
    expect(done.client.asked.map((asked) => asked.slice(0, 3))).to.deep.equal([
      ['get', 'a.txt', 'a.txt'],
      ['get', 'sub/a.txt', 'a.txt.1'],
      ['put', 'README.md', 'README.md'],
    ]);
    expect(done.stderr.match(/^.*ftclient: .*$/gm)).to.deep.equal([
      "2: ftclient: a.txt is client 1's, saved as a.txt.1",
    ]);
    expect(done.stderr.split('\n').slice(0, 3)).to.deep.equal([
      'How many clients? 3',
      'Client 1: which file? a.txt',
      'Client 1: get, put or send? get',
    ]);
  });

  it('tells of a name that was taken once it is saved, in the words of every other get', async () => {
    const done = await ask('3\nx\nget\nx\nget\nfree\nget\n', {
      files: ['x'],
      transfers: [moved, failing('refused', 'File not found.'), moved],
    });
    expect(done.stderr.match(/^[0-9]: .*$/gm)).to.deep.equal([
      '1: ftclient: x is there already, saved as x.1',
      '2: localhost:5050 says File not found.',
    ]);
  });

  it('announces by its first client alone, and only when there are several', async () => {
    const announced = async (answers: string): Promise<unknown[]> =>
      (await ask(answers)).connections.map((one) => one.settings);
    expect(await announced('1\na.txt\nget\n')).to.deep.equal([{}]);
    expect(await announced('2\na.txt\nget\nb\nget\n')).to.deep.equal([{ clients: 2 }, {}]);
    // Whoever has nothing to send is not one of them, and is not even connected.
    for (const missing of ['not/there', 'sub', 'README.md/x']) {
      const answers = `3\n${missing}\nput\na\nget\nb\nget\n`;
      expect(await announced(answers), missing).to.deep.equal([{ clients: 2 }, {}]);
    }
  });

  it('asks again what it does not understand', async () => {
    const done = await ask('many\n0\n101\n1\na\nfetch\n\nget\n..\nget\nREADME.md\nput\n', { transfers: [moved] });
    expect(done.ending).to.equal(0);
    expect(done.stderr.match(/^ftclient: .*$/gm)).to.deep.equal([
      'ftclient: the clients are a number from 1 to 100, not "many"',
      'ftclient: the clients are a number from 1 to 100, not "0"',
      'ftclient: the clients are a number from 1 to 100, not "101"',
      'ftclient: the choice is get, put or send, not "fetch"',
      'ftclient: the name of a file is needed',
      'ftclient: ".." names no file: say where it shall go with -o FILE',
    ]);
  });

  it('sends nothing when the answers end early, 64', async () => {
    for (const answers of ['', '2', '2\na\nget\n', '2\na\nget\nb\n']) {
      const done = await ask(answers);
      expect([done.ending, done.connected], JSON.stringify(answers)).to.deep.equal([64, undefined]);
      expect(done.stderr).to.include('ftclient: the answers ended before every client was described');
    }
  });

  it('tells of each failure by its number, and ends with the last', async () => {
    const done = await ask('3\na\nget\nb\nget\nc\nget\n', {
      transfers: [failing('refused', 'File not found.'), failing('connection-lost', 'lost'), moved],
    });
    expect(done.ending).to.equal(56);
    expect(done.stderr).to.include('1: localhost:5050 says File not found.\n');
    expect(done.stderr).to.include('2: ftclient: lost\n');
    expect(done.stdout).to.include(`3: ${COMPLETE}`);
  });

  it('with --echo prints each message received, one line whatever is in it', async () => {
    const speaks = (options: GetOptions): TransferResult => {
      options.onMessage?.(Buffer.from('one\ntwo\x1b[2J caf\xe9', 'latin1'));
      return moved(options);
    };
    const stdout = new Captured();
    const words = ['--dialect', 'colon', '--echo'];
    await outcome(words, { transfers: [speaks, moved] }, { stdin: saying('2\na\nget\nb\nget\n', false), stdout });
    expect(stdout.text).to.include('\n1: Received: one\\x0atwo\\x1b[2J caf\xe9\n');
    const silent = await ask('1\na\nget\n', { transfers: [speaks] });
    expect(silent.stdout).not.to.include('Received');
  });

  it('runs a hundred', async () => {
    const warned: Error[] = [];
    const hear = (warning: Error): void => void warned.push(warning);
    process.on('warning', hear);
    const done = await ask(`100\n${'a\nget\n'.repeat(100)}`);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', hear);
    expect([done.ending, warned]).to.deep.equal([0, []]);
    expect(new Set(done.client.asked.map(([, , to]) => to)).size).to.equal(100);
  });
});
