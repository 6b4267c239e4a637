import { expect } from 'chai';
import { withBench, type Bench } from '../support/ftBench';
import { pattern } from '../support/storageHelpers';
import type { Talker } from '../support/talker';

const LARGE = pattern(2_000_000);
const files = { 'a.txt': 'aaaa', 'b.txt': 'bb', large: LARGE };

/** A get that is under way and cannot end: its client does not read. */
async function stuck(bench: Bench): Promise<{ p: Talker; q: Talker; port: number }> {
  const p = await bench.dial();
  const door = await bench.door({ reads: false });
  await p.send(`-g large ${door.port}\n`);
  const q = await door.next();
  expect(await p.line()).to.match(/^150 /);
  return { p, q, port: door.port };
}

describe('a session: the order of replies', () => {
  it(
    'answers pipelined requests one after another, in order, one final reply each',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-g a.txt ${door.port}\n-s nothing\n-z\n-g b.txt ${door.port}\n-s b.txt\n`);
      expect((await (await door.next()).whole()).toString()).to.equal('aaaa');
      expect((await (await door.next()).whole()).toString()).to.equal('bb');
      const codes = (await p.lines(7)).map((line) => line.slice(0, 3));
      expect(codes).to.deep.equal(['150', '226', '550', '500', '150', '226', '213']);
      expect(await p.quiet()).to.equal('');
    }),
  );

  it(
    'does not dial for the second request before the first is answered',
    withBench({ files }, async (bench) => {
      const { p, q, port } = await stuck(bench);
      const other = await bench.door();
      await p.send(`-g a.txt ${other.port}\n`);
      expect(await p.quiet()).to.equal('');
      expect(other.conns).to.have.length(0);
      q.listen();
      expect((await q.whole()).equals(LARGE)).to.equal(true);
      expect((await p.line()).slice(0, 3)).to.equal('226');
      expect((await (await other.next()).whole()).toString()).to.equal('aaaa');
      expect(port).to.not.equal(other.port);
    }),
  );

  it(
    'understands requests however they are cut, and two in one piece',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      for (const byte of Buffer.from('-s a.txt\r\n-s b.txt\n')) {
        await p.send(Buffer.of(byte));
        await p.quiet();
      }
      expect((await p.lines(2)).map((line) => line.slice(-5))).to.deep.equal(['a.txt', 'b.txt']);
    }),
  );
});

describe('a session: -x', () => {
  it(
    'ends the running transfer with 426 and a reset of Q, then gets its own 226',
    withBench({ files }, async (bench) => {
      const { p, q } = await stuck(bench);
      await p.send('-x\n');
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['426', '226']);
      q.listen();
      expect(await q.over()).to.equal('lost');
      await p.send('-s a.txt\n');
      expect(await p.line()).to.match(/^213 /);
    }),
  );

  it(
    'gives each queued request its 426 in order, what came after it is served',
    withBench({ files }, async (bench) => {
      const { p } = await stuck(bench);
      await p.send('-s a.txt\n-g b.txt 5001\n-z\n-x\n-s b.txt\n');
      const lines = await p.lines(6);
      expect(lines.map((line) => line.slice(0, 3))).to.deep.equal(['426', '426', '426', '426', '226', '213']);
    }),
  );

  it(
    'calls off a dial that is still on its way, before the 426',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-g a.txt 5001\n');
      expect(await p.line()).to.match(/^150 /);
      await bench.clock.advance(100);
      await p.send('-x\n');
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['426', '226']);
      // The port is free for the next transfer: no late dial may land on it.
      const door = await bench.door({ port: 5001 });
      await bench.clock.advance(10_000);
      expect(door.conns).to.have.length(0);
    }),
  );

  it(
    'calls off a passive listener',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-g a.txt 0\n');
      const port = Number(/port=(\d+);/.exec(await p.line())?.[1]);
      await p.send('-x\n');
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['426', '226']);
      let refused = false;
      await bench.dialData(port).catch(() => (refused = true));
      expect(refused).to.equal(true);
    }),
  );

  it(
    'with nothing to abort is 226 alone',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-x\n-x\n');
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['226', '226']);
      expect(await p.quiet()).to.equal('');
    }),
  );
});

describe('a session: how the client ends it', () => {
  it(
    'FIN lets what runs and what waits finish, then P closes without a word',
    withBench({ files }, async (bench) => {
      const { p, q, port } = await stuck(bench);
      await p.end(`-s a.txt\n-g b.txt ${port}\n-s b.txt`);
      expect(await p.quiet()).to.equal('');
      q.listen();
      expect((await q.whole()).equals(LARGE)).to.equal(true);
      // The next one is held by the same door, which does not read by itself.
      expect((await p.lines(3)).map((line) => line.slice(0, 3))).to.deep.equal(['226', '213', '150']);
      await bench.clock.advance(10_000);
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['226', '213']);
      expect(await p.over()).to.equal('ended');
      expect(p.unread).to.equal('');
    }),
  );

  it(
    '-q does the same with a 221, and what comes behind it is not served',
    withBench({ files }, async (bench) => {
      const { p, q } = await stuck(bench);
      await p.send('-s a.txt\n-q\n-s b.txt\n');
      q.listen();
      await q.whole();
      expect((await p.lines(3)).map((line) => line.slice(0, 3))).to.deep.equal(['226', '213', '221']);
      expect(await p.over()).to.equal('ended');
      expect(p.unread).to.equal('');
    }),
  );

  it(
    'RST aborts what runs: Q is reset and nothing is served any more',
    withBench({ files }, async (bench) => {
      const { p, q } = await stuck(bench);
      const other = await bench.door();
      await p.send(`-g a.txt ${other.port}\n`);
      await p.quiet();
      p.conn.reset();
      q.listen();
      expect(await q.over()).to.equal('lost');
      await bench.clock.advance(1000);
      expect(other.conns).to.have.length(0);
      expect(bench.told).to.deep.equal(['get requested', 'get started', 'get failed connection-lost']);
    }),
  );

  it(
    'RST during a put leaves no part of an unconfirmed one',
    withBench({ files, writable: true }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-p new.txt ${door.port}\n`);
      expect(await p.line()).to.match(/^150 /);
      const q = await door.next();
      await q.send('half');
      await p.quiet();
      p.conn.reset();
      expect(await q.over()).to.equal('lost');
      await p.quiet();
      expect(bench.storage.bytes('new.txt')).to.equal(undefined);
      expect(bench.told.at(-1)).to.equal('put failed connection-lost');
    }),
  );
});

describe('a session: what it will not take', () => {
  it(
    'a line over 4096 bytes: one 500, then 421 and the end, whatever follows',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('x'.repeat(5000));
      expect(await p.line()).to.match(/^500 /);
      expect(await p.line()).to.match(/^421 /);
      expect(await p.over()).to.equal('ended');
      await p.send('-s a.txt\n').catch(() => undefined);
      expect(await p.quiet()).to.equal('');
    }),
  );

  it(
    'exactly 4096 bytes with the newline is a line',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send(`-s ${'x'.repeat(4092)}\n`);
      expect(await p.line()).to.match(/^550 /);
      await p.send('-s a.txt\n');
      expect(await p.line()).to.match(/^213 /);
    }),
  );

  it(
    'ten bad lines in a row, each answered; a good one in between starts the count again',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send(`${'bad\n'.repeat(9)}-s a.txt\n${'bad\n'.repeat(12)}-s a.txt\n`);
      const lines = await p.lines(21);
      expect(lines.map((line) => line.slice(0, 3))).to.deep.equal([
        ...Array<string>(9).fill('500'),
        '213',
        ...Array<string>(10).fill('500'),
        '421',
      ]);
      expect(await p.over()).to.equal('ended');
      expect(p.unread).to.equal('');
    }),
  );

  it(
    'HTTP: a 500 for each line, none of it repeated to it as if it were understood',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('GET / HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n');
      for (const line of await p.lines(3)) expect(line).to.match(/^500 /);
      expect(await p.quiet()).to.equal('');
    }),
  );

  it(
    'binary rubbish: it is refused, and others are served',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send(pattern(100_000, 3)).catch(() => undefined);
      expect(await p.over()).to.equal('ended');
      expect(p.received.toString('latin1')).to.match(/^(5\d\d [^\r\n]*\r\n)*421 [^\r\n]*\r\n$/);
      const other = await bench.dial();
      await other.send('-s a.txt\n');
      expect(await other.line()).to.match(/^213 /);
    }),
  );

  it(
    'more than 64 requests behind the running one: 426, 421 and the end',
    withBench({ files }, async (bench) => {
      const { p, q } = await stuck(bench);
      await p.send('-s a.txt\n'.repeat(64));
      expect(await p.quiet()).to.equal('');
      await p.send('-s a.txt\n');
      expect((await p.lines(2)).map((line) => line.slice(0, 3))).to.deep.equal(['426', '421']);
      expect(await p.over()).to.equal('ended');
      q.listen();
      expect(await q.over()).to.equal('lost');
    }),
  );

  it(
    'blank lines are no requests',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('\n\r\n\n-s a.txt\n\n');
      expect(await p.line()).to.match(/^213 /);
      expect(await p.quiet()).to.equal('');
    }),
  );
});
