import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { AppendingFile, type AppendIo } from '../../lib/storage/appending';

describe('a file that is appended to', () => {
  let dir: string;
  let file: string;
  let troubles: string[];
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-append-'));
    file = path.join(dir, 'log');
    troubles = [];
  });
  afterEach(() => fs.rmSync(dir, { recursive: true }));

  const appending = (io?: AppendIo): AppendingFile => new AppendingFile(file, (text) => void troubles.push(text), io);
  const text = (name = 'log'): string => fs.readFileSync(path.join(dir, name), 'utf8');

  it('has every line, in order, behind those that are there, and is for its owner and group', async () => {
    const one = appending();
    await one.open();
    expect([text(), fs.statSync(file).mode & 0o137]).to.deep.equal(['', 0]);
    for (let at = 0; at < 100; at += 1) one.say(`line ${at}`);
    await one.close();
    const two = appending();
    two.say('more');
    await two.close();
    expect(text()).to.equal(`${Array.from({ length: 100 }, (_, at) => `line ${at}\n`).join('')}more\n`);
    expect(troubles).to.deep.equal([]);
  });

  it('begins a line of its own behind one that somebody else did not end', async () => {
    fs.writeFileSync(file, 'half a li');
    const one = appending();
    one.say('mine');
    await one.close();
    expect(text()).to.equal('half a li\nmine\n');
  });

  it('goes on in a new file once the old one was renamed, and it is told', async () => {
    const one = appending();
    one.say('old');
    await one.open();
    fs.renameSync(file, `${file}.1`);
    one.say('still the old one');
    await one.reopen();
    one.say('new');
    await one.close();
    expect([text('log.1'), text()]).to.deep.equal(['old\nstill the old one\n', 'new\n']);
  });

  it('begins anew where it was deleted, and says so once', async () => {
    const one = appending();
    one.say('old');
    await one.open();
    fs.unlinkSync(file);
    one.say('new');
    one.say('more');
    await one.open();
    expect([text(), troubles]).to.deep.equal(['new\nmore\n', [`${file} was deleted, and is begun again`]]);
    fs.rmSync(dir, { recursive: true });
    one.say('kept');
    one.say('for later');
    await one.open();
    expect(troubles.length).to.equal(3);
    expect(troubles[2]).to.contain('its directory was not found');
    fs.mkdirSync(dir);
    await one.close();
    expect(text()).to.equal('kept\nfor later\n');
    expect(troubles[3]).to.contain('without 0 lines');
  });

  it('says once that it cannot be written, tries with every line, and loses none that there is room for', async () => {
    fs.mkdirSync(file);
    const one = appending();
    await one.open();
    for (let at = 0; at < 20; at += 1) one.say(`line ${at}`);
    await one.open();
    expect(troubles.length).to.equal(1);
    expect(troubles[0]).to.match(/^.*log cannot be written: it is a directory; trying again$/);
    fs.rmdirSync(file);
    one.say('last');
    await one.close();
    expect(text().split('\n').length).to.equal(22);
    expect(troubles[1]).to.contain('is written again, without 0 lines');
  });

  /** A disk with room for so many bytes, which takes what it can. */
  function disk(room: number, most = 7): { io: AppendIo; files: string[]; give: (more: number) => void } {
    const files: string[] = [];
    return {
      files,
      give: (more) => void (room += more),
      io: {
        open: () => Promise.resolve(files.push('') - 1),
        write: (fd, bytes) => {
          const count = Math.min(room, bytes.length, most);
          if (count === 0) return Promise.reject(new Error('ENOSPC: no space left on device'));
          room -= count;
          files[fd] += Buffer.from(bytes.subarray(0, count)).toString();
          return Promise.resolve(count);
        },
        close: () => Promise.resolve(),
        hasName: () => Promise.resolve(true),
        endsInLine: () => Promise.resolve(true),
      },
    };
  }

  it('tears no line on a disk that is full in the middle of one', async () => {
    const { io, files, give } = disk(12);
    const one = appending(io);
    one.say('0123456789');
    one.say('abcdefghij');
    await one.open();
    expect([files, troubles.length]).to.deep.equal([['0123456789\na'], 1]);
    give(100);
    one.say('more');
    await one.close();
    expect(files).to.deep.equal(['0123456789\nabcdefghij\nmore\n']);
  });

  it('begins no new file with the rest of a line', async () => {
    const { io, files, give } = disk(12);
    const one = appending(io);
    one.say('0123456789');
    one.say('abcdefghij');
    one.say('third');
    await one.open();
    const rotated = one.reopen();
    give(100);
    await rotated;
    await one.close();
    expect(files[0]).to.match(/^0123456789\na/);
    expect(files.slice(1).join('')).to.be.oneOf(['third\n', '']);
    expect(files.join('')).to.contain('third\n');
  });

  it('keeps no more in mind than two megabytes, and tells how much was lost', async () => {
    const { io, files, give } = disk(0, Infinity);
    const one = appending(io);
    for (let at = 0; at < 3000; at += 1) one.say('x'.repeat(1023));
    await one.open();
    give(1e9);
    await one.close();
    expect(files[0]?.length).to.equal(2048 * 1024);
    expect(troubles[1]).to.contain('without 952 lines');
  });
});
