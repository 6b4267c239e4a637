import { expect } from 'chai';
import { dirname } from 'node:path';
import { localStorage } from '../lib/storage/local';
import type { PutOptions } from '../lib/transfers';
import { interruptedGet, Place, withPair } from './support/ftPair';
import { watch, withPlay } from './support/ftPlay';
import { pattern } from './support/storageHelpers';

const WHOLE = pattern(300_000);
const HALF = WHOLE.subarray(0, 100_000);

describe('what is told of a get that was interrupted', () => {
  it(
    'is that it can be resumed, and how, where its name was taken',
    withPair({ files: { large: WHOLE } }, async ({ client, place }) => {
      const notes: string[] = [];
      const onNote = (note: string): void => void notes.push(note);
      const interrupted = (): Promise<void> =>
        interruptedGet(place.path('large'), 'large', HALF, WHOLE.length, { onExists: 'rename', onNote });
      await interrupted();
      expect(notes).to.deep.equal(['what arrived of large is kept, hidden: --resume goes on from it']);
      await client.get('large', place.path('large'), { onExists: 'resume' });

      await interrupted();
      const other = place.path('large.1');
      const how = `-o ${other} --resume goes on from it`;
      expect(notes.slice(1)).to.deep.equal([`what arrived of large.1 is kept, hidden: ${how}`]);
      // What was promised.
      expect(await client.get('large', other, { onExists: 'resume' })).to.include({ size: 300_000, length: 200_000 });
      expect(place.names).to.have.members(['large', 'large.1']);
      expect(place.parts).to.deep.equal([]);
    }),
  );

  it(
    'is nothing where a resume would find another file in its place',
    withPair({}, async ({ place, notes, onNote }) => {
      const local = place.write('large', 'old');
      await interruptedGet(local, 'large', HALF, WHOLE.length, { onExists: 'overwrite', onNote });
      expect(notes).to.deep.equal([]);
      await interruptedGet(place.path('free'), 'large', HALF, WHOLE.length, { onExists: 'overwrite', onNote });
      expect(notes).to.deep.equal(['what arrived of free is kept, hidden: --resume goes on from it']);
    }),
  );

  it(
    'is that it cannot be gone on with while another one writes it',
    withPair({ files: { large: WHOLE } }, async ({ client, place, notes, onNote }) => {
      const root = dirname(place.path('large'));
      const storage = await localStorage({ root, writable: true });
      const other = await storage.write('large', { replace: false, key: 'large' });
      await client.get('large', place.path('large'), { onExists: 'resume', onNote });
      expect(notes).to.deep.equal(['another transfer to large is under way; this one begins at the beginning']);
      await other.discard();
      await storage.close();
      expect(place.names).to.deep.equal(['large']);
      expect(place.parts).to.deep.equal([]);
    }),
  );

  it(
    'is nothing of a plain server, which cannot be asked what still fits',
    withPair({}, async ({ place, notes, onNote }) => {
      await withPlay({}, async (play) => {
        const got = watch(play.client.get('large', place.path('large'), { onNote }));
        const { port } = await play.request();
        const q = await play.dial(port);
        await q.send(HALF);
        await play.p.quiet();
        q.conn.reset();
        await play.clock.advance(2_000);
        await got.failure('incomplete');
      })();
      expect(notes).to.deep.equal([]);
    }),
  );
});

/** A put whose server goes away in the middle, and what was told of it. */
async function interruptedPut(options: PutOptions): Promise<readonly string[]> {
  const notes: string[] = [];
  const place = new Place();
  try {
    await withPlay({}, async (play) => {
      const local = place.write('large', WHOLE);
      const put = watch(play.client.put(local, 'large', { ...options, onNote: (note) => notes.push(note) }));
      const { line, port } = await play.request();
      await play.say('150 type=file; large');
      const q = await play.dial(port);
      await q.send(Buffer.from(/--token=([0-9a-f]+)/.exec(line)?.[1] ?? '', 'hex'));
      await q.bytes(1000);
      q.conn.reset();
      await play.p.end();
      await put.failure('incomplete');
    })();
  } finally {
    place.remove();
  }
  return notes;
}

describe('what is told of a put that was interrupted', () => {
  it('is that the server keeps it, and what goes on from there', async () => {
    const note = 'what the server has of large is kept there for a day, hidden: --resume goes on from it';
    expect(await interruptedPut({})).to.deep.equal([note]);
  });

  it('is nothing before an overwrite, where --resume would find the old file', async () => {
    expect(await interruptedPut({ onExists: 'overwrite' })).to.deep.equal([]);
  });
});
