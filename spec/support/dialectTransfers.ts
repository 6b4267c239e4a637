import * as fs from 'node:fs';
import * as nodePath from 'node:path';
import { expect } from 'chai';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Progress, TransferResult } from '../../lib/transfers';
import type { DialectHouse } from './dialectHouse';
import { namesSuite } from './dialectNames';
import { HOST, onStage, type Ground, type Stage, type StageOptions } from './dialectStage';
import { Collector, mute, rejectsOneOf } from './dialectTools';
import { rejects, pattern } from './storageHelpers';

/** Nothing, one byte, around the usual buffer, and more than any buffer on the way. */
export const SIZES = [0, 1, 65_535, 65_536, 65_537, 1_048_579] as const;
/** Every byte value, and what protocols take for their own words. */
const EVERY_BYTE = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, i) => i)), Buffer.from('\r\n.\r\n\0\0')]);

/** The real client and the real server, list, get and put. */
export function transfersSuite(house: DialectHouse, ground: Ground): void {
  const has = (verb: 'list' | 'get' | 'put'): boolean => house.verbs.includes(verb);
  const staged = (options: StageOptions, spec: (stage: Stage) => Promise<void>): (() => Promise<void>) =>
    onStage(house, ground, options, spec);

  if (has('list')) listing(staged);
  if (has('get')) getting(house, staged);
  if (has('put')) putting(house, staged);
  namesSuite(house, ground);

  it(
    'every verb it does not have is refused in a sentence, before anything is said',
    staged({}, async (stage) => {
      const heard = await mute(stage);
      const client = await stage.client({ port: heard.port });
      const asked: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['list', () => client.list()],
        ['get', () => client.get('x', new Collector())],
        ['put', () => client.put(Readable.from([Buffer.from('x')]), 'x')],
        ['stat', () => client.stat('x')],
        ['digest', () => client.digest('x')],
      ];
      for (const [verb, ask] of asked) {
        if (house.verbs.some((each) => each === verb)) continue;
        const sentence = await rejects('unsupported', () => stage.until(ask()));
        expect(sentence, verb).to.include(house.name).and.match(/ .* /);
      }
      await stage.until(client.close());
      expect(await heard.everything()).to.equal('');
    }),
  );

  it(
    'where verification is required nothing is even asked for',
    staged({}, async (stage) => {
      const heard = await mute(stage);
      const client = await stage.client({ port: heard.port, requireVerified: true });
      const ask = {
        list: () => client.list(),
        get: () => client.get('x', new Collector()),
        put: () => client.put(Readable.from([Buffer.from('x')]), 'x'),
      };
      for (const verb of house.verbs) await rejects('unverified', () => stage.until<unknown>(ask[verb]()));
      await stage.until(client.close());
      expect(await heard.everything()).to.equal('');
    }),
  );
}

type Staged = (options: StageOptions, spec: (stage: Stage) => Promise<void>) => () => Promise<void>;

function listing(staged: Staged): void {
  for (const names of [[], ['only'], ['b', 'a', 'B', 'two words', 'c.txt']]) {
    it(
      `lists ${names.length} files`,
      staged({ files: Object.fromEntries(names.map((name) => [name, name])) }, async (stage) => {
        const client = await stage.client();
        const listed = await stage.until(client.list());
        expect(listed.verified).to.equal(false);
        expect(namesIn(listed)).to.deep.equal([...names].sort());
      }),
    );
  }

  it(
    'lists again and again, each time as it is then',
    staged({ files: { first: '1' } }, async (stage) => {
      const client = await stage.client();
      expect(namesIn(await stage.until(client.list()))).to.deep.equal(['first']);
      stage.shelf.put('second', '2');
      expect(namesIn(await stage.until(client.list()))).to.deep.equal(['first', 'second']);
    }),
  );
}

function getting(house: DialectHouse, staged: Staged): void {
  for (const size of SIZES) {
    it(
      `gets ${size} bytes`,
      staged({ files: { 'a file.bin': pattern(size, size + 1) } }, async (stage) => {
        const client = await stage.client();
        const to = stage.place.path('here');
        const { result, progress, remotes } = await followed((follow) =>
          stage.until(client.get('a file.bin', to, follow)),
        );
        expectResult(result, pattern(size, size + 1));
        expect(result.localPath).to.equal(to);
        expect(stage.place.read('here').equals(pattern(size, size + 1))).to.equal(true);
        expect(stage.place.parts).to.deep.equal([]);
        expect(remotes).to.deep.equal([HOST]);
        if (size > 0) expect(progress.at(-1)?.bytes).to.equal(size);
        expect(stage.told).to.deep.equal(['get requested', 'get started', 'get done']);
        expect(stage.events.at(-1)).to.include({ length: size, unverified: true, path: 'a file.bin' });
      }),
    );
  }

  it(
    'gets every byte there is into a stream, several one after another, asked for at once',
    staged({ files: { every: EVERY_BYTE, other: 'other' } }, async (stage) => {
      const client = await stage.client();
      const into = [new Collector(), new Collector(), new Collector()] as const;
      const got = await stage.until(
        Promise.all([client.get('every', into[0]), client.get('other', into[1]), client.get('every', into[2])]),
      );
      expect(into.map(({ bytes }) => bytes.toString('latin1'))).to.deep.equal(
        [EVERY_BYTE, Buffer.from('other'), EVERY_BYTE].map((bytes) => bytes.toString('latin1')),
      );
      for (const result of got) expect(result.verified).to.equal(false);
    }),
  );

  it(
    'a local file is left as it was',
    staged({ files: { name: 'theirs' } }, async (stage) => {
      const to = stage.place.write('mine', 'mine');
      const client = await stage.client();
      await rejects('exists', () => stage.until(client.get('name', to)));
      expect(stage.place.read('mine').toString()).to.equal('mine');
      const renamed = await stage.until(client.get('name', to, { onExists: 'rename' }));
      expect(renamed.localPath).to.equal(`${to}.1`);
      expect(stage.place.read('mine.1').toString()).to.equal('theirs');
      expect(stage.place.parts).to.deep.equal([]);
    }),
  );

  for (const name of ['missing', 'dir']) {
    it(
      `a ${name === 'dir' ? 'directory' : 'missing file'} is told, and nothing appears`,
      staged({ files: { there: 'there' } }, async (stage) => {
        if (name === 'dir' && stage.ground === 'TCP')
          fs.mkdirSync(nodePath.join(stage.shelf.served.root as string, name));
        else if (name === 'dir') stage.shelf.put('dir/x', 'x');
        const client = await stage.client();
        const to = stage.place.path('here');
        await rejectsOneOf(house.codes.missing ?? [], () => stage.until(client.get(name, to)));
        expect(stage.place.names).to.deep.equal([]);
        expect(stage.place.parts).to.deep.equal([]);
        const again = await stage.until(client.get('there', to));
        expect(again.length).to.equal(5);
      }),
    );
  }
}

function putting(house: DialectHouse, staged: Staged): void {
  const saved = (name: string, nth = 1): string => house.savedAs?.(name, nth) ?? name;

  for (const size of SIZES) {
    it(
      `puts ${size} bytes`,
      staged({}, async (stage) => {
        const client = await stage.client();
        const from = stage.place.write('here', pattern(size, size + 2));
        const { result, progress, remotes } = await followed((follow) =>
          stage.until(client.put(from, 'a file.bin', follow)),
        );
        expectResult(result, pattern(size, size + 2));
        expect(stage.shelf.bytes(saved('a file.bin'))?.equals(pattern(size, size + 2))).to.equal(true);
        expect(remotes).to.deep.equal([HOST]);
        if (size > 0) expect(progress.at(-1)).to.deep.equal({ bytes: size, total: size });
        expect(stage.told).to.deep.equal(['put requested', 'put started', 'put done']);
        expect(stage.events.at(-1)).to.include({ length: size, unverified: true });
      }),
    );
  }

  it(
    'puts every byte there is from a stream, several one after another, asked for at once',
    staged({}, async (stage) => {
      const client = await stage.client();
      const bodies = [EVERY_BYTE, Buffer.from('other'), Buffer.alloc(0)];
      await stage.until(
        Promise.all(bodies.map((body, i) => client.put(Readable.from(body.length > 0 ? [body] : []), `name ${i}`))),
      );
      for (const [i, body] of bodies.entries())
        expect(stage.shelf.bytes(saved(`name ${i}`, i + 1))?.toString('latin1')).to.equal(body.toString('latin1'));
    }),
  );

  const { taken, readOnly } = house.codes;
  if (taken !== undefined) {
    for (const size of [0, 10, 1_048_579]) {
      it(
        `a taken name is told while ${size} bytes are on their way, and its file stays as it is`,
        staged({ files: { name: 'theirs' } }, async (stage) => {
          const client = await stage.client();
          const from = stage.place.write('here', pattern(size));
          await rejectsOneOf(taken, () => stage.until(client.put(from, 'name')));
          expect(stage.shelf.bytes('name')?.toString()).to.equal('theirs');
          expect(await stage.shelf.names()).to.deep.equal(['name']);
        }),
      );
    }
  }

  if (readOnly !== undefined) {
    const shut = [
      ['no files', { port: { writable: false } }],
      ['no files that nothing vouches for', { server: { strictPut: true } }],
    ] as const;
    for (const [what, options] of shut) {
      it(
        `a server that takes ${what} says so`,
        staged(options, async (stage) => {
          const client = await stage.client();
          await rejectsOneOf(readOnly, () => stage.until(client.put(Readable.from([Buffer.from('x')]), 'name')));
          expect(await stage.shelf.names()).to.deep.equal([]);
        }),
      );
    }
  }

  it(
    'what is not there to be put is told, and nothing appears at the server',
    staged({}, async (stage) => {
      const client = await stage.client();
      await rejects('not-found', () => stage.until(client.put(stage.place.path('nothing'), 'name')));
      const broken = new Readable({ read: () => broken.destroy(new Error('the disk fell off')) });
      await rejects('io-error', () => stage.until(client.put(broken, 'name')));
      await stage.until(client.close());
      await stage.deserted();
      expect(await stage.shelf.names()).to.deep.equal([]);
    }),
  );

  it(
    'a client that asks for nothing leaves nothing',
    staged({}, async (stage) => {
      const client = await stage.client();
      await stage.until(client.close());
      await stage.deserted();
      expect(await stage.shelf.names()).to.deep.equal([]);
    }),
  );
}

function namesIn({ entries }: { readonly entries: readonly { readonly name: string }[] }): string[] {
  return entries
    .map(({ name }) => name)
    .filter((name) => name !== '.' && name !== '..')
    .sort();
}

function expectResult(result: TransferResult, bytes: Buffer): void {
  const { length } = bytes;
  const crc = crc32(bytes).toString(16).padStart(8, '0');
  expect(result).to.include({ size: length, length, crc32: crc, verified: false, skipped: false });
}

/** A transfer with everything that is told of it. */
async function followed(
  run: (follow: {
    onProgress: (progress: Progress) => void;
    onData: (remote: { address: string }) => void;
  }) => Promise<TransferResult>,
): Promise<{ result: TransferResult; progress: Progress[]; remotes: string[] }> {
  const progress: Progress[] = [];
  const remotes: string[] = [];
  const result = await run({
    onProgress: (each) => void progress.push(each),
    onData: ({ address }) => void remotes.push(address),
  });
  return { result, progress, remotes };
}
