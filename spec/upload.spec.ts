import { expect } from 'chai';
import * as fs from 'node:fs';
import { Readable } from 'node:stream';
import { memoryStorage } from '../lib/storage/memory';
import { THEN } from './support/ftBench';
import { withPair, type Pair } from './support/ftPair';
import { pattern, rejects } from './support/storageHelpers';

const WHOLE = pattern(3_000_000);
const writable = true;
/** The modification time the specs give their files: whole seconds, so that both sides name the same part. */
const MODIFIED = new Date(Date.UTC(2021, 5, 6, 7, 8, 9));

function local(place: Pair['place'], bytes: Uint8Array | string = WHOLE): string {
  const path = place.write('mine', bytes);
  fs.utimesSync(path, MODIFIED, MODIFIED);
  return path;
}

/** A put by hand that dies in the middle: the server keeps these first bytes. */
async function interruptedPut(
  { bench }: Pair,
  name: string,
  bytes: Uint8Array,
  size: number,
  replacing = false,
): Promise<void> {
  const p = await bench.dial();
  const door = await bench.door();
  await p.send(
    `-p --confirm --size=${size} --modify=20210606070809${replacing ? ' --if-exists=overwrite' : ''} ${name} ${door.port}\n`,
  );
  expect(await p.line()).to.match(/^150 /);
  const q = await door.next();
  await q.end(bytes);
  expect(await p.line()).to.match(/^426 /);
  await door.close();
  await p.end();
}

/** Bytes that went over the last data connection. */
function moved({ bench }: Pair): number | undefined {
  return bench.events.at(-1)?.length;
}

describe('a put from a local path', () => {
  it(
    'arrives whole, confirmed, with its time',
    withPair({ writable }, async ({ client, place, bench }) => {
      const progress: { bytes: number; total?: number }[] = [];
      const result = await client.put(local(place), 'dir.bin', { onProgress: (at) => progress.push(at) });
      expect(result).to.include({ size: 3_000_000, length: 3_000_000, verified: true, skipped: false });
      expect(bench.storage.bytes('dir.bin')?.equals(WHOLE)).to.equal(true);
      expect((await bench.storage.stat('dir.bin')).modified).to.equal(MODIFIED.getTime());
      expect(progress.at(-1)).to.deep.equal({ bytes: 3_000_000, total: 3_000_000 });
      expect(bench.events.at(-1)).to.include({ phase: 'done', unverified: false });
    }),
  );

  it(
    'an empty file is a file',
    withPair({ writable }, async ({ client, place, bench }) => {
      expect(await client.put(local(place, ''), 'empty')).to.include({ size: 0, verified: true });
      expect(bench.storage.bytes('empty')?.length).to.equal(0);
    }),
  );

  it(
    'what is no file here is refused before anything is asked',
    withPair({ writable }, async ({ client, place, bench }) => {
      await rejects('not-found', () => client.put(place.path('nothing'), 'new'));
      await rejects('not-a-file', () => client.put(place.root, 'new'));
      expect(bench.events).to.deep.equal([]);
    }),
  );

  it(
    'a read-only server says no: refused, 553',
    withPair({}, async ({ client, place }) => {
      await rejects('refused', () => client.put(local(place), 'new'));
    }),
  );

  it(
    'a file that is changed while it is sent is published by nobody',
    withPair({ writable }, async ({ client, place, bench }) => {
      const path = local(place);
      const work = client.put(path, 'new', {
        onData: () => {
          const fd = fs.openSync(path, 'r+');
          fs.writeSync(fd, 'X', 2_999_999);
          fs.closeSync(fd);
        },
      });
      await rejects('changed', () => work);
      expect(bench.storage.bytes('new')).to.equal(undefined);
    }),
  );

  it(
    'one that shrinks neither',
    withPair({ writable }, async ({ client, place, bench }) => {
      const path = local(place);
      const work = client.put(path, 'new', { onData: () => fs.truncateSync(path, 10) });
      await rejects('changed', () => work);
      expect(bench.storage.bytes('new')).to.equal(undefined);
      // And the session goes on.
      await client.put(place.write('other', 'fine'), 'other');
      expect(bench.storage.bytes('other')?.toString()).to.equal('fine');
    }),
  );

  it('a server without room says 452', async () => {
    const storage = memoryStorage({}, { maxBytes: 1_000_000, now: () => THEN });
    await withPair({ storage, writable }, async ({ client, place }) => {
      let reply: unknown;
      await client.put(local(place), 'new').catch((error: { reply?: number }) => (reply = error.reply));
      expect(reply).to.equal(452);
      expect(storage.bytes('new')).to.equal(undefined);
    })();
  });
});

describe('a put of a name that is taken there', () => {
  const files = { same: WHOLE, other: 'another file' };

  it(
    'by default: the same file is already there, another is refused',
    withPair({ files, writable }, async ({ client, place, bench, notes, onNote }) => {
      const path = local(place);
      expect(await client.put(path, 'same', { onNote })).to.include({ skipped: true, verified: true, length: 0 });
      expect(notes).to.deep.equal(['same is there already, and is the same']);
      await rejects('refused', () => client.put(path, 'other', { onNote }));
      expect(bench.storage.bytes('other')?.toString()).to.equal('another file');
      expect(bench.told.filter((word) => word.includes('started'))).to.deep.equal([]);
    }),
  );

  it(
    'overwrite: replaced',
    withPair({ files, writable }, async ({ client, place, bench }) => {
      await client.put(local(place, 'new bytes'), 'other', { onExists: 'overwrite' });
      expect(bench.storage.bytes('other')?.toString()).to.equal('new bytes');
    }),
  );

  it(
    'skip: left alone, and it is no error',
    withPair({ files, writable }, async ({ client, place, bench, notes, onNote }) => {
      const result = await client.put(local(place), 'other', { onExists: 'skip', onNote });
      expect(result).to.include({ skipped: true, verified: false });
      expect(bench.storage.bytes('other')?.toString()).to.equal('another file');
      expect(notes).to.deep.equal(['other is there already and was left alone']);
    }),
  );

  it(
    'skip is no excuse for a server that takes nothing, nor for a directory',
    withPair({ files: { 'dir/x': 'x' } }, async ({ client, place }) => {
      await rejects('refused', () => client.put(local(place), 'new', { onExists: 'skip' }));
      await rejects('refused', () => client.put(local(place), 'dir', { onExists: 'skip' }));
    }),
  );

  it(
    'a stream: by default refused, with skip left alone',
    withPair({ files, writable }, async ({ client, bench }) => {
      await rejects('refused', () => client.put(Readable.from(['x']), 'other'));
      expect(await client.put(Readable.from(['x']), 'other', { onExists: 'skip' })).to.include({ skipped: true });
      await client.put(Readable.from(['x']), 'other', { onExists: 'overwrite' });
      expect(bench.storage.bytes('other')?.toString()).to.equal('x');
    }),
  );
});

describe('a put that is resumed', () => {
  const onExists = 'resume' as const;

  it(
    'sends the rest alone; the whole is confirmed',
    withPair({ writable }, async (pair) => {
      const { client, place, bench } = pair;
      await interruptedPut(pair, 'new', WHOLE.subarray(0, 1_000_000), WHOLE.length);
      const result = await client.put(local(place), 'new', { onExists });
      expect(result).to.include({ size: 3_000_000, length: 2_000_000, verified: true });
      expect(moved(pair)).to.equal(2_000_000);
      expect(bench.storage.bytes('new')?.equals(WHOLE)).to.equal(true);
    }),
  );

  for (const policy of ['overwrite', 'fail', 'skip'] as const) {
    it(
      `a further try sends the rest alone, where a taken name means ${policy}`,
      withPair({ writable, ...(policy === 'overwrite' && { files: { new: 'old' } }) }, async (pair) => {
        const { client, place, bench } = pair;
        await interruptedPut(pair, 'new', WHOLE.subarray(0, 1_000_000), WHOLE.length, policy === 'overwrite');
        const result = await client.put(local(place), 'new', { onExists: policy, resume: true });
        expect(result).to.include({ size: 3_000_000, length: 2_000_000, verified: true });
        expect(bench.storage.bytes('new')?.equals(WHOLE)).to.equal(true);
      }),
    );
  }

  it(
    'a part that is not its beginning is noticed, and the put starts over',
    withPair({ writable }, async (pair) => {
      const { client, place, bench, notes, onNote } = pair;
      await interruptedPut(pair, 'new', pattern(1_000_000, 9), WHOLE.length);
      const result = await client.put(local(place), 'new', { onExists, onNote });
      expect(result).to.include({ length: 3_000_000, verified: true });
      expect(bench.storage.bytes('new')?.equals(WHOLE)).to.equal(true);
      expect(notes).to.have.length(1);
      expect(notes[0]).to.match(/starting over$/);
    }),
  );

  it(
    'a part of another file, by its time or size, is not touched',
    withPair({ writable }, async (pair) => {
      const { client, place, bench } = pair;
      await interruptedPut(pair, 'new', WHOLE.subarray(0, 10), 20);
      await client.put(local(place), 'new', { onExists });
      expect(moved(pair)).to.equal(3_000_000);
      expect(bench.storage.bytes('new')?.equals(WHOLE)).to.equal(true);
      const part = await bench.storage.partLength('new', ['anonymous', 'new', 20, MODIFIED.getTime()].join('\0'));
      expect(part).to.equal(10);
    }),
  );

  it(
    'without a part it is a put like any other, and what is there already is compared',
    withPair({ writable, files: { same: WHOLE } }, async (pair) => {
      const { client, place } = pair;
      expect(await client.put(local(place), 'new', { onExists })).to.include({ length: 3_000_000 });
      expect(await client.put(local(place), 'same', { onExists })).to.include({ skipped: true, verified: true });
    }),
  );

  it(
    'continues what its own interrupted put left, and needs no luck for it',
    withPair({ writable }, async (pair) => {
      const { client, place, bench } = pair;
      const abort = new AbortController();
      const path = local(place);
      const first = client.put(path, 'new', {
        signal: abort.signal,
        onProgress: ({ bytes }) => bytes >= 2_000_000 && abort.abort(),
      });
      await rejects('aborted', () => first);
      const { size, length } = await client.put(path, 'new', { onExists });
      expect(size).to.equal(3_000_000);
      expect(length).to.be.below(3_000_000);
      expect(bench.storage.bytes('new')?.equals(WHOLE)).to.equal(true);
    }),
  );
});
