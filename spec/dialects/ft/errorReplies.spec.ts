import { expect } from 'chai';
import { TwinportError, type ErrorCode } from '../../../lib/errors';
import { memoryStorage } from '../../../lib/storage/memory';
import { withBench } from '../../support/ftBench';

/** What a storage can fail with, and what the client is told (RFC 959 §4.2). */
const REPLIES: readonly [code: ErrorCode, get: RegExp, put: RegExp][] = [
  ['not-found', /^550 FILE NOT FOUND$/, /^553 /],
  ['denied', /^550 It failed$/, /^553 It failed$/],
  ['exists', /^553 /, /^553 It failed$/],
  ['not-a-file', /^550 It failed$/, /^553 It failed$/],
  ['not-a-directory', /^550 It failed$/, /^550 It failed$/],
  ['no-space', /^452 It failed$/, /^452 It failed$/],
  ['quota', /^552 It failed$/, /^552 It failed$/],
  ['too-large', /^552 It failed$/, /^552 It failed$/],
  ['changed', /^451 It failed$/, /^451 It failed$/],
  ['in-use', /^450 It failed$/, /^450 It failed$/],
  ['cannot-resume', /^554 It failed$/, /^554 It failed$/],
  ['unsupported', /^502 It failed$/, /^502 It failed$/],
  ['io-error', /^451 It failed$/, /^451 It failed$/],
];

describe("the native server's reply to what its storage says", () => {
  for (const [code, get, put] of REPLIES) {
    const storage = memoryStorage({ 'hello.txt': 'hello' });
    const fail = (): Promise<never> => Promise.reject(new TwinportError(code, 'it failed'));
    storage.read = fail;
    storage.write = fail;

    it(
      code,
      withBench({ storage, writable: true }, async (bench) => {
        const p = await bench.dial();
        const door = await bench.door();
        await p.send(`-g hello.txt ${door.port}\n`);
        expect(await p.line()).to.match(get);
        await p.send(`-p new.txt ${door.port}\n`);
        expect(await p.line()).to.match(put);
        await p.send('-h hello.txt\n');
        expect(await p.line()).to.match(get);
        expect(await p.quiet()).to.equal('');
        expect(door.conns).to.have.length(0);
      }),
    );
  }

  it('is 451 for a defect, and the session goes on', async () => {
    const storage = memoryStorage({ 'hello.txt': 'hello' });
    storage.read = () => Promise.reject(new TypeError('nobody expected this'));
    await withBench({ storage }, async (bench) => {
      const p = await bench.dial();
      await p.send('-h hello.txt\n-s hello.txt\n');
      expect((await p.line()).slice(0, 4)).to.equal('451 ');
      expect((await p.line()).slice(0, 4)).to.equal('213 ');
    })();
  });
});
