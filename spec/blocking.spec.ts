import { expect } from 'chai';
import type { GetOptions } from '../lib/transfers';
import { withPair, type Pair } from './support/ftPair';
import { pattern } from './support/storageHelpers';

const WHOLE = pattern(300_000);
const files = { large: WHOLE };
const blocking = { blocking: true };
/** `import * as fs` gives a view; calls are watched where they are made. */
const real = require('node:fs') as typeof import('node:fs');

/** The thread on which the bytes of a file that is being got are written. */
async function writesOf(work: () => Promise<unknown>): Promise<Set<string>> {
  const seen = new Set<string>();
  const { write, writev, writeSync, writevSync } = real;
  const watched = <F extends (...args: never[]) => unknown>(call: F, where: string): F =>
    ((...args: never[]) => {
      // Whoever prints meanwhile (mocha's reporter) writes to a standard stream.
      if (Number(args[0]) > 2) seen.add(where);
      return call(...args);
    }) as F;
  Object.assign(real, {
    write: watched(write, 'pool'),
    writev: watched(writev, 'pool'),
    writeSync: watched(writeSync, 'here'),
    writevSync: watched(writevSync, 'here'),
  });
  try {
    await work();
  } finally {
    Object.assign(real, { write, writev, writeSync, writevSync });
  }
  return seen;
}

async function getOn({ client, place }: Pair, options?: GetOptions): Promise<string[]> {
  const threads = await writesOf(() => client.get('large', place.path('mine'), options));
  expect(place.read('mine').equals(WHOLE)).to.equal(true);
  expect(place.names).to.deep.equal(['mine']);
  return [...threads];
}

describe('a get to a local path writes', () => {
  it(
    'on the thread pool, as a program with other things to do needs it',
    withPair({ files }, async (pair) => {
      expect(await getOn(pair)).to.deep.equal(['pool']);
    }),
  );

  it(
    'on this thread when told to block',
    withPair({ files, client: blocking }, async (pair) => {
      expect(await getOn(pair)).to.deep.equal(['here']);
    }),
  );

  it(
    'on the thread pool again where a resume may have to digest much first',
    withPair({ files, client: blocking }, async (pair) => {
      expect(await getOn(pair, { onExists: 'resume' })).to.deep.equal(['pool']);
    }),
  );
});
