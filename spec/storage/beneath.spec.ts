import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import { liesBeneath } from '../../lib/index';

describe('what lies beneath a directory', () => {
  let base: string;
  const at = (path: string): string => join(base, path);

  beforeEach(() => {
    base = fs.mkdtempSync(join(os.tmpdir(), 'twinport-beneath-'));
    for (const directory of ['root', 'root/in', 'root-evil', 'out']) fs.mkdirSync(at(directory));
    for (const file of ['root/file', 'root/in/file', 'root-evil/file', 'out/file']) fs.writeFileSync(at(file), '');
    fs.symlinkSync('root', at('toRoot'));
    fs.symlinkSync('../root/in', at('out/toIn'));
    fs.symlinkSync('../root/file', at('out/toFile'));
    fs.symlinkSync('../out/file', at('root/away'));
    fs.symlinkSync('../out', at('root/outside'));
    fs.symlinkSync('loop', at('out/loop'));
  });

  afterEach(() => fs.rmSync(base, { recursive: true }));

  it('is what any way leads to', async () => {
    for (const file of [
      'root/file',
      'root/in/file',
      'toRoot/file',
      'out/toIn/file',
      'out/toFile',
      'out/../root/file',
      'root',
    ])
      for (const root of ['root', 'toRoot', 'out/../root/in/..'])
        expect(await liesBeneath(at(file), at(root)), `${file} in ${root}`).to.equal(true);
  });

  it('is what would be made there, with directories that are still to be made', async () => {
    for (const file of ['root/new', 'root/a/b/new', 'out/toIn/a/new', 'toRoot/new'])
      expect(await liesBeneath(at(file), at('root')), file).to.equal(true);
    expect(await liesBeneath(at('soon/a/new'), at('soon'))).to.equal(true);
  });

  it('is what is named by a link in it, which whoever may write there puts another in the place of', async () => {
    for (const file of ['root/away', 'root/outside/file', 'toRoot/away', 'toRoot/outside/new'])
      expect(await liesBeneath(at(file), at('root')), file).to.equal(true);
  });

  it('is no sibling and nothing above', async () => {
    for (const file of [
      'root-evil/file',
      'rooted',
      'out/file',
      'out/new',
      '.',
      'root/../new',
      'out/loop',
      'out/file/x',
    ])
      expect(await liesBeneath(at(file), at('root')), file).to.equal(false);
  });

  it('is everything where all is served', async () => {
    expect(await liesBeneath(at('out/file'), '/')).to.equal(true);
  });
});
