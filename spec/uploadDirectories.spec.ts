import { expect } from 'chai';
import { Readable } from 'node:stream';
import type { PutOptions } from '../lib/transfers';
import { connect } from '../lib/client';
import { memoryStorage } from '../lib/storage/memory';
import { withClient, withServer } from './support/errandBench';
import { CLIENT, SERVER, withBench } from './support/ftBench';
import { withPair, type Pair } from './support/ftPair';
import { watch, withPlay } from './support/ftPlay';
import { pattern, rejects } from './support/storageHelpers';

const writable = true;
const makeDirectories = true;
const BYTES = pattern(100_000);

/** From a file, and from a stream: what a put begins with. */
const FROM: readonly [what: string, from: (pair: Pair) => string | Readable][] = [
  ['a file', ({ place }) => place.write('mine', BYTES)],
  ['a stream', () => Readable.from([BYTES.subarray(0, 60_000), BYTES.subarray(60_000)])],
];

describe('a put with makeDirectories', () => {
  for (const [what, from] of FROM) {
    it(
      `makes what is missing above ${what}, says so, and puts it`,
      withPair({ writable, files: { 'a/x': 'x' } }, async (pair) => {
        const { client, bench, notes, onNote } = pair;
        const made = await client.put(from(pair), 'a/b/./c/file', { makeDirectories, onNote });
        expect(made).to.include({ size: 100_000, length: 100_000, verified: true });
        expect(bench.storage.bytes('a/b/c/file')?.equals(BYTES)).to.equal(true);
        expect(notes).to.deep.equal(['made directory a/b/c']);
        const again = await client.put(from(pair), 'a/b/c/other', { makeDirectories, onNote });
        expect(again.length).to.equal(100_000);
        expect(notes).to.have.length(1);
      }),
    );

    for (const onExists of ['overwrite', 'skip', 'resume', 'fail'] as const) {
      it(
        `${what}, with onExists "${onExists}"`,
        withPair({ writable }, async (pair) => {
          const options: PutOptions = { makeDirectories, onExists };
          expect(await pair.client.put(from(pair), 'new/file', options)).to.include({ skipped: false });
          expect(pair.bench.storage.bytes('new/file')?.equals(BYTES)).to.equal(true);
        }),
      );
    }

    it(
      `is told what was wrong with ${what} when it was no directory`,
      withPair({ writable, files: { 'a/file': 'there', plain: 'x' } }, async (pair) => {
        const { client, notes, onNote, bench } = pair;
        const put = (path: string): Promise<unknown> => client.put(from(pair), path, { makeDirectories, onNote });
        expect(await rejects('refused', () => put('a/file'))).to.equal('"a/file" exists already');
        expect(await rejects('refused', () => put('plain/below'))).to.contain('is not a directory');
        expect(await rejects('refused', () => put('plain/below/deeper'))).to.contain('is not a directory');
        expect(await rejects('refused', () => put('a'))).to.equal('"a" is a directory');
        expect(notes).to.deep.equal([]);
        expect(bench.storage.bytes('a/file')?.toString()).to.equal('there');
      }),
    );

    it(
      `makes nothing for ${what} unless it is asked to`,
      withPair({ writable }, async (pair) => {
        expect(await rejects('refused', () => pair.client.put(from(pair), 'a/file'))).to.equal(
          'The directory does not exist',
        );
        await rejects('not-found', () => pair.bench.storage.stat('a'));
      }),
    );

    it(
      `makes nothing for ${what} where that is not allowed`,
      withPair({ allow: ['list', 'read', 'delete'] }, async (pair) => {
        const put = pair.client.put(from(pair), 'a/file', { makeDirectories });
        expect(await rejects('refused', () => put)).to.equal('Writing is not allowed here');
        await rejects('not-found', () => pair.bench.storage.stat('a'));
      }),
    );
  }

  it(
    'two that need one directory both find it',
    withBench({ writable, storage: memoryStorage() }, async (bench) => {
      const { port, clock } = bench;
      const network = bench.machine(CLIENT);
      const clients = await Promise.all([1, 2].map(() => connect({ host: SERVER, port, network, clock })));
      const puts = clients.map((client, i) => client.put(Readable.from([BYTES]), `a/b/${i}`, { makeDirectories }));
      await Promise.all(puts);
      for (const i of [0, 1]) expect(bench.storage.bytes(`a/b/${i}`)?.equals(BYTES)).to.equal(true);
      const closed = clients.map((client) => client.close());
      await bench.clock.advance(1000);
      await Promise.all(closed);
    }),
  );

  it(
    'a server that cannot make directories: the put is refused as it was, and a note says why',
    withPlay({}, async (play) => {
      const notes: string[] = [];
      const onNote = (note: string): void => void notes.push(note);
      const put = watch(play.client.put(Readable.from([BYTES]), 'a/file', { makeDirectories, onNote }));
      expect((await play.request()).line).to.match(/^-p .* a\/file \d+$/);
      await play.say('550 No such directory');
      expect((await play.request()).line).to.equal('-s a');
      await play.say('550 FILE NOT FOUND');
      expect((await play.request()).line).to.equal('-m --parents a');
      await play.say('500 What?');
      expect((await put.failure('refused')).message).to.equal('No such directory');
      expect(notes).to.deep.equal(['the server cannot make directories (it does not know -m)']);
    }),
  );

  it(
    'a put in a small language is what it would be without',
    withServer('framed', { writable }, async (bench) => {
      const { port, clock } = bench;
      const client = await connect({ host: SERVER, port, dialect: 'framed', network: bench.machine(CLIENT), clock });
      const puts = ['new', 'none/new'].map((name) =>
        watch(client.put(Readable.from([BYTES]), name, { makeDirectories })),
      );
      await clock.advance(5000);
      expect((await puts[0]?.value())?.size).to.equal(BYTES.length);
      await puts[1]?.failure('refused');
      expect(bench.storage.bytes('new')?.equals(BYTES)).to.equal(true);
      await rejects('not-found', () => bench.storage.stat('none'));
      const closed = client.close();
      await clock.advance(1000);
      await closed;
    }),
  );

  it(
    'the small languages have no word for changes',
    withClient('framed', {}, async ({ client }) => {
      await rejects('unsupported', () => client.makeDirectory('a'));
      await rejects('unsupported', () => client.remove('a'));
      await rejects('unsupported', () => client.rename('a', 'b'));
      expect(await rejects('unsupported', () => client.ping())).to.contain('framed');
      expect(client.alive).to.equal(true);
      const closing = client.close();
      expect(client.alive).to.equal(false);
      await closing;
    }),
  );
});
