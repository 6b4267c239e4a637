import { expect } from 'chai';
import { PassThrough, Readable } from 'node:stream';
import type { PutOptions } from '../../../lib/transfers';
import { settle } from '../../support/fakeClock';
import { watch, withPlay, type Play } from '../../support/ftPlay';
import type { Talker } from '../../support/talker';

const HELLO = '3610a686';
const DONE = `226 length=5;crc32=${HELLO}; Transfer complete.`;

function hello(): Readable {
  return Readable.from([Buffer.from('hel'), Buffer.from('lo')]);
}

/** A put that has its 150 and its data connection, token taken. */
async function begin(play: Play, from: Readable, options: PutOptions = {}) {
  const put = watch(play.client.put(from, 'new.txt', { onNote: (note) => play.notes.push(note), ...options }));
  const { line, port } = await play.request();
  await play.say('150 type=file; new.txt');
  const q = await play.dial(port);
  const token = /--token=([0-9a-f]{32}) /.exec(line)?.[1] ?? '';
  await q.send(Buffer.from(token, 'hex'));
  return { put, q, line, port };
}

/** The body, and the `-c` line after it. */
async function confirmation(play: Play, q: Talker): Promise<string> {
  const line = await play.p.line();
  await q.whole();
  return line;
}

async function goesOn(play: Play): Promise<void> {
  const stat = watch(play.client.stat('b.txt'));
  expect((await play.request()).line).to.equal('-s b.txt');
  await play.say('213 type=dir; b.txt');
  await stat.value();
}

async function answerAbort(play: Play): Promise<void> {
  expect(await play.p.line()).to.equal('-x');
  await play.say('426 Aborted', '226 Aborted');
}

describe('the native client: a put', () => {
  it(
    'asks to confirm, with a token; sends after the 150; says count and digest on P',
    withPlay({}, async (play) => {
      const progress: number[] = [];
      const { put, q, line } = await begin(play, hello(), { onProgress: ({ bytes }) => progress.push(bytes) });
      expect(line).to.match(/^-p --confirm --if-exists=fail --token=[0-9a-f]{32} new\.txt \d+$/);
      expect(await confirmation(play, q)).to.equal(`-c 5 ${HELLO}`);
      expect(q.received.toString()).to.equal('hello');
      expect(put.isOver).to.equal(false);
      await play.say(DONE);
      expect(await put.value()).to.deep.equal({
        size: 5,
        length: 5,
        crc32: HELLO,
        verified: true,
        skipped: false,
      });
      expect(progress).to.deep.equal([3, 5]);
      await play.onlyP();
    }),
  );

  it(
    'sends nothing on Q before the 150, even when it is open already',
    withPlay({}, async (play) => {
      const put = watch(play.client.put(hello(), 'new.txt'));
      const { line, port } = await play.request();
      const q = await play.dial(port);
      await q.send(Buffer.from(/--token=([0-9a-f]+)/.exec(line)?.[1] ?? '', 'hex'));
      expect(await q.quiet()).to.equal('');
      await play.say('150 type=file; new.txt');
      expect(await confirmation(play, q)).to.match(/^-c 5 /);
      await play.say(DONE);
      await put.value();
    }),
  );

  it(
    'takes text, whatever its encoding calls a character, and an empty stream',
    withPlay({}, async (play) => {
      const text = await begin(play, Readable.from(['ü', 'é']));
      expect(await confirmation(play, text.q)).to.match(/^-c 4 /);
      await play.say('226 length=4;crc32=ffffffff; Done.');
      await text.put.failure('unverified');
      const none = await begin(play, Readable.from([]));
      expect(await confirmation(play, none.q)).to.equal('-c 0 00000000');
      await play.say('226 length=0;crc32=00000000; Done.');
      expect(await none.put.value()).to.include({ size: 0, verified: true });
    }),
  );

  it(
    'the server must confirm what it stored',
    withPlay({}, async (play) => {
      for (const reply of ['226 Done', `226 length=6;crc32=${HELLO}; Done`, '226 length=5;crc32=00000000; Done']) {
        const { put, q } = await begin(play, hello());
        await confirmation(play, q);
        await play.say(reply);
        await put.failure('unverified');
      }
      await goesOn(play);
    }),
  );

  it(
    'refused at once: nothing is sent, the stream is given back closed',
    withPlay({}, async (play) => {
      const from = hello();
      const put = watch(play.client.put(from, 'new.txt'));
      await play.request();
      await play.say('553 Writing is not allowed here');
      expect((await put.failure('refused')).reply).to.equal(553);
      expect(from.destroyed).to.equal(true);
      await goesOn(play);
    }),
  );

  it(
    'refused without a 150, but with Q open: the refusal is heard',
    withPlay({}, async (play) => {
      const put = watch(play.client.put(hello(), 'new.txt'));
      const { line, port } = await play.request();
      const q = await play.dial(port);
      await q.send(Buffer.from(/--token=([0-9a-f]+)/.exec(line)?.[1] ?? '', 'hex'));
      await settle();
      await play.say('452 No space');
      expect((await put.failure('refused')).reply).to.equal(452);
      expect(await q.over()).to.equal('lost');
      expect(q.received.length).to.equal(0);
      await goesOn(play);
    }),
  );

  it(
    'refused in the middle: it stops sending',
    withPlay({}, async (play) => {
      const from = new PassThrough();
      const { put, q } = await begin(play, from);
      from.write('hel');
      await q.bytes(3);
      await play.say('452 No space');
      expect((await put.failure('refused')).reply).to.equal(452);
      expect(await q.over()).to.equal('lost');
      expect(from.destroyed).to.equal(true);
      // What it did not get to confirm is not confirmed later.
      await goesOn(play);
    }),
  );

  it(
    'the mismatch of count and digest is the server’s to say: refused, 451',
    withPlay({}, async (play) => {
      const { put, q } = await begin(play, hello());
      await confirmation(play, q);
      await play.say('451 length=4;crc32=00000000; is what arrived');
      expect((await put.failure('refused')).reply).to.equal(451);
      await goesOn(play);
    }),
  );

  it(
    'Q reset after all was sent proves nothing: the 226 does',
    withPlay({}, async (play) => {
      const { put, q } = await begin(play, hello());
      expect(await play.p.line()).to.match(/^-c 5 /);
      await q.bytes(5);
      q.conn.reset();
      await settle();
      await play.say(DONE);
      expect((await put.value()).verified).to.equal(true);
      await goesOn(play);
    }),
  );

  it(
    'P ends before the 226: incomplete',
    withPlay({}, async (play) => {
      const { put, q } = await begin(play, hello());
      await confirmation(play, q);
      await play.p.end();
      await put.failure('incomplete');
    }),
  );

  it(
    'a server that holds its end of Q open is waited for ten seconds, then only P counts',
    withPlay({}, async (play) => {
      const { put, q } = await begin(play, hello());
      expect(await play.p.line()).to.match(/^-c 5 /);
      expect(await q.over()).to.equal('ended');
      await play.say(DONE);
      await play.clock.advance(10_000);
      expect((await put.value()).verified).to.equal(true);
    }),
  );

  it(
    'passively: the token goes out first, then the bytes',
    withPlay({ passive: true }, async (play) => {
      const door = await play.listen();
      const put = watch(play.client.put(hello(), 'new.txt'));
      const { line } = await play.request();
      await play.say(`150 type=file;port=${door.port}; new.txt`);
      const q = await door.next();
      expect(await play.p.line()).to.equal(`-c 5 ${HELLO}`);
      await q.whole();
      expect(q.received.subarray(0, 16).toString('hex')).to.equal(/--token=([0-9a-f]+)/.exec(line)?.[1]);
      expect(q.received.subarray(16).toString()).to.equal('hello');
      await play.say(DONE);
      await put.value();
      await door.close();
    }),
  );

  it(
    'after a 425 it is made passively, from the first byte',
    withPlay({}, async (play) => {
      const door = await play.listen();
      const put = watch(play.client.put(hello(), 'new.txt'));
      await play.request();
      await play.say('150 type=file; new.txt', '425 No');
      await play.request();
      await play.say(`150 type=file;port=${door.port}; new.txt`);
      const q = await door.next();
      expect(await play.p.line()).to.equal(`-c 5 ${HELLO}`);
      await q.whole();
      expect(q.received.subarray(16).toString()).to.equal('hello');
      await play.say(DONE);
      await put.value();
      await door.close();
    }),
  );
});

describe('the native client: a put from a stream that fails', () => {
  it(
    'before anybody reads it: io-error, and the process lives',
    withPlay({}, async (play) => {
      const from = new PassThrough();
      const put = watch(play.client.put(from, 'new.txt'));
      await play.request();
      from.destroy(new Error('no such file'));
      await settle();
      await put.failure('io-error');
      await play.onlyP('is gone');
    }),
  );

  it(
    'had failed already: nothing is asked',
    withPlay({}, async (play) => {
      const from = new PassThrough();
      from.on('error', () => undefined);
      from.destroy(new Error('no such file'));
      await settle();
      expect((await watch(play.client.put(from, 'new.txt')).failure('io-error')).message).to.match(/no such file/);
      expect(await play.p.quiet()).to.equal('');
    }),
  );

  for (const [what, fail] of [
    ['with an error', (from: PassThrough) => from.destroy(new Error('gone'))],
    ['by being closed', (from: PassThrough) => from.destroy()],
  ] as const) {
    it(
      `in the middle, ${what}: io-error, -x, no -c`,
      withPlay({}, async (play) => {
        const from = new PassThrough();
        const { put, q } = await begin(play, from);
        from.write('hel');
        await q.bytes(3);
        fail(from);
        await answerAbort(play);
        await put.failure('io-error');
        expect(await q.over()).to.equal('lost');
        await goesOn(play);
      }),
    );
  }

  it(
    'of things that are no bytes: invalid-argument',
    withPlay({}, async (play) => {
      const { put } = await begin(play, Readable.from([{ no: 'bytes' }]));
      await answerAbort(play);
      await put.failure('invalid-argument');
    }),
  );

  it(
    'that never gives anything: an abort ends it all the same',
    withPlay({}, async (play) => {
      const abort = new AbortController();
      const from = new PassThrough();
      const { put, q } = await begin(play, from, { signal: abort.signal });
      await settle();
      abort.abort();
      await answerAbort(play);
      await put.failure('aborted');
      expect(from.destroyed).to.equal(true);
      expect(await q.over()).to.equal('lost');
      await goesOn(play);
    }),
  );

  it(
    'that never gives anything: so does the server’s end',
    withPlay({}, async (play) => {
      const from = new PassThrough();
      const { put, q } = await begin(play, from);
      await settle();
      q.conn.reset();
      await play.p.end();
      await play.clock.advance(120_000);
      await put.failure('timeout');
      expect(from.destroyed).to.equal(true);
    }),
  );
});

describe('the native client: a put where something is there already', () => {
  it(
    'overwrite asks for it',
    withPlay({}, async (play) => {
      const put = watch(play.client.put(hello(), 'new.txt', { onExists: 'overwrite' }));
      expect((await play.request()).line).to.include('--if-exists=overwrite');
      await play.say('553 Not allowed');
      await put.failure('refused');
    }),
  );

  it(
    'skip leaves it alone, once it is sure that it is there',
    withPlay({}, async (play) => {
      const put = watch(
        play.client.put(hello(), 'new.txt', { onExists: 'skip', onNote: (note) => play.notes.push(note) }),
      );
      await play.request();
      await play.say('553 new.txt exists already');
      expect((await play.request()).line).to.equal('-s new.txt');
      await play.say('213 type=file;size=9; new.txt');
      expect(await put.value()).to.include({ skipped: true, verified: false });
      expect(play.notes).to.deep.equal(['new.txt is there already and was left alone']);
    }),
  );

  it(
    'skip is no excuse for a server that takes nothing',
    withPlay({}, async (play) => {
      const put = watch(play.client.put(hello(), 'new.txt', { onExists: 'skip' }));
      await play.request();
      await play.say('553 Writing is not allowed here');
      await play.request();
      await play.say('550 FILE NOT FOUND');
      expect((await put.failure('refused')).message).to.equal('Writing is not allowed here');
    }),
  );
});
