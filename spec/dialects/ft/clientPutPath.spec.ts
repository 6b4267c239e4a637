import { expect } from 'chai';
import { Readable } from 'node:stream';
import { watch, withPlay } from '../../support/ftPlay';

const hello = (): Readable => Readable.from([Buffer.from('hello')]);

/** The server's 150 to a put of `path`, and whether the client goes on to send. */
function answered(begun: string, path = 'new.txt') {
  return async (sends: boolean): Promise<void> => {
    await withPlay({}, async (play) => {
      const put = watch(play.client.put(hello(), path));
      const { line, port } = await play.request();
      await play.say(begun);
      const q = await play.dial(port);
      await q.send(Buffer.from(/--token=([0-9a-f]{32}) /.exec(line)?.[1] ?? '', 'hex'));
      if (sends) {
        expect(await play.p.line()).to.equal('-c 5 3610a686');
        await q.whole();
        await play.say('226 length=5;crc32=3610a686; ok');
        await put.value();
        return;
      }
      // Reset, not ended: a server that was asked for an unconfirmed put would take an end for the whole of it.
      expect(await q.over()).to.equal('lost');
      expect(q.received.length).to.equal(0);
      expect(await play.p.line()).to.equal('-x');
      await play.say('426 Aborted', '226 Aborted');
      expect((await put.failure('protocol')).message).to.match(/another path/);
    })();
  };
}

describe('the native client: the path in the 150 of a put', () => {
  for (const [what, begun] of [
    ['another name', '150 type=file; nfw.txt'],
    ['more than the name', '150 type=file; $size=5 --confirm new.txt'],
    ['nothing', '150 type=file; '],
    ['no facts, so that nothing tells where the name begins', '150 new.txt'],
    ['facts that were spoilt', '150 type-file; new.txt'],
  ] as const) {
    it(`is ${what}: nothing is sent, nothing confirmed`, () => answered(begun)(false));
  }

  it('is the one asked for: it is sent', () => answered('150 type=file; new.txt')(true));

  it('is the one asked for, in hexadecimal', () => answered('150 type=file; 6e0a77', 'n\nw')(true));
});
