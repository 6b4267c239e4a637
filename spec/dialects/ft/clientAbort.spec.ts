import { expect } from 'chai';
import { Readable, Writable } from 'node:stream';
import { Basin, watch, withPlay, type Play } from '../../support/ftPlay';
import { settle } from '../../support/fakeClock';

const HELLO = '3610a686';
const BEGUN = '150 type=file;size=5; a.txt';
const DONE = `226 length=5;crc32=${HELLO}; Transfer complete.`;

/** Answers a refused stat first: from then on the server is known to be native. */
async function native(play: Play): Promise<void> {
  const stat = watch(play.client.stat('x'));
  await play.request();
  await play.say('550 FILE NOT FOUND');
  await stat.failure('refused');
}

async function answerAbort(play: Play): Promise<void> {
  expect(await play.p.line()).to.equal('-x');
  await play.say('426 Aborted', '226 Aborted');
}

async function goesOn(play: Play): Promise<void> {
  const stat = watch(play.client.stat('b.txt'));
  expect((await play.request()).line).to.equal('-s b.txt');
  await play.say('213 type=dir; b.txt');
  await stat.value();
}

describe('the client: aborted by its signal', () => {
  it(
    'before it has begun: nothing is sent',
    withPlay({}, async (play) => {
      const got = watch(play.client.get('a.txt', new Basin(), { signal: AbortSignal.abort() }));
      await got.failure('aborted');
      expect(await play.p.quiet()).to.equal('');
      await native(play);
    }),
  );

  it(
    'while it waits behind another request: nothing is sent, the other goes on',
    withPlay({}, async (play) => {
      const other = watch(play.client.stat('x'));
      const abort = new AbortController();
      const got = watch(play.client.get('a.txt', new Basin(), { signal: abort.signal }));
      await play.request();
      abort.abort();
      await settle();
      await play.say('213 type=dir; x');
      await other.value();
      await got.failure('aborted');
      expect(await play.p.quiet()).to.equal('');
      await goesOn(play);
    }),
  );

  it(
    'after the request, of a server that has not said a word: P is given up, nothing stays open',
    withPlay({}, async (play) => {
      const abort = new AbortController();
      const got = watch(play.client.get('a.txt', new Basin(), { signal: abort.signal }));
      await play.request();
      abort.abort();
      await got.failure('aborted');
      await play.onlyP('is gone');
    }),
  );

  for (const stage of ['before the 150', 'after the 150', 'with Q open', 'in the middle of Q', 'after Q'] as const) {
    it(
      `${stage}: -x, its replies are awaited, the connection is good again`,
      withPlay({}, async (play) => {
        await native(play);
        const abort = new AbortController();
        const basin = new Basin();
        const got = watch(play.client.list('', { signal: abort.signal }));
        const { port, line } = await play.request();
        const token = Buffer.from(/--token=([0-9a-f]+)/.exec(line)?.[1] ?? '', 'hex');
        if (stage !== 'before the 150') await play.say('150 type=dir; ');
        const opens = stage === 'with Q open' || stage === 'in the middle of Q' || stage === 'after Q';
        const q = opens ? await play.dial(port) : undefined;
        if (stage === 'in the middle of Q') await q?.send(Buffer.concat([token, Buffer.from('.\n')]));
        else if (stage === 'after Q') await q?.end(Buffer.concat([token, Buffer.from('.\n')]));
        else await q?.send(token);
        await settle();
        abort.abort();
        await answerAbort(play);
        await got.failure('aborted');
        expect(basin.bytes.length).to.equal(0);
        if (stage !== 'after Q' && q !== undefined) expect(await q.over()).to.equal('lost');
        await goesOn(play);
        await play.onlyP();
      }),
    );
  }

  it(
    'a transfer that was done by then stays done',
    withPlay({}, async (play) => {
      const abort = new AbortController();
      const got = watch(play.client.get('a.txt', new Basin(), { signal: abort.signal }));
      const { port } = await play.request();
      await play.say(BEGUN);
      await (await play.dial(port)).end('hello');
      await play.say(DONE);
      await got.value();
      abort.abort();
      await settle();
      await goesOn(play);
    }),
  );
});

describe('the client: streams that give up', () => {
  it(
    'a Writable that is destroyed ends the transfer',
    withPlay({}, async (play) => {
      const basin = new Basin();
      const got = watch(play.client.get('a.txt', basin));
      const { port } = await play.request();
      await play.say('150 type=file;size=500000; a.txt');
      const q = await play.dial(port);
      await q.send('hel');
      await settle();
      basin.destroy();
      await q.send('lo');
      await answerAbort(play);
      await got.failure('aborted');
      await goesOn(play);
    }),
  );

  it(
    'a Writable that fails is io-error',
    withPlay({}, async (play) => {
      const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no room')) });
      broken.on('error', () => undefined);
      const got = watch(play.client.get('a.txt', broken));
      const { port } = await play.request();
      await play.say(BEGUN);
      await (await play.dial(port)).send('hello');
      await answerAbort(play);
      expect((await got.failure('io-error')).message).to.match(/no room/);
      await goesOn(play);
    }),
  );

  it(
    'a Writable that fails at its very end is no success',
    withPlay({}, async (play) => {
      const broken = new Writable({
        write: (_chunk, _encoding, done) => done(),
        final: (done) => done(new Error('cannot flush')),
      });
      broken.on('error', () => undefined);
      const got = watch(play.client.get('a.txt', broken));
      const { port } = await play.request();
      await play.say(BEGUN);
      await (await play.dial(port)).end('hello');
      await play.say(DONE);
      await got.failure('io-error');
    }),
  );

  it(
    'one that is destroyed before the end is no success either',
    withPlay({}, async (play) => {
      const basin = new Basin();
      const got = watch(play.client.get('a.txt', basin));
      const { port } = await play.request();
      await play.say(BEGUN);
      await (await play.dial(port)).end('hello');
      await settle();
      basin.destroy();
      await answerAbort(play);
      await got.failure('aborted');
      await goesOn(play);
    }),
  );

  it(
    'getStream: the bytes, an end only when all was verified',
    withPlay({}, async (play) => {
      const stream = play.client.getStream('a.txt');
      const chunks: Buffer[] = [];
      let ended = false;
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => (ended = true));
      const { port } = await play.request();
      await play.say(BEGUN);
      await (await play.dial(port)).end('hello');
      await settle();
      expect(Buffer.concat(chunks).toString()).to.equal('hello');
      expect(ended).to.equal(false);
      await play.say(DONE);
      await settle();
      expect(ended).to.equal(true);
    }),
  );

  it(
    'getStream: what is not verified is an error, coded',
    withPlay({}, async (play) => {
      const stream = play.client.getStream('a.txt');
      const errors: unknown[] = [];
      stream.on('error', (error) => errors.push(error));
      stream.resume();
      const { port } = await play.request();
      await play.say(BEGUN);
      await (await play.dial(port)).end('hello');
      await play.say('226 length=5;crc32=00000000; Done.');
      await settle();
      expect(errors).to.have.length(1);
      expect(errors[0]).to.include({ code: 'corrupt' });
    }),
  );

  it(
    'getStream: a reader that goes away ends the transfer, even while nothing comes',
    withPlay({}, async (play) => {
      const stream = play.client.getStream('a.txt');
      const { port } = await play.request();
      await play.say('150 type=file;size=500000; a.txt');
      const q = await play.dial(port);
      await q.send('hello');
      await settle();
      stream.destroy();
      await answerAbort(play);
      await goesOn(play);
    }),
  );

  it(
    'getStream: after a 425 it goes on passively',
    withPlay({}, async (play) => {
      const door = await play.listen();
      const stream = play.client.getStream('a.txt');
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      await play.request();
      await play.say(BEGUN, '425 No');
      await play.request();
      await play.say(`150 type=file;size=5;port=${door.port}; a.txt`);
      await (await door.next()).end('hello');
      await play.say(DONE);
      await settle();
      expect(Buffer.concat(chunks).toString()).to.equal('hello');
      expect(stream.readableEnded).to.equal(true);
      await door.close();
    }),
  );
});

describe('the client: closed', () => {
  it(
    'ends P with FIN; what is asked for afterwards is aborted',
    withPlay({}, async (play) => {
      const closed = watch(play.client.close());
      expect(await play.p.over()).to.equal('ended');
      await play.p.end();
      await closed.value();
      await watch(play.client.stat('x')).failure('aborted');
      await watch(play.client.get('x', new Basin())).failure('aborted');
      await watch(play.client.put(Readable.from([]), 'x')).failure('aborted');
    }),
  );

  it(
    'while a request runs: aborted',
    withPlay({}, async (play) => {
      await native(play);
      const got = watch(play.client.get('a.txt', new Basin()));
      await play.request();
      const closed = watch(play.client.close());
      await answerAbort(play);
      await got.failure('aborted');
      await play.p.over();
      await play.p.end();
      await closed.value();
    }),
  );
});
