import { expect } from 'chai';
import { begin, DONE, fails, givesUp, outlives } from '../support/attacked';

describe('hostile: broken transfers', () => {
  it(
    'C11 sizes that lie',
    outlives({}, async (play) => {
      const { basin, got, q } = await begin(play, '150 type=file;size=6; a.txt');
      await q.end('hello');
      await play.say(DONE);
      await got.failure('incomplete');
      expect(basin.writableFinished).to.equal(false);
    }),
  );

  it(
    'C12 more data than announced',
    outlives({}, async (play) => {
      const { basin, got, q } = await begin(play, '150 type=file;size=4; a.txt');
      await q.send('hello');
      await givesUp(play);
      await got.failure('protocol');
      expect(await q.over()).to.equal('lost');
      expect(basin.bytes.length).to.equal(0);
    }),
  );

  it(
    'C13 FIN at half of the file',
    outlives({}, async (play) => {
      const { basin, got, q } = await begin(play);
      await q.end('hel');
      await play.say('226 length=3;crc32=00000000; Transfer complete.');
      await fails(play, got, 'incomplete', 'corrupt');
      expect(basin.writableFinished).to.equal(false);
    }),
  );

  it(
    'C14 a digest that does not match',
    outlives({}, async (play) => {
      const { basin, got, q } = await begin(play);
      await q.end('hellO');
      await play.say(DONE);
      await got.failure('corrupt');
      expect(basin.writableFinished).to.equal(false);
    }),
  );
});
