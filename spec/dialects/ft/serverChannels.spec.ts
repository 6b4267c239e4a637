import { expect } from 'chai';
import { memoryStorage } from '../../../lib/storage/memory';
import { SERVER, withBench, type Bench } from '../../support/ftBench';
import type { Talker } from '../../support/talker';

const files = { 'a.txt': 'aaaa', 'b.txt': 'bb' };
const TOKEN = '00112233445566778899aabbccddeeff';
const SECRET = Buffer.from(TOKEN, 'hex');

/** A passive request: P, and the port that its 150 names. */
async function passive(bench: Bench, request: string): Promise<{ p: Talker; port: number; begun: string }> {
  const p = await bench.dial();
  await p.send(`${request} 0\n`);
  const begun = await p.line();
  expect(begun).to.match(/^150 /);
  return { p, port: Number(/port=(\d+);/.exec(begun)?.[1]), begun };
}

async function refuses(bench: Bench, port: number): Promise<void> {
  let refused = false;
  await bench.dialData(port).catch(() => (refused = true));
  expect(refused, `port ${port} is closed`).to.equal(true);
}

describe('the native server: active data connections', () => {
  it(
    'dials the address P comes from, from the address P came to',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      const elsewhere = await bench.door({ at: '10.0.0.9', port: door.port });
      await p.send(`-g a.txt ${door.port}\n`);
      const q = await door.next();
      await q.whole();
      expect(q.conn.remote.address).to.equal(SERVER);
      expect(elsewhere.conns).to.have.length(0);
    }),
  );

  it(
    'a client that came to 127.0.1.1 is dialled from there',
    withBench({ files }, async (bench) => {
      const p = await bench.dial('127.0.0.1', { host: '127.0.1.1' });
      const door = await bench.door({ at: '127.0.0.1' });
      await p.send(`-g a.txt ${door.port}\n`);
      const q = await door.next();
      expect(q.conn.remote.address).to.equal('127.0.1.1');
      await q.whole();
    }),
  );

  it(
    'keeps trying while it is refused: a client may listen late',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-g a.txt 5001\n');
      expect(await p.line()).to.match(/^150 /);
      await bench.clock.advance(7_000);
      const door = await bench.door({ port: 5001 });
      await bench.clock.advance(900);
      expect((await (await door.next()).whole()).toString()).to.equal('aaaa');
      expect(await p.line()).to.match(/^226 /);
    }),
  );

  it(
    'never dials a port it listens on itself, and says no more than that it cannot',
    withBench({ files }, async (bench) => {
      const p = await bench.dial(SERVER);
      await p.send(`-g a.txt ${bench.port}\n`);
      expect((await p.lines(2))[1]).to.equal('425 Cannot open the data connection');
      expect(bench.sessions).to.have.length(1);
    }),
  );

  it(
    '--no-active: 425, and a passive request is served',
    withBench({ files, active: false }, async (bench) => {
      const { p, port } = await passive(bench, '-g a.txt');
      const door = await bench.door();
      expect((await (await bench.dialData(port)).whole()).toString()).to.equal('aaaa');
      expect(await p.line()).to.match(/^226 /);
      await p.send(`-g a.txt ${door.port}\n`);
      expect(await p.line()).to.match(/^425 /);
      expect(door.conns).to.have.length(0);
      await p.send('-f\n-q\n');
      await p.whole();
      expect(p.unread).to.not.include('ACTIVE');
    }),
  );

  it(
    'a token goes out first, raw',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-g --token=${TOKEN} a.txt ${door.port}\n`);
      const bytes = await (await door.next()).whole();
      expect(bytes.equals(Buffer.concat([SECRET, Buffer.from('aaaa')]))).to.equal(true);
      // Count and digest are of the file alone.
      expect((await p.lines(2))[1]).to.match(/^226 length=4;/);
    }),
  );

  it(
    'a late dial cannot land on the next transfer of a reused port',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-g a.txt 5001\n');
      expect(await p.line()).to.match(/^150 /);
      await bench.clock.advance(8_000);
      expect(await p.line()).to.match(/^425 /);
      const door = await bench.door({ port: 5001 });
      await p.send('-g b.txt 5001\n');
      expect((await (await door.next()).whole()).toString()).to.equal('bb');
      await bench.clock.advance(10_000);
      expect(door.conns).to.have.length(1);
    }),
  );
});

describe('the native server: passive data connections', () => {
  it(
    'a get: the 150 names the port, which is closed once it is used',
    withBench({ files }, async (bench) => {
      const { p, port, begun } = await passive(bench, '-g a.txt');
      expect(begun).to.match(/;port=\d+; a\.txt$/);
      const q = await bench.dialData(port);
      expect((await q.whole()).toString()).to.equal('aaaa');
      expect(await p.line()).to.match(/^226 length=4;/);
      await refuses(bench, port);
    }),
  );

  it(
    'a list and a put',
    withBench({ files, writable: true }, async (bench) => {
      const l = await passive(bench, '-l');
      expect((await (await bench.dialData(l.port)).whole()).toString()).to.equal('.\n..\na.txt\nb.txt\n');
      const put = await passive(bench, '-p new.txt');
      const q = await bench.dialData(put.port);
      await q.end('hello');
      expect(await put.p.line()).to.match(/^226 /);
      expect(bench.storage.bytes('new.txt')?.toString()).to.equal('hello');
    }),
  );

  it(
    'two requests leave no listener behind',
    withBench({ files }, async (bench) => {
      const { p, port } = await passive(bench, '-g a.txt');
      await p.send('-g b.txt 0\n');
      const held = bench.network.open;
      expect((await (await bench.dialData(port)).whole()).toString()).to.equal('aaaa');
      const [done, begun = ''] = await p.lines(2);
      expect(done).to.match(/^226 /);
      const next = Number(/port=(\d+);/.exec(begun)?.[1]);
      expect(next).to.not.equal(port);
      expect((await (await bench.dialData(next)).whole()).toString()).to.equal('bb');
      expect(await p.line()).to.match(/^226 /);
      await p.quiet();
      expect(bench.network.open).to.equal(held - 1);
    }),
  );

  it(
    'a stranger is sent away without using up the one accept',
    withBench({ files }, async (bench) => {
      const { p, port } = await passive(bench, '-g a.txt');
      const thief = await bench.dialData(port, '10.0.0.66');
      expect(await thief.over()).to.not.equal('open');
      expect(thief.received.length).to.equal(0);
      expect((await (await bench.dialData(port)).whole()).toString()).to.equal('aaaa');
      expect(await p.line()).to.match(/^226 /);
    }),
  );

  it(
    'with a token who does not show it gets nothing; who does is served',
    withBench({ files }, async (bench) => {
      const { p, port } = await passive(bench, `-g --token=${TOKEN} a.txt`);
      const wrong = await bench.dialData(port);
      await wrong.send(Buffer.alloc(16, 1));
      await wrong.over();
      const mute = await bench.dialData(port);
      const short = await bench.dialData(port);
      await short.end(SECRET.subarray(0, 15));
      await short.over();
      const right = await bench.dialData(port);
      for (const byte of SECRET) await right.send(Buffer.of(byte));
      expect((await right.whole()).toString()).to.equal('aaaa');
      await mute.over();
      for (const thief of [wrong, mute, short]) expect(thief.received.length).to.equal(0);
      expect(await p.line()).to.match(/^226 /);
    }),
  );

  it(
    'eight candidates at most: 425',
    withBench({ files }, async (bench) => {
      const { p, port } = await passive(bench, `-g --token=${TOKEN} a.txt`);
      for (let i = 0; i < 8; i += 1) {
        const wrong = await bench.dialData(port);
        await wrong.send(Buffer.alloc(16, i));
        await wrong.over();
      }
      expect(await p.line()).to.match(/^425 /);
      await refuses(bench, port);
    }),
  );

  it(
    'one candidate has five seconds',
    withBench({ files }, async (bench) => {
      const { port } = await passive(bench, `-g --token=${TOKEN} a.txt`);
      const mute = await bench.dialData(port);
      await bench.clock.advance(4_999);
      expect(mute.state).to.equal('open');
      await bench.clock.advance(1);
      await mute.over();
    }),
  );

  it(
    'what follows a token in the same piece belongs to the put',
    withBench({ files, writable: true }, async (bench) => {
      const { p, port } = await passive(bench, `-p --token=${TOKEN} new.txt`);
      const q = await bench.dialData(port);
      await q.end(Buffer.concat([SECRET, Buffer.from('hello')]));
      expect(await p.line()).to.match(/^226 length=5;/);
      expect(bench.storage.bytes('new.txt')?.toString()).to.equal('hello');
    }),
  );

  it(
    'ports come from --data-ports, and 425 when all are taken',
    withBench({ files, dataPorts: [6000, 6001] }, async (bench) => {
      const first = await passive(bench, '-g a.txt');
      const second = await passive(bench, '-g a.txt');
      expect([first.port, second.port].sort()).to.deep.equal([6000, 6001]);
      const p = await bench.dial();
      await p.send('-g a.txt 0\n');
      expect(await p.line()).to.match(/^425 /);
      await (await bench.dialData(first.port)).whole();
      await p.quiet();
      await p.send('-g a.txt 0\n');
      expect(await p.line()).to.match(new RegExp(`^150 .*port=${first.port};`));
    }),
  );

  it(
    'a client that goes away takes its listener along',
    withBench({ files }, async (bench) => {
      const { p, port } = await passive(bench, '-g a.txt');
      p.conn.reset();
      await p.quiet();
      await refuses(bench, port);
    }),
  );

  it(
    'a client of this very machine may come from any of its addresses',
    withBench({ files }, async (bench) => {
      const p = await bench.dial('127.0.0.1', { host: '127.0.0.1' });
      await p.send('-g a.txt 0\n');
      const port = Number(/port=(\d+);/.exec(await p.line())?.[1]);
      const q = await bench.network.dial(
        { host: '127.0.0.1', port, localAddress: '127.0.0.9' },
        new AbortController().signal,
      );
      expect(Buffer.concat((await q.read()) ?? []).toString()).to.equal('aaaa');
      await q.end();
      await q.read().catch(() => undefined);
      q.destroy();
    }),
  );

  it('a request that is aborted before its 150 leaves no listener', async () => {
    const storage = memoryStorage(files);
    const read = storage.read.bind(storage);
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    storage.read = (path) => gate.then(() => read(path));
    await withBench({ storage }, async (bench) => {
      const p = await bench.dial();
      await p.send('-g a.txt 0\n');
      await p.quiet();
      const before = bench.network.open;
      await p.send('-x\n');
      await p.quiet();
      go();
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['426', '226']);
      expect(bench.network.open).to.equal(before);
    })();
  });
});
