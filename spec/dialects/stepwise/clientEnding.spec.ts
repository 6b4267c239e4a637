import { expect } from 'chai';
import { Into, withClient, type Errands } from '../../support/errandBench';
import { CLIENT } from '../../support/ftBench';
import { watch, type Watched } from '../../support/ftPlay';
import { Talker } from '../../support/talker';

/** What the server says, and how it ends, behind the data. */

interface Delivered {
  readonly errands: Errands;
  readonly p: Talker;
  readonly into: Into;
  readonly got: Watched<unknown>;
  readonly notes: string[];
  /** Ends the data. */
  readonly finish: () => Promise<void>;
}

/** A get or a list whose data are all sent, but for their end. */
function delivered(
  verb: 'get' | 'list',
  body: string | Uint8Array,
  spec: (delivered: Delivered) => Promise<void>,
): () => Promise<void> {
  return withClient('stepwise', {}, async (errands) => {
    const into = new Into();
    const notes: string[] = [];
    const options = { onNote: (note: string) => void notes.push(note) };
    const got: Watched<unknown> = watch<unknown>(
      verb === 'get' ? errands.client.get('a.txt', into, options) : errands.client.list('', options),
    );
    const p = await errands.caller();
    await p.bytes(2);
    await p.send('OK');
    const port = Number((await p.bytes(7)).subarray(2).toString());
    await p.send('OK');
    await p.bytes(7 + CLIENT.length);
    await p.send('OK');
    if (verb === 'get') {
      await p.bytes(7 + CLIENT.length + 5);
      await p.send('OK');
    }
    const q = new Talker(await errands.network.dial({ host: CLIENT, port }, new AbortController().signal));
    errands.callers.push(q);
    await q.send(body);
    const finish = async (): Promise<void> => {
      await q.end();
      await q.whole();
    };
    await spec({ errands, p, into, got, notes, finish });
  });
}

describe('stepwise: the client, behind the data', () => {
  for (const verb of ['get', 'list'] as const) {
    for (const words of ['Error: read failed', '550 sorry\r\n', 'File not found.\0\0']) {
      it(
        `${verb}: takes ${JSON.stringify(words)}, said before their end, for what it is`,
        delivered(verb, 'hel', async ({ p, got, finish }) => {
          await p.send(words);
          await finish();
          await p.end();
          const { message } = await got.failure('refused');
          expect(message).to.equal(words.replace(/[\r\n\0]/g, ''));
        }),
      );
    }

    it(
      `${verb}: hears words that come just behind it, from who keeps P open, too`,
      delivered(verb, 'hel', async ({ errands, p, got, finish }) => {
        await finish();
        // The client's own end comes at once; the server's need not.
        expect(await p.over()).to.equal('ended');
        await errands.clock.advance(199);
        expect(got.isOver).to.equal(false);
        await p.send('read error');
        await errands.clock.advance(1);
        await got.failure('refused');
      }),
    );

    it(
      `${verb}: is kept waiting a fifth of a second by an original that keeps P open, and no longer`,
      delivered(verb, 'hello', async ({ errands, p, got, notes, finish }) => {
        await finish();
        await p.over();
        await errands.clock.advance(199);
        expect(got.isOver).to.equal(false);
        await errands.clock.advance(1);
        await got.value();
        expect(notes.filter((note) => !/^unverified/.test(note))).to.deep.equal([]);
      }),
    );

    it(
      `${verb}: is not kept waiting by who ends P`,
      delivered(verb, 'hello', async ({ p, got, finish }) => {
        await finish();
        await p.end();
        await got.value();
      }),
    );

    it(
      `${verb}: shows other words, as one line that drives no terminal`,
      delivered(verb, 'hello', async ({ p, got, notes, finish }) => {
        await finish();
        await p.send('226 all sent\nhave a nice \x1b[2J day\n');
        await p.end();
        await got.value();
        expect(notes).to.include('the server says "226 all sent / have a nice \\x1b[2J day"');
      }),
    );

    it(
      `${verb}: is incomplete when the server resets P`,
      delivered(verb, 'hello', async ({ p, got, finish }) => {
        await finish();
        p.conn.reset();
        await got.failure('incomplete');
      }),
    );
  }

  const full = Buffer.alloc(199_999, 'name\n');
  for (const verb of ['get', 'list'] as const) {
    for (const [what, body, cut] of [
      ['199,999 bytes', full, true],
      ['199,999 bytes, the last one NUL', Buffer.concat([full.subarray(1), Buffer.alloc(1)]), false],
      ['199,998 bytes', full.subarray(1), false],
      ['200,000 bytes', Buffer.concat([full, Buffer.from('x')]), false],
    ] as const) {
      it(
        `${verb}: of ${what} ${cut ? 'says that it may have been cut, and succeeds' : 'has no such doubts'}`,
        delivered(verb, body, async ({ p, got, notes, finish }) => {
          await finish();
          await p.end();
          await got.value();
          expect(notes.filter((note) => /may have been cut off/.test(note))).to.have.lengthOf(cut ? 1 : 0);
        }),
      );
    }
  }

  it(
    'is aborted while it waits',
    delivered('get', 'hello', async ({ errands, p, got, finish }) => {
      await finish();
      await p.over();
      const closed = errands.client.close();
      await got.failure('aborted');
      await closed;
    }),
  );
});
