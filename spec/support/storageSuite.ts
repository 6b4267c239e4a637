import { changesSuite } from './storageChanges';
import { listingSuite } from './storageListing';
import { partsSuite } from './storageParts';
import { readingSuite } from './storageReading';
import { writingSuite } from './storageWriting';
import type { MakeHarness } from './storageHelpers';

export type { MakeHarness, StorageHarness } from './storageHelpers';

/** Everything `lib/storage/storage.ts` promises, for any storage. One call; nothing is skipped but by declared feature. */
export function storageSuite(name: string, make: MakeHarness): void {
  describe(`the storage house suite: ${name}`, () => {
    readingSuite(make);
    listingSuite(make);
    writingSuite(make);
    partsSuite(make);
    changesSuite(make);
  });
}
