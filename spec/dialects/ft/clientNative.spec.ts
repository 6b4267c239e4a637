import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { Basin, CLIENT, SERVER, watch, withPlay, type Play, type Watched } from '../../support/ftPlay';
import type { Talker } from '../../support/talker';

const HELLO = '3610a686';
const BEGUN = '150 type=file;size=5;version=v1; a.txt';
const DONE = `226 length=5;crc32=${HELLO}; Transfer complete.`;

interface Getting<T> {
  readonly basin: Basin;
  readonly got: Watched<T>;
  readonly q: Talker;
  readonly line: string;
}

/** A get that has its 150 and its data connection. */
async function begin(play: Play, begun = BEGUN) {
  const basin = new Basin();
  const got = watch(play.client.get('a.txt', basin));
  const { line, port } = await play.request();
  await play.say(begun);
  const q = await play.dial(port);
  await play.p.quiet();
  return { basin, got, q, line } satisfies Getting<unknown>;
}

describe('the native client: a get', () => {
  it(
    'listens, asks in one line, and is done when Q has ended and the 226 agrees',
    withPlay({}, async (play) => {
      const { basin, got, q, line } = await begin(play);
      expect(line).to.match(/^-g a\.txt \d+$/);
      await q.end('hello');
      await q.over();
      expect(got.isOver).to.equal(false);
      await play.say(DONE);
      expect(await got.value()).to.include({ size: 5, length: 5, crc32: HELLO, verified: true, skipped: false });
      expect(basin.bytes.toString()).to.equal('hello');
      expect(basin.writableFinished).to.equal(true);
      await play.onlyP();
    }),
  );

  it(
    'the 226 may come before Q has ended, even before its bytes',
    withPlay({}, async (play) => {
      const { basin, got, q } = await begin(play);
      await play.say(DONE);
      await q.send('hel');
      await play.p.quiet();
      expect(got.isOver).to.equal(false);
      await q.end('lo');
      expect((await got.value()).verified).to.equal(true);
      expect(basin.bytes.toString()).to.equal('hello');
    }),
  );

  it(
    'all of it may come at once: Q first, the 150 and the 226 behind',
    withPlay({}, async (play) => {
      const basin = new Basin();
      const got = watch(play.client.get('a.txt', basin));
      const { port } = await play.request();
      const q = await play.dial(port);
      await q.end('hello');
      await q.over();
      await play.say(BEGUN, DONE);
      expect((await got.value()).verified).to.equal(true);
    }),
  );

  it(
    'tells where the data connection comes from, and how far it is',
    withPlay({}, async (play) => {
      const remotes: string[] = [];
      const progress: { bytes: number; total?: number }[] = [];
      const got = watch(
        play.client.get('a.txt', new Basin(), {
          onData: ({ address }) => remotes.push(address),
          onProgress: (at) => progress.push(at),
        }),
      );
      const { port } = await play.request();
      await play.say(BEGUN);
      const q = await play.dial(port);
      await q.send('hel');
      await play.p.quiet();
      await q.end('lo');
      await play.say(DONE);
      await got.value();
      expect(remotes).to.deep.equal([SERVER]);
      expect(progress.at(-1)).to.deep.equal({ bytes: 5, total: 5 });
      expect(progress.length).to.be.greaterThan(1);
    }),
  );

  it(
    'listens on the data port it is told to',
    withPlay({}, async (play) => {
      const got = watch(play.client.get('a.txt', new Basin(), { dataPort: 8555 }));
      expect((await play.request()).line).to.equal('-g a.txt 8555');
      await play.say('550 FILE NOT FOUND');
      expect((await got.failure('refused')).reply).to.equal(550);
    }),
  );

  it(
    'asks nothing that nobody asked for before the server has said a native word; then it does',
    withPlay({}, async (play) => {
      const first = watch(play.client.get('a.txt', new Basin(), { digest: 'sha256' }));
      // SHA-256 was asked for by the user; a token by nobody.
      expect((await play.request()).line).to.match(/^-g --digest=sha256 a\.txt \d+$/);
      await play.say('550 FILE NOT FOUND');
      await first.failure('refused');
      const second = watch(play.client.get('a.txt', new Basin(), { digest: 'sha256' }));
      const { line, port } = await play.request();
      expect(line).to.match(/^-g (?=.*--digest=sha256 )(?=.*--token=[0-9a-f]{32} ).* a\.txt \d+$/);
      const token = Buffer.from(/--token=([0-9a-f]+)/.exec(line)?.[1] ?? '', 'hex');
      await play.say(BEGUN);
      const q = await play.dial(port);
      await q.send(token);
      await q.end('hello');
      await play.say(DONE.replace('; T', `;sha256=${createHash('sha256').update('hello').digest('hex')}; T`));
      expect(await second.value()).to.include({ verified: true });
    }),
  );

  it(
    'a list: the names as they came, verified',
    withPlay({}, async (play) => {
      const listed = watch(play.client.list());
      const { line, port } = await play.request();
      expect(line).to.match(/^-l \d+$/);
      await play.say('150 type=dir; ');
      await (await play.dial(port)).end('.\n..\na b\r\nlast');
      await play.say('226 length=14;crc32=5b2c8bb4; Transfer complete.');
      const failure = watch(listed.value());
      // The digest above is made up: nothing that does not agree is shown.
      expect((await failure.failure('corrupt')).message).to.match(/digests differ/);
      const again = watch(play.client.list('dir with spaces'));
      const second = await play.request();
      expect(second.line).to.match(/^-l --token=[0-9a-f]{32} dir with spaces \d+$/);
      await play.say('550 FILE NOT FOUND');
      await again.failure('refused');
    }),
  );

  it(
    'requests made at once go one after another',
    withPlay({}, async (play) => {
      const one = watch(play.client.get('a.txt', new Basin()));
      const two = watch(play.client.stat('b.txt'));
      const three = watch(play.client.digest('c.txt', { length: 5 }));
      const { port } = await play.request();
      expect(await play.p.quiet()).to.equal('');
      await play.say(BEGUN);
      await (await play.dial(port)).end('hello');
      await play.say(DONE);
      await one.value();
      expect((await play.request()).line).to.equal('-s b.txt');
      expect(await play.p.quiet()).to.equal('');
      await play.say('213 type=file;size=7;modify=20200102030405;version=x; b.txt');
      expect(await two.value()).to.deep.equal({
        type: 'file',
        size: 7,
        modified: Date.UTC(2020, 0, 2, 3, 4, 5),
        version: 'x',
      });
      expect((await play.request()).line).to.equal('-h --length=5 c.txt');
      await play.say(`213 length=5;crc32=${HELLO}; c.txt`);
      expect(await three.value()).to.deep.equal({ length: 5, crc32: HELLO });
    }),
  );

  it(
    'names that a line cannot hold go out in hexadecimal, and the answer to them is recognised',
    withPlay({}, async (play) => {
      for (const name of ['new\nline', 'esc\x1b', 'c1\u0085', 'bytes\udcff', 'é', ' spaces ', '--odd', '-rf']) {
        const got = watch(play.client.get(name, new Basin()));
        const { line, port } = await play.request();
        const token = Buffer.from(/--token=([0-9a-f]+)/.exec(line)?.[1] ?? '', 'hex');
        // As the real server does: PATH comes back as it was sent.
        const sent = line.replace(/^-g (--hex )?(--token=\S+ )?(-- )?/, '').replace(/ \d+$/, '');
        if (name === 'é' || name === ' spaces ' || name.startsWith('-')) expect(sent).to.equal(name);
        await play.say(`150 type=file;size=5; ${sent}`);
        const q = await play.dial(port);
        await q.send(token);
        await q.end('hello');
        await play.say(DONE);
        expect((await got.value()).verified, name).to.equal(true);
      }
    }),
  );

  it(
    'names that cannot be asked for are refused before anything is sent, and nothing stays open',
    withPlay({}, async (play) => {
      await watch(play.client.get('nul\0', new Basin())).failure('invalid-name');
      await watch(play.client.get('x'.repeat(5000), new Basin())).failure('invalid-name');
      await watch(play.client.get('half\ud800', new Basin())).failure('invalid-name');
      expect(await play.p.quiet()).to.equal('');
      await play.onlyP();
      const stat = watch(play.client.stat('x'));
      await play.request();
      await play.say('550 FILE NOT FOUND');
      await stat.failure('refused');
    }),
  );
});

describe('the native client: passive', () => {
  for (const [begun, done, verified] of [
    ['', '226 Transfer complete.', false],
    ['', `226 length=5;crc32=${HELLO}; Transfer complete.`, true],
    ['type=file;size=5;', '226 Transfer complete.', undefined],
    ['version=v1;', '226 Transfer complete.', undefined],
    ['version=v1;', `226 length=5;crc32=${HELLO}; Transfer complete.`, true],
  ] as const) {
    const what = begun === '' ? 'the port alone' : `the port and ${begun}`;
    const outcome = verified === undefined ? 'a failure' : verified ? 'verified' : 'unverified';
    it(
      `is told ${what}, and then "${done}": ${outcome}`,
      withPlay({ passive: true }, async (play) => {
        const basin = new Basin();
        const got = watch(play.client.get('a.txt', basin, { onNote: (note) => play.notes.push(note) }));
        await play.request();
        const server = await play.listen();
        await play.say(`150 ${begun}port=${server.port}; a.txt`);
        await (await server.next()).end('hello');
        await play.say(done);
        if (verified === undefined) await got.failure('protocol');
        else {
          expect(await got.value()).to.include({ verified, length: 5 });
          expect(basin.bytes.toString()).to.equal('hello');
        }
        const note = 'unverified: the server sends no count and digest';
        expect(play.notes).to.deep.equal(verified === false ? [note] : []);
        await server.close();
      }),
    );
  }

  it(
    'asks with port 0 and a token, dials P’s address at the port of the 150, token first',
    withPlay({ passive: true }, async (play) => {
      const door = await play.listen();
      const basin = new Basin();
      const got = watch(play.client.get('a.txt', basin));
      const { line } = await play.request();
      expect(line).to.match(/^-g --token=[0-9a-f]{32} a\.txt 0$/);
      await play.say(BEGUN.replace('; a', `;port=${door.port}; a`));
      const q = await door.next();
      expect(q.conn.remote.address).to.equal(CLIENT);
      expect((await q.bytes(16)).toString('hex')).to.equal(/--token=([0-9a-f]+)/.exec(line)?.[1]);
      await q.end('hello');
      await play.say(DONE);
      expect((await got.value()).verified).to.equal(true);
      expect(q.received.length).to.equal(16);
      await door.close();
    }),
  );

  it(
    'after a 425 asks again passively, says so once, and stays with it',
    withPlay({}, async (play) => {
      const door = await play.listen();
      const basin = new Basin();
      const got = watch(play.client.get('a.txt', basin, { onNote: (note) => play.notes.push(note) }));
      const { port } = await play.request();
      await play.say(BEGUN, '425 Cannot open the data connection');
      expect((await play.request()).line).to.match(/ a\.txt 0$/);
      // The port of the failed attempt is closed before anything else is asked.
      let refused = false;
      await play.dial(port).catch(() => (refused = true));
      expect(refused).to.equal(true);
      await play.say(BEGUN.replace('; a', `;port=${door.port}; a`));
      await (await door.next()).end('hello');
      await play.say(DONE);
      await got.value();
      expect(play.notes).to.have.length(1);
      expect(play.notes[0]).to.match(/passive/);
      const next = watch(play.client.list());
      expect((await play.request()).line).to.match(/^-l --token=\S+ 0$/);
      await play.say('550 FILE NOT FOUND');
      await next.failure('refused');
      await door.close();
    }),
  );

  it(
    'not when that is not wanted, and not twice',
    withPlay({ passiveFallback: false }, async (play) => {
      const got = watch(play.client.get('a.txt', new Basin()));
      await play.request();
      await play.say('425 No');
      expect((await got.failure('refused')).reply).to.equal(425);
      const passive = watch(play.client.get('a.txt', new Basin(), { passive: true }));
      await play.request();
      await play.say('425 No');
      expect((await passive.failure('refused')).reply).to.equal(425);
      expect(await play.p.quiet()).to.equal('');
    }),
  );

  for (const fact of ['', 'port=0;', 'port=1023;', 'port=70000;', 'port=x;'] as const) {
    it(
      `a 150 with ${fact === '' ? 'no port' : fact} is no place to dial`,
      withPlay({ passive: true }, async (play) => {
        const got = watch(play.client.get('a.txt', new Basin()));
        await play.request();
        await play.say(`150 type=file;size=5;${fact} a.txt`);
        expect((await play.p.line()).startsWith('-x')).to.equal(true);
        await play.say('426 Aborted', '226 Aborted');
        await got.failure('protocol');
        await play.onlyP();
      }),
    );
  }
});
