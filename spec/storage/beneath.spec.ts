import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { join, posix, win32 } from 'node:path';
import { isSpecialFile, liesBeneath } from '../../lib/index';
import { isIn } from '../../lib/storage/beneath';

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

  it('is what a link in it leads to, in whatever place of a chain that link is', async () => {
    for (const [name, target] of [
      ['root/l', '../out/file'],
      ['root/up', '../out'],
      ['out/byLink', '../root/l'],
      ['out/byBoth', 'byLink'],
      ['out/absolute', at('root/l')],
      ['out/byDirectory', '../root/up/file'],
      ['out/inToRoot', '../toRoot/in/../l'],
      ['out/toBeMade', '../root/new'],
    ] as const)
      fs.symlinkSync(target, at(name));
    for (const file of ['byLink', 'byBoth', 'absolute', 'byDirectory', 'inToRoot', 'toBeMade'])
      expect(await liesBeneath(at(`out/${file}`), at('root')), file).to.equal(true);
  });

  it('is not what links lead to past it, or over and out of it', async () => {
    for (const [name, target] of [
      ['out/a', 'b'],
      ['out/b', '../root/../out/file'],
      ['out/c', at('root-evil/file')],
      ['out/d', 'nothing/here'],
    ] as const)
      fs.symlinkSync(target, at(name));
    for (const file of ['a', 'b', 'c', 'd'])
      expect(await liesBeneath(at(`out/${file}`), at('root')), file).to.equal(false);
  });

  it('is told by the rules of the system', () => {
    const told = (
      path: typeof win32,
      rows: readonly (readonly [directory: string, place: string, is: boolean])[],
    ): void => {
      for (const [directory, place, is] of rows)
        expect(isIn(directory, place, path), `${place} in ${directory}`).to.equal(is);
    };
    told(win32, [
      ['C:\\srv', 'C:\\srv', true],
      ['C:\\srv', 'c:\\SRV\\users', true],
      ['C:\\srv', 'C:\\srv\\..users\\a', true],
      ['C:\\', 'C:\\users', true],
      ['C:\\srv', 'C:\\srv-evil\\users', false],
      ['C:\\srv', 'C:\\', false],
      ['C:\\srv', 'D:\\srv\\users', false],
      ['\\\\host\\share\\', '\\\\host\\share\\users', true],
    ]);
    told(posix, [
      ['/', '/users', true],
      ['/srv', '/srv/..users', true],
      ['/srv', '/SRV/users', false],
      ['/srv', '/srv-evil', false],
      ['/srv/in', '/srv', false],
    ]);
  });

  it('is special where it is there, and neither a file nor a directory', async function () {
    if (process.platform === 'win32') this.skip();
    fs.symlinkSync('/dev/null', at('device'));
    execFileSync('mkfifo', [at('fifo')]);
    for (const file of ['/dev/null', at('device'), at('fifo')]) expect(await isSpecialFile(file), file).to.equal(true);
    for (const file of ['root', 'root/file', 'toRoot/file', 'new', 'out/loop'])
      expect(await isSpecialFile(at(file)), file).to.equal(false);
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
