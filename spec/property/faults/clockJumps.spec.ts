import { expect } from 'chai';
import * as fc from 'fast-check';
import * as fs from 'node:fs';
import { connect } from '../../../lib/client';
import { isTwinportError } from '../../../lib/errors';
import { createServer } from '../../../lib/server';
import { memoryStorage } from '../../../lib/storage/memory';
import { fakeClock, settle } from '../../support/fakeClock';
import { CLIENT, SERVER } from '../../support/ftBench';
import { Basin } from '../../support/ftPlay';
import { localHarness, type LocalHarness } from '../../support/localHarness';
import { memoryNetwork } from '../../support/memoryNetwork';

const LARGE = Buffer.alloc(300_000, 'large ');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Long enough for anything that waits: an idle session has five minutes. */
const MANY = 60;

/** What is done while the clock leaps, and what is right. */
async function whileLeaping(leaps: readonly number[], puts: boolean, passive: boolean): Promise<void> {
  const network = memoryNetwork({ addresses: [SERVER], segment: 5000, capacity: 20_000 });
  const clock = fakeClock();
  const storage = memoryStorage({ 'large.bin': LARGE }, { now: () => Date.UTC(2020, 0, 2) });
  const server = createServer({ storage, network, clock, writable: true });
  const { port } = await server.listen(0, { dialect: 'ft' });
  const client = await connect({ host: SERVER, port, network: network.machine(CLIENT), clock, passive });
  const basin = new Basin();
  async function* body(): AsyncGenerator<Buffer> {
    for (let at = 0; at < LARGE.length; at += 30_000) {
      await settle(3);
      yield LARGE.subarray(at, at + 30_000);
    }
  }
  const { Readable } = await import('node:stream');
  let outcome: { error?: unknown } | undefined;
  const work = puts ? client.put(Readable.from(body()), 'new.bin') : client.get('large.bin', basin);
  work.then(
    () => (outcome = {}),
    (error: unknown) => (outcome = { error }),
  );
  for (const ms of leaps) {
    await settle(ms % 5);
    await clock.leap(ms);
  }
  for (let turn = 0; turn < MANY && outcome === undefined; turn += 1) await clock.leap(10_000);
  expect(outcome, 'it comes to an end').not.to.equal(undefined);
  if (outcome?.error !== undefined) expect(isTwinportError(outcome.error), String(outcome.error)).to.equal(true);
  const stored = storage.bytes('new.bin');
  if (outcome?.error === undefined) expect((puts ? stored : basin.bytes)?.equals(LARGE)).to.equal(true);
  else expect(stored === undefined || stored.equals(LARGE)).to.equal(true);

  const ends = [client.close(), server.close(0)];
  let over = false;
  void Promise.all(ends).then(() => (over = true));
  for (let turn = 0; turn < MANY && !over; turn += 1) await clock.leap(HOUR);
  expect(over, 'both ends close').to.equal(true);
  await settle();
  expect(network.open, 'open').to.equal(0);
  expect(clock.pending, 'timers').to.equal(0);
}

describe('a clock that leaps', function () {
  this.timeout(120_000);

  for (const puts of [false, true]) {
    for (const passive of [false, true]) {
      it(`ends what it must, and spoils nothing: ${puts ? 'put' : 'get'}, ${passive ? 'passive' : 'active'}`, async () => {
        const leap = fc.constantFrom(0, 1, 300, 1000, 8000, 15_000, 60_000, 61_000, HOUR, 30 * DAY, 400 * DAY);
        await fc.assert(
          fc.asyncProperty(fc.array(leap, { maxLength: 12 }), (leaps) => whileLeaping(leaps, puts, passive)),
          { seed: 20261121, numRuns: 60 },
        );
      });

      it(`and stands still holds up nothing that moves: ${puts ? 'put' : 'get'}, ${passive ? 'passive' : 'active'}`, async () => {
        await whileLeaping([], puts, passive);
      });
    }
  }
});

describe('a wall clock that leaps', () => {
  let now: number;
  let house: LocalHarness;

  beforeEach(async () => {
    now = Date.now();
    house = await localHarness({ now: () => now });
  });

  afterEach(() => house.cleanup());

  async function kept(name: string): Promise<void> {
    const target = await house.storage.write(name, { replace: false, key: 'k' });
    await target.write([Buffer.from('half of')], 0);
    await target.keep();
  }

  for (const [how, ms] of Object.entries({
    'two days on': 2 * DAY,
    'a year on': 365 * DAY,
    'a year back': -365 * DAY,
    'to 1970': -Date.now(),
  })) {
    it(`${how} takes no part from who is writing it`, async () => {
      const target = await house.storage.write('file', { replace: false, key: 'k' });
      await target.write([Buffer.from('half of ')], 0);
      now += ms;
      const other = await house.storage.write('other', { replace: false });
      await other.write([Buffer.from('x')], 0);
      await other.commit(1);
      await house.storage.sweep();
      await (await house.open()).sweep();
      await target.write([Buffer.from('it')], 8);
      await target.commit(10);
      expect((await house.read('file'))?.toString()).to.equal('half of it');
      expect(house.partNames()).to.deep.equal([]);
    });
  }

  it('by less than a lifetime keeps what is kept, and by more lets it expire', async () => {
    await kept('file');
    for (const ms of [-23 * HOUR, 0, HOUR]) {
      now = Date.now() + ms;
      await house.storage.sweep();
      expect(await house.storage.partLength('file', 'k'), `${ms}`).to.equal(7);
    }
    now = Date.now() + 25 * HOUR;
    await house.storage.sweep();
    expect(house.partNames()).to.deep.equal([]);
  });

  it('back vouches for no version that could change within its second', async () => {
    await house.put('file', Buffer.from('content'));
    fs.utimesSync(house.at('file'), new Date(), new Date());
    for (const ms of [0, -1, -HOUR, -365 * DAY]) {
      now = Date.now() + ms;
      expect((await house.storage.stat('file')).version, `${ms}`).to.equal(undefined);
    }
    now = Date.now() + HOUR;
    expect((await house.storage.stat('file')).version).to.match(/./);
  });
});
