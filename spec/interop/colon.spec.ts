import { expect } from 'chai';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../lib/client';
import { systemClock } from '../../lib/net/clock';
import type { Clock } from '../../lib/net/network';
import { createServer, type Server } from '../../lib/server';
import { eventually } from '../support/eventually';
import { noLeaks } from '../support/leaks';
import { hurriedClient, withPrograms, workshops } from '../support/thirdParty';

const NOT_FOUND = 'File not found.';
const FILES: Readonly<Record<string, Buffer>> = {
  'hello.txt': Buffer.from('hello, world\n'),
  empty: Buffer.alloc(0),
  'two  spaces: ünïcode': Buffer.from('x'),
  nearly: Buffer.from(`${NOT_FOUND}\n`),
  every: Buffer.from(Array.from({ length: 200_003 }, (_, at) => (at * 31) % 256)),
};
const NAMES = Object.keys(FILES);

function fill(root: string): string {
  mkdirSync(root);
  for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(root, name), bytes);
  return root;
}

const program = (name: string): string => join(__dirname, 'originals', `${name}.py`);

withPrograms('colon: a client in Python', ['python3'], () => {
  const workshop = workshops();
  let server: Server | undefined;
  afterEach(() => server?.close(0));
  noLeaks();
  const serving = async (): Promise<string> => {
    server = createServer({ root: fill(workshop().path('served')) });
    return String((await server.listen(0, { dialect: 'colon', host: '127.0.0.1' })).port);
  };
  const client = (port: string, how: string, ...words: string[]) =>
    workshop().start('python3', [program('colon_client'), port, how, ...words]).ended;

  for (const how of ['plain', 'spaces', 'together', 'three', 'half-closes', 'three+spaces+together']) {
    it(`gets and puts: ${how}`, async () => {
      const port = await serving();
      for (const name of NAMES) {
        const { code, stdout, stderr } = await client(port, how, 'get', name);
        expect(code, stderr).to.equal(0);
        expect(stdout.equals(FILES[name] as Buffer), name).to.equal(true);
      }
      for (const [name, bytes] of Object.entries(FILES)) {
        writeFileSync(workshop().path(`new ${name}`), bytes);
        expect(await client(port, how, 'put', `new ${name}`), name).to.include({ code: 0, stderr: '' });
        // It leaves without a word: what it put is there soon after.
        await eventually(name, () => existsSync(workshop().path(`served/new ${name}`)));
        expect(workshop().read(`served/new ${name}`).equals(bytes), name).to.equal(true);
      }
    });
  }

  it('is told in band, and leaves nothing where it has nothing', async () => {
    const { port, stop } = await workshop().ftserver(fill(workshop().path('served')), '--dialect', 'colon');
    expect((await client(port, 'plain', 'get', 'nothing')).stdout.toString()).to.equal(NOT_FOUND);
    await client(port, 'plain', 'put', 'nothing');
    await client(port, 'together', 'put', 'nothing');
    const printed = await stop();
    expect(printed.match(/^Receiving "nothing" failed: .* it has no such file\.$/gm), printed).to.have.length(2);
    expect(readdirSync(workshop().path('served')).sort()).to.deep.equal([...NAMES].sort());
  });

  it('puts a taken name and reads nothing: the file stays, and the server serves on', async () => {
    const port = await serving();
    writeFileSync(workshop().path('hello.txt'), Buffer.alloc(3_000_000));
    await client(port, 'plain', 'put', 'hello.txt');
    expect((await client(port, 'plain', 'get', 'hello.txt')).stdout.toString()).to.equal('hello, world\n');
  });

  it('comes in threes, announced and unannounced at once', async () => {
    const port = await serving();
    const all = await Promise.all(
      Array.from({ length: 9 }, (_, at) => client(port, at % 3 === 0 ? 'three' : 'plain', 'get', 'every')),
    );
    for (const { stdout } of all) expect(stdout.equals(FILES['every'] as Buffer)).to.equal(true);
  });
});

withPrograms('colon: a server in Python', ['python3'], () => {
  const workshop = workshops();
  noLeaks();
  const serving = async (how: string) => {
    mkdirSync(workshop().path('here'));
    const server = workshop().start('python3', [program('colon_server'), how], {
      cwd: fill(workshop().path('served')),
      input: null,
    });
    const [, port = ''] = await server.until(/^(\d+)\n/);
    return { server, port };
  };
  const ours = (port: string, ...words: string[]) => hurriedClient('127.0.0.1', port, ...words, '--dialect', 'colon');

  for (const how of ['plain', 'slow']) {
    it(`gives and takes, of its first packet no more than the header: ${how}`, async () => {
      const { server, port } = await serving(how);
      for (const name of NAMES.filter((each) => how !== 'slow' || each !== 'every')) {
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
      // The pause between header and body, longer than a loaded machine lets a reader wait; see its own spec.
      const clock: Clock = { ...systemClock(), after: (ms, fn) => systemClock().after(ms === 200 ? 2000 : ms, fn) };
      const puts = NAMES.map(async (name) => {
        const client = await connect({ host: '127.0.0.1', port: Number(port), dialect: 'colon', clock });
        await client.put(workshop().path(`served/${name}`), `new ${name}`);
        await client.close();
        expect(
          workshop()
            .read(`served/new ${name}`)
            .equals(FILES[name] as Buffer),
          name,
        ).to.equal(true);
      });
      await Promise.all(puts);
      expect(server.stderr).to.equal('');
    });
  }

  it('has no such file, and nothing appears', async () => {
    const { port } = await serving('slow');
    const got = await ours(port, 'get', 'nothing', '-o', workshop().path('here/x'));
    expect(got).to.include({ ending: 78, stderr: `127.0.0.1:${port} says ${NOT_FOUND}\n` });
    expect(readdirSync(workshop().path('here'))).to.deep.equal([]);
  });
});
