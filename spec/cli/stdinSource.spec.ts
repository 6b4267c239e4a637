import { expect } from 'chai';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { bytesFrom } from '../../lib/cli/stdinSource';
import { cuts } from '../support/splits';

describe('standard input as the source of a put', () => {
  it('is all of it, however it comes', async () => {
    const bytes = Buffer.from('one\n\0two\xff');
    for (const { chunks, how } of cuts(bytes)) {
      expect(await buffer(bytesFrom(Readable.from(chunks, { objectMode: false }))), how).to.deep.equal(bytes);
    }
  });

  it('stays whole for the next where nothing was read', async () => {
    const input = new PassThrough();
    input.end('data');
    const unread = bytesFrom(input);
    unread.destroy();
    await once(unread, 'close');
    expect([input.destroyed, (await buffer(bytesFrom(input))).toString()]).to.deep.equal([false, 'data']);
  });

  it('is ended with whoever has begun to read, also while nothing comes', async () => {
    const input = new PassThrough();
    const source = bytesFrom(input);
    const next = source[Symbol.asyncIterator]().next();
    next.catch(() => undefined);
    source.destroy();
    await once(source, 'close');
    expect(input.destroyed).to.equal(true);
    await next.catch(() => undefined);
  });

  it('fails as it does, and not before somebody reads', async () => {
    for (const early of [true, false]) {
      const input = new PassThrough();
      const source = bytesFrom(input);
      const failure = new Error('EIO: the terminal hung up');
      if (early) {
        input.destroy(failure);
        await new Promise((resolve) => input.once('close', resolve));
      }
      const read = buffer(source).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!early) input.destroy(failure);
      expect(await read).to.equal(failure);
    }
  });
});
