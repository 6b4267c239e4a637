import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ftclient } from '../../lib/cli/ftclient';
import type { Ending } from '../../lib/cli/run';
import { connect, createServer, memoryStorage, TwinportError, type Server } from '../../lib/index';
import { failing, outcome, SERVER } from '../support/pretender';
import { objectsOf } from '../support/jsonPage';
import { Captured, saying } from '../support/stdio';

/** The program against a server of ours, with names that hurt and a directory of its own. */
describe('ftclient and several files', () => {
  const FILES = {
    'a.log': 'one',
    'b.log': 'two!',
    '[x].txt': 'bracketed',
    'x.txt': 'plain',
    'one two.txt': 'spaced',
    '-rf.log': 'dashed',
    'logs/c.log': 'three',
  };
  const storage = memoryStorage(FILES);
  let server: Server;
  let port: number;
  let here: string;

  before(async () => {
    server = createServer({ storage, writable: true });
    ({ port } = await server.listen(0, '127.0.0.1'));
    here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-several-'));
  });
  after(async () => {
    await server.close(0);
    fs.rmSync(here, { recursive: true });
  });
  beforeEach(() => {
    for (const name of fs.readdirSync(here)) fs.rmSync(path.join(here, name), { recursive: true });
  });

  interface Printed {
    readonly ending: Ending;
    readonly stdout: string;
    readonly stderr: string;
  }
  const run = async (words: readonly string[], stdin = saying('', false)): Promise<Printed> => {
    const [stdout, stderr] = [new Captured(), new Captured()];
    const ending = await ftclient(['127.0.0.1', `${port}`, ...words], {
      streams: { stdin, stdout, stderr },
      connect: () => connect,
    });
    return { ending, stdout: stdout.utf8, stderr: stderr.utf8 };
  };
  const got = (): Record<string, string> =>
    Object.fromEntries(
      fs.readdirSync(here).map((name) => [name, fs.readFileSync(path.join(here, name), 'utf8')] as const),
    );
  const local = (name: string, content: string): string => {
    const to = path.join(here, name);
    fs.writeFileSync(to, content);
    return to;
  };

  it('gets what a pattern matches, and each line says which file it is about', async () => {
    const { ending, stdout, stderr } = await run(['-g', '*.log', '--to', here]);
    expect([ending, stderr]).to.deep.equal([0, '']);
    expect(got()).to.deep.equal({ '-rf.log': 'dashed', 'a.log': 'one', 'b.log': 'two!' });
    const lines = stdout.replaceAll(/\('127.0.0.1', \d+\)/g, 'Q').split('\n');
    expect(lines).to.deep.equal([
      `Connected to 127.0.0.1 on port ${port}...`,
      '-rf.log: Data transfer initiated on Q...',
      '-rf.log: Transfer complete.',
      'a.log: Data transfer initiated on Q...',
      'a.log: Transfer complete.',
      'b.log: Data transfer initiated on Q...',
      'b.log: Transfer complete.',
      '',
    ]);
  });

  it('moves a file once that is meant more than once, in the place where it is named first', async () => {
    const words = ['b.log', './b.log', '*.log', 'a.log', '/b.log', 'logs/c.log', 'logs/*'];
    const { ending, stdout, stderr } = await run(['-g', ...words, '--to', here, '--json']);
    expect([ending, stderr]).to.deep.equal([0, '']);
    const begun = objectsOf(stdout).filter(({ event }) => event === 'begin');
    expect(begun.map(({ remote, count }) => [remote, count])).to.deep.equal(
      ['b.log', '-rf.log', 'a.log', 'logs/c.log'].map((remote) => [remote, 4]),
    );
    expect(Object.keys(got())).to.have.members(['-rf.log', 'a.log', 'b.log', 'c.log']);

    const sent = local('sent', 'x');
    const put = await run(['-p', sent, `${here}/./sent`, sent, 'twice/']);
    expect([put.ending, put.stderr]).to.deep.equal([0, 'ftclient: made directory twice\n']);
  });

  it('takes a name that is spelled like a pattern for the name, and with --no-glob always', async () => {
    expect((await run(['-g', '[x].txt', '--to', here])).ending).to.equal(0);
    expect(got()).to.deep.equal({ '[x].txt': 'bracketed' });
    const { ending, stderr } = await run(['-g', '[x-z].txt', '--to', here, '--no-glob']);
    expect([ending, stderr]).to.deep.equal([78, `127.0.0.1:${port} says FILE NOT FOUND\n`]);
  });

  it('goes on after a failure, and ends with its code', async () => {
    const { ending, stderr } = await run(['-g', 'nowhere', 'logs/*', 'x.txt', '--to', here]);
    expect(ending).to.equal(78);
    expect(stderr).to.equal(`nowhere: 127.0.0.1:${port} says FILE NOT FOUND\n`);
    expect(got()).to.deep.equal({ 'c.log': 'three', 'x.txt': 'plain' });
  });

  it('says first which patterns mean nothing, gets the rest, and ends with 78', async () => {
    const { ending, stderr } = await run(['-g', '*.none', 'x.txt', 'nowhere/*', 'b*', '--to', here]);
    const refused = `nowhere/*: 127.0.0.1:${port} says FILE NOT FOUND\n`;
    expect([ending, stderr]).to.deep.equal([78, `ftclient: no file matches *.none\n${refused}`]);
    expect(got()).to.deep.equal({ 'x.txt': 'plain', 'b.log': 'two!' });
    const alone = await run(['-g', '*.none', '--to', here]);
    expect([alone.ending, alone.stderr]).to.deep.equal([78, 'ftclient: no file matches *.none\n']);
  });

  it('tells in JSON that nothing matches without a reply that nobody gave', async () => {
    const { ending, stdout } = await run(['-g', '*.none', '--to', here, '--json']);
    const [, error] = stdout.split('\n').map((line) => (line === '' ? {} : (JSON.parse(line) as object)));
    expect([ending, error]).to.deep.equal([
      78,
      { event: 'error', code: 'not-found', exit: 78, message: 'no file matches *.none' },
    ]);
  });

  it('ends with the loss of the connection while it looks for a pattern', async () => {
    const { ending, client } = await outcome([...SERVER, '-g', '*.x', 'y'], {
      transfers: [failing('connection-lost', 'the connection was lost')],
    });
    expect(ending).to.equal(56);
    expect(client.asked.map(([verb]) => verb)).to.deep.equal(['list']);
  });

  it('takes a bracket that is not closed for a letter', async () => {
    for (const name of ['a[', '[', '[]', '[!]', 'a[/b]', '\\*']) {
      const { client } = await outcome([...SERVER, '-g', name]);
      expect(client.asked.map(([verb, path]) => [verb, path])).to.deep.equal([['get', name]]);
    }
    for (const name of ['[a]', 'x[!a]', '[]]', '[a/*']) {
      const { client } = await outcome([...SERVER, '-g', name]);
      expect(client.asked[0]?.[0], name).to.equal('list');
    }
  });

  it('refuses what cannot be meant before it connects', async () => {
    const unused = fs.readdirSync(here);
    for (const words of [
      ['-g', 'a', 'b', '-o', 'c'],
      ['-g', 'a', '..'],
      ['-p', '-'],
      ['-p', '-', '--to', 'd'],
      ['-g', 'a', '--to', 'd', '-o', 'f'],
    ]) {
      const { ending, stdout } = await run(words);
      expect([ending, stdout], words.join(' ')).to.deep.equal([64, '']);
    }
    const many = await run(['-g', '*.log', '-o', 'f']);
    expect(many.ending).to.equal(64);
    expect(fs.readdirSync(here)).to.deep.equal(unused);
  });

  it('says goodbye where the names that were found make no sense', async () => {
    const { ending, client } = await outcome([...SERVER, '-g', '*.md', '-o', 'f'], { names: ['a.md', 'b.md'] });
    expect([ending, client.closed]).to.deep.equal([64, 1]);
  });

  it('puts several into a directory, which is made where there is none', async () => {
    const files = [local('p one', '1'), local('p2', '2')];
    const { ending, stderr } = await run(['-p', ...files, 'new/deep/']);
    expect(ending).to.equal(0);
    expect(stderr).to.match(/made directory new\/deep/);
    expect(storage.bytes('new/deep/p one')?.toString()).to.equal('1');
    expect(storage.bytes('new/deep/p2')?.toString()).to.equal('2');
    expect((await run(['-p', ...files, '--to', 'flat'])).ending).to.equal(0);
    expect(storage.bytes('flat/p2')?.toString()).to.equal('2');
  });

  it('makes the directory that files are to come to, once, and none where it cannot connect', async () => {
    const to = path.join(here, 'new', 'deep');
    const { ending, stderr } = await run(['-g', 'a.log', 'b.log', '--to', to]);
    expect(ending).to.equal(0);
    expect(stderr).to.match(/^a\.log: ftclient: made directory .*deep here\n$/);
    expect(fs.readdirSync(to)).to.deep.equal(['a.log', 'b.log']);
    const never = path.join(here, 'never');
    await outcome([...SERVER, '-g', 'x', '--to', never], {
      connectError: new TwinportError('cannot-connect', 'flip1:3555 refused the connection'),
    });
    expect(fs.existsSync(never)).to.equal(false);
    const file = await run(['-g', 'a.log', '--to', local('file', '')]);
    expect(file.ending).to.equal(23);
    expect(file.stderr).to.match(/^ftclient: .*not a directory/i);
  });

  it('puts what is there, and says what is not', async () => {
    const { ending, stderr } = await run(['-p', path.join(here, 'none'), local('q', 'q'), 'some/']);
    expect(ending).to.equal(26);
    expect(stderr).to.match(/none: ftclient: .*none/);
    expect(storage.bytes('some/q')?.toString()).to.equal('q');
  });

  it('warns where two local names may have been meant as two files', async () => {
    const [one, two] = [local('one.log', '1'), local('two.log', '2')];
    const { stderr } = await run(['-p', one, two]);
    expect(stderr).to.match(/one\.log will be called .*two\.log there; to put both/);
  });

  it('puts standard input', async () => {
    const { ending } = await run(['-p', '-', 'from stdin'], saying('typed', false));
    expect(ending).to.equal(0);
    expect(storage.bytes('from stdin')?.toString()).to.equal('typed');
    // What standard input holds is no file of this name, wherever one is.
    const named = await run(['-p', '-', local('here too', 'x')], saying('typed', false));
    expect(named.stderr).to.not.include('will be called');
    expect(named.ending).to.equal(0);
  });

  it('lists what a pattern means, and a file as what it is', async () => {
    const names = async (...words: readonly string[]): Promise<readonly string[]> => {
      const { ending, stdout, stderr } = await run(['-l', ...words, '-q']);
      expect([ending, stderr], words.join(' ')).to.deep.equal([0, '']);
      return stdout.split('\n').slice(0, -1);
    };
    expect(await names('*.log')).to.deep.equal(['-rf.log', 'a.log', 'b.log']);
    expect(await names('logs/?.log')).to.deep.equal(['c.log']);
    expect(await names('[x].txt')).to.deep.equal(['[x].txt', 'x.txt']);
    expect(await names('x.txt')).to.deep.equal(['x.txt']);
    expect(await names('logs/c.log')).to.deep.equal(['c.log']);
    expect(await names('logs')).to.deep.equal(['c.log']);
    expect((await names('x.txt', '--long')).join()).to.match(/^- 5 \d{4}-.* x\.txt$/);
    expect((await run(['-l', 'nowhere'])).ending).to.equal(78);
    const { stdout } = await run(['-l', 'logs/?.log', '--json']);
    expect(objectsOf(stdout).at(-2)).to.include({ event: 'listed', path: 'logs/?.log', entries: 1 });
  });

  it('makes, renames and deletes, a line for each', async () => {
    const made = await run(['mkdir', 'd1', 'd2']);
    expect([made.ending, made.stdout.split('\n').slice(1)]).to.deep.equal([0, ['Created d1.', 'Created d2.', '']]);
    await run(['-p', local('f', 'f'), 'd1/f']);
    expect((await run(['-r', 'd1/f', 'd2/g'])).ending).to.not.equal(0);
    const denied = await run(['-d', 'd1/f']);
    expect(denied.ending).to.equal(9);
    expect(denied.stderr).to.match(/^d1\/f: 127\.0\.0\.1:\d+ says .*not allowed/i);
  });

  it('stats and digests several, and goes on after one that is not there', async () => {
    const stat = await run(['stat', 'a.log', 'nowhere', 'logs']);
    expect([stat.ending, stat.stderr]).to.deep.equal([78, `nowhere: 127.0.0.1:${port} says FILE NOT FOUND\n`]);
    expect(stat.stdout.match(/^(path|type): .*/gm)).to.deep.equal([
      'path: a.log',
      'type: file',
      'path: logs',
      'type: dir',
    ]);
    const digest = await run(['digest', 'a.log', 'b.log', '--digest', 'sha256']);
    expect([digest.ending, digest.stdout.match(/^sha256: [0-9a-f]{64}$/gm)?.length]).to.deep.equal([0, 2]);
  });

  it('names the path that a server refuses, also where it is the only one', async () => {
    const says = `127.0.0.1:${port} says`;
    for (const words of [
      ['stat', 'no x'],
      ['digest', 'no x'],
      ['mkdir', 'no x/y'],
      ['rename', 'no x', 'y'],
    ]) {
      const { ending, stderr } = await run(words);
      expect(ending, words.join(' ')).to.not.equal(0);
      expect(stderr).to.match(new RegExp(`^${words[1] ?? ''}: ${says} .*\\n$`));
      const json = await run([...words, '--json']);
      expect(JSON.parse(json.stdout.split('\n').at(-3) ?? '')).to.include({ event: 'error', path: words[1] });
    }
    // Of one get or list the transcript is another program's to compare.
    for (const words of [
      ['-g', 'nowhere'],
      ['-l', 'nowhere'],
    ]) {
      expect((await run(words)).stderr).to.equal(`${says} FILE NOT FOUND\n`);
    }
  });

  it('names no path where it is not the path that failed', async () => {
    const { stderr } = await outcome([...SERVER, 'mkdir', 'x'], {
      connectError: new TwinportError('cannot-connect', 'flip1:3555 refused the connection'),
    });
    expect(stderr).to.equal('ftclient: flip1:3555 refused the connection\n');
  });

  it('tells everything as JSON', async () => {
    const { ending, stdout, stderr } = await run(['-g', 'a.log', 'nowhere', '--to', here, '--json']);
    expect([ending, stderr]).to.deep.equal([78, '']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; code?: string; exit?: number });
    expect(events.map(({ event }) => event)).to.deep.equal([
      'connected',
      'begin',
      'data',
      'progress',
      'complete',
      'begin',
      'error',
      'end',
    ]);
    expect(events.at(-2)).to.include({ code: 'refused', exit: 78, reply: 550 });
    expect(events.at(-1)).to.deep.equal({ event: 'end', exit: 78 });
  });
});
