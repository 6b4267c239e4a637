import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileIdentity, readUserFile } from '../../lib';

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

describe('the identity of a file', () => {
  it('is that of every name it has, and of no other file, link or directory', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-user-'));
    const at = (name: string): string => path.join(folder, name);
    try {
      for (const name of ['a', 'b']) fs.writeFileSync(at(name), 'the same');
      fs.linkSync(at('a'), at('second name'));
      fs.mkdirSync(at('d'));
      fs.symlinkSync('a', at('link'));
      fs.symlinkSync('.', at('d/up'));
      const of = (name: string): Promise<string | undefined> => fileIdentity(at(name));
      const a = await of('a');
      expect(a).to.be.a('string');
      expect(await of('second name')).to.equal(a);
      expect(await of('d/../a')).to.equal(a);
      expect(await of('b'))
        .to.be.a('string')
        .and.not.equal(a);
      for (const none of ['d', 'link', 'missing', 'a/beneath', '\0', 'd/up'])
        expect(await of(none), none).to.equal(undefined);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
