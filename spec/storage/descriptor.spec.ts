import { expect } from 'chai';
import { Descriptor } from '../../lib/storage/descriptor';
import { blockingIo, pooledIo, type Io } from '../../lib/storage/io';
import { rejects } from '../support/storageHelpers';

/** A file system whose calls end when they are told to. */
function controlled(): { io: Io; done: string[]; end: (count: number | Error) => void } {
  const waiting: ((count: number | Error) => void)[] = [];
  const done: string[] = [];
  const call = (): Promise<number> =>
    new Promise((resolve, reject) => {
      waiting.push((end) => (end instanceof Error ? reject(end) : resolve(end)));
    });
  const io: Io = {
    ...pooledIo,
    read: call,
    write: call,
    close: (fd) => void done.push(`closed ${fd}`),
    closeNow: (fd) => void done.push(`closed ${fd} now`),
  };
  return { io, done, end: (count) => waiting.shift()?.(count) };
}

describe('a descriptor', () => {
  for (const written of [false, true]) {
    it(`is not closed under a call (${written ? 'written' : 'read'})`, async () => {
      const { io, done, end } = controlled();
      const file = new Descriptor(io, 77, 'file', written);
      const reads = [file.read(Buffer.alloc(4), 0), file.read(Buffer.alloc(4), 4)];
      const write = file.write([Buffer.from('text')], 0);
      let closed = false;
      const closing = file.close().then(() => (closed = true));
      await rejects('io-error', () => file.read(Buffer.alloc(4), 0));
      await rejects('io-error', () => file.write([Buffer.from('text')], 0));
      await rejects('io-error', () => file.stat());
      for (const count of [4, 2]) {
        end(count);
        await reads.shift();
        expect([closed, ...done]).to.deep.equal([false]);
      }
      // A short write goes on with another call, on the same number.
      end(1);
      await Promise.resolve();
      await Promise.resolve();
      expect([closed, ...done]).to.deep.equal([false]);
      end(3);
      await write;
      await closing;
      expect(done).to.deep.equal([written ? 'closed 77' : 'closed 77 now']);
      await file.close();
      expect(done.length).to.equal(1);
    });
  }

  it('is closed though a call under way fails', async () => {
    const { io, done, end } = controlled();
    const file = new Descriptor(io, 78, 'file', true);
    const read = file.read(Buffer.alloc(4), 0);
    const closing = file.close();
    end(Object.assign(new Error('EIO'), { code: 'EIO' }));
    await rejects('io-error', () => read);
    await closing;
    expect(done).to.deep.equal(['closed 78']);
  });

  it('is closed though a blocking call failed', async () => {
    const done: number[] = [];
    const fails = (): never => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    };
    const io: Io = { ...blockingIo, read: fails, write: fails, close: (fd) => void done.push(fd) };
    const file = new Descriptor(io, 79, 'file', true);
    await rejects('no-space', () => file.write([Buffer.from('text')], 0));
    await rejects('no-space', () => file.read(Buffer.alloc(1), 0));
    await file.close();
    expect(done).to.deep.equal([79]);
  });

  it('tells what closing tells to who asks, and to nobody else', async () => {
    const io: Io = {
      ...pooledIo,
      close: () => Promise.reject(Object.assign(new Error('EDQUOT'), { code: 'EDQUOT' })),
    };
    const file = new Descriptor(io, 80, 'file', true);
    let code: unknown;
    await file.finish().catch((error: unknown) => (code = (error as { code: unknown }).code));
    expect(code).to.equal('EDQUOT');
    await file.close();
  });
});
