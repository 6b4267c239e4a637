import { expect } from 'chai';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { receiveAll, sendAll } from '../../lib/control/errand';
import type { Errand } from '../../lib/control/slice';
import { RunningDigest } from '../../lib/data/digest';
import type { Conn } from '../../lib/net/network';
import { onBothNetworks, type Ground } from '../support/bothNetworks';
import { failureOf, pattern, readAll } from '../support/bytes';
import { SpecSource } from '../support/dataSource';
import { settle } from '../support/fakeClock';

interface Told {
  readonly errand: Errand;
  readonly progress: (readonly [bytes: number, total: number | undefined])[];
  readonly remotes: string[];
}

function errandOn({ network, clock }: Ground, conn: Conn, more: Partial<Errand> = {}): Told {
  const progress: [number, number | undefined][] = [];
  const remotes: string[] = [];
  const errand: Errand = {
    conn,
    network,
    clock,
    signal: new AbortController().signal,
    dataPort: 0,
    settings: {},
    allows: () => true,
    join: () => undefined,
    onData: ({ address }) => void remotes.push(address),
    onProgress: (bytes, total) => void progress.push([bytes, total]),
    ...more,
  };
  return { errand, progress, remotes };
}

describe('an errand', () => {
  onBothNetworks((ground) => {
    const bytes = pattern(200_001);

    it('receives all up to FIN, told from where and how far', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const { errand, progress, remotes } = errandOn(ground(), dialled);
      let at = 0;
      const sink = {
        write: (chunks: readonly Uint8Array[], position: number): void => {
          expect(position).to.equal(at);
          for (const chunk of chunks) {
            expect(bytes.subarray(at, at + chunk.length).equals(chunk)).to.equal(true);
            at += chunk.length;
          }
        },
      };
      const received = receiveAll(errand, sink);
      expect(remotes).to.deep.equal(['127.0.0.1']);
      await accepted.write(bytes);
      await accepted.end();
      expect(await received).to.equal(bytes.length);
      expect(progress.at(-1)).to.deep.equal([bytes.length, undefined]);
    });

    it('rejects where a reset is the end', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const { errand } = errandOn(ground(), dialled);
      const received = failureOf(receiveAll(errand, { write: () => undefined }));
      await accepted.write(Buffer.from('half'));
      accepted.reset();
      expect((await received).code).to.equal('connection-lost');
    });

    for (const known of [true, false]) {
      it(`sends all of a ${known ? 'file' : 'stream'} and FIN, counts it, and lets the server say thanks`, async () => {
        const { dialled, accepted } = await ground().net.pair();
        const digest = new RunningDigest();
        const { errand, progress, remotes } = errandOn(ground(), dialled, { digest });
        const sent = sendAll(errand, known ? new SpecSource(bytes) : Readable.from([bytes]));
        expect((await readAll(accepted)).equals(bytes)).to.equal(true);
        await accepted.write(Buffer.from('thanks'));
        let over = false;
        void sent.then(() => (over = true));
        await settle(50);
        expect(over).to.equal(false);
        await accepted.end();
        expect(await sent).to.equal(bytes.length);
        expect(digest.finish().crc32).to.equal(crc32(bytes).toString(16).padStart(8, '0'));
        expect(progress.at(-1)).to.deep.equal([bytes.length, known ? bytes.length : undefined]);
        expect(remotes).to.deep.equal(['127.0.0.1']);
      });
    }

    it('reads all that the server says, and hears it while it sends', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const { errand } = errandOn(ground(), dialled);
      const sent = sendAll(errand, new SpecSource(bytes));
      // Unread, it would fill both directions, and a reset would destroy the upload.
      await accepted.write(pattern(3_000_000));
      expect((await readAll(accepted)).length).to.equal(bytes.length);
      await accepted.end();
      expect(await sent).to.equal(bytes.length);
    });

    it('has delivered when the server keeps its end open for ten seconds, and not before', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const { errand } = errandOn(ground(), dialled);
      let over = false;
      const sent = sendAll(errand, new SpecSource(bytes)).finally(() => (over = true));
      await readAll(accepted);
      await accepted.write(Buffer.from('half a word'));
      // Its timer is set once its FIN was handed over.
      while (ground().clock.pending === 0) await settle(1);
      await ground().clock.advance(9_999);
      expect(over).to.equal(false);
      await ground().clock.advance(1);
      expect(await sent).to.equal(bytes.length);
    });

    for (const [what, words, end, code] of [
      ['says no and waits', '500 what is that?', 'none', 'refused'],
      ['says cancel, padded, and waits', 'cancel\0\0', 'none', 'refused'],
      ['says no and ends', 'File exists already.', 'fin', 'refused'],
      ['says anything and resets', 'disk full', 'rst', 'refused'],
    ] as const) {
      it(`rejects when the server has heard all of it, ${what}`, async () => {
        const { dialled, accepted } = await ground().net.pair();
        const { errand } = errandOn(ground(), dialled);
        const sent = failureOf(sendAll(errand, new SpecSource(bytes)));
        await readAll(accepted);
        await accepted.write(Buffer.from(words));
        if (end === 'fin') await accepted.end();
        if (end === 'rst') accepted.reset();
        let error: Awaited<typeof sent> | undefined;
        void sent.then((failure) => (error = failure));
        while (error === undefined) {
          await settle(1);
          if (end === 'none' && ground().clock.pending > 0) await ground().clock.advance(10_000);
        }
        expect([error.code, error.message]).to.deep.equal([code, words]);
      });
    }

    it('rejects when the server ends before it has heard all of it', async () => {
      const { dialled, accepted } = await ground().net.pair();
      const { errand } = errandOn(ground(), dialled);
      const sent = failureOf(sendAll(errand, Readable.from([pattern(20_000_000)])));
      await accepted.end();
      const error = await sent;
      expect(error.code).to.equal('refused');
      expect(error.message).to.match(/ended before/);
    });

    it('has sent what was handed over when the server ends without a word, as one that stops at a short read', async () => {
      for (let i = 0; i < 40; i += 1) {
        for (const known of [true, false]) {
          const { dialled, accepted } = await ground().net.pair();
          const { errand } = errandOn(ground(), dialled);
          const from = new SpecSource(Buffer.from('hello'));
          // It ends while we look once more at the file, or wait for more of the stream.
          const ended = (async () => {
            expect((await accepted.read())?.length).to.equal(1);
            await accepted.end();
            await settle(known ? 3 : 1);
          })();
          const { restat } = from;
          from.restat = async () => {
            await ended;
            return restat.call(from);
          };
          async function* stream(): AsyncGenerator<Buffer> {
            yield Buffer.from('hello');
            await ended;
          }
          expect(await sendAll(errand, known ? from : stream()), `${known} ${i}`).to.equal(5);
        }
      }
    });

    it('was refused when the server ends before the body begins, or before a stream goes on', async () => {
      for (const from of [new SpecSource(Buffer.alloc(0)), Readable.from([])]) {
        const { dialled, accepted } = await ground().net.pair();
        const { errand } = errandOn(ground(), dialled);
        const sent = failureOf(sendAll(errand, from, { pause: 200 }));
        await accepted.end();
        await settle(20);
        expect((await sent).code).to.equal('refused');
      }
      const { dialled, accepted } = await ground().net.pair();
      const { errand } = errandOn(ground(), dialled);
      const from = new Readable({ read: () => undefined });
      from.push('hel');
      const sent = failureOf(sendAll(errand, from));
      expect((await accepted.read())?.length).to.equal(1);
      await accepted.end();
      while (ground().clock.pending === 0) await settle(1);
      await ground().clock.advance(1000);
      expect((await sent).code).to.equal('refused');
      from.destroy();
    });

    it('rejects when the server resets, before all was sent or behind it', async () => {
      for (const reads of [false, true]) {
        const { dialled, accepted } = await ground().net.pair();
        const { errand } = errandOn(ground(), dialled);
        const sent = failureOf(sendAll(errand, Readable.from([pattern(reads ? 10 : 20_000_000)])));
        if (reads) await readAll(accepted);
        else await accepted.read();
        accepted.reset();
        expect((await sent).code, String(reads)).to.equal('connection-lost');
      }
    });
  });
});
