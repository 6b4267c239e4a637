import { expect } from 'chai';
import * as fs from 'node:fs';
import { TwinportError } from '../lib/errors';
import { checkUserFile } from '../lib';
import { withPair } from './support/ftPair';
import { makeUnsendable } from './support/unsendable';

const failureOf = (work: Promise<unknown>): Promise<readonly [code: string, sentence: string] | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof TwinportError)) throw error;
      return [error.code, error.message] as const;
    },
  );

describe('checkUserFile', () => {
  it(
    'says beforehand what the put would say',
    withPair({ writable: true }, async ({ client, place }) => {
      for (const [name, code] of makeUnsendable(place.root)) {
        const before = await failureOf(checkUserFile(place.path(name)));
        expect(before?.[0], name).to.equal(code);
        expect(before, name).to.deep.equal(await failureOf(client.put(place.path(name), 'there')));
      }
    }),
  );

  it(
    'says nothing of a file that can be put, a link to one included, and leaves it as it is',
    withPair({ writable: true }, async ({ client, place }) => {
      place.write('mine', 'abc');
      fs.symlinkSync('mine', place.path('link'));
      for (const name of ['mine', 'link']) {
        expect(await failureOf(checkUserFile(place.path(name))), name).to.equal(undefined);
        expect((await client.put(place.path(name), name)).length).to.equal(3);
      }
      expect(place.names).to.deep.equal(['link', 'mine']);
    }),
  );
});
