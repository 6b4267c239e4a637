import { expect } from 'chai';
import { Readable } from 'node:stream';
import { isTwinportError } from '../../lib/errors';
import type { DialectHouse, Verb } from './dialectHouse';
import type { Player } from './dialectPlayer';
import { asked, probe, serverWire, STALL } from './dialectScripts';
import { onStage, type Ground, type Stage } from './dialectStage';
import { Collector, expectEnding } from './dialectTools';
import { halved, isBody, type Step } from './dialectSteps';
import { pattern } from './storageHelpers';

/** Too large for what a connection of these stages holds: its sender waits for who reads. */
const LARGE = pattern(64 * 1024, 11);
const CAPACITY = 4096;
const NAME = 'large';

/** Many at once, those who do not move, and the end of the server. */
export function crowdSuite(house: DialectHouse, ground: Ground): void {
  it(
    'serves eight at once, each its own file, while one more has stopped in the middle',
    onStage(house, ground, {}, eightAtOnce),
  );
  if (ground === 'TCP') return;
  const verbs = house.verbs.filter((verb) => verb !== 'list');
  for (const verb of verbs) {
    stalls(house, verb);
    closes(house, verb);
    limits(house, verb);
  }
  if (house.asksByConnecting !== true) {
    it(
      'whoever has asked for nothing is sent away when the server stops',
      onStage(house, 'memory', {}, async (stage) => {
        const player = await stage.player();
        const closed = stage.server.close(60_000);
        const { by, rest } = await player.ending();
        expectEnding({ by, rest }, house.farewell);
        player.leave('is killed');
        await stage.until(closed);
      }),
    );
  }
}

async function eightAtOnce(stage: Stage): Promise<void> {
  const { verbs, client: wire } = stage.house;
  const body = (i: number): Buffer => pattern(100_000 + i, i + 20);
  const stopped = await stage.player();
  const [script] = (verbs.includes('put') ? wire.put?.('stopped', LARGE) : wire.get?.('large', LARGE)) ?? [];
  stage.shelf.put(stage.house.savedAs === undefined ? 'large' : '0.other', LARGE);
  if (script !== undefined) await stopped.play([script], stage.manner);
  const puts: Buffer[] = [];
  const one = async (i: number): Promise<void> => {
    const client = await stage.client();
    if (verbs.includes('put') && (i % 2 === 0 || !verbs.includes('get'))) {
      puts.push(body(i));
      await client.put(Readable.from([body(i)]), `put ${i}`);
      return;
    }
    stage.shelf.put(`get ${i}`, body(i));
    const into = new Collector();
    await client.get(`get ${i}`, into);
    expect(into.bytes.equals(body(i)), `get ${i}`).to.equal(true);
  };
  await stage.until(Promise.all(Array.from({ length: 8 }, (_, i) => one(i))));
  const there = (await stage.shelf.names()).map((name) => stage.shelf.bytes(name));
  for (const put of puts) expect(there.filter((bytes) => bytes?.equals(put))).to.have.length(1);
}

function stalls(house: DialectHouse, verb: Verb): void {
  const options = { server: { stallTimeout: STALL }, capacity: CAPACITY };

  it(
    `a client that stops in the middle of a ${verb} is given up, not before its time and not long after`,
    onStage(house, 'memory', options, async (stage) => {
      const { player, on } = await inTheMiddle(stage, verb);
      await stage.pass(patience(house) - 1);
      expect(stage.told.at(-1)).to.equal(`${verb} started`);
      await stage.atLast(ended(stage), 2 * STALL);
      expect(stage.told.at(-1)).to.match(new RegExp(`^${verb} failed (data-timeout|timeout)$`));
      const { by, rest } = await player.ending(on);
      if (verb === 'put') {
        expectEnding({ by, rest }, house.stalled ?? { by: 'rst' });
        await expectNothing(stage);
      } else expect(by).to.equal('rst');
      await stage.deserted();
    }),
  );

  it(
    `a client that moves slowly in a ${verb} is served to the end`,
    onStage(house, 'memory', options, async (stage) => {
      const { player, rest } = await inTheMiddle(stage, verb);
      const step = Math.min(STALL, patience(house)) - 1;
      for (const each of inPieces(rest, 8)) {
        await stage.pass(step);
        await player.play([each], stage.manner);
      }
      await stage.deserted();
      expect(stage.told.at(-1)).to.equal(`${verb} done`);
      expect(stage.events.at(-1)?.length).to.equal(LARGE.length);
    }),
  );

  it(
    `a server that stops in the middle of a ${verb} is given up by the client`,
    onStage(house, 'memory', { capacity: CAPACITY }, async (stage) => {
      const make = serverWire(house)[verb] as (name: string, body: Buffer) => readonly Step[];
      const steps = halved(make(NAME, LARGE));
      const { player, outcome } = await asked(stage, { what: '', verb, name: NAME, body: LARGE, steps }, 'asked');
      await stage.until(player.play(steps.slice(0, steps.findIndex(isBody) + 1), stage.manner));
      const got = await stage.atLast(outcome, 2 * STALL + 1000);
      expect(got).to.deep.equal({ failed: 'timeout' });
      expect(stage.place.names).to.deep.equal([]);
      expect(stage.place.parts).to.deep.equal([]);
    }),
  );
}

function closes(house: DialectHouse, verb: Verb): void {
  const GRACE = 5000;
  const options = { capacity: CAPACITY };

  it(
    `a ${verb} that is under way when the server stops may finish, and nothing is said behind it`,
    onStage(house, 'memory', options, async (stage) => {
      const { player, rest } = await inTheMiddle(stage, verb);
      const closed = stage.server.close(GRACE);
      await stage.pass(GRACE - 1);
      await player.play(rest, stage.manner);
      await stage.until(closed);
      expect(stage.told.at(-1)).to.equal(`${verb} done`);
    }),
  );

  it(
    `a ${verb} that takes longer than the grace is reset, and nothing half is there`,
    onStage(house, 'memory', options, async (stage) => {
      const { player, on } = await inTheMiddle(stage, verb);
      const closed = stage.server.close(GRACE);
      await stage.pass(GRACE - 1);
      expect(stage.told.at(-1)).to.equal(`${verb} started`);
      await stage.pass(1);
      expect(stage.told.at(-1)).to.equal(`${verb} failed aborted`);
      expect((await player.ending(on)).by).to.equal('rst');
      await expectNothing(stage, verb);
      await stage.atLast(closed);
    }),
  );
}

function limits(house: DialectHouse, verb: Verb): void {
  const options = { capacity: CAPACITY, server: { maxSessions: 1, maxSessionsPerAddress: 1 } };
  it(
    `while the only place is taken by a ${verb} nobody else is let in, and nobody takes that for a file`,
    onStage(house, 'memory', options, async (stage) => {
      const { player, rest } = await inTheMiddle(stage, verb);
      await stage.pass(1000);
      const other = await stage.player();
      const { by, rest: said } = await other.ending();
      expectEnding({ by, rest: said }, house.farewell);
      other.leave('is killed');
      const to = stage.place.path('here');
      for (const each of house.verbs) {
        const client = await stage.client();
        const ask = {
          list: () => client.list(),
          get: () => client.get(NAME, to),
          put: () => client.put(Readable.from([LARGE]), 'other'),
        };
        const got: unknown = await stage.until(ask[each]().catch((error: unknown) => error));
        if (!isTwinportError(got)) throw new Error(`${each}: ${JSON.stringify(got)} from a server that is full`);
      }
      expect(stage.place.names).to.deep.equal([]);
      expect(stage.shelf.bytes('other')).to.equal(undefined);
      await player.play(rest, stage.manner);
      await stage.deserted();
      await probe(stage, 2);
    }),
  );
}

interface Middle {
  readonly player: Player;
  /** What is still to be played. */
  readonly rest: readonly Step[];
  /** The connection that carries the file. */
  readonly on: Step['on'];
}

/** A bare client in the middle of a file; what it does not ask for it does not read. */
async function inTheMiddle(stage: Stage, verb: Verb): Promise<Middle> {
  const { client } = stage.house;
  if (verb === 'get') stage.shelf.put(NAME, LARGE);
  const make = client[verb] as (name: string, body: Buffer) => readonly Step[];
  const steps = halved(make(NAME, LARGE));
  const first = steps.findIndex(isBody);
  const player = await stage.player('asked');
  await player.play(steps.slice(0, first + 1), stage.manner);
  await stage.rest();
  return { player, rest: steps.slice(first + 1), on: steps[first]?.on ?? 'control' };
}

/** The first file in `steps` cut into so many pieces. */
function inPieces(steps: readonly Step[], count: number): Step[] {
  return steps.flatMap((step): Step[] => {
    if (!isBody(step)) return [step];
    const size = Math.ceil(step.bytes.length / count);
    return Array.from({ length: count }, (_, i) => ({ ...step, bytes: step.bytes.subarray(i * size, (i + 1) * size) }));
  });
}

/** The transfer under way has ended. */
async function ended(stage: Stage): Promise<void> {
  if (stage.events.at(-1)?.phase !== 'started') return;
  await new Promise<void>((resolve) => stage.server.once('transfer', () => resolve()));
}

async function expectNothing(stage: Stage, verb: Verb = 'put'): Promise<void> {
  const { instead } = stage.house;
  const there = await stage.shelf.names();
  if (instead === undefined) return expect(there).to.deep.equal(verb === 'get' ? [NAME] : []) && undefined;
  for (const name of there) if (name !== NAME) expect(stage.shelf.bytes(name)?.toString()).to.equal(instead);
}

/** Milliseconds for which an upload may stop. */
function patience({ uploadPatience = STALL }: DialectHouse): number {
  return uploadPatience;
}
