import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { bytesOf, catalogue, Disk, make, shown, type Counts, type Entry, type View } from '../support/testfiles';
import { noLeaks } from '../support/leaks';

const SMALL = catalogue({ seed: 1, small: true });

/** What a run tells, as lines. */
class Told implements View {
  readonly lines: string[] = [];
  total = -1;
  wroteSum = 0;
  begin(total: number): void {
    this.total = total;
  }
  there({ path }: Entry): void {
    this.lines.push(`there ${shown(path)}`);
  }
  skipped({ path }: Entry, why: string): void {
    this.lines.push(`skipped ${shown(path)}: ${why}`);
  }
  making(): void {}
  wrote(size: number): void {
    this.wroteSum += size;
  }
  made({ path }: Entry): void {
    this.lines.push(`made ${shown(path)}`);
  }
  line(): void {}
  end(): void {}
}

const text = (name: string, content: string, more: Partial<Entry> = {}): Entry => ({
  path: Buffer.from(name),
  size: content.length,
  source: () => {
    let at = 0;
    return (buffer) => void (at += buffer.write(content.slice(at, at + buffer.length)));
  },
  ...more,
});

/** Every path below a directory, as bytes in hexadecimal; empty directories too. */
function walk(directory: Buffer, prefix = Buffer.alloc(0)): string[] {
  return fs.readdirSync(directory, { encoding: 'buffer' }).flatMap((name) => {
    const file = Buffer.concat([directory, Buffer.from('/'), name]);
    const relative = Buffer.concat([prefix, name]);
    if (!fs.lstatSync(file).isDirectory()) return [relative.toString('hex')];
    const below = walk(file, Buffer.concat([relative, Buffer.from('/')]));
    return below.length === 0 ? [relative.toString('hex')] : below;
  });
}

const failing = (code: string, message: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: ${message}, ${syscall} '/somewhere'`), { code, syscall });

describe('testfiles: making', () => {
  noLeaks();
  let into: string;
  beforeEach(() => {
    into = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-testfiles-'));
  });
  afterEach(() => fs.rmSync(into, { recursive: true, force: true }));

  const run = async (
    entries: readonly Entry[],
    { force = false, platform, io }: { force?: boolean; platform?: string; io?: typeof fs.promises } = {},
  ): Promise<Counts & { readonly told: Told }> => {
    const told = new Told();
    const disk = new Disk(into, io);
    return { ...(await make(entries, disk, told, { force, ...(platform === undefined ? {} : { platform }) })), told };
  };
  const sentence = (entries: readonly Entry[], io?: typeof fs.promises): Promise<string> =>
    run(entries, io === undefined ? {} : { io }).then(
      () => 'it succeeded',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  const content = (name: string): string => fs.readFileSync(path.join(into, name), 'latin1');
  const io = (over: Partial<typeof fs.promises>): typeof fs.promises => ({ ...fs.promises, ...over });

  it('makes every file, its name and its bytes as they are, and nothing else', async function () {
    if (process.platform !== 'linux') this.skip();
    const { made, skipped, bytes, told } = await run(SMALL);
    expect({ made, skipped }).to.deep.equal({ made: SMALL.length, skipped: 0 });
    expect(told.total).to.equal(bytes);
    expect(told.wroteSum).to.equal(bytes);
    expect(walk(Buffer.from(into)).sort()).to.deep.equal(SMALL.map((entry) => entry.path.toString('hex')).sort());
    for (const entry of SMALL.filter(({ empty }) => empty !== true)) {
      const file = Buffer.concat([Buffer.from(`${into}/`), entry.path]);
      expect(fs.readFileSync(file).equals(bytesOf(entry)), shown(entry.path)).to.equal(true);
    }

    const again = await run(SMALL);
    expect(again.told.lines).to.deep.equal(SMALL.map((entry) => `there ${shown(entry.path)}`));
    expect([again.made, again.there, again.told.total]).to.deep.equal([0, SMALL.length, 0]);
  });

  it('makes only what is missing, short, long or other than it should be', async () => {
    const names = ['whole', 'missing', 'short', 'long', 'other', 'link'];
    const entries = names.map((name) => text(name, `content of ${name}`));
    await run(entries);
    fs.unlinkSync(path.join(into, 'missing'));
    fs.truncateSync(path.join(into, 'short'), 3);
    fs.appendFileSync(path.join(into, 'long'), '!');
    fs.writeFileSync(path.join(into, 'other'), 'CONTENT of other');
    fs.renameSync(path.join(into, 'link'), path.join(into, 'aside'));
    fs.symlinkSync('aside', path.join(into, 'link'));
    const before = fs.statSync(path.join(into, 'whole')).ino;

    const { told } = await run(entries);
    expect(told.lines).to.deep.equal(['there "whole"', ...names.slice(1).map((name) => `made "${name}"`)]);
    for (const name of names) expect(content(name)).to.equal(`content of ${name}`);
    expect(fs.statSync(path.join(into, 'whole')).ino).to.equal(before);
    expect(fs.lstatSync(path.join(into, 'link')).isFile()).to.equal(true);
  });

  it('makes the digits of another seed in place of those that are there', async () => {
    const one = catalogue({ seed: 1, small: true }).slice(0, 4);
    await run(one);
    const { told } = await run(catalogue({ seed: 2, small: true }).slice(0, 4));
    expect(told.lines).to.include.members(['made "imegU.txt"', 'there "servertest.txt"', 'there "sizes/bytes-0"']);
  });

  it('makes all anew when forced, and the old stays until the new is whole', async () => {
    await run([text('a', 'right')]);
    const before = fs.statSync(path.join(into, 'a')).ino;
    let seen = '';
    const watching = text('a', 'right', {
      source: () => (buffer) => {
        buffer.write('right');
        seen = content('a');
      },
    });
    const { told } = await run([watching], { force: true });
    expect(told.lines).to.deep.equal(['made "a"']);
    expect([seen, content('a')]).to.deep.equal(['right', 'right']);
    expect(fs.statSync(path.join(into, 'a')).ino).to.not.equal(before);
  });

  it('writes all where a disk takes a piece at a time', async () => {
    const short = io({
      open: async (...words: Parameters<typeof fs.promises.open>) => {
        const handle = await fs.promises.open(...words);
        const write = handle.write.bind(handle) as (bytes: Buffer, at: number, size: number) => Promise<unknown>;
        return Object.assign(handle, {
          write: (bytes: Buffer, at: number, size: number) => write(bytes, at, Math.min(size, 777)),
        });
      },
    });
    const entry = SMALL.find(({ size }) => size === 65_537);
    if (entry === undefined) throw new Error('there is none of that size');
    await run([entry], { io: short });
    expect(fs.readFileSync(path.join(into, entry.path.toString())).equals(bytesOf(entry))).to.equal(true);
  });

  describe('what goes wrong is one sentence, and leaves nothing half', () => {
    for (const [code, message, expected] of [
      [
        'ENOSPC',
        'no space left on device',
        /^The disk is full: there is no room for "b" in .* \(1,500,000 bytes\); --small /,
      ],
      ['EDQUOT', 'disk quota exceeded', /^The disk is full: /],
      ['EFBIG', 'file too large', /^Files as large as "b" in .* are not allowed here\.$/],
      ['EIO', 'i/o error', /^Cannot make "b" in .*: EIO: i\/o error\.$/],
    ] as const) {
      it(`${code} while writing`, async () => {
        let writes = 0;
        const full = io({
          open: async (...words: Parameters<typeof fs.promises.open>) => {
            const handle = await fs.promises.open(...words);
            const write = handle.write.bind(handle) as (bytes: Buffer) => Promise<unknown>;
            return Object.assign(handle, {
              write: (bytes: Buffer) => {
                writes += 1;
                return writes === 3 ? Promise.reject(failing(code, message, 'write')) : write(bytes);
              },
            });
          },
        });
        const entries = [text('a', 'first'), text('b', 'x'.repeat(1_500_000)), text('c', 'never')];
        expect(await sentence(entries, full)).to.match(expected);
        expect(fs.readdirSync(into)).to.deep.equal(['a']);
      });
    }

    it('a directory that may not be made', async () => {
      const forbidden = io({ mkdir: () => Promise.reject<never>(failing('EACCES', 'permission denied', 'mkdir')) });
      expect(await sentence([text('a', 'x')], forbidden)).to.equal(
        `It is not allowed to write ${into} (EACCES: permission denied).`,
      );
    });

    for (const entry of [text('taken', 'x'), text('file/below', 'x'), text('file', '', { empty: true })]) {
      it(`something in the way of ${shown(entry.path)}${entry.empty ? ', a directory' : ''}`, async () => {
        fs.mkdirSync(path.join(into, 'taken'));
        fs.writeFileSync(path.join(into, 'file'), 'mine');
        expect(await sentence([entry])).to.match(/^Something else is in the way of "/);
        expect(fs.readdirSync(into).sort()).to.deep.equal(['file', 'taken']);
        expect(content('file')).to.equal('mine');
      });
    }

    it('and a defect of ours stays a defect', async () => {
      const broken = text('a', 'x', {
        source: () => () => {
          throw new TypeError('broken');
        },
      });
      expect(await sentence([broken])).to.equal('broken');
      expect(fs.readdirSync(into)).to.deep.equal([]);
    });
  });

  describe('a name that the file system will not have is skipped', () => {
    const odd = text('names/odd', 'odd', { hard: true });
    const after = text('names/after', 'after', { hard: true });

    for (const code of ['EILSEQ', 'EINVAL', 'ENAMETOOLONG']) {
      it(`with ${code}`, async () => {
        const isOdd = (file: fs.PathLike): boolean => file.toString().endsWith('/odd');
        const strict = io({
          lstat: ((file: fs.PathLike) =>
            isOdd(file) ? Promise.reject(failing(code, 'bad name', 'lstat')) : fs.promises.lstat(file)) as never,
          rename: (from, to) =>
            isOdd(to) ? Promise.reject(failing(code, 'bad name', 'rename')) : fs.promises.rename(from, to),
        });
        const { told, made, skipped } = await run([odd, after], { io: strict });
        const why = `this file system refuses it (${code}: bad name)`;
        expect(told.lines).to.deep.equal([`skipped "names/odd": ${why}`, 'made "names/after"']);
        expect([made, skipped]).to.deep.equal([1, 1]);
        expect(walk(Buffer.from(into))).to.deep.equal([Buffer.from('names/after').toString('hex')]);
      });
    }

    it('where it is changed', async () => {
      const changing = io({
        rename: (from, to) => fs.promises.rename(from, to.toString().replace(/odd$/, 'even')),
        unlink: (file) => fs.promises.unlink(file.toString().replace(/odd$/, 'even')),
      });
      const { told } = await run([odd, after], { io: changing });
      expect(told.lines[0]).to.equal('skipped "names/odd": this file system makes another name of it');
      expect(fs.readdirSync(path.join(into, 'names'))).to.deep.equal(['after']);
    });

    it('where it is another one’s, which stays as it is, time after time', async () => {
      const lower = (file: fs.PathLike): string => file.toString().replace(/[^/]*$/, (name) => name.toLowerCase());
      const folding = io({
        lstat: ((file: fs.PathLike) => fs.promises.lstat(lower(file))) as never,
        rename: (from, to) => fs.promises.rename(from, lower(to)),
        open: (file, ...words) => fs.promises.open(lower(file), ...words),
      });
      const entries = [text('names/case', 'one', { hard: true }), text('names/CASE', 'two', { hard: true })];
      const why = 'this file system takes it for a name that is there';
      expect((await run(entries, { io: folding })).told.lines[1]).to.equal(`skipped "names/CASE": ${why}`);
      const again = await run(entries, { io: folding });
      expect(again.told.lines).to.deep.equal(['there "names/case"', `skipped "names/CASE": ${why}`]);
      expect(content('names/case')).to.equal('one');
    });

    it('and on Windows not even tried', async () => {
      const { told } = await run([text('names/a:PUT', 'x', { hard: true }), after], { platform: 'win32' });
      expect(told.lines[0]).to.equal('skipped "names/a:PUT": Windows forbids one of its characters');
      expect(fs.readdirSync(path.join(into, 'names'))).to.deep.equal(['after']);
    });

    it('but a plain one is a failure', async () => {
      const strict = io({ rename: () => Promise.reject(failing('EINVAL', 'invalid argument', 'rename')) });
      expect(await sentence([text('plain', 'x')], strict)).to.match(/^Cannot make "plain" in .*: EINVAL/);
    });
  });
});
