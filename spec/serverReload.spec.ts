import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { ReloadOptions } from '../lib';
import { createServer, type Server, type ServerOptions } from '../lib/server';
import { memoryStorage } from '../lib/storage/memory';
import { fakeClock, type FakeClock } from './support/fakeClock';
import { memoryNetwork } from './support/memoryNetwork';
import { rejects } from './support/storageHelpers';
import { Talker } from './support/talker';

const never = new AbortController().signal;

interface Stage {
  readonly server: Server;
  readonly clock: FakeClock;
  dial(port?: number): Promise<Talker>;
  close(): Promise<void>;
}

async function stage(options: ServerOptions): Promise<Stage> {
  const [network, clock] = [memoryNetwork(), fakeClock()];
  const server = createServer({ network, clock, ...options });
  const first = await server.listen();
  return {
    server,
    clock,
    dial: async (port = first.port) => new Talker(await network.dial({ host: '127.0.0.1', port }, never)),
    close: async () => {
      await server.close(0);
      expect(network.open).to.equal(0);
    },
  };
}

/** What `-f` says may be done: the line of a right is there or not. */
async function putReply(talker: Talker): Promise<string> {
  await talker.send('-p --if-exists=fail new 0\n');
  return (await talker.line()).slice(0, 3);
}

describe('server.reload', () => {
  it('gives and takes rights, in sessions that are there already, too', async () => {
    const { server, dial, close } = await stage({ storage: memoryStorage({ a: 'a' }, { writable: true }) });
    const talker = await dial();
    expect(await putReply(talker)).to.equal('553');
    await server.reload({ writable: true });
    await talker.send('-m made\n');
    expect(await talker.line()).to.match(/^226 /);
    await server.reload({ allow: ['list'] });
    await talker.send('-m again\n-g a 0\n');
    expect((await talker.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['553', '553']);
    // What is left out has its default again.
    await server.reload({});
    await talker.send('-s a\n-m again\n');
    expect((await talker.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['213', '553']);
    await talker.end();
    await talker.over();
    await close();
  });

  it('never makes a port writable that was opened not to be', async () => {
    const { server, dial, close } = await stage({ storage: memoryStorage({}, { writable: true }) });
    const { port } = await server.listen(0, { writable: false });
    await server.reload({ writable: true });
    for (const [talker, code] of [
      [await dial(), '226'],
      [await dial(port), '553'],
    ] as const) {
      await talker.send('-m made\n');
      expect((await talker.line()).slice(0, 3)).to.equal(code);
      await talker.end();
      await talker.over();
    }
    await close();
  });

  it('opens a directory for writing that was served for reading alone', async () => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-reload-'));
    const { server, dial, close } = await stage({ root });
    const talker = await dial();
    await server.reload({ writable: true });
    await talker.send('-m made\n');
    expect(await talker.line()).to.match(/^226 /);
    expect(fs.statSync(path.join(root, 'made')).isDirectory()).to.equal(true);
    await talker.end();
    await talker.over();
    await close();
    fs.rmSync(root, { recursive: true });
  });

  it('bounds new sessions by the new numbers, and leaves those that are there', async () => {
    const { server, clock, dial, close } = await stage({ storage: memoryStorage({ a: 'a' }), idleTimeout: 10_000 });
    const [one, two] = [await dial(), await dial()];
    for (const talker of [one, two]) {
      await talker.send('-s a\n');
      expect(await talker.line()).to.match(/^213 /);
    }
    await server.reload({ maxSessions: 2, maxSessionsPerAddress: 2, idleTimeout: 50_000 });
    // Nobody has been idle long enough to make room.
    const three = await dial();
    expect(await three.line()).to.match(/^421 /);
    await three.end();
    await three.over();
    await clock.advance(10_000);
    for (const talker of [one, two]) {
      expect(await talker.line()).to.match(/^421 .*10 s/);
      await talker.end();
      await talker.over();
    }
    const four = await dial();
    await four.send('-s a\n');
    expect(await four.line()).to.match(/^213 /);
    await clock.advance(49_999);
    await four.send('-s a\n');
    expect(await four.line()).to.match(/^213 /);
    await four.end();
    await four.over();
    await close();
  });

  it('answers active requests no more, once told not to', async () => {
    const { server, dial, close } = await stage({ storage: memoryStorage({ a: 'a' }) });
    const talker = await dial();
    await server.reload({ active: false, dataPorts: [45_000, 45_000] });
    await talker.send('-g a 8555\n');
    expect(await talker.line()).to.match(/^425 Active mode is off/);
    await talker.send('-g a 0\n');
    expect(await talker.line()).to.match(/^150 .*port=45000;/);
    talker.conn.reset();
    await close();
  });

  const wrong: readonly (readonly [what: string, options: ReloadOptions])[] = [
    ['no sessions', { writable: true, maxSessions: 0 }],
    ['a right that is none', { writable: true, allow: ['lust' as never] }],
    ['data ports upside down', { writable: true, dataPorts: [6001, 6000] }],
  ];
  for (const [what, options] of wrong) {
    it(`changes nothing by what is wrong: ${what}`, async () => {
      const { server, dial, close } = await stage({ storage: memoryStorage({}, { writable: true }) });
      await rejects('invalid-argument', () => server.reload(options));
      const talker = await dial();
      await talker.send('-m made\n');
      expect(await talker.line()).to.match(/^553 /);
      await talker.end();
      await talker.over();
      await close();
    });
  }
});
