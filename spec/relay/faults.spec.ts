import { expect } from 'chai';
import { isTwinportError } from '../../lib/errors';
import type { Client } from '../../lib/client';
import { pattern } from '../support/bytes';
import { withWorld, type RelayWorld, type Tried } from '../support/relayWorld';

const codeOf = ({ error }: Tried<unknown>): string =>
  isTwinportError(error) ? error.code : error === undefined ? 'done' : String(error);

const FILE = pattern(3000);
const PUT = pattern(2000, 77);

/** What is tried, and how to see that no wrong bytes came of it. */
const WORK = {
  list: async (client: Client) => {
    const { entries } = await client.list('');
    expect(entries.map(({ name }) => name)).to.include('a');
  },
  get: async (client: Client, world: RelayWorld) => void (await client.get('a', world.place.path('got'))),
  put: async (client: Client, world: RelayWorld, name: string) =>
    void (await client.put(world.place.path('local'), name)),
} as const;
type Work = keyof typeof WORK;
const works = Object.keys(WORK) as Work[];

function withFiles(files: Readonly<Record<string, Uint8Array>>, spec: (world: RelayWorld) => Promise<void>) {
  return withWorld(files, async (world) => {
    world.place.write('local', PUT);
    await spec(world);
  });
}

describe('flipped bits on a data connection', () => {
  for (const passive of [false, true]) {
    for (const work of works) {
      it(
        `are always noticed, and leave no file: ${work}, ${passive ? 'passive' : 'active'}`,
        withFiles({ a: FILE }, async (world) => {
          for (let seed = 1; seed <= 40; seed += 1) {
            const tried = await world.through(
              { corrupt: 1, seed },
              (client) => WORK[work](client, world, `up${seed}`),
              { passive },
            );
            // A listing may be shorter than the first flip is far.
            if (work === 'list' && codeOf(tried) === 'done') {
              expect(tried.events.some(({ kind }) => kind === 'flip')).to.equal(false);
              continue;
            }
            const codes = work === 'put' ? ['refused'] : ['corrupt', 'incomplete'];
            expect(codes, `seed ${seed}`).to.include(codeOf(tried));
            expect(world.place.names, `seed ${seed}`).to.deep.equal(['local']);
            expect(world.place.parts, `seed ${seed}`).to.deep.equal([]);
            expect(await world.names(), `seed ${seed}`).to.deep.equal(['a']);
          }
        }),
      );
    }
  }
});

describe('a spoilt byte on the control connection', () => {
  /** Names that one flipped bit turns into each other, and contents of one length. */
  const ALPHABET = Object.fromEntries(
    [...'abcdefghijklmnopqrstuvwxyz'].map((name, n) => [name, pattern(FILE.length, n === 0 ? 0 : 1000 * n)]),
  );
  const ROUNDS = 64;

  for (const [how, names] of [
    ['', { a: FILE }],
    [', where every name is a file', ALPHABET],
  ] as const) {
    for (const work of works) {
      it(
        `never leaves wrong bytes under a name, nor a name that nobody asked for: ${work}${how}`,
        withFiles(names, async (world) => {
          const told = new Set<string>();
          const puts: Record<string, Uint8Array> = {};
          for (let seed = 1; seed <= ROUNDS; seed += 1) {
            const passive = seed % 2 === 0;
            if (work === 'put') puts[`up${seed}`] = PUT;
            const tried = await world.through(
              { corruptControl: true, seed },
              (client) => WORK[work](client, world, `up${seed}`),
              { passive },
            );
            told.add(codeOf(tried));
            const got = world.place.names.filter((name) => name !== 'local');
            for (const name of got) expect(world.place.read(name).equals(FILE), `seed ${seed}: ${name}`).to.equal(true);
            expect(await world.wrongOnServer(puts), `seed ${seed}`).to.deep.equal([]);
            for (const name of got) world.forgetLocal(name);
          }
          // Some flips fall behind the last byte, most do not.
          expect(told.size, [...told].join()).to.be.above(1);
        }),
      );
    }
  }
});

/** `refused` is the server's 426: it may be the first to notice. */
const BROKEN = ['incomplete', 'connection-lost', 'refused'];

describe('a data connection that ends early', () => {
  const OFFSETS = [0, 1, 2, 17, 512, 1000, 1999, 2000, 2998, 2999];

  for (const fault of ['cutAfter', 'resetAfter'] as const) {
    for (const passive of [false, true]) {
      const how = `${fault}, ${passive ? 'passive' : 'active'}`;

      it(
        `${how}: a get fails, the old file stays`,
        withFiles({ a: FILE }, async (world) => {
          const path = world.place.write('got', 'old');
          for (const at of OFFSETS) {
            const replace = (client: Client) => client.get('a', path, { onExists: 'overwrite' });
            const tried = await world.through({ [fault]: at, seed: 1 }, replace, { passive });
            expect(BROKEN, `after ${at}: ${String(tried.error)}`).to.include(codeOf(tried));
            expect(tried.events.filter(({ kind }) => kind === 'cut' || kind === 'reset')).to.have.length(1);
            expect(world.place.read('got').toString(), `after ${at}`).to.equal('old');
          }
        }),
      );

      it(
        `${how}: a get fails, there is no file, and a resume is equal`,
        withFiles({ a: FILE }, async (world) => {
          for (const at of OFFSETS) {
            const path = world.place.path(`got${at}`);
            const tried = await world.through({ [fault]: at, seed: 1 }, (client) => client.get('a', path), { passive });
            expect(BROKEN, `after ${at}: ${String(tried.error)}`).to.include(codeOf(tried));
            expect(world.place.names, `after ${at}`).not.to.include(`got${at}`);
            await world.directly((client) => client.get('a', path, { onExists: 'resume' }));
            expect(world.place.read(`got${at}`).equals(FILE), `after ${at}`).to.equal(true);
          }
        }),
      );

      it(
        `${how}: a put fails, there is no file, and a resume is equal`,
        withFiles({ a: FILE }, async (world) => {
          for (const at of OFFSETS.filter((offset) => offset < PUT.length)) {
            const tried = await world.through(
              { [fault]: at, seed: 1 },
              (client) => WORK.put(client, world, `up${at}`),
              { passive },
            );
            expect(BROKEN, `after ${at}: ${String(tried.error)}`).to.include(codeOf(tried));
            expect(await world.names(), `after ${at}`).not.to.include(`up${at}`);
            await world.directly((client) => client.put(world.place.path('local'), `up${at}`, { onExists: 'resume' }));
            expect(world.storage.bytes(`up${at}`)?.equals(PUT), `after ${at}`).to.equal(true);
          }
        }),
      );
    }
  }
});
