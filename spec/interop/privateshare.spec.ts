import { expect } from 'chai';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../lib/net/clock';
import type { Clock } from '../../lib/net/network';
import { createServer, type Server } from '../../lib/server';
import { eventually } from '../support/eventually';
import { noLeaks } from '../support/leaks';
import { hurriedClient, withPrograms, workshops } from '../support/thirdParty';

/** More than the 32 MiB that such programs read at a time, without a period that any buffer divides. */
const HUGE = Buffer.alloc(33 * 1024 * 1024 + 1, Buffer.from(Array.from({ length: 251 }, (_, at) => at)));
const FILES: Readonly<Record<string, Buffer>> = {
  'hello.txt': Buffer.from('hello, world\n'),
  empty: Buffer.alloc(0),
  'two  spaces and ünïcode': Buffer.from('x'),
  'cancel this': Buffer.from('cancel'),
  every: Buffer.from(Array.from({ length: 200_003 }, (_, at) => (at * 31) % 256)),
};
const NAMES = Object.keys(FILES).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

function fill(root: string): string {
  mkdirSync(root);
  for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(root, name), bytes);
  return root;
}

/**
 * Our pauses, longer: how long they are is proved elsewhere, to the millisecond. Here another process must notice them,
 * and a loaded machine may let it wait longer than they are.
 */
function unhurried(pause: number): Clock {
  const clock = systemClock();
  return { now: () => clock.now(), after: (ms, fn) => clock.after(ms === pause ? 2000 : ms, fn) };
}

const program = (name: string): string => join(__dirname, 'originals', `${name}.py`);

withPrograms('privateshare: a client in Python', ['python3'], () => {
  const workshop = workshops();
  let server: Server | undefined;
  afterEach(() => server?.close(0));
  noLeaks();
  const serving = async (clock?: Clock): Promise<string> => {
    server = createServer({ root: fill(workshop().path('served')), ...(clock && { clock }) });
    return String((await server.listen(0, { dialect: 'privateshare', host: '127.0.0.1' })).port);
  };
  const client = (port: string, how: string, ...words: string[]) =>
    workshop().start('python3', [program('privateshare_client'), port, how, ...words]).ended;

  for (const how of ['plain', 'padded', 'line']) {
    it(`lists, gets and puts: ${how}`, async () => {
      const port = await serving();
      expect((await client(port, how, 'list')).stdout.toString()).to.equal(NAMES.map((name) => `${name}, `).join(''));
      const gets = await Promise.all(NAMES.map((name) => client(port, how, 'get', name)));
      for (const [at, { code, stdout, stderr }] of gets.entries()) {
        expect(code, stderr).to.equal(0);
        expect(stdout.equals(FILES[NAMES[at] as string] as Buffer), NAMES[at]).to.equal(true);
      }
      const names = ['new', 'new empty'];
      writeFileSync(workshop().path('new'), FILES['every'] as Buffer);
      writeFileSync(workshop().path('new empty'), '');
      for (const { code, stderr } of await Promise.all(names.map((name) => client(port, how, 'put', name)))) {
        expect(code, stderr).to.equal(0);
      }
      // It leaves without a word: what it put is there soon after.
      for (const name of names) {
        await eventually(name, () => existsSync(workshop().path(`served/${name}`)));
        expect(workshop().read(`served/${name}`).equals(workshop().read(name)), name).to.equal(true);
      }
    });
  }

  for (const [how, pause] of [
    ['greedy', 100],
    ['stammers', 500],
  ] as const) {
    it(`gets and puts: ${how}`, async () => {
      const port = await serving(unhurried(pause));
      writeFileSync(workshop().path('new'), 'new');
      const both = [client(port, how, 'get', 'every'), client(port, how, 'put', 'new')] as const;
      const [got, put] = await Promise.all(both);
      expect(got.stdout.equals(FILES['every'] as Buffer), got.stderr).to.equal(true);
      expect(put).to.include({ code: 0, stderr: '' });
      await eventually('new', () => existsSync(workshop().path('served/new')));
      expect(workshop().read('served/new').toString()).to.equal('new');
    });
  }

  it('is cancelled: no such file, a name that is taken, a name that is too long, no such word', async () => {
    const port = await serving();
    writeFileSync(workshop().path('hello.txt'), 'mine');
    for (const words of [
      ['get', 'nothing'],
      ['put', 'hello.txt'],
      ['get', 'n'.repeat(29)],
      ['fetch', 'hello.txt'],
    ]) {
      expect(await client(port, 'plain', ...words), words.join()).to.include({ code: 1, stderr: 'cancel\n' });
    }
    expect(
      workshop()
        .read('served/hello.txt')
        .equals(FILES['hello.txt'] as Buffer),
    ).to.equal(true);
  });

  it('moves more than it reads at a time, both ways', async () => {
    const port = await serving();
    writeFileSync(workshop().path('huge'), HUGE);
    expect(await client(port, 'plain', 'put', 'huge')).to.include({ code: 0 });
    const { stdout } = await client(port, 'plain', 'get', 'huge');
    expect(stdout.equals(HUGE)).to.equal(true);
  });
});

withPrograms('privateshare: a server in Python', ['python3'], () => {
  const workshop = workshops();
  noLeaks();
  const serving = async (how: string): Promise<string> => {
    mkdirSync(workshop().path('here'));
    const server = workshop().start('python3', [program('privateshare_server'), how], {
      cwd: fill(workshop().path('served')),
      input: null,
    });
    const [, port = ''] = await server.until(/^(\d+)\n/);
    return port;
  };
  const ours = (port: string, ...words: string[]) =>
    hurriedClient('127.0.0.1', port, ...words, '--dialect', 'privateshare');

  for (const how of ['plain', 'coalesced', 'slow', 'coalesced+slow']) {
    it(`lists, gives and takes: ${how}`, async () => {
      const port = await serving(how);
      const listed = await ours(port, 'list', '-q');
      expect(listed).to.include({ ending: 0, stdout: NAMES.map((name) => `${name}\n`).join('') });
      for (const name of NAMES.filter((each) => !how.includes('slow') || each !== 'every')) {
        const got = await ours(port, 'get', name, '-o', workshop().path(`here/${name}`));
        expect(got.ending, got.stderr).to.equal(0);
        expect(got.stdout).to.match(/unverified/);
        expect(
          workshop()
            .read(`here/${name}`)
            .equals(FILES[name] as Buffer),
          name,
        ).to.equal(true);
      }
      const put = await ours(port, 'put', workshop().path('served/every'), 'new');
      expect(put.ending, put.stderr).to.equal(0);
      // Our client waits for the server's end, which comes when it has put the file away.
      expect(
        workshop()
          .read('served/new')
          .equals(FILES['every'] as Buffer),
      ).to.equal(true);
    });
  }

  it('cancels', async () => {
    const port = await serving('plain');
    const got = await ours(port, 'get', 'nothing', '-o', workshop().path('here/x'));
    expect(got.ending).to.equal(78);
    expect(got.stderr).to.match(/says cancel: no such file/);
    const put = await ours(port, 'put', workshop().path('served/every'), 'hello.txt');
    expect(put.ending).to.equal(25);
    expect(
      workshop()
        .read('served/hello.txt')
        .equals(FILES['hello.txt'] as Buffer),
    ).to.equal(true);
    expect(readdirSync(workshop().path('here'))).to.deep.equal([]);
  });

  it('moves more than it reads at a time, both ways', async () => {
    const port = await serving('coalesced');
    writeFileSync(workshop().path('huge'), HUGE);
    expect(await ours(port, 'put', workshop().path('huge'), 'huge')).to.include({ ending: 0 });
    expect(await ours(port, 'get', 'huge', '-o', workshop().path('here/huge'))).to.include({ ending: 0 });
    for (const place of ['served', 'here']) {
      expect(workshop().read(`${place}/huge`).equals(HUGE), place).to.equal(true);
    }
  });
});
