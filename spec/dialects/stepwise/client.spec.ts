import { expect } from 'chai';
import type { ConnectOptions } from '../../../lib/client';
import { Into, withClient, type Errands } from '../../support/errandBench';
import { CLIENT, SERVER } from '../../support/ftBench';
import { watch, type Watched } from '../../support/ftPlay';
import { pattern } from '../../support/storageHelpers';
import { Talker } from '../../support/talker';
import type { TransferResult } from '../../../lib/transfers';

/** The real client's request, and the server's end of it, which says only what the spec says. */
interface Asked {
  readonly errands: Errands;
  readonly p: Talker;
  readonly into: Into;
  readonly got: Watched<TransferResult>;
  /** Hears a field, which must be this one. */
  field(text: string): Promise<void>;
  /** Dials where the client said that it listens. */
  dial(from?: string): Promise<Talker>;
  port: number;
}

function asking(
  options: Partial<ConnectOptions>,
  spec: (asked: Asked) => Promise<void>,
  name = 'a.txt',
): () => Promise<void> {
  return withClient('stepwise', options, async (errands) => {
    const into = new Into();
    const got = watch(errands.client.get(name, into));
    const p = await errands.caller();
    let heard = 0;
    const asked: Asked = {
      errands,
      p,
      into,
      got,
      port: 0,
      field: async (text) => {
        const bytes = await p.bytes(heard + Buffer.byteLength(text));
        expect(await p.quiet().then(() => bytes.subarray(heard).toString())).to.equal(text);
        heard = bytes.length;
      },
      dial: async (from = SERVER) => {
        const network = from === SERVER ? errands.network : errands.network.machine(from);
        const q = new Talker(await network.dial({ host: CLIENT, port: asked.port }, new AbortController().signal));
        // Closed with the other callers at the end of the spec.
        errands.callers.push(q);
        return q;
      },
    };
    await spec(asked);
  });
}

/** All fields, each answered, and the last with `ok`. */
async function served(asked: Asked, ok = 'OK', name = 'a.txt'): Promise<void> {
  const { p } = asked;
  await asked.field('-g');
  await p.send('OK');
  const digits = (await p.bytes(7)).subarray(2).toString();
  asked.port = Number(digits);
  await asked.field(digits);
  await p.send('OK');
  await asked.field(CLIENT);
  await p.send('OK');
  await asked.field(name);
  await p.send(ok);
}

/** Sends all of Q, and ends P as the original does. */
async function deliver(asked: Asked, body: Uint8Array | string): Promise<void> {
  const q = await asked.dial();
  await q.end(body);
  await q.whole();
  await asked.p.whole();
}

describe('stepwise: the client', () => {
  it(
    'says each field alone, and the next one only after OK',
    asking({}, async (asked) => {
      await served(asked);
      await deliver(asked, 'hello');
      expect(await asked.got.value()).to.include({ length: 5, verified: false });
      expect(asked.into.utf8).to.equal('hello');
    }),
  );

  it(
    'listens before it says a word: a server may dial as soon as it knows where',
    asking({}, async (asked) => {
      const { p } = asked;
      await asked.field('-g');
      await p.send('OK');
      asked.port = Number((await p.bytes(7)).subarray(2).toString());
      const q = await asked.dial();
      await q.end('early');
      await p.send('OK');
      await p.bytes(7 + CLIENT.length);
      await p.send('OK');
      await p.bytes(7 + CLIENT.length + 5);
      await p.send('OK');
      await p.whole();
      await q.whole();
      expect(await asked.got.value()).to.include({ length: 5 });
    }),
  );

  it(
    'hears an OK in two pieces, and with the rest of a buffer behind it',
    asking({}, async (asked) => {
      const { p } = asked;
      await asked.field('-g');
      await p.send('O');
      await asked.errands.clock.advance(5000);
      await p.send('K');
      asked.port = Number((await p.bytes(7)).subarray(2).toString());
      await p.send('OK\0\0\0\0');
      await p.bytes(7 + CLIENT.length);
      await p.send('\0\0OK\r\n');
      await p.bytes(7 + CLIENT.length + 5);
      await p.send('OK\0');
      await deliver(asked, 'hello');
      expect(await asked.got.value()).to.include({ length: 5 });
    }),
  );

  it(
    'takes one OK too many for what it is: the server took a field apart',
    asking({}, async (asked) => {
      await asked.field('-g');
      await asked.p.send('OKOK');
      const { message } = await asked.got.failure('protocol');
      expect(message).to.match(/took a field apart/);
      expect(asked.p.received.toString()).to.equal('-g');
    }),
  );

  for (const [what, text, said] of [
    ['a sentence', 'Not today.\n', 'Not today.'],
    ['two lines', 'No.\r\nGo away.\r\n', 'No. / Go away.'],
    ['a padded sentence', 'Not today.\0\0\0\0', 'Not today.'],
    ['what moves a cursor', '\u001b[2Jboo', '\\x1b[2Jboo'],
    ['half an OK', 'O', 'O'],
  ] as const) {
    for (const ends of [true, false]) {
      if (what === 'half an OK' && !ends) continue;
      it(
        `is refused in words: ${what}, and P ${ends ? 'ends' : 'stays open'}`,
        asking({}, async (asked) => {
          await asked.field('-g');
          await asked.p.send(text);
          if (ends) await asked.p.end();
          else await asked.errands.clock.advance(1000);
          expect((await asked.got.failure('refused')).message).to.equal(said);
        }),
      );
    }
  }

  it(
    'is refused in words after the last OK, too, while no data connection comes',
    asking({}, async (asked) => {
      await served(asked, 'OKCannot open the data connection.\n');
      await asked.p.end();
      await asked.errands.clock.advance(50);
      expect((await asked.got.failure('refused')).message).to.equal('Cannot open the data connection.');
    }),
  );

  it(
    'takes words on P for chatter where a data connection comes',
    asking({}, async (asked) => {
      await served(asked, 'OK');
      await asked.p.send('sending it now');
      await asked.errands.clock.advance(999);
      await deliver(asked, 'hello');
      expect(await asked.got.value()).to.include({ length: 5 });
    }),
  );

  for (const oks of [0, 1, 2, 3]) {
    it(
      `P ends after ${oks} OKs: connection-lost`,
      asking({}, async (asked) => {
        const { p } = asked;
        for (let i = 0, length = 2; i < oks; i += 1) {
          await p.bytes(length);
          await p.quiet();
          await p.send('OK');
          length = p.received.length + 1;
        }
        await p.quiet();
        await p.end();
        await asked.errands.clock.advance(50);
        await asked.got.failure('connection-lost');
      }),
    );
  }

  it(
    'P ends after the last OK, and a data connection is there in that moment: it is taken',
    asking({}, async (asked) => {
      await served(asked);
      await asked.p.end();
      await asked.p.quiet();
      const q = await asked.dial();
      await q.end('hello');
      await q.whole();
      expect(await asked.got.value()).to.include({ length: 5 });
    }),
  );

  it(
    'P ends, and nobody dials: connection-lost',
    asking({}, async (asked) => {
      await served(asked);
      await asked.p.end();
      await asked.errands.clock.advance(50);
      await asked.got.failure('connection-lost');
    }),
  );

  it(
    'nobody dials for 15 s: data-timeout',
    asking({}, async (asked) => {
      await served(asked);
      await asked.errands.clock.advance(14_999);
      expect(asked.got.isOver).to.equal(false);
      await asked.errands.clock.advance(1);
      expect((await asked.got.failure('data-timeout')).message).to.match(/never dialled/);
    }),
  );

  it(
    'sends a stranger away, and waits for the server',
    asking({}, async (asked) => {
      await served(asked);
      const stranger = await asked.dial('10.0.0.66');
      await stranger.end('not yours').catch(() => undefined);
      expect(await stranger.over()).to.be.oneOf(['lost', 'ended']);
      await deliver(asked, 'hello');
      expect(await asked.got.value()).to.include({ length: 5 });
    }),
  );

  it(
    'takes anybody’s dial where it is told to',
    asking({ dataFrom: 'any' }, async (asked) => {
      await served(asked);
      const q = await asked.dial('10.0.0.66');
      await q.end('hello');
      await q.whole();
      await asked.p.whole();
      expect(await asked.got.value()).to.include({ length: 5 });
    }),
  );

  it(
    'Q is reset in the middle: incomplete',
    asking({}, async (asked) => {
      await served(asked);
      const q = await asked.dial();
      await q.send(pattern(1000));
      await q.quiet();
      q.conn.reset();
      await asked.got.failure('incomplete');
    }),
  );

  it(
    'Q that moves slowly is no stall, and one that does not is',
    asking({ timeout: 10_000 }, async (asked) => {
      await served(asked);
      const q = await asked.dial();
      for (let i = 0; i < 10; i += 1) {
        await q.send(pattern(100));
        await asked.errands.clock.advance(9000);
      }
      expect(asked.got.isOver).to.equal(false);
      await asked.errands.clock.advance(20_000);
      await asked.got.failure('timeout');
      expect(await q.over()).to.equal('lost');
    }),
  );

  it(
    'an abort resets both connections',
    withClient('stepwise', {}, async (errands) => {
      const gone = new AbortController();
      const got = watch(errands.client.get('a.txt', new Into(), { signal: gone.signal }));
      const p = await errands.caller();
      await p.bytes(2);
      gone.abort();
      await errands.clock.advance(50);
      await got.failure('aborted');
      expect(await p.over()).to.equal('lost');
    }),
  );

  for (const [body, wanted] of [
    [Buffer.concat([pattern(1000), Buffer.of(1), Buffer.alloc(198_998)]), 1001],
    [Buffer.alloc(199_998), 199_998],
    [Buffer.alloc(200_000), 200_000],
    [pattern(5_000_000), 5_000_000],
  ] as const) {
    it(
      `of ${body.length} bytes keeps ${wanted}`,
      asking({}, async (asked) => {
        await served(asked);
        await deliver(asked, body);
        expect(await asked.got.value()).to.include({ length: wanted, size: wanted });
        expect(Buffer.from(asked.into.text, 'latin1').equals(body.subarray(0, wanted))).to.equal(true);
      }),
    );
  }

  for (const size of [15, 199_999]) {
    it(
      `"File not found." in ${size} bytes is refused, and nothing is written`,
      asking({}, async (asked) => {
        await served(asked);
        const body = Buffer.alloc(size);
        body.write('File not found.');
        const q = await asked.dial();
        await q.end(body);
        await q.whole();
        expect((await asked.got.failure('refused')).message).to.match(/not found/i);
        expect(asked.into.utf8).to.equal('');
      }),
    );
  }

  it(
    'reads a list at LF and CR LF, padded or not',
    withClient('stepwise', {}, async (errands) => {
      const bodies = ['.\n..\na b\r\nlast', Buffer.concat([Buffer.from('.\n..\na b\nlast\n'), Buffer.alloc(199_984)])];
      for (const body of bodies) {
        const listed = watch(errands.client.list());
        const p = await errands.caller();
        await p.bytes(2);
        await p.send('OK');
        const port = Number((await p.bytes(7)).subarray(2).toString());
        await p.send('OK');
        await p.bytes(7 + CLIENT.length);
        await p.send('OK');
        const q = new Talker(await errands.network.dial({ host: CLIENT, port }, new AbortController().signal));
        await q.end(body);
        await q.whole();
        await p.whole();
        expect((await listed.value()).entries.map(({ name }) => name)).to.deep.equal(['.', '..', 'a b', 'last']);
      }
    }),
  );

  it(
    'says nothing where the name cannot go over the wire',
    withClient('stepwise', {}, async (errands) => {
      for (const name of ['', 'a\nb', 'a\tb', 'n'.repeat(4097)]) {
        await watch(errands.client.get(name, new Into())).failure('invalid-name');
        const p = await errands.caller();
        await p.over();
        expect(p.received.length).to.equal(0);
      }
    }),
  );
});
