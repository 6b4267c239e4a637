import { expect } from 'chai';
import { interruptedGet, withPair } from './support/ftPair';
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
      expect(notes).to.deep.equal(['what arrived of large is kept, hidden, and can be resumed']);
      await client.get('large', place.path('large'), { onExists: 'resume' });

      await interrupted();
      const other = place.path('large.1');
      const how = `under that name: -o ${other} --resume`;
      expect(notes.slice(1)).to.deep.equal([`what arrived of large.1 is kept, hidden, and can be resumed ${how}`]);
      // What was promised.
      expect(await client.get('large', other, { onExists: 'resume' })).to.include({ size: 300_000, length: 200_000 });
      expect(place.names).to.have.members(['large', 'large.1']);
      expect(place.parts).to.deep.equal([]);
    }),
  );
});
