import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { memoryStorage, type MemoryStorage } from '../lib/storage/memory';
import type { OnExists, TransferResult } from '../lib/transfers';
import { THEN } from './support/ftBench';
import { interruptedGet, withPair } from './support/ftPair';
import { watch, withPlay } from './support/ftPlay';
import { pattern, rejects } from './support/storageHelpers';

const WHOLE = pattern(300_000);
const files = { 'a.txt': 'from the server', large: WHOLE };

/** Calls `then` once the file has been opened so many times, before it is opened once more. */
function afterReads(storage: MemoryStorage, count: number, then: () => void): MemoryStorage {
  const read = storage.read.bind(storage);
  let opened = 0;
  storage.read = (path) => {
    if (opened === count) then();
    opened += 1;
    return read(path);
  };
  return storage;
}

/** A storage that is never sure of a version, as one whose files are just being written. */
function withoutVersion(storage: MemoryStorage): MemoryStorage {
  const read = storage.read.bind(storage);
  storage.read = async (path) => {
    const source = await read(path);
    const { type, size, modified } = source.stat;
    return {
      stat: { type, size, modified },
      read: (into, position) => source.read(into, position),
      restat: () => source.restat(),
      close: () => source.close(),
    };
  };
  return storage;
}

describe('a get to a local path', () => {
  it(
    'appears whole and verified under its name, and leaves nothing beside it',
    withPair({ files }, async ({ client, place, bench }) => {
      const progress: number[] = [];
      const result = await client.get('large', place.path('mine'), { onProgress: ({ bytes }) => progress.push(bytes) });
      expect(result).to.include({
        size: 300_000,
        length: 300_000,
        verified: true,
        skipped: false,
        localPath: place.path('mine'),
      });
      expect(place.read('mine').equals(WHOLE)).to.equal(true);
      expect(place.names).to.deep.equal(['mine']);
      expect(place.parts).to.deep.equal([]);
      expect(progress.at(-1)).to.equal(300_000);
      expect(bench.told).to.deep.equal(['get requested', 'get started', 'get done']);
    }),
  );

  it(
    'that fails on the server leaves nothing at all',
    withPair({ files }, async ({ client, place }) => {
      await rejects('refused', () => client.get('nothing', place.path('mine')));
      expect(place.names).to.deep.equal([]);
      expect(place.parts).to.deep.equal([]);
    }),
  );

  it(
    'where no directory is, is refused before anything is asked',
    withPair({ files }, async ({ client, place, bench }) => {
      await rejects('not-found', () => client.get('a.txt', place.path('nowhere/mine')));
      expect(bench.events).to.deep.equal([]);
    }),
  );

  it('that is interrupted keeps what came, hidden', async () => {
    await withPair({ files }, async ({ place }) => {
      await interruptedGet(place.path('mine'), 'large', WHOLE.subarray(0, 100_000), WHOLE.length);
      expect(place.names).to.deep.equal([]);
      expect(place.parts).to.deep.equal([100_000]);
    })();
  });

  it(
    'a device is written to, not replaced',
    withPair({ files }, async ({ client }) => {
      const result = await client.get('large', '/dev/null');
      expect(result).to.include({ size: 300_000, verified: true });
      expect(fs.statSync('/dev/null').isCharacterDevice()).to.equal(true);
    }),
  );

  it(
    'takes a pipe for a name that is taken where nobody chose it to write into',
    withPair({ files }, async ({ client, place }) => {
      execFileSync('mkfifo', [place.path('pipe')]);
      const result = await client.get('a.txt', place.path('pipe'), { onExists: 'rename', specialFiles: false });
      expect(result.localPath).to.equal(place.path('pipe.1'));
      expect(place.read('pipe.1').toString()).to.equal('from the server');
      await rejects('exists', () => client.get('a.txt', place.path('pipe'), { specialFiles: false }));
    }),
  );
});

describe('a get of a name that is taken here', () => {
  for (const onExists of [undefined, 'fail'] as const) {
    it(
      `${onExists ?? 'by default'}: exists, and the server is not even asked`,
      withPair({ files }, async ({ client, place, bench }) => {
        place.write('mine', 'mine');
        await rejects('exists', () => client.get('a.txt', place.path('mine'), onExists ? { onExists } : {}));
        expect(bench.events).to.deep.equal([]);
        expect(place.read('mine').toString()).to.equal('mine');
      }),
    );
  }

  it(
    'rename: the first free of name.1, name.2, and a note says which',
    withPair({ files }, async ({ client, place, notes, onNote }) => {
      place.write('mine', 'mine');
      place.write('mine.1', 'also mine');
      const { localPath } = await client.get('a.txt', place.path('mine'), { onExists: 'rename', onNote });
      expect(localPath).to.equal(place.path('mine.2'));
      expect(place.read('mine.2').toString()).to.equal('from the server');
      expect(place.read('mine.1').toString()).to.equal('also mine');
      expect(notes).to.deep.equal([`${place.path('mine')} is there already, saved as ${place.path('mine.2')}`]);
    }),
  );

  it(
    'overwrite: replaced at the end; kept when the get fails',
    withPair({ files }, async ({ client, place }) => {
      place.write('mine', 'mine');
      await rejects('refused', () => client.get('nothing', place.path('mine'), { onExists: 'overwrite' }));
      expect(place.read('mine').toString()).to.equal('mine');
      await client.get('a.txt', place.path('mine'), { onExists: 'overwrite' });
      expect(place.read('mine').toString()).to.equal('from the server');
    }),
  );

  it(
    'skip: left alone, and said so',
    withPair({ files }, async ({ client, place, bench, notes, onNote }) => {
      place.write('mine', 'mine');
      const result = await client.get('a.txt', place.path('mine'), { onExists: 'skip', onNote });
      expect(result).to.include({ skipped: true, length: 0 });
      expect(bench.events).to.deep.equal([]);
      expect(notes).to.have.length(1);
    }),
  );

  it(
    'resume: the same file is done already; another is exists',
    withPair({ files }, async ({ client, place, notes, onNote }) => {
      place.write('same', 'from the server');
      place.write('other', 'from the SERVER');
      place.write('shorter', 'from');
      const options = { onExists: 'resume', onNote } as const;
      expect(await client.get('a.txt', place.path('same'), options)).to.include({ skipped: true });
      expect(notes[0]).to.match(/whole and the same/);
      for (const name of ['other', 'shorter']) {
        const before = place.read(name);
        await rejects('exists', () => client.get('a.txt', place.path(name), options));
        expect(place.read(name).equals(before)).to.equal(true);
      }
    }),
  );

  for (const onExists of ['fail', 'rename', 'skip', 'resume', 'overwrite'] as const) {
    it(
      `${onExists}: a directory is never replaced`,
      withPair({ files }, async ({ client, place }) => {
        fs.mkdirSync(place.path('mine'));
        const result = await client.get('a.txt', place.path('mine'), { onExists }).catch(() => undefined);
        expect(fs.statSync(place.path('mine')).isDirectory()).to.equal(true);
        expect(result).to.equal(undefined);
        expect(place.names).to.deep.equal(['mine']);
      }),
    );
  }

  it(
    'rename: a directory is a name that is taken where nobody chose it',
    withPair({ files }, async ({ client, place }) => {
      fs.mkdirSync(place.path('mine'));
      await client.get('a.txt', place.path('mine'), { onExists: 'rename', specialFiles: false });
      expect(place.read('mine.1').toString()).to.equal('from the server');
    }),
  );

  for (const specialFiles of [true, false]) {
    it(
      `a dangling link is a name that is taken, never written through (${specialFiles ? 'chosen' : 'not chosen'})`,
      withPair({ files }, async ({ client, place }) => {
        fs.symlinkSync('nowhere', place.path('mine'));
        const get = (onExists: OnExists): Promise<TransferResult> =>
          client.get('a.txt', place.path('mine'), { onExists, specialFiles });
        await rejects('exists', () => get('fail'));
        expect((await get('skip')).skipped).to.equal(true);
        expect((await get('rename')).localPath).to.equal(place.path('mine.1'));
        expect(place.names).to.deep.equal(['mine', 'mine.1']);
        await get('overwrite');
        expect(fs.lstatSync(place.path('mine')).isFile()).to.equal(true);
        expect(place.names).to.deep.equal(['mine', 'mine.1']);
      }),
    );
  }

  for (const [onExists, names] of [
    ['fail', ['mine']],
    ['rename', ['mine', 'mine.1']],
  ] as const satisfies [OnExists, string[]][]) {
    it(
      `${onExists}: a name that is taken meanwhile is not lost`,
      withPair({ files }, async ({ client, place }) => {
        const work = client.get('a.txt', place.path('mine'), {
          onExists,
          onData: () => {
            if (place.names.length === 0) place.write('mine', 'quicker');
          },
        });
        if (onExists === 'fail') await rejects('exists', () => work);
        else expect((await work).localPath).to.equal(place.path('mine.1'));
        expect(place.read('mine').toString()).to.equal('quicker');
        expect(place.names).to.deep.equal(names);
        expect(place.parts).to.deep.equal([]);
      }),
    );
  }
});

describe('a get that is resumed', () => {
  const resume = 'resume' as const;

  it(
    'fetches the rest alone, and the whole is verified',
    withPair({ files }, async ({ client, place, bench, notes, onNote }) => {
      await interruptedGet(place.path('large'), 'large', WHOLE.subarray(0, 100_000), WHOLE.length);
      const progress: { bytes: number; total?: number }[] = [];
      const result = await client.get('large', place.path('large'), {
        onExists: resume,
        onNote,
        onProgress: (at) => progress.push(at),
      });
      expect(result).to.include({ size: 300_000, length: 200_000, verified: true });
      expect(place.read('large').equals(WHOLE)).to.equal(true);
      expect(place.parts).to.deep.equal([]);
      expect(bench.events.at(-1)).to.include({ phase: 'done', length: 200_000 });
      expect(progress.at(-1)).to.deep.equal({ bytes: 300_000, total: 300_000 });
      expect(notes).to.deep.equal([]);
    }),
  );

  for (const onExists of ['rename', 'overwrite', 'fail', 'skip'] as const) {
    it(
      `a further try goes on from the part, where a taken name means ${onExists}`,
      withPair({ files }, async ({ client, place }) => {
        const taken = onExists === 'rename' || onExists === 'overwrite';
        const to = onExists === 'rename' ? 'large.1' : 'large';
        await interruptedGet(place.path(to), 'large', WHOLE.subarray(0, 100_000), WHOLE.length);
        if (taken) place.write('large', 'mine');
        const result = await client.get('large', place.path('large'), { onExists, resume: true });
        expect(result).to.include({ size: 300_000, length: 200_000, localPath: place.path(to) });
        expect(place.read(to).equals(WHOLE)).to.equal(true);
        if (onExists === 'rename') expect(place.read('large').toString()).to.equal('mine');
        expect(place.parts).to.deep.equal([]);
      }),
    );
  }

  it(
    'a part that has every byte already needs none',
    withPair({ files }, async ({ client, place, bench }) => {
      await interruptedGet(place.path('large'), 'large', WHOLE, WHOLE.length);
      expect(place.parts).to.deep.equal([300_000]);
      expect(await client.get('large', place.path('large'), { onExists: resume })).to.include({
        size: 300_000,
        length: 0,
      });
      expect(place.read('large').equals(WHOLE)).to.equal(true);
      expect(bench.events.at(-1)).to.include({ phase: 'done', length: 0 });
    }),
  );

  for (const [what, part] of [
    ['is not the beginning of the file', pattern(100_000, 9)],
    ['is longer than the file', pattern(400_000)],
  ] as const) {
    it(
      `a part that ${what} is dropped, and said so`,
      withPair({ files }, async ({ client, place, bench, notes, onNote }) => {
        await interruptedGet(place.path('large'), 'large', part, 500_000);
        const kept: (string | undefined)[] = ['an earlier one'];
        const onKept = (sentence: string | undefined) => void kept.push(sentence);
        const result = await client.get('large', place.path('large'), { onExists: resume, onNote, onKept });
        expect(result).to.include({ size: 300_000, length: 300_000, verified: true });
        expect(place.read('large').equals(WHOLE)).to.equal(true);
        expect(place.parts).to.deep.equal([]);
        expect(kept.at(-1)).to.equal(undefined);
        expect(notes).to.have.length(1);
        expect(notes[0]).to.match(/starting over$/);
        expect(bench.events.at(-1)).to.include({ length: 300_000 });
      }),
    );
  }

  it(
    'a part of another remote file is never continued',
    withPair({ files: { ...files, other: WHOLE } }, async ({ client, place, bench }) => {
      await interruptedGet(place.path('mine'), 'other', WHOLE.subarray(0, 100_000), WHOLE.length);
      await client.get('large', place.path('mine'), { onExists: resume });
      expect(bench.events.at(-1)).to.include({ length: 300_000 });
      expect(place.read('mine').equals(WHOLE)).to.equal(true);
    }),
  );

  it('a file that is replaced between the question and the get is refused (554), the part kept', async () => {
    const storage = memoryStorage(files, { now: () => THEN });
    afterReads(storage, 1, () => storage.put('large', pattern(300_000, 5)));
    await withPair({ storage }, async ({ client, place }) => {
      await interruptedGet(place.path('large'), 'large', WHOLE.subarray(0, 100_000), WHOLE.length);
      const work = client.get('large', place.path('large'), { onExists: resume });
      let reply: unknown;
      await work.catch((error: { reply?: number }) => (reply = error.reply));
      expect(reply).to.equal(554);
      expect(place.names).to.deep.equal([]);
      expect(place.parts).to.deep.equal([100_000]);
    })();
  });

  it('without a version the whole file is digested on both sides before it appears', async () => {
    const storage = withoutVersion(memoryStorage(files, { now: () => THEN }));
    let reads = 0;
    const read = storage.read.bind(storage);
    storage.read = (path) => {
      reads += 1;
      return read(path);
    };
    await withPair({ storage }, async ({ client, place }) => {
      await interruptedGet(place.path('large'), 'large', WHOLE.subarray(0, 100_000), WHOLE.length);
      await client.get('large', place.path('large'), { onExists: resume });
      expect(place.read('large').equals(WHOLE)).to.equal(true);
      // The prefix, the rest, the whole.
      expect(reads).to.equal(3);
    })();
  });

  it('without a version a file that is replaced in between never becomes a mixture', async () => {
    const storage = memoryStorage(files, { now: () => THEN });
    afterReads(storage, 1, () => storage.put('large', pattern(300_000, 5)));
    await withPair({ storage: withoutVersion(storage) }, async ({ client, place }) => {
      await interruptedGet(place.path('large'), 'large', WHOLE.subarray(0, 100_000), WHOLE.length);
      await rejects('corrupt', () => client.get('large', place.path('large'), { onExists: resume }));
      expect(place.names).to.deep.equal([]);
      // It is known to be wrong: nothing is left to resume from.
      expect(place.parts).to.deep.equal([]);
    })();
  });

  it(
    'a file that is gone is 550, and the part stays',
    withPair({ files }, async ({ client, place }) => {
      await interruptedGet(place.path('gone'), 'gone', Buffer.from('abc'), 10);
      await rejects('refused', () => client.get('gone', place.path('gone'), { onExists: resume }));
      expect(place.parts).to.deep.equal([3]);
    }),
  );

  it(
    'from a server that knows no digests says so, and the part stays',
    withPair({ files }, async ({ place }) => {
      await interruptedGet(place.path('large'), 'large', WHOLE.subarray(0, 100_000), WHOLE.length);
      await withPlay({}, async (play) => {
        const got = watch(play.client.get('large', place.path('large'), { onExists: resume }));
        expect(await play.p.line()).to.equal('-h --length=100000 large');
        await play.p.end();
        await got.failure('cannot-resume');
      })();
      expect(place.parts).to.deep.equal([100_000]);
    }),
  );
});
