import { expect } from 'chai';
import { Basin, SERVER, watch, withPlay, type Play } from '../../support/ftPlay';
import type { GetOptions } from '../../../lib/transfers';

async function ask(play: Play, options: GetOptions = {}) {
  const basin = new Basin();
  const got = watch(play.client.get('a.txt', basin, { onNote: (note) => play.notes.push(note), ...options }));
  const { port, line } = await play.request();
  expect(line).to.match(/^-g a\.txt \d+$/);
  return { basin, got, port };
}

describe('the client and a homemade server that says nothing', () => {
  it(
    'P ends after Q: done, unverified, and said so',
    withPlay({}, async (play) => {
      const { basin, got, port } = await ask(play);
      await (await play.dial(port)).end('hello');
      await play.p.quiet();
      expect(got.isOver).to.equal(false);
      await play.p.end();
      expect(await got.value()).to.include({ verified: false, length: 5 });
      expect(basin.bytes.toString()).to.equal('hello');
      expect(basin.writableFinished).to.equal(true);
      expect(play.notes).to.deep.equal(['unverified: the server sends no count and digest']);
    }),
  );

  it(
    'P ends before Q: the same',
    withPlay({}, async (play) => {
      const { got, port } = await ask(play);
      const q = await play.dial(port);
      await q.send('hel');
      await play.p.end();
      await play.p.quiet();
      await play.clock.advance(30_000);
      expect(got.isOver).to.equal(false);
      await q.end('lo');
      expect(await got.value()).to.include({ verified: false, length: 5 });
    }),
  );

  it(
    'P ends before Q is even dialled: a connection that is already on its way is taken',
    withPlay({}, async (play) => {
      const { got, port } = await ask(play);
      await play.p.end();
      await play.p.quiet();
      const q = await play.dial(port);
      await q.end('hello');
      expect(await got.value()).to.include({ verified: false, length: 5 });
    }),
  );

  it(
    'P stays open: two seconds after Q, and no sooner',
    withPlay({}, async (play) => {
      const { got, port } = await ask(play);
      await (await play.dial(port)).end('hello');
      await play.clock.advance(1_999);
      expect(got.isOver).to.equal(false);
      await play.clock.advance(1);
      expect(await got.value()).to.include({ verified: false, length: 5 });
    }),
  );

  it(
    'with requireVerified it is a failure',
    withPlay({ requireVerified: true }, async (play) => {
      const { basin, got, port } = await ask(play);
      await (await play.dial(port)).end('hello');
      await play.p.end();
      await got.failure('unverified');
      expect(basin.writableFinished).to.equal(false);
    }),
  );

  it(
    'an empty Q and not a word: incomplete',
    withPlay({}, async (play) => {
      const { got, port } = await ask(play);
      await (await play.dial(port)).end();
      await play.clock.advance(2_000);
      await got.failure('incomplete');
    }),
  );

  it(
    'Q is reset: incomplete',
    withPlay({}, async (play) => {
      const { got, port } = await ask(play);
      const q = await play.dial(port);
      await q.send('hel');
      await play.p.quiet();
      q.conn.reset();
      await play.clock.advance(2_000);
      await got.failure('incomplete');
    }),
  );

  it(
    'a second request on the same connection is asked as plainly, and heard',
    withPlay({}, async (play) => {
      const first = await ask(play);
      await (await play.dial(first.port)).end('hello');
      await play.clock.advance(2_000);
      await first.got.value();
      const second = await ask(play);
      await play.p.send('NO SUCH FILE\n');
      await play.clock.advance(1_000);
      expect((await second.got.failure('refused')).message).to.equal('NO SUCH FILE');
    }),
  );

  it(
    'a server with --plain-replies: silence is success, its coded error comes through at once',
    withPlay({}, async (play) => {
      const first = await ask(play);
      await (await play.dial(first.port)).end('hello');
      await play.clock.advance(2_000);
      await first.got.value();
      const second = await ask(play);
      await play.say('550 FILE NOT FOUND');
      expect((await second.got.failure('refused')).reply).to.equal(550);
    }),
  );

  it(
    'a list works the same way',
    withPlay({}, async (play) => {
      const listed = watch(play.client.list('', { onNote: (note) => play.notes.push(note) }));
      const { port } = await play.request();
      await (await play.dial(port)).end('b\r\na');
      await play.p.end();
      const { entries, verified } = await listed.value();
      expect(entries.map(({ name }) => name)).to.deep.equal(['b', 'a']);
      expect(verified).to.equal(false);
      expect(play.notes).to.have.length(1);
    }),
  );
});

describe('the client and the error text of a homemade server', () => {
  for (const [what, text] of [
    ['with newline', 'FILE NOT FOUND\n'],
    ['without newline', 'FILE NOT FOUND'],
    ['padded with NULs', `FILE NOT FOUND${'\0'.repeat(500)}`],
    ['behind one greeting', '220 Welcome\r\nFILE NOT FOUND'],
  ] as const) {
    it(
      `${what}, then the end of P`,
      withPlay({}, async (play) => {
        const { got } = await ask(play);
        await play.p.end(text);
        await play.clock.advance(60);
        expect((await got.failure('refused')).message).to.equal('FILE NOT FOUND');
      }),
    );

    it(
      `${what}, then a second of quiet`,
      withPlay({}, async (play) => {
        const { got } = await ask(play);
        await play.p.send(text);
        await play.clock.advance(999);
        expect(got.isOver).to.equal(false);
        await play.clock.advance(1);
        const error = await got.failure('refused');
        expect(error.message).to.equal('FILE NOT FOUND');
        expect(error.reply).to.equal(undefined);
        await play.onlyP('is gone');
      }),
    );
  }

  it(
    'then a reset, because it never read all that we sent',
    withPlay({}, async (play) => {
      const { got } = await ask(play);
      await play.p.send('FILE NOT FOUND');
      await play.p.quiet();
      play.p.conn.reset();
      await play.clock.advance(60);
      expect((await got.failure('refused')).message).to.equal('FILE NOT FOUND');
    }),
  );

  it(
    'comes in pieces: the second of quiet counts from the last',
    withPlay({}, async (play) => {
      const { got } = await ask(play);
      for (const piece of ['FILE ', 'NOT ', 'FOUND']) {
        await play.p.send(piece);
        await play.clock.advance(900);
      }
      expect(got.isOver).to.equal(false);
      await play.clock.advance(100);
      expect((await got.failure('refused')).message).to.equal('FILE NOT FOUND');
    }),
  );

  it(
    'with a data connection it was chatter',
    withPlay({}, async (play) => {
      const { basin, got, port } = await ask(play);
      await play.p.send('Sending your file now\n');
      await play.clock.advance(900);
      const q = await play.dial(port);
      await q.send('hel');
      await play.p.send('half way');
      await play.clock.advance(5_000);
      expect(got.isOver).to.equal(false);
      await q.end('lo');
      await play.p.end();
      expect((await got.value()).length).to.equal(5);
      expect(basin.bytes.toString()).to.equal('hello');
    }),
  );

  it(
    'nothing at all, and P ends: connection-lost',
    withPlay({}, async (play) => {
      const { got } = await ask(play);
      await play.p.end();
      await play.clock.advance(60);
      await got.failure('connection-lost');
    }),
  );

  it(
    'an uncoded line of a server that has spoken natively is chatter, never an error',
    withPlay({}, async (play) => {
      const stat = watch(play.client.stat('x'));
      await play.request();
      await play.say('550 FILE NOT FOUND');
      await stat.failure('refused');
      const got = watch(play.client.get('a.txt', new Basin()));
      await play.request();
      await play.p.send('by the way\n');
      await play.clock.advance(5_000);
      expect(got.isOver).to.equal(false);
      await play.say('550 FILE NOT FOUND');
      await got.failure('refused');
    }),
  );
});

describe('the client: what is not a server of ours', () => {
  for (const [what, text, code, words] of [
    ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n', 'not-understood', /SSH/],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>', 'not-understood', /web server/],
    ['an HTML page', '<!DOCTYPE html>\n<html></html>\n', 'not-understood', /web server/],
    ['FTP', '220 ProFTPD Server ready.\r\n500 -G not understood\r\n', 'not-understood', /FTP or mail/],
    ['mail', '220-mx.example\r\n220 ESMTP ready\r\n502 Command not implemented\r\n', 'not-understood', /FTP or mail/],
    ['FTP that wants a login', '220 ready\r\n530 Please login.\r\n', 'not-understood', /FTP or mail/],
  ] as const) {
    it(
      what,
      withPlay({}, async (play) => {
        const { got } = await ask(play);
        await play.p.send(text);
        await play.clock.advance(1_000);
        expect((await got.failure(code)).message).to.match(words);
      }),
    );
  }

  it(
    'rubbish without end: not-understood, and P is closed',
    withPlay({}, async (play) => {
      const { got } = await ask(play);
      await play.p.send(Buffer.alloc(40_000, 0xfe)).catch(() => undefined);
      await play.clock.advance(60);
      await got.failure('not-understood');
      await play.onlyP('is gone');
    }),
  );

  it(
    'a mute one: timeout after fifteen seconds, and no data port stays open',
    withPlay({}, async (play) => {
      const { got, port } = await ask(play);
      await play.clock.advance(14_999);
      expect(got.isOver).to.equal(false);
      await play.clock.advance(1);
      expect((await got.failure('timeout')).message).to.match(/says nothing/);
      let refused = false;
      await play.dial(port).catch(() => (refused = true));
      expect(refused).to.equal(true);
    }),
  );
});

describe('the client: whose data connection it takes', () => {
  it(
    'a stranger’s not, and he does not use up the one accept',
    withPlay({}, async (play) => {
      const { basin, got, port } = await ask(play);
      const thief = await play.dial(port, '10.0.0.66');
      await thief.over();
      const q = await play.dial(port, SERVER);
      await q.end('hello');
      await play.p.end();
      await got.value();
      expect(basin.bytes.toString()).to.equal('hello');
    }),
  );

  for (const dataFrom of ['10.0.0.66', 'any'] as const) {
    it(
      `with dataFrom ${dataFrom} that one’s too`,
      withPlay({ dataFrom }, async (play) => {
        const { got, port } = await ask(play);
        const q = await play.dial(port, '10.0.0.66');
        await q.end('hello');
        await play.p.end();
        expect((await got.value()).length).to.equal(5);
      }),
    );
  }

  it(
    'a server on this machine may dial from any of its addresses',
    withPlay({ host: '127.0.0.1' }, async (play) => {
      const { got, port } = await ask(play);
      const thief = await play.dial(port, '10.0.0.66');
      await thief.over();
      const q = await play.dial(port, '127.0.1.1');
      await q.end('hello');
      await play.p.end();
      expect((await got.value()).length).to.equal(5);
    }),
  );

  it(
    'the server’s own control port on this machine is no data port',
    withPlay({ host: '127.0.0.1' }, async (play) => {
      const got = watch(play.client.get('a.txt', new Basin(), { dataPort: 3555 }));
      await got.failure('cannot-listen');
    }),
  );

  for (const dataPort of [1, 1023, 65536, 1.5, -1]) {
    it(
      `${dataPort} is no data port`,
      withPlay({}, async (play) => {
        const got = watch(play.client.get('a.txt', new Basin(), { dataPort }));
        await got.failure(dataPort === 1 || dataPort === 1023 ? 'invalid-port' : 'invalid-argument');
        expect(await play.p.quiet()).to.equal('');
      }),
    );
  }
});
