import { expect } from 'chai';
import type { Answer, DialectHouse, Script } from './dialectHouse';
import { LEAVINGS, type Leaving } from './dialectPlayer';
import { answersOf, asked, probe, scriptsOf, stageFor, STALL, type Outcome } from './dialectScripts';
import { onStage } from './dialectStage';
import { halved, shownStep, type Step } from './dialectSteps';

/** The other side gone, or silent, at every step of everything that is ever said. */
export function peersSuite(house: DialectHouse): void {
  describe('the client', () => {
    for (const how of LEAVINGS) {
      for (const script of scriptsOf(house)) {
        it(`${how} at every step of ${script.what}: the next one is served, and nothing half is there`, async () => {
          await atEveryStep(script.steps, (done, finished) => clientLeaves(house, script, { how, done, finished }));
        });
      }
    }
  });
  describe('the server', () => {
    for (const how of LEAVINGS) {
      for (const answer of answersOf(house)) {
        it(`${how} at every step of ${answer.what}: an error or what came, honestly unverified`, async () => {
          await atEveryStep(answer.steps, (done, finished) => serverLeaves(house, answer, { how, done, finished }));
        });
      }
    }
  });
}

interface Leave {
  readonly how: Leaving;
  /** The steps before it. */
  readonly done: readonly Step[];
  /** This side had said all it has to say, so that what it leaves behind may be taken for whole. */
  readonly finished: boolean;
}

async function atEveryStep(
  steps: readonly Step[],
  leave: (done: readonly Step[], finished: boolean) => Promise<void>,
): Promise<void> {
  const all = halved(steps);
  for (let at = 0; at <= all.length; at += 1) {
    const done = all.slice(0, at);
    const finished = done.some(({ does }) => does === 'fin' || does === 'rst' || does === 'hearRst');
    try {
      await leave(done, finished || !all.some(({ does }) => does === 'fin'));
    } catch (error) {
      if (error instanceof Error) error.message = `before ${shownStep(all[at])}: ${error.message}`;
      throw error;
    }
  }
}

async function clientLeaves(house: DialectHouse, script: Script, { how, done, finished }: Leave): Promise<void> {
  const { port, ...rest } = stageFor(script);
  const options = { ...rest, ...(port && { port }), server: { stallTimeout: STALL } };
  await onStage(house, 'memory', options, async (stage) => {
    const player = await stage.player();
    await player.play(done, stage.manner);
    player.leave(how);
    // Nobody waits for who went away, and least of all for who did not.
    if (script.readOnly !== true || house.client.get !== undefined) await probe(stage);
    await stage.deserted(how === 'resets' ? 1000 : undefined);
    const { files = {}, leaves = {} } = script;
    for (const name of await stage.shelf.names()) {
      const bytes = stage.shelf.bytes(name) ?? Buffer.alloc(0);
      if (/^probe \d+$/.test(bytes.toString('latin1')) || bytes.toString('latin1') === house.instead) continue;
      const before = files[name];
      if (before !== undefined) {
        expect(bytes.equals(Buffer.from(before as string)), `${name} is as it was`).to.equal(true);
        continue;
      }
      const whole = Buffer.from((leaves[name] ?? '') as string);
      const honest = how === 'ends' || how === 'is killed';
      const isWhole = bytes.equals(whole);
      const isSo = finished ? isWhole : honest && whole.subarray(0, bytes.length).equals(bytes);
      expect(isSo, `${name} with ${bytes.length} of ${whole.length} bytes`).to.equal(true);
    }
  })();
}

async function serverLeaves(house: DialectHouse, answer: Answer, { how, done, finished }: Leave): Promise<void> {
  await onStage(house, 'memory', {}, async (stage) => {
    const { player, outcome } = await asked(stage, answer);
    await stage.until(player.play(done, stage.manner));
    player.leave(how);
    const got = await stage.atLast(outcome);
    expectHonest(got, answer, { how, done, finished });
    const [name] = stage.place.names;
    if (name === undefined) return;
    const bytes = stage.place.read(name);
    const whole = answer.gives instanceof Buffer ? answer.gives : Buffer.alloc(0);
    expect(whole.subarray(0, bytes.length).equals(bytes), 'what came is the beginning').to.equal(true);
    if (how === 'resets' || how === 'falls silent') expect(bytes.length).to.equal(whole.length);
    expect(stage.place.parts).to.deep.equal([]);
  })();
}

function expectHonest(got: Outcome, { verb }: Answer, { how, finished }: Leave): void {
  if ('failed' in got) return;
  expect(got.verified).to.equal(false);
  // Some originals read an upload to its end and never end their own side: that is no failure.
  if (how === 'resets' || (how === 'falls silent' && verb !== 'put'))
    expect(finished, 'a success before the end').to.equal(true);
}
