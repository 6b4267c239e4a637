import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readUserFile } from '../../lib';

describe('a small file of the user', () => {
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-user-'))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('is read whole, through links, up to the last byte that it may have', async () => {
    fs.writeFileSync(at('a'), 'x'.repeat(1000));
    fs.mkdirSync(at('elsewhere'));
    fs.symlinkSync('../a', at('elsewhere/link'));
    expect(Buffer.from(await readUserFile(at('elsewhere/link'), 1000)).toString()).to.equal('x'.repeat(1000));
    fs.writeFileSync(at('a'), '');
    expect(await readUserFile(at('a'), 1000)).to.have.length(0);
  });

  for (const [what, make, code] of [
    ['too large', () => fs.writeFileSync(at('a'), 'x'.repeat(1001)), 'too-large'],
    ['endless', () => fs.symlinkSync('/dev/zero', at('a')), 'not-a-file'],
    ['a directory', () => fs.mkdirSync(at('a')), 'not-a-file'],
    ['missing', () => undefined, 'not-found'],
  ] as const) {
    it(`that is ${what} is ${code}`, async () => {
      make();
      expect(await readUserFile(at('a'), 1000).catch((error: unknown) => error)).to.include({ code });
    });
  }
});
