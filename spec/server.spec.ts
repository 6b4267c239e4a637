import { expect } from 'chai';
import { createServer } from '../lib/server';
import { memoryStorage } from '../lib/storage/memory';
import { fakeClock } from './support/fakeClock';
import { CLIENT, SERVER, withBench } from './support/ftBench';
import { memoryNetwork } from './support/memoryNetwork';
import { rejects } from './support/storageHelpers';
import { Talker } from './support/talker';

const files = { 'a.txt': 'aaaa', 'dir/b.txt': 'bb' };

describe('createServer: events', () => {
  it(
    'tell of each session and of each transfer: what, where from, which data port, how it ended',
    withBench({ files, writable: true }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-g ./dir//b.txt ${door.port}\n-g nothing ${door.port}\n`);
      const q = await door.next();
      await q.whole();
      await p.lines(3);
      const [session] = bench.sessions;
      expect(session?.remote).to.deep.equal(p.conn.local);
      expect(session?.local).to.deep.equal({ address: SERVER, port: bench.port });
      expect(bench.events).to.have.length(5);
      for (const event of bench.events) {
        expect(event.session).to.deep.equal(session);
        expect(event).to.include({ kind: 'get', port: door.port });
      }
      const [requested, started, done, again, failed] = bench.events;
      expect(requested).to.include({ phase: 'requested', path: 'dir/b.txt' });
      expect(started?.data).to.deep.equal({ address: CLIENT, port: door.port });
      expect(done).to.include({ phase: 'done', length: 2 });
      expect(again).to.include({ phase: 'requested', path: 'nothing' });
      expect(failed).to.include({ phase: 'failed' });
      expect(failed?.error?.code).to.equal('not-found');
    }),
  );

  it(
    'a passive request has port 0, the root the empty path',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-l 0\n');
      const port = Number(/port=(\d+);/.exec(await p.line())?.[1]);
      await (await bench.dialData(port)).whole();
      await p.line();
      expect(bench.events[0]).to.include({ kind: 'list', path: '', port: 0 });
      expect(bench.told).to.deep.equal(['list requested', 'list started', 'list done']);
    }),
  );

  for (const listens of [true, false]) {
    it(
      `a listener that throws harms nobody${listens ? ', and is told of' : ''}`,
      withBench({ files }, async (bench) => {
        const errors: Error[] = [];
        bench.server.on('session', () => {
          throw new Error('session listener');
        });
        bench.server.on('transfer', () => {
          throw new Error('transfer listener');
        });
        if (listens) bench.server.on('error', (error) => errors.push(error));
        const p = await bench.dial();
        const door = await bench.door();
        await p.send(`-g a.txt ${door.port}\n`);
        expect((await (await door.next()).whole()).toString()).to.equal('aaaa');
        expect((await p.lines(2))[1]).to.match(/^226 /);
        const words = errors.map(({ message }) => message);
        expect(words).to.deep.equal(listens ? ['session listener', ...Array<string>(3).fill('transfer listener')] : []);
      }),
    );
  }

  it(
    'nor does an error listener that throws',
    withBench({ files }, async (bench) => {
      bench.server.on('session', () => {
        throw new Error('first');
      });
      bench.server.on('error', () => {
        throw new Error('second');
      });
      const p = await bench.dial();
      await p.send('-s a.txt\n');
      expect(await p.line()).to.match(/^213 /);
    }),
  );
});

describe('createServer: options', () => {
  for (const [what, options] of [
    ['no sessions', { maxSessions: 0 }],
    ['half a session', { maxSessions: 1.5 }],
    ['no idle time', { idleTimeout: 0 }],
    ['a stall of NaN', { stallTimeout: NaN }],
    ['data ports upside down', { dataPorts: [6001, 6000] as const }],
    ['a data port of a service', { dataPorts: [80, 90] as const }],
    ['no sessions of one address', { maxSessionsPerAddress: 0 }],
  ] as const) {
    it(`${what}: invalid-argument`, async () => {
      await rejects('invalid-argument', () => createServer(options));
    });
  }

  it('a port that cannot be', async () => {
    const server = createServer({ storage: memoryStorage(), network: memoryNetwork(), clock: fakeClock() });
    await rejects('invalid-argument', () => server.listen(70_000));
    await rejects('invalid-argument', () => server.listen(-1));
    await server.close();
  });

  it('a port that is taken: cannot-listen, and the server can be closed', async () => {
    const network = memoryNetwork();
    const server = createServer({ storage: memoryStorage(), network, clock: fakeClock() });
    const { port } = await server.listen();
    await rejects('cannot-listen', () => server.listen(port));
    await server.close();
    expect(network.open).to.equal(0);
  });

  it('a root that is none: not-found, not-a-directory', async () => {
    const network = memoryNetwork();
    const missing = createServer({ root: '/nowhere/at/all', network, clock: fakeClock() });
    await rejects('not-found', () => missing.listen());
    await missing.close();
    const file = createServer({ root: __filename, network, clock: fakeClock() });
    await rejects('not-a-directory', () => file.listen());
    await file.close();
    expect(network.open).to.equal(0);
  });

  it('serves on several ports, and after a close on none', async () => {
    const network = memoryNetwork();
    const server = createServer({ storage: memoryStorage(), network, clock: fakeClock() });
    const one = await server.listen();
    const two = await server.listen();
    expect(one.port).to.not.equal(two.port);
    const signal = new AbortController().signal;
    for (const { port } of [one, two]) (await network.dial({ host: '127.0.0.1', port }, signal)).destroy();
    await server.close(0);
    for (const { port } of [one, two])
      await rejects('cannot-connect', () => network.dial({ host: '127.0.0.1', port }, signal));
  });

  it('serves again after a close', async () => {
    const network = memoryNetwork();
    const server = createServer({ storage: memoryStorage({ a: 'a' }), network, clock: fakeClock() });
    await server.listen();
    await server.close(0);
    const { port } = await server.listen();
    const p = new Talker(await network.dial({ host: '127.0.0.1', port }, new AbortController().signal));
    await p.send('-s a\n');
    expect(await p.line()).to.match(/^213 /);
    await p.end();
    await p.over();
    await server.close(0);
  });

  it('closing twice, or before it listened, is no error', async () => {
    const server = createServer({ storage: memoryStorage(), network: memoryNetwork(), clock: fakeClock() });
    await server.close();
    await server.close();
  });
});
