import { expect } from 'chai';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noLeaks } from '../support/leaks';
import { pattern } from '../support/storageHelpers';
import { hurriedClient, withPrograms, workshops } from '../support/thirdParty';

const ORIGINALS = join(__dirname, 'originals');
/** What a buffer of 199,999 bytes takes, and what its client cannot tell from padding: none of these ends in NUL. */
const FILES: Readonly<Record<string, Buffer>> = {
  'hello.txt': Buffer.from('hello, world\n'),
  'two  words, ünïcode': Buffer.from('x'),
  large: Buffer.concat([pattern(199_997), Buffer.from('!')]),
  whole: Buffer.alloc(199_999, 'w'),
};
const NAMES = Object.keys(FILES).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
const LISTING = ['.', '..', ...NAMES].map((name) => `${name}\n`).join('');

function fill(root: string): string {
  mkdirSync(root);
  for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(root, name), bytes);
  return root;
}

withPrograms('the original pair’s client, in Python, and our server', ['python3'], () => {
  const workshop = workshops();
  noLeaks();
  const client = (port: string, how: string, ...request: string[]) =>
    workshop().start('python3', [join(ORIGINALS, 'stepwise_client.py'), '127.0.0.1', port, how, ...request]).ended;

  for (const [on, words] of [
    ['its own port', ['--dialect', 'stepwise']],
    ['the default port', []],
  ] as const) {
    it(`lists, gets and misses on ${on}`, async () => {
      const { port, stop } = await workshop().ftserver(fill(workshop().path('served')), ...words);
      const [listed, missed, ...got] = await Promise.all([
        client(port, '', '-l'),
        client(port, '', '-g', 'nothing'),
        ...NAMES.map((name) => client(port, '', '-g', name)),
      ]);
      expect(listed.stdout.toString(), listed.stderr).to.equal(LISTING);
      expect([missed.code, missed.stderr]).to.deep.equal([2, 'File not found.\n']);
      for (const [i, name] of NAMES.entries())
        expect(got[i]?.stdout.equals(FILES[name] as Buffer), name).to.equal(true);
      const said = await stop();
      expect(said).to.match(/^Sending directory contents to 127\.0\.0\.1:\d+\.$/m);
      expect(said).to.match(/^File not found\. Sending error message to /m);
    });
  }

  for (const how of ['slow', 'fixed', 'lies', 'dribbles', 'dribbles+slow+lies']) {
    it(`is served as it is: ${how}`, async () => {
      const { port } = await workshop().ftserver(fill(workshop().path('served')), '--dialect', 'stepwise');
      const { code, stdout, stderr } = await client(port, how, '-g', 'hello.txt');
      expect([code, stdout.toString(), stderr]).to.deep.equal([0, 'hello, world\n', '']);
    });
  }

  it('is told in words that the server dials nobody', async () => {
    const { port } = await workshop().ftserver(fill(workshop().path('served')), '--dialect', 'stepwise', '--no-active');
    const { code, stderr } = await client(port, '', '-l');
    expect([code, stderr]).to.deep.equal([
      1,
      'the server says This server dials nobody, and this language has no other way.\n',
    ]);
  });
});

withPrograms('our client, and the original pair’s server, in Python', ['python3'], () => {
  const workshop = workshops();
  noLeaks();
  const serving = async (how = '') => {
    const root = fill(workshop().path('served'));
    mkdirSync(workshop().path('here'));
    const words = [join(ORIGINALS, 'stepwise_server.py'), how];
    const server = workshop().start('python3', words, { cwd: root, input: null });
    const [, port = ''] = await server.until(/^(\d+)\n/);
    const ask = (...words: string[]) => hurriedClient('127.0.0.1', port, ...words, '--dialect', 'stepwise');
    return { port, ask, get: (name: string) => ask('-g', name, '-o', workshop().path('here/file')) };
  };
  const here = () => readdirSync(workshop().path('here'));

  for (const how of ['', 'bare', 'padok', 'early', 'other', 'leaves', 'padok+other+leaves']) {
    it(`lists, gets and misses${how === '' ? '' : `: ${how}`}`, async () => {
      const { ask } = await serving(how);
      const listed = await ask('-l');
      expect(listed.ending, listed.stderr).to.equal(0);
      expect(listed.stdout).to.match(/^Connected to [^\n]*\nData transfer initiated on [^\n]*\n/);
      expect(listed.stdout.split('\n').slice(2).join('\n')).to.contain(LISTING);
      for (const name of NAMES) {
        const to = workshop().path(`here/${name}`);
        const got = await ask('-g', name, '-o', to);
        expect(got.ending, got.stderr).to.equal(0);
        expect(
          workshop()
            .read(`here/${name}`)
            .equals(FILES[name] as Buffer),
          name,
        ).to.equal(true);
      }
      const missed = await ask('-g', 'nothing', '-o', workshop().path('here/nothing'));
      expect(missed.ending, missed.stderr).to.equal(78);
      expect(missed.stderr).to.match(/not found/i);
      expect(here().sort()).to.deep.equal([...NAMES].sort());
    });
  }

  it('a transfer that is reset in the middle is partial, and leaves nothing', async () => {
    const { get } = await serving('short');
    expect((await get('large')).ending).to.equal(18);
    expect(here()).to.deep.equal([]);
  });

  it('a refusal in words is said as it was', async () => {
    const { get, port } = await serving('refuses');
    const got = await get('large');
    expect(got.ending).to.equal(9);
    expect(got.stderr).to.contain(`127.0.0.1:${port} says No more ports today.`);
    expect(here()).to.deep.equal([]);
  });

  it('on the machine’s own name, where localhost may be ::1, and on a chosen data port', async () => {
    const { port } = await serving();
    const got = await hurriedClient('localhost', port, '-l', '--dialect', 'stepwise', '-q');
    expect([got.ending, got.stdout]).to.deep.equal([0, NAMES.map((name) => `${name}\n`).join('')]);
  });
});
