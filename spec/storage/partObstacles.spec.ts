import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { connect } from '../../lib';
import { createServer } from '../../lib/server';
import { partName, restName, whatOf } from '../../lib/storage/partNames';
import { pattern } from '../support/bytes';
import { noLeaks } from '../support/leaks';
import { dead, mine } from '../support/leftParts';
import { localHarness, type LocalHarness } from '../support/localHarness';
import { isTwinportError } from '../../lib/errors';
import { eventually } from '../support/eventually';
import { written } from '../support/storageHelpers';

/** Somebody who may write beside the parts puts something else in the place of one, between a kill and the resume. */
describe('in the place of a part', function () {
  if (process.platform === 'win32') return;
  let house: LocalHarness;

  beforeEach(async () => (house = await localHarness()));
  afterEach(() => house.cleanup());
  noLeaks();

  const what = whatOf('k', 'file');
  const PLACES = { 'at rest': restName(what), 'of a process that was killed': partName({ ...mine, what, pid: dead }) };
  const OBSTACLES: Readonly<Record<string, (at: Buffer) => void>> = {
    'a FIFO': (at) => void execFileSync('mkfifo', [at.toString()]),
    'a directory with something in it': (at) => {
      fs.mkdirSync(at);
      fs.writeFileSync(`${at.toString()}/mine`, 'untouched');
    },
    'a link to nowhere': (at) => fs.symlinkSync('nowhere', at),
    'a link to itself': (at) => fs.symlinkSync(at.toString(), at),
    'a link to a device': (at) => fs.symlinkSync('/dev/zero', at),
  };

  for (const [where, name] of Object.entries(PLACES)) {
    for (const [obstacle, put] of Object.entries(OBSTACLES)) {
      it(`${where}: ${obstacle} is no part, blocks nobody, and a fresh upload ends well`, async () => {
        put(house.at(name));
        expect(await house.storage.partLength('file', 'k')).to.equal(0);
        const resumed = await house.storage
          .write('file', { replace: false, key: 'k', offset: 2 })
          .catch((error: unknown) => error);
        expect(isTwinportError(resumed, 'cannot-resume', 'denied'), String(resumed)).to.equal(true);
        await (await written(house.storage, 'file', 'fresh', { key: 'k' })).commit(5);
        expect((await house.read('file'))?.toString()).to.equal('fresh');
        expect(fs.existsSync(house.at('nowhere'))).to.equal(false);
        const inside = `${house.at(name).toString()}/mine`;
        if (obstacle.startsWith('a directory')) expect(fs.readFileSync(inside, 'utf8')).to.equal('untouched');
      });
    }
  }
});

describe('the same file twice at once', () => {
  let house: LocalHarness;

  beforeEach(async () => (house = await localHarness()));
  afterEach(() => house.cleanup());
  noLeaks();

  const WHOLE = pattern(3_000_000);

  it('got to the same name: one has it, the other is told that it is there, and nothing is left', async () => {
    await house.put('large', WHOLE);
    const server = createServer({ root: house.root });
    const { port } = await server.listen(0, '127.0.0.1');
    fs.mkdirSync(house.at('here'));
    const target = house.at('here/large').toString();
    const clients = await Promise.all([1, 2, 3].map(() => connect({ host: '127.0.0.1', port })));
    const ends = await Promise.allSettled(clients.map((client) => client.get('large', target, { onExists: 'resume' })));
    expect(ends.some(({ status }) => status === 'fulfilled')).to.equal(true);
    for (const end of ends) {
      if (end.status === 'rejected')
        expect(isTwinportError(end.reason, 'exists', 'in-use'), String(end.reason)).to.equal(true);
    }
    expect(fs.readFileSync(target).equals(WHOLE)).to.equal(true);
    for (const client of clients) await client.close();
    expect(fs.readdirSync(house.at('here'))).to.deep.equal(['large']);
    await server.close(0);
  });

  it('resumed to the server by two: one goes on, the other is told who writes, and the file is whole', async () => {
    const server = createServer({ root: house.root, writable: true });
    const { port } = await server.listen(0, '127.0.0.1');
    const outside = `${house.root}/../large`;
    fs.writeFileSync(outside, WHOLE);
    const client = await connect({ host: '127.0.0.1', port });
    const stop = new AbortController();
    const first = client.put(outside, 'large', {
      limitRate: 4_000_000,
      signal: stop.signal,
      onProgress: ({ bytes }) => bytes > 1_000_000 && stop.abort(),
    });
    expect(isTwinportError(await first.catch((error: unknown) => error), 'aborted')).to.equal(true);
    await client.close();
    await eventually('the part is at rest', () => house.partNames().length === 1);

    const both = await Promise.all([1, 2].map(() => connect({ host: '127.0.0.1', port })));
    const ends = await Promise.allSettled(
      both.map((each) => each.put(outside, 'large', { onExists: 'resume', resume: true })),
    );
    expect(ends.some(({ status }) => status === 'fulfilled')).to.equal(true);
    for (const end of ends) {
      if (end.status === 'rejected')
        expect((end.reason as { reply?: number }).reply, String(end.reason)).to.be.oneOf([450, 553]);
    }
    expect((await house.read('large'))?.equals(WHOLE)).to.equal(true);
    for (const each of both) await each.close();
    await server.close(0);
    expect(house.partNames()).to.deep.equal([]);
  });
});
