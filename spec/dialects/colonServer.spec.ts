import { expect } from 'chai';
import { shrinking, withServer } from '../support/errandBench';
import { CLIENT } from '../support/ftBench';
import { pattern } from '../support/storageHelpers';

const NOT_FOUND = 'File not found.';
const BIG = pattern(3_000_000);

describe('colon: a bare client', () => {
  it(
    'gets without ever ending its side, whatever it says behind its choice',
    withServer('colon', { files: { a: 'the file' } }, async (bench) => {
      const p = await bench.dial();
      await p.send('a:GET');
      await p.send('\nb:GET');
      await p.send(BIG.subarray(0, 200_000));
      expect(await p.over()).to.equal('ended');
      expect(p.unread).to.equal('the file');
      await bench.clock.advance(10_000);
      expect(bench.told).to.deep.equal(['get requested', 'get started', 'get done']);
      expect(bench.events.at(-1)).to.include({ dialect: 'colon', path: 'a', unverified: true });
    }),
  );

  it(
    'is told that a file is not found, whatever the reason: other words would be its file',
    withServer('colon', { files: { 'dir/x': 'x' } }, async (bench) => {
      for (const name of ['nothing', 'dir', 'dir/x/y', '..', '.']) {
        const p = await bench.dial();
        await p.send(`${name}:GET`);
        expect((await p.whole()).toString(), name).to.equal(NOT_FOUND);
      }
    }),
  );

  it(
    'has its put published at its FIN, with whatever came along with the header',
    withServer('colon', {}, async (bench) => {
      const p = await bench.dial();
      await p.send('new : sendfirst ');
      await p.send('second');
      await p.quiet();
      expect(bench.storage.bytes('new')).to.equal(undefined);
      await p.end();
      expect((await p.whole()).length).to.equal(0);
      expect(bench.storage.bytes('new')?.toString()).to.equal('first second');
    }),
  );

  it(
    'publishes nothing by sending the error text, and everything by sending any more or less',
    withServer('colon', {}, async (bench) => {
      for (const [at, body] of [
        NOT_FOUND,
        `${NOT_FOUND}\n`,
        NOT_FOUND.slice(0, -1),
        NOT_FOUND.toUpperCase(),
        '',
      ].entries()) {
        const p = await bench.dial();
        await p.send(`${at}:PUT`);
        for (const byte of body) await p.send(byte);
        await p.end();
        expect(await p.over(), body).to.equal(at === 0 ? 'lost' : 'ended');
        expect(p.received.length).to.equal(0);
        expect(bench.storage.bytes(`${at}`)?.toString()).to.equal(at === 0 ? undefined : body);
      }
      expect(bench.events.filter(({ phase }) => phase === 'failed').map(({ error }) => error?.message)).to.deep.equal([
        'the client sent its error text: it has no such file',
      ]);
    }),
  );

  it(
    'may read the words that refuse its put when it has sent all: nothing destroys them',
    withServer('colon', { files: { a: 'theirs' } }, async (bench) => {
      const p = await bench.dial(undefined, { reads: false });
      await p.send('a:PUT');
      await p.send(BIG);
      await p.end();
      p.listen();
      expect((await p.whole()).toString()).to.equal('File exists already.');
      expect(bench.storage.bytes('a')?.toString()).to.equal('theirs');
      expect(bench.told).to.deep.equal(['put requested', 'put failed exists']);
    }),
  );

  it(
    'that is refused and sends on and on is reset after 10 s',
    withServer('colon', { port: { writable: false } }, async (bench) => {
      const p = await bench.dial(undefined, { reads: false });
      await p.send('a:PUT');
      for (let second = 0; second < 9; second += 1) {
        await p.send('more');
        await bench.clock.advance(1000);
      }
      await bench.clock.advance(1000);
      let failed = false;
      for (let i = 0; i < 3 && !failed; i += 1) {
        await p.send('more').catch(() => (failed = true));
        await bench.clock.advance(1);
      }
      expect(failed).to.equal(true);
      expect(bench.told).to.deep.equal(['put requested', 'put failed denied']);
    }),
  );

  it(
    'is reset when the file becomes shorter under its get',
    withServer('colon', { storage: shrinking(BIG) }, async (bench) => {
      const p = await bench.dial();
      await p.send('big:GET');
      expect(await p.over()).to.equal('lost');
      expect(p.received.subarray(0, 1000).equals(BIG.subarray(0, 1000))).to.equal(true);
      expect(bench.told.at(-1)).to.equal('get failed changed');
    }),
  );

  it(
    'loses a put when the name is taken meanwhile, or it resets, or stalls',
    withServer('colon', {}, async (bench) => {
      const [late, resets, stalls] = [await bench.dial(), await bench.dial(), await bench.dial()];
      for (const [at, p] of [late, resets, stalls].entries()) await p.send(`${at}:PUTmine`);
      await late.quiet();
      bench.storage.put('0', 'theirs');
      await late.end();
      resets.conn.reset();
      expect(await late.over()).to.equal('lost');
      await bench.clock.advance(120_000);
      expect(await stalls.over()).to.equal('lost');
      expect(bench.storage.bytes('0')?.toString()).to.equal('theirs');
      for (const name of ['1', '2']) expect(bench.storage.bytes(name)).to.equal(undefined);
    }),
  );

  it(
    'announces who comes: it is told to the owner, and nobody waits for anybody, announced or not',
    withServer('colon', { files: { a: 'the file' } }, async (bench) => {
      const notes: string[] = [];
      const whose: unknown[] = [];
      bench.server.on('note', (note, about) => {
        notes.push(note);
        whose.push(about);
      });
      const first = await bench.dial();
      await first.send('3:CLIENTSslow:PUThalf');
      await first.quiet();
      expect(notes).to.deep.equal(['3 clients expected.']);
      // Its client's: a flood of them is bounded as of any address.
      expect(whose).to.deep.equal([{ outcome: 'ok', address: CLIENT, session: 1 }]);
      for (let nth = 0; nth < 5; nth += 1) {
        const p = await bench.dial();
        await p.send('a:GET');
        expect((await p.whole()).toString()).to.equal('the file');
      }
      await first.end();
      await first.whole();
      expect(bench.storage.bytes('slow')?.toString()).to.equal('half');
      const alone = await bench.dial();
      await alone.send('1:CLIENTSa:GET');
      expect((await alone.whole()).toString()).to.equal('the file');
      expect(notes).to.deep.equal(['3 clients expected.', '1 client expected.']);
    }),
  );

  it(
    'is told when it is not understood, and reset where FIN could be a file: idle, one too many, at the end',
    withServer('colon', { maxSessions: 2, maxSessionsPerAddress: 2 }, async (bench) => {
      const [half, idle] = [await bench.dial(), await bench.dial()];
      await half.send('notes.txt:');
      const tooMany = await bench.dial();
      expect(await tooMany.over()).to.equal('lost');
      await bench.clock.advance(60_000);
      for (const p of [half, idle]) expect(await p.over()).to.equal('lost');
      for (const bytes of ['x'.repeat(4096), ':GET', '0:CLIENTSa:GET']) {
        const p = await bench.dial();
        await p.send(bytes);
        expect((await p.whole()).toString()).to.match(/^Request not understood: NAME:PUT, /);
      }
      const last = await bench.dial();
      await last.quiet();
      await bench.server.close(0);
      expect(await last.over()).to.equal('lost');
      for (const p of [half, idle, tooMany, last]) expect(p.received.length).to.equal(0);
    }),
  );
});
