import { expect } from 'chai';
import { fetchesHonestly } from '../support/attack';
import { Basin, watch, withPlay, type Play } from '../support/ftPlay';

const BEGUN = '150 type=file;size=5;version=v1; a.txt';
const DONE = '226 length=5;crc32=3610a686; Transfer complete.';

async function begin(play: Play, begun = BEGUN) {
  const basin = new Basin();
  const got = watch(play.client.get('a.txt', basin));
  const { port } = await play.request();
  await play.say(begun);
  const q = await play.dial(port);
  await play.p.quiet();
  return { basin, got, q };
}

describe('hostile: broken transfers', () => {
  it(
    'C11 sizes that lie',
    withPlay({}, async (play) => {
      const { basin, got, q } = await begin(play, '150 type=file;size=6; a.txt');
      await q.end('hello');
      await play.say(DONE);
      await got.failure('incomplete');
      expect(basin.writableFinished).to.equal(false);
      await fetchesHonestly(play);
      await play.onlyP();
    }),
  );

  it(
    'C12 more data than announced',
    withPlay({}, async (play) => {
      const { basin, got, q } = await begin(play, '150 type=file;size=4; a.txt');
      await q.send('hello');
      expect(await play.p.line()).to.equal('-x');
      await play.say('426 Aborted', '226 Aborted');
      await got.failure('protocol');
      expect(await q.over()).to.equal('lost');
      expect(basin.bytes.length).to.equal(0);
      await fetchesHonestly(play);
      await play.onlyP();
    }),
  );

  it(
    'C13 FIN at half of the file',
    withPlay({}, async (play) => {
      const { basin, got, q } = await begin(play);
      await q.end('hel');
      await play.say('226 length=3;crc32=00000000; Transfer complete.');
      await got.value().then(
        () => expect.fail('half a file was taken for all of it'),
        (error: { code?: string }) => expect(error.code).to.be.oneOf(['incomplete', 'corrupt']),
      );
      expect(basin.writableFinished).to.equal(false);
      await fetchesHonestly(play);
      await play.onlyP();
    }),
  );

  it(
    'C14 a digest that does not match',
    withPlay({}, async (play) => {
      const { basin, got, q } = await begin(play);
      await q.end('hellO');
      await play.say(DONE);
      await got.failure('corrupt');
      expect(basin.writableFinished).to.equal(false);
      await fetchesHonestly(play);
      await play.onlyP();
    }),
  );
});
