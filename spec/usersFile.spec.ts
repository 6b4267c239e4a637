import { expect } from 'chai';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { deleteUser, listUsers, setUser, usersFile } from '../lib/usersFile';
import { rejects } from './support/storageHelpers';

const signal = new AbortController().signal;

describe('usersFile', () => {
  let dir: string;
  let file: string;
  beforeEach(async () => {
    dir = await fs.mkdtemp(path.join(os.tmpdir(), 'twinport-users-'));
    file = path.join(dir, 'users');
  });
  afterEach(() => fs.rm(dir, { recursive: true }));

  const modeOf = async (): Promise<number> => (await fs.stat(file)).mode & 0o777;
  const enters = async (name: string, password: string): Promise<boolean> =>
    (await (await usersFile(file)).authenticate({ name, password, address: '::1' }, signal)) !== undefined;

  it('is made with the first user, for its owner alone, and changed whole', async () => {
    expect(await setUser(file, 'alice', 'one')).to.equal(false);
    expect(await modeOf()).to.equal(0o600);
    expect(await setUser(file, 'bob', 'two')).to.equal(false);
    expect(await setUser(file, 'alice', 'three')).to.equal(true);
    expect(await listUsers(file)).to.deep.equal([
      { name: 'alice', disabled: false },
      { name: 'bob', disabled: false },
    ]);
    expect(await enters('alice', 'one')).to.equal(false);
    expect(await enters('alice', 'three')).to.equal(true);
    expect(await fs.readdir(dir)).to.deep.equal(['users']);
    expect(await fs.readFile(file, 'utf8')).not.to.match(/three|two/);
    expect(await deleteUser(file, 'alice')).to.equal(true);
    expect(await deleteUser(file, 'alice')).to.equal(false);
    expect((await listUsers(file)).map(({ name }) => name)).to.deep.equal(['bob']);
  });

  it('is refused where others may write it, by all that read it', async () => {
    await setUser(file, 'alice', 'one');
    for (const mode of [0o620, 0o602, 0o666]) {
      await fs.chmod(file, mode);
      expect(await rejects('denied', () => usersFile(file))).to.match(/can be written by others/);
      await rejects('denied', () => setUser(file, 'alice', 'two'));
      await rejects('denied', () => deleteUser(file, 'alice'));
      expect(await modeOf()).to.equal(mode);
    }
  });

  it('is taken where everybody may read it, with a word about that, and mended by the next change', async () => {
    await setUser(file, 'alice', 'one');
    await fs.chmod(file, 0o644);
    const notes: string[] = [];
    await usersFile(file, { onNote: (note) => notes.push(note) });
    expect(notes).to.have.length(1);
    expect(notes[0]).to.match(/can be read by everybody/);
    await setUser(file, 'bob', 'two');
    expect(await modeOf()).to.equal(0o600);
  });

  it('says when visitors can read what is one of its users own', async () => {
    await setUser(file, 'alice', 'one');
    await setUser(file, 'bob', 'two');
    const lines = (await fs.readFile(file, 'utf8')).trimEnd().split('\n');
    await fs.writeFile(file, `${lines[0]}\n${lines[1]} root=home/bob\n`);
    const noted = async (options: object): Promise<readonly string[]> => {
      const notes: string[] = [];
      await usersFile(file, { ...options, onNote: (note) => notes.push(note) });
      return notes;
    };
    const read = /^whoever does not log in can read the directories of users, as that of "bob" \("home\/bob"\): /;
    for (const anonymousRoot of [undefined, '', '.', '/', 'home']) {
      const [note = '', ...more] = await noted({
        anonymous: true,
        ...(anonymousRoot !== undefined && { anonymousRoot }),
      });
      expect(note).to.match(read);
      expect(more).to.deep.equal([]);
    }
    for (const anonymousRoot of ['pub', 'home/b', 'home/bob/pub', 'home/bobby', 'hom', 'home/bob']) {
      expect(await noted({ anonymous: true, anonymousRoot })).to.deep.equal([]);
    }
    expect(await noted({})).to.deep.equal([]);
    await rejects('invalid-argument', () => usersFile(file, { anonymous: true, anonymousRoot: '../up' }));
    await fs.writeFile(file, `${lines.join('\n')}\n`);
    expect(await noted({ anonymous: true })).to.deep.equal([]);
  });

  it('has no user of the name that visitors have in the logs', async () => {
    expect(await rejects('invalid-argument', () => setUser(file, 'anonymous', 'one'))).to.match(/has not logged in/);
    await setUser(file, 'anonymouse', 'one');
    await fs.writeFile(file, (await fs.readFile(file, 'utf8')).replace('anonymouse', 'anonymous'));
    expect(await rejects('invalid-argument', () => usersFile(file))).to.match(/users:1: "anonymous" is who has not/);
  });

  it('stays readable to the group of a server that is not its owner', async () => {
    await setUser(file, 'alice', 'one');
    await fs.chmod(file, 0o640);
    const notes: string[] = [];
    await usersFile(file, { onNote: (note) => notes.push(note) });
    expect(notes).to.deep.equal([]);
    await setUser(file, 'bob', 'two');
    expect(await modeOf()).to.equal(0o640);
  });

  it('stays where a link leads, and the link a link', async () => {
    await setUser(file, 'alice', 'one');
    const link = path.join(dir, 'link');
    await fs.symlink('users', link);
    await setUser(link, 'bob', 'two');
    expect((await fs.lstat(link)).isSymbolicLink()).to.equal(true);
    expect((await listUsers(file)).map(({ name }) => name)).to.deep.equal(['alice', 'bob']);
  });

  it('is not changed by what cannot be meant', async () => {
    await setUser(file, 'alice', 'one');
    const before = await fs.readFile(file);
    await rejects('invalid-argument', () => setUser(file, 'a\u0007', 'x'));
    await rejects('invalid-argument', () => setUser(file, '', 'x'));
    await rejects('invalid-argument', () => setUser(file, 'bob', ''));
    await rejects('invalid-argument', () => setUser(file, 'bob', 'a\nb'));
    await rejects('invalid-argument', () => setUser(file, 'bob', 'a\0b'));
    // No line of a request could carry it.
    await rejects('invalid-argument', () => setUser(file, 'bob', 'é'.repeat(513)));
    // It would be written as U+FFFD, as would many others.
    await rejects('invalid-argument', () => setUser(file, 'caf\udce9', 'x'));
    expect(await fs.readFile(file)).to.deep.equal(before);
    await fs.appendFile(file, 'bob hunter2\n');
    expect(await rejects('invalid-argument', () => setUser(file, 'carol', 'x'))).to.match(/users:2: /);
    await fs.writeFile(file, Buffer.from([0x61, 0xff]));
    expect(await rejects('invalid-argument', () => usersFile(file))).to.match(/not text in UTF-8/);
  });

  it('is not read where it is none: nothing, a directory, a FIFO-like device, too much', async () => {
    await rejects('not-found', () => usersFile(file));
    await rejects('not-a-file', () => usersFile(dir));
    await rejects('not-a-file', () => usersFile('/dev/null'));
    await fs.writeFile(file, Buffer.alloc(4 * 1024 * 1024 + 1, '#'), { mode: 0o600 });
    await rejects('too-large', () => usersFile(file));
    await rejects('not-found', () => deleteUser(path.join(dir, 'none'), 'a'));
  });
});
