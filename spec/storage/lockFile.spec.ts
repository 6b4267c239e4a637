import { expect } from 'chai';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { withLockFile, type Waiting } from '../../lib/storage/lockFile';
import { listUsers, setUser } from '../../lib/usersFile';
import { nodeChild } from '../support/child';
import { rejects } from '../support/storageHelpers';

describe('storage/lockFile', () => {
  let dir: string;
  let lock: string;
  beforeEach(async () => {
    dir = await fs.mkdtemp(path.join(os.tmpdir(), 'twinport-lock-'));
    lock = path.join(dir, 'users.lock');
  });
  afterEach(() => fs.rm(dir, { recursive: true }));

  const patient: Waiting = { pause: () => new Promise(setImmediate), over: () => false };
  const impatient: Waiting = { pause: () => new Promise(setImmediate), over: () => true };

  /** The words of a process that had a lock and was killed over it. */
  async function leftBehind(at: string): Promise<string> {
    const child = nodeChild(`
      const { withLockFile } = require('./lib/storage/lockFile');
      setInterval(() => undefined, 1000);
      const waiting = { pause: () => new Promise(setImmediate), over: () => false };
      void withLockFile(${JSON.stringify(at)}, waiting, () => new Promise(() => console.log('held')));
    `);
    expect(await child.line()).to.equal('held');
    await rejects('in-use', () => withLockFile(at, impatient, () => Promise.resolve()));
    await child.kill();
    return fs.readFile(at, 'latin1');
  }

  it('lets in one at a time, and leaves nothing', async () => {
    let inside = 0;
    let done = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      expect(inside).to.equal(1);
      await new Promise(setImmediate);
      inside -= 1;
      done += 1;
    };
    await Promise.all(Array.from({ length: 20 }, () => withLockFile(lock, patient, work)));
    expect(done).to.equal(20);
    expect(await fs.readdir(dir)).to.deep.equal([]);
  });

  it('is given back by work that fails', async () => {
    await rejects('in-use', () =>
      withLockFile(lock, patient, () => withLockFile(lock, impatient, () => Promise.resolve())),
    );
    expect(await withLockFile(lock, impatient, () => Promise.resolve('mine'))).to.equal('mine');
  });

  it('is taken from who was killed over it, by one of those who wait', async function () {
    this.timeout(30_000);
    const dead = await leftBehind(lock);
    for (let round = 0; round < 10; round += 1) {
      // The lock for taking it away, too.
      await fs.writeFile(lock, dead);
      if (round % 2 === 1) await fs.writeFile(`${lock}.dead`, dead);
      let inside = 0;
      const work = async (): Promise<void> => {
        inside += 1;
        expect(inside).to.equal(1);
        await new Promise(setImmediate);
        inside -= 1;
      };
      await Promise.all(Array.from({ length: 8 }, () => withLockFile(lock, patient, work)));
      expect(await fs.readdir(dir)).to.deep.equal([]);
    }
  });

  it('is left alone where nobody can tell whether its holder lives, with a sentence that names it', async () => {
    for (const words of ['', 'ffffffff-1-1', 'rubbish']) {
      await fs.writeFile(lock, words);
      const said = await rejects('in-use', () => withLockFile(lock, impatient, () => Promise.resolve()));
      expect(said).to.contain(lock);
      expect(await fs.readFile(lock, 'latin1')).to.equal(words);
    }
  });

  it('keeps each of the changes that several processes make to one users file at once', async function () {
    this.timeout(60_000);
    const file = path.join(dir, 'users');
    const children = ['a', 'b', 'c'].map((child) =>
      nodeChild(`
        const { setUser } = require('./lib/usersFile');
        const names = [1, 2, 3].map((at) => '${child}' + at);
        Promise.all(names.map((name) => setUser(${JSON.stringify(file)}, name, 'sesame'))).then(
          (known) => console.log(known.join()),
          (error) => console.log(error.message),
        );
      `),
    );
    try {
      const said = await Promise.all(children.map((child) => child.line()));
      expect(said).to.deep.equal(children.map(() => 'false,false,false'));
    } finally {
      for (const child of children) await child.kill();
    }
    const names = (await listUsers(file)).map(({ name }) => name).sort();
    expect(names).to.deep.equal(['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1', 'c2', 'c3']);
    expect(await fs.readdir(dir)).to.deep.equal(['users']);
  });

  it('is no reason to stop changing a users file when a change was killed at any moment', async function () {
    this.timeout(30_000);
    const file = path.join(dir, 'users');
    await setUser(file, 'alice', 'one');
    const dead = await leftBehind(lock);
    await fs.writeFile(lock, dead);
    await fs.writeFile(`${file}.new`, 'half of it');
    await setUser(file, 'bob', 'two');
    expect((await listUsers(file)).map(({ name }) => name)).to.deep.equal(['alice', 'bob']);
    expect(await fs.readdir(dir)).to.deep.equal(['users']);
  });
});
