import { expect } from 'chai';
import { withBench } from '../support/ftBench';
import { pattern } from '../support/storageHelpers';

const LARGE = pattern(2_000_000);
const files = { 'a.txt': 'aaaa', large: LARGE };

describe('a session: idle', () => {
  it(
    'without a first request is sent away with 421 after a minute',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await bench.clock.advance(59_999);
      expect(p.received.length).to.equal(0);
      await bench.clock.advance(1);
      expect(await p.line()).to.match(/^421 /);
      expect(await p.over()).to.equal('ended');
    }),
  );

  it(
    'after a request has the whole idle time, from its reply on',
    withBench({ files, idleTimeout: 100_000 }, async (bench) => {
      const p = await bench.dial();
      await bench.clock.advance(59_000);
      await p.send('-s a.txt\n');
      expect(await p.line()).to.match(/^213 /);
      await bench.clock.advance(99_999);
      expect(await p.quiet()).to.equal('');
      await bench.clock.advance(1);
      expect(await p.line()).to.match(/^421 /);
    }),
  );

  it(
    'a wrong request counts as one: its sender is awake',
    withBench({ files, idleTimeout: 100_000 }, async (bench) => {
      const p = await bench.dial();
      await p.send('what?\n');
      expect(await p.line()).to.match(/^500 /);
      await bench.clock.advance(99_999);
      expect(await p.quiet()).to.equal('');
    }),
  );

  it(
    'bytes that never become a request keep nobody here',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      for (let second = 0; second < 59; second += 1) {
        await p.send('x');
        await bench.clock.advance(1000);
      }
      await p.send('\n');
      expect(await p.line()).to.match(/^500 /);
      for (let second = 0; second < 300; second += 1) {
        expect(await p.quiet(), `after ${second} s`).to.equal('');
        await p.send(second < 150 ? '\n' : 'y');
        await bench.clock.advance(1000);
      }
      expect(await p.line()).to.match(/^421 /);
      expect(await p.over()).to.equal('ended');
    }),
  );

  it(
    'sleeps while a transfer moves, and wakes when it is over',
    withBench({ files, idleTimeout: 30_000, stallTimeout: 50_000 }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door({ reads: false });
      await p.send(`-g large ${door.port}\n`);
      const q = await door.next();
      expect(await p.line()).to.match(/^150 /);
      for (let i = 0; i < 5; i += 1) {
        await bench.clock.advance(20_000);
        const chunks = await q.conn.read();
        expect(chunks).to.not.equal(null);
      }
      expect(await p.quiet()).to.equal('');
      q.listen();
      await q.whole();
      expect(await p.line()).to.match(/^226 /);
      await bench.clock.advance(29_999);
      expect(await p.quiet()).to.equal('');
      await bench.clock.advance(1);
      expect(await p.line()).to.match(/^421 /);
    }),
  );
});

describe('a session: stalls', () => {
  it(
    'a client that does not read Q is given up: 426, Q reset, others are served meanwhile',
    withBench({ files, stallTimeout: 10_000 }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door({ reads: false });
      await p.send(`-g large ${door.port}\n`);
      const q = await door.next();
      expect(await p.line()).to.match(/^150 /);
      const other = await bench.dial();
      await other.send('-s a.txt\n');
      expect(await other.line()).to.match(/^213 /);
      await bench.clock.advance(20_001);
      expect(await p.line()).to.match(/^426 /);
      q.listen();
      expect(await q.over()).to.equal('lost');
      expect(bench.told.at(-1)).to.equal('get failed data-timeout');
    }),
  );

  it(
    'a put whose client sends nothing is given up, and nothing is published',
    withBench({ files, writable: true, stallTimeout: 10_000 }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-p new ${door.port}\n`);
      expect(await p.line()).to.match(/^150 /);
      const q = await door.next();
      await q.send('half of it');
      await bench.clock.advance(20_001);
      expect(await p.line()).to.match(/^426 /);
      expect(await q.over()).to.equal('lost');
      expect(bench.storage.bytes('new')).to.equal(undefined);
    }),
  );

  it(
    'a client that never reads its replies is dropped',
    withBench({ files, stallTimeout: 10_000, wires: { capacity: 16 } }, async (bench) => {
      const p = await bench.dial(undefined, { reads: false });
      const before = bench.network.open;
      await p.send('-f\n');
      // The reply gets as long as a stalled transfer, then P as long as any closing connection.
      await bench.clock.advance(19_999);
      expect(bench.network.open).to.equal(before);
      await bench.clock.advance(1);
      expect(bench.network.open).to.equal(before - 1);
    }),
  );

  it(
    'a passive listener nobody dials: 425 after fifteen seconds, the port is closed, the session goes on',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-g a.txt 0\n');
      const port = Number(/port=(\d+);/.exec(await p.line())?.[1]);
      await bench.clock.advance(14_999);
      expect(await p.quiet()).to.equal('');
      await bench.clock.advance(1);
      expect(await p.line()).to.match(/^425 /);
      let refused = false;
      await bench.dialData(port).catch(() => (refused = true));
      expect(refused).to.equal(true);
      await p.send('-s a.txt\n');
      expect(await p.line()).to.match(/^213 /);
    }),
  );

  it(
    'a data port that refuses: 425 after eight seconds of trying',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-g a.txt 5001\n');
      expect(await p.line()).to.match(/^150 /);
      await bench.clock.advance(7_999);
      expect(await p.quiet()).to.equal('');
      await bench.clock.advance(1);
      expect(await p.line()).to.match(/^425 /);
      expect(bench.told).to.deep.equal(['get requested', 'get failed no-data-connection']);
    }),
  );

  it(
    'a data port that never answers: the same reply at the same time',
    withBench({ files }, async (bench) => {
      bench.network.silent.add('10.0.0.2');
      const p = await bench.dial();
      await p.send('-g a.txt 5001\n');
      expect(await p.line()).to.match(/^150 /);
      await bench.clock.advance(8_000);
      expect(await p.line()).to.equal('425 Cannot open the data connection');
    }),
  );

  it(
    'a confirmed put that nobody confirms ends after a minute, with 426 and no file',
    withBench({ files, writable: true }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-p --confirm --size=4 new ${door.port}\n`);
      expect(await p.line()).to.match(/^150 /);
      const q = await door.next();
      await q.end('data');
      await bench.clock.advance(59_999);
      expect(await p.quiet()).to.equal('');
      await bench.clock.advance(1);
      expect(await p.line()).to.match(/^426 /);
      expect(bench.storage.bytes('new')).to.equal(undefined);
    }),
  );
});

describe('half lines, as the server takes them', () => {
  it(
    'a list or get without newline is served after one second of silence, not before',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-g a.txt ${door.port}`);
      await bench.clock.advance(999);
      expect(await p.quiet()).to.equal('');
      await bench.clock.advance(1);
      expect((await (await door.next()).whole()).toString()).to.equal('aaaa');
      expect((await p.lines(2))[1]).to.match(/^226 /);
    }),
  );

  it(
    'every byte starts the second again: a port is not cut short',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      const line = `-l ${door.port}`;
      for (const character of line) {
        await p.send(character);
        await bench.clock.advance(900);
      }
      await bench.clock.advance(99);
      expect(door.conns).to.have.length(0);
      await bench.clock.advance(1);
      expect((await (await door.next()).whole()).toString()).to.equal('.\n..\na.txt\nlarge\n');
      expect((await p.lines(2))[1]).to.match(/^226 /);
    }),
  );

  it(
    'a NUL ends it at once, and the padding behind is nothing',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(Buffer.concat([Buffer.from(`-g a.txt ${door.port}`), Buffer.alloc(500)]));
      expect((await (await door.next()).whole()).toString()).to.equal('aaaa');
      expect((await p.lines(2))[1]).to.match(/^226 /);
      await p.send(`-s a.txt\n`);
      expect(await p.line()).to.match(/^213 /);
    }),
  );

  it(
    'FIN makes any last line a request',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.end('-s a.txt');
      expect(await p.line()).to.match(/^213 /);
      expect(await p.over()).to.equal('ended');
    }),
  );

  it(
    'a put is never taken by silence or NUL',
    withBench({ files, writable: true }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-p new ${door.port}`);
      await bench.clock.advance(30_000);
      expect(door.conns).to.have.length(0);
      await p.send('\0');
      await bench.clock.advance(5_000);
      expect(door.conns).to.have.length(0);
      await p.send('\n');
      expect(await p.line()).to.match(/^501 /);
      expect(bench.storage.bytes('new')).to.equal(undefined);
    }),
  );
});
