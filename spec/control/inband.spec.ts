import { expect } from 'chai';
import type { TransferEvent } from '../../lib/control/events';
import { receiveWhole, sendNames, sendWhole, type InbandJob } from '../../lib/control/inband';
import type { Service } from '../../lib/control/service';
import { ListingRoom } from '../../lib/data/listingRoom';
import { TwinportError } from '../../lib/errors';
import type { Conn } from '../../lib/net/network';
import { memoryStorage } from '../../lib/storage/memory';
import type { Storage } from '../../lib/storage/storage';
import { encodeName } from '../../lib/wire/names';
import { onBothNetworks, type Ground } from '../support/bothNetworks';
import { failureOf, pattern, readAll } from '../support/bytes';
import { settle } from '../support/fakeClock';

const STALL = 20_000;
const WORD = Buffer.from('pass');

interface Served {
  readonly job: InbandJob;
  /** The client's end. */
  readonly peer: Conn;
  readonly abort: AbortController;
  readonly events: string[];
  /** How often the connection was asked for: what fails before must leave it to the session. */
  readonly taken: () => number;
}

async function served(ground: Ground, storage: Storage, writable = true): Promise<Served> {
  const { dialled, accepted } = await ground.net.pair();
  const events: string[] = [];
  const abort = new AbortController();
  let taken = 0;
  const emit = ({ phase, kind, path, length, error }: TransferEvent): void =>
    void events.push([kind, phase, path, length, error?.code].filter((word) => word !== undefined).join(' '));
  const { clock } = ground;
  const service: Service = {
    storage,
    clock,
    rights: ['list', 'read', 'write'],
    writable,
    active: true,
    listings: new ListingRoom(),
    stall: STALL,
    emit,
    changed: () => undefined,
    note: () => undefined,
  };
  const conn = (): Conn => {
    taken += 1;
    return accepted;
  };
  const job = { dialect: 'own', service, session: { id: 1, conn: accepted }, turn: { signal: abort.signal, conn } };
  return { job, peer: dialled, abort, events, taken: () => taken };
}

describe('serving in band', () => {
  onBothNetworks((ground) => {
    const bytes = pattern(200_001);
    const lines = (found: Iterable<{ readonly name: string }>): Buffer[] =>
      [...found].map(({ name }) => encodeName(`${name}, `));

    for (const word of [undefined, WORD]) {
      const behind = word === undefined ? 'alone' : 'behind a word';

      it(`sends a file ${behind}, then FIN, whatever the client says meanwhile`, async () => {
        const storage = memoryStorage({ 'dir/a': bytes });
        const { job, peer, events } = await served(ground(), storage);
        const done = sendWhole(job, './dir//a', { ...(word && { word }) });
        await peer.write(Buffer.from('chatter'));
        const all = await readAll(peer);
        expect(all.equals(Buffer.concat([word ?? Buffer.alloc(0), bytes]))).to.equal(true);
        await peer.end();
        await done;
        expect(events).to.deep.equal(['get requested dir/a', 'get started dir/a', 'get done dir/a 200001']);
      });

      it(`sends the names ${behind}, by their bytes`, async () => {
        const { job, peer, events } = await served(ground(), memoryStorage({ b: '', a: '', 'd/x': '' }));
        const done = sendNames(job, lines, { ...(word && { word }) });
        expect((await readAll(peer)).toString()).to.equal(`${word?.toString() ?? ''}a, b, d, `);
        await peer.end();
        await done;
        expect(events).to.deep.equal(['list requested ', 'list started ', 'list done  9']);
      });

      it(`receives a file ${behind}, and it is there when it is done, not before`, async () => {
        const storage = memoryStorage();
        const { job, peer, events } = await served(ground(), storage);
        const done = receiveWhole(job, 'a', { ...(word && { word }) });
        if (word !== undefined) expect(Buffer.from((await peer.read())?.[0] ?? []).toString()).to.equal('pass');
        await peer.write(bytes);
        await settle(50);
        expect(storage.bytes('a')).to.equal(undefined);
        await peer.end();
        await done;
        expect(storage.bytes('a')?.equals(bytes)).to.equal(true);
        expect(events).to.deep.equal(['put requested a', 'put started a', 'put done a 200001']);
      });
    }

    it('leaves the connection alone, unsaid and untaken, when it fails before the first byte', async () => {
      const storage = memoryStorage({ there: 'there', 'dir/x': '' });
      const attempts: [string, boolean, (job: InbandJob) => Promise<unknown>][] = [
        ['not-found', true, (job) => sendWhole(job, 'nothing', { word: WORD })],
        ['not-a-file', true, (job) => sendWhole(job, 'dir', { word: WORD })],
        ['not-a-file', true, (job) => sendWhole(job, '..', { word: WORD })],
        ['exists', true, (job) => receiveWhole(job, 'there', { word: WORD })],
        ['not-a-file', true, (job) => receiveWhole(job, '/', { word: WORD })],
        ['denied', false, (job) => receiveWhole(job, 'new', { word: WORD })],
        ['denied', false, (job) => receiveWhole(job, 'there', { word: WORD })],
      ];
      for (const [code, writable, attempt] of attempts) {
        const { job, taken, events, peer } = await served(ground(), storage, writable);
        expect((await failureOf(attempt(job))).code).to.equal(code);
        expect(taken(), code).to.equal(0);
        expect(events.at(-1)).to.match(new RegExp(`failed .*${code}$`));
        await job.session.conn.end();
        expect((await readAll(peer)).length).to.equal(0);
      }
      expect(storage.bytes('there')?.toString()).to.equal('there');
      expect(storage.bytes('new')).to.equal(undefined);
    });

    it('publishes nothing of a put whose client resets, stalls, or is aborted', async () => {
      const ways: [string, (each: Served) => Promise<void>][] = [
        ['connection-lost', async ({ peer }) => peer.reset()],
        ['data-timeout', async () => ground().clock.advance(2 * STALL)],
        ['aborted', async ({ abort }) => abort.abort(new TwinportError('aborted', 'the server stops'))],
      ];
      for (const [code, way] of ways) {
        const storage = memoryStorage();
        const each = await served(ground(), storage);
        const done = failureOf(receiveWhole(each.job, 'a'));
        await each.peer.write(bytes);
        while (each.job.session.conn.bytesRead < bytes.length) await settle(1);
        await way(each);
        expect((await done).code).to.equal(code);
        expect(storage.bytes('a'), code).to.equal(undefined);
        // RST, not FIN: the client must not take it for success.
        if (code !== 'connection-lost') expect((await failureOf(readAll(each.peer))).code).to.equal('connection-lost');
      }
    });

    it('refuses more than it may have, and what does not pass when it is looked at', async () => {
      const storage = memoryStorage();
      const big = await served(ground(), storage);
      const tooBig = failureOf(receiveWhole(big.job, 'a', { most: 100 }));
      await big.peer.write(pattern(101));
      await big.peer.end();
      expect((await tooBig).code).to.equal('protocol');
      const bad = await served(ground(), storage);
      const looked: string[] = [];
      const vetoed = failureOf(
        receiveWhole(bad.job, 'a', {
          vet: async (part, length) => {
            const into = Buffer.alloc(length);
            await part.read(into, 0);
            looked.push(into.toString());
            throw new TwinportError('refused', 'not this one');
          },
        }),
      );
      await bad.peer.write(Buffer.from('whole'));
      await bad.peer.end();
      expect((await vetoed).code).to.equal('refused');
      expect(looked).to.deep.equal(['whole']);
      expect(storage.bytes('a')).to.equal(undefined);
      const fits = await served(ground(), storage);
      const done = receiveWhole(fits.job, 'a', { most: 100, vet: () => Promise.resolve() });
      await fits.peer.write(pattern(100));
      await fits.peer.end();
      await done;
      expect(storage.bytes('a')?.equals(pattern(100))).to.equal(true);
    });

    it('of two puts under one name the first that ends is there, the second changes nothing', async () => {
      const storage = memoryStorage();
      const [one, two] = [await served(ground(), storage), await served(ground(), storage)];
      const first = receiveWhole(one.job, 'a');
      const second = failureOf(receiveWhole(two.job, 'a'));
      await one.peer.write(Buffer.from('one'));
      await two.peer.write(Buffer.from('two'));
      await one.peer.end();
      await first;
      await two.peer.end();
      expect((await second).code).to.equal('exists');
      expect(storage.bytes('a')?.toString()).to.equal('one');
      expect((await failureOf(readAll(two.peer))).code).to.equal('connection-lost');
    });

    it('resets a get whose file shrinks: the client must not take the rest for all', async () => {
      const storage = memoryStorage({ a: bytes });
      const read = storage.read.bind(storage);
      let closed = 0;
      storage.read = async (path) => {
        const source = await read(path);
        const close = async (): Promise<void> => void (closed += 1);
        return {
          stat: source.stat,
          read: (into, at) => (at > 0 ? 0 : source.read(into.subarray(0, 1000), at)),
          restat: () => source.restat(),
          close,
        };
      };
      const { job, peer, events } = await served(ground(), storage);
      const done = failureOf(sendWhole(job, 'a'));
      expect((await failureOf(readAll(peer))).code).to.equal('connection-lost');
      expect((await done).code).to.equal('changed');
      expect(events.at(-1)).to.match(/^get failed a changed$/);
      expect(closed).to.equal(1);
    });
  });
});
