import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as nodePath from 'node:path';
import { deferred } from '../lib/data/scope';
import { LIMITS } from '../lib/options';
import { createServer } from '../lib/server';
import { partName } from '../lib/storage/partNames';
import { Sweeper } from '../lib/sweeping';
import { fakeClock, settle } from './support/fakeClock';
import { memoryNetwork } from './support/memoryNetwork';
import { eventually } from './support/talker';

describe('parts on a server that nobody restarts', () => {
  it('are looked for at the beginning and four times a day, and no more once it stops', async () => {
    const clock = fakeClock();
    let looks = 0;
    const sweeper = new Sweeper(clock, {
      sweep: async () => {
        looks += 1;
        // What cannot be read now can be another time.
        if (looks === 2) throw new Error('no');
      },
    });
    await settle();
    expect(looks).to.equal(1);
    for (let day = 0; day < 30; day += 1) await clock.advance(24 * 60 * 60 * 1000);
    expect(looks).to.equal(121);
    expect(LIMITS.sweep * 4).to.equal(LIMITS.partLifetime);
    await sweeper.stop();
    expect(clock.pending).to.equal(0);
  });

  it('are not looked for while a look is still under way, which is waited for in the end', async () => {
    const clock = fakeClock();
    const gate = deferred<undefined>();
    let signal: AbortSignal | undefined;
    const sweeper = new Sweeper(clock, {
      sweep: async (given) => {
        signal = given;
        await gate.promise;
      },
    });
    await clock.advance(LIMITS.sweep * 3);
    expect(clock.pending).to.equal(0);
    let stopped = false;
    const stop = sweeper.stop().then(() => (stopped = true));
    await settle();
    expect([signal?.aborted, stopped]).to.deep.equal([true, false]);
    gate.resolve(undefined);
    await stop;
    expect(clock.pending).to.equal(0);
  });

  it('expire in directories that nobody visits, of whatever server left them', async () => {
    const root = fs.mkdtempSync(nodePath.join(os.tmpdir(), 'twinport-sweep-'));
    const clock = fakeClock();
    const server = createServer({ root, writable: true, network: memoryNetwork(), clock });
    const part = nodePath.join(root, 'deep/er', partName({ what: 'c'.repeat(32), host: '00000000', pid: 0, count: 0 }));
    const leave = (age: number): void => {
      fs.writeFileSync(part, 'part');
      fs.utimesSync(part, Date.now() / 1000 - age, Date.now() / 1000 - age);
    };
    try {
      fs.mkdirSync(nodePath.dirname(part), { recursive: true });
      leave(25 * 60 * 60);
      await server.listen();
      await eventually('the part of the server before to be gone', () => !fs.existsSync(part));
      await eventually('its next look', () => clock.pending > 0);
      leave(60);
      await clock.advance(LIMITS.sweep);
      await eventually('its next look', () => clock.pending > 0);
      expect(fs.existsSync(part), 'a young one').to.equal(true);
      leave(25 * 60 * 60);
      await clock.advance(LIMITS.sweep);
      await eventually('the part to be gone', () => !fs.existsSync(part));
    } finally {
      await server.close(0);
      fs.rmSync(root, { recursive: true });
    }
    expect(clock.pending).to.equal(0);
  });

  it('are left alone by a server that may not write', async () => {
    const root = fs.mkdtempSync(nodePath.join(os.tmpdir(), 'twinport-sweep-'));
    const clock = fakeClock();
    const server = createServer({ root, network: memoryNetwork(), clock });
    try {
      await server.listen();
      await settle();
      expect(clock.pending).to.equal(0);
    } finally {
      await server.close(0);
      fs.rmSync(root, { recursive: true });
    }
  });
});
