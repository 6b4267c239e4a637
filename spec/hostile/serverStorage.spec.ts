import { expect } from 'chai';
import * as fs from 'node:fs';
import { LIMITS } from '../../lib/options';
import { Quotas } from '../../lib/storage/quotas';
import { RIGHTS } from '../../lib/wire/rights';
import { answers, attackOnDisk } from '../support/attack';
import { deepen, flatten, LEVELS } from '../support/deepTree';
import { atRest, DAY, leavePart } from '../support/leftParts';
import type { LocalHarness } from '../support/localHarness';

const open = { allow: RIGHTS, quotaBytes: 1e6 };

/** What a server that starts now counts. */
async function counted(house: LocalHarness): Promise<number | undefined> {
  const limits = { quotaBytes: 1e6 };
  const quotas = new Quotas(
    () => limits,
    () => 0,
  );
  await quotas.ready(await house.open(), quotas.all([]));
  return quotas.known('')?.files;
}

describe('hostile: storage', () => {
  it('S70 a tree deeper than any path, made by renames', async function () {
    this.timeout(120_000);
    if (process.platform !== 'linux') this.skip();
    await attackOnDisk(
      open,
      (house) => {
        // What a client makes with patience, a directory at a time.
        deepen(house.root, 10, (directory) => {
          leavePart(house, atRest, { directory: directory.slice(house.root.length + 1), at: Date.now() - 2 * DAY });
        });
        for (const other of ['b', 'c', 'e']) {
          fs.mkdirSync(`${house.root}/${other}${'/d'.repeat(LEVELS - 1)}`, { recursive: true });
        }
      },
      async (attacking, house) => {
        for (const other of ['b', 'c', 'e']) {
          const told = await answers(attacking, `-r a\t${other}${'/d'.repeat(LEVELS)}\n-r ${other}\ta\n`);
          expect(told).to.match(/^2\d\d [^\r\n]*\r\n2\d\d [^\r\n]*\r\n$/);
        }
        expect(13 * LEVELS).to.be.above(LIMITS.requestLine);
        expect(await counted(house)).to.equal(13 * LEVELS + 11);
        await house.storage.sweep();
        expect(await counted(house), 'without its parts').to.equal(13 * LEVELS + 1);
        flatten(house.root);
      },
    )();
  });
});
