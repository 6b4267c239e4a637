import { expect } from 'chai';
import * as fs from 'node:fs';
import { isTrickOnWindows } from '../../lib/storage/narrow';
import type { LocalStorage } from '../../lib/storage/local';
import { localHarness, type LocalHarness } from '../support/localHarness';
import { contentOf, entriesOf, rejects, written } from '../support/storageHelpers';

/** What each symbolic link of a tree leads to: a text, or the code it is refused with. */
const LINKS: readonly [link: string, target: string, leads: string][] = [
  ['plain', 'file', 'at the top'],
  ['dotted', './/./file', 'at the top'],
  ['down', 'dir/sub/deep', 'deep down'],
  ['dir/up', '../file', 'at the top'],
  ['dir/sub/across', '../../dir/./beside', 'beside'],
  ['through', 'toDir/sub/deep', 'deep down'],
  ['toDir', 'dir', 'not-a-file'],
  ['dir/toTop', '..', 'not-a-file'],
  ['dir/sub/toTop', '../..', 'not-a-file'],
  ['round', 'dir/toTop/dir/toTop/file', 'at the top'],
  ['crooked', 'dir/toTop/toDir/../file', 'at the top'],
  ['absolute', '{root}/dir/beside', 'beside'],
  ['absoluteRoot', '{root}', 'not-a-file'],
  ['absoluteUp', '{root}/dir/../file', 'at the top'],
  ['chain', 'chain2', 'at the top'],
  ['chain2', 'chain3', 'at the top'],
  ['chain3', 'absolute2', 'at the top'],
  ['absolute2', '{root}/plain', 'at the top'],
  ['dangling', 'missing', 'not-found'],
  ['danglingDir', 'missing/file', 'not-found'],
  ['underFile', 'file/below', 'not-a-directory'],
  ['loop', 'loop', 'denied'],
  ['ping', 'pong', 'denied'],
  ['pong', 'ping', 'denied'],
  ['dir/loopDir', '../dir/loopDir/x', 'denied'],
  ['out', '../secret', 'denied'],
  ['outAbsolute', '{base}/secret', 'denied'],
  ['outSibling', '{root}-evil/secret', 'denied'],
  ['outDots', '{root}/../secret', 'denied'],
  ['outLater', 'dir/../../secret', 'denied'],
  ['outAndIn', '../root/file', 'denied'],
  ['outSlash', '/', 'denied'],
  ['etc', '/etc/passwd', 'denied'],
  ['toOut', 'out', 'denied'],
];

for (const options of [{}, { blocking: true }, { handles: false }]) {
  describe(`symbolic links, ${JSON.stringify(options)}`, () => {
    let house: LocalHarness;
    let storage: LocalStorage;

    beforeEach(async () => {
      house = await localHarness(options);
      storage = house.storage;
      const base = house.root.slice(0, -'/root'.length);
      fs.mkdirSync(`${house.root}-evil`);
      for (const secret of [`${base}/secret`, `${house.root}-evil/secret`]) fs.writeFileSync(secret, 'SECRET');
      for (const dir of ['dir', 'dir/sub']) await house.mkdir(dir);
      for (const [path, text] of [
        ['file', 'at the top'],
        ['dir/beside', 'beside'],
        ['dir/sub/deep', 'deep down'],
      ] as const) {
        await house.put(path, text);
      }
      for (const [link, target] of LINKS) {
        fs.symlinkSync(target.replace('{root}', house.root).replace('{base}', base), house.at(link));
      }
    });

    afterEach(() => house.cleanup());

    for (const [link, target, leads] of LINKS) {
      it(`${link} -> ${target} gives ${leads}`, async () => {
        // Real paths do not tell a way that leaves the root and comes back, nor a loop from a missing file.
        const narrow = 'handles' in options;
        if (narrow && link === 'outAndIn') {
          expect((await contentOf(storage, link)).toString()).to.equal('at the top');
        } else if (leads === 'denied' || leads === 'not-found' || leads === 'not-a-directory') {
          await rejects(leads, () => storage.read(link));
          await rejects(leads, () => storage.stat(link));
        } else if (leads === 'not-a-file') {
          await rejects('not-a-file', () => storage.read(link));
          expect((await storage.stat(link)).type).to.equal('dir');
          const there = (await entriesOf(storage, link)).map((entry) => entry.name);
          expect(there).to.include(link === 'toDir' ? 'beside' : 'file');
        } else {
          expect((await contentOf(storage, link)).toString()).to.equal(leads);
          expect(await storage.stat(link)).to.deep.equal(await storage.stat(placeOfText(leads)));
        }
      });
    }

    it('show in listings as what they lead to, and as other when that is nothing of ours', async () => {
      for (const dir of ['', 'dir', 'dir/sub']) {
        for (const { name, type, stat } of await entriesOf(storage, dir, true)) {
          const path = dir === '' ? name : `${dir}/${name}`;
          const [, , leads] = LINKS.find(([link]) => link === path) ?? [];
          if (leads === undefined || path === 'outAndIn') continue;
          const expected =
            leads === 'not-a-file' ? 'dir' : /^[a-z]+(-[a-z]+)*$/.test(leads) && leads !== 'beside' ? 'other' : 'file';
          expect(type, path).to.equal(expected);
          expect(stat !== undefined, path).to.equal(expected !== 'other');
        }
      }
    });

    it('are looked through on the way to a new file, and not out of the root', async () => {
      await (await written(storage, 'toDir/new', 'new')).commit(3);
      expect((await house.read('dir/new'))?.toString()).to.equal('new');
      fs.symlinkSync(`${house.root}-evil`, house.at('evil'));
      fs.symlinkSync('..', house.at('above'));
      for (const path of ['evil/new', 'above/new', 'dir/toTop/above/new', 'above/secret']) {
        await rejects('denied', () => storage.write(path, { replace: true }));
        await rejects('denied', () => storage.write(path, { replace: true, key: 'k', offset: 3 }));
        await rejects('denied', () => storage.partLength(path, 'k'));
        await rejects('denied', () => storage.list(path.replace(/\/\w+$/, ''), { facts: false }));
      }
      expect(fs.readdirSync(`${house.root}-evil`)).to.deep.equal(['secret']);
      expect(fs.readdirSync(`${house.root}/..`).sort()).to.deep.equal(['root', 'root-evil', 'secret']);
    });

    it('as the name of a new file exist already, wherever they lead', async () => {
      for (const link of ['plain', 'dangling', 'out', 'loop', 'toDir']) {
        await rejects('exists', () => storage.write(link, { replace: false }));
      }
    });

    it('are replaced themselves, never what they lead to', async () => {
      for (const link of ['plain', 'dangling', 'out', 'loop', 'toDir']) {
        await (await written(storage, link, 'replaced', { replace: true })).commit(8);
        expect(fs.lstatSync(house.at(link)).isFile(), link).to.equal(true);
        expect(fs.lstatSync(house.at(link)).mode & 0o111, 'a link is 0777').to.equal(0);
        expect(fs.readFileSync(house.at(link), 'utf8')).to.equal('replaced');
      }
      expect((await house.read('file'))?.toString()).to.equal('at the top');
      expect(fs.readFileSync(`${house.root}/../secret`, 'utf8')).to.equal('SECRET');
      expect(fs.existsSync(house.at('missing'))).to.equal(false);
    });

    it('cannot lead to a part', async () => {
      await (await written(storage, 'upload', 'half a secret', { key: 'k' })).keep();
      const [part] = house.partNames();
      fs.symlinkSync(part ?? '', house.at('peek'));
      await rejects('not-found', () => storage.read('peek'));
      await rejects('not-found', () => storage.stat('peek'));
      const peek = (await entriesOf(storage, '', true)).find((entry) => entry.name === 'peek');
      expect(peek).to.deep.equal({ name: 'peek', type: 'other', link: true });
    });

    it('to a great many directories up and down cost a bounded number of steps', async () => {
      if ('handles' in options) return;
      // 40 links, each walking 600 times down and up again: 24,000 directories to enter, were they entered.
      for (let index = 0; index < 40; index += 1) {
        const next = index === 39 ? 'file' : `zigzag${index + 1}`;
        fs.symlinkSync(`${'dir/../'.repeat(570)}${next}`, house.at(`zigzag${index}`));
      }
      await rejects('denied', () => storage.read('zigzag0'));
      expect((await contentOf(storage, 'zigzag39')).toString()).to.equal('at the top');
    });

    function placeOfText(text: string): string {
      return text === 'at the top' ? 'file' : text === 'beside' ? 'dir/beside' : 'dir/sub/deep';
    }
  });
}

describe('a root of /', () => {
  it('holds everything, and links to anywhere', async () => {
    const house = await localHarness();
    try {
      await house.put('file', 'text');
      fs.symlinkSync(`${house.root}/file`, house.at('link'));
      for (const handles of [true, false]) {
        const storage = await house.open({ root: '/', handles });
        expect((await contentOf(storage, `${house.root.slice(1)}/link`)).toString()).to.equal('text');
        expect((await storage.stat('')).type).to.equal('dir');
      }
    } finally {
      await house.cleanup();
    }
  });
});

describe('names on Windows', () => {
  it('that mean another file, a device, a drive or a stream are refused', () => {
    for (const name of [
      '..\\x',
      'C:',
      'C:\\x',
      'a::$DATA',
      'NUL',
      'nul.txt',
      'COM1',
      'lpt9.log',
      'con',
      'dot.',
      'space ',
      'a*',
      'CONOUT$',
    ]) {
      expect(isTrickOnWindows(name), name).to.equal(true);
    }
    for (const name of ['file', '.hidden', 'a.b.c', 'console', 'null', 'com', 'two words', '文字', '-rf']) {
      expect(isTrickOnWindows(name), name).to.equal(false);
    }
  });
});
