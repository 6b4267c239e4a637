import { expect } from 'chai';
import { isMarked, type Answer, type DialectHouse, type Ending, type Script, type Strange } from './dialectHouse';
import type { Manner } from './dialectPlayer';
import { answersOf, expectLeft, playAnswer, probe, scriptsOf, stageFor } from './dialectScripts';
import { onStage, type Stage, type Ground, type StageOptions } from './dialectStage';
import { bytesOf, send, silence, fin, type Step } from './dialectSteps';
import { expectEnding } from './dialectTools';
import { pattern } from './storageHelpers';

/** What goes over the wire, said in every way there is, by a bare client and by a bare server. */
export function wireSuite(house: DialectHouse, ground: Ground): void {
  describe('a bare client', () => {
    for (const script of scriptsOf(house)) scriptSpecs(house, ground, script);
  });
  describe('a bare server', () => {
    for (const answer of answersOf(house)) answerSpecs(house, ground, answer);
  });
  if (ground === 'memory') strangeSpecs(house);
}

function scriptSpecs(house: DialectHouse, ground: Ground, script: Script): void {
  const options = stageFor(script);
  const run = async (stage: Stage, manner: Partial<Manner> = {}): Promise<void> => {
    const player = await stage.player();
    await player.play(script.steps, { ...stage.manner, ...manner });
    await stage.deserted();
    await expectLeft(stage, script);
  };
  const { what, steps } = script;
  it(
    `${what}, every message whole`,
    onStage(house, ground, options, (stage) => run(stage)),
  );
  if (ground === 'TCP') return;
  const coalesces = isMarked(house) && together(steps);
  everyCut(house, { what, steps, options, coalesces }, run);
  if (!coalesces) return;
  it(
    `${what}, all that can go together in one piece`,
    onStage(house, ground, options, (stage) => run(stage, { coalesced: true })),
  );
}

function answerSpecs(house: DialectHouse, ground: Ground, answer: Answer): void {
  const { what, steps } = answer;
  const run = (stage: Stage, manner: Partial<Manner> = {}): Promise<void> =>
    playAnswer(stage, answer, { ...stage.manner, ...manner });
  it(
    `${what}, every message whole`,
    onStage(house, ground, {}, (stage) => run(stage)),
  );
  if (ground === 'TCP') return;
  // A server's words are known by their length, not by silence: our client has to tell them from the data behind.
  const coalesces = together(steps);
  everyCut(house, { what, steps, options: {}, coalesces }, run);
  if (!coalesces) return;
  it(
    `${what}, all that can go together in one piece`,
    onStage(house, ground, {}, (stage) => run(stage, { coalesced: true })),
  );
}

interface Exchanged {
  readonly what: string;
  readonly steps: readonly Step[];
  readonly options: StageOptions;
  /** Words may come together with what is behind them. */
  readonly coalesces: boolean;
}

/** In two at every point, and byte by byte; no time passes in between, or almost too much of it. */
function everyCut(
  house: DialectHouse,
  { what, steps, options, coalesces }: Exchanged,
  run: (stage: Stage, manner: Partial<Manner>) => Promise<void>,
): void {
  const lengths = saidLengths(steps);
  if (lengths.every((length) => length < 2)) return;
  it(`${what}, its messages cut in two at every point`, async () => {
    for (const [which, length] of lengths.entries()) {
      for (let at = 1; at < length; at += 1) {
        const cut: Manner['cut'] = (bytes, nth) =>
          nth === which ? [bytes.subarray(0, at), bytes.subarray(at)] : [bytes];
        for (const coalesced of coalesces ? [false, true] : [false]) {
          await during(`message ${which} cut at ${at}`, () =>
            onStage(house, 'memory', options, (stage) => run(stage, { cut, coalesced }))(),
          );
        }
      }
    }
  });
  const cut: Manner['cut'] = (bytes) => [...bytes].map((byte) => Uint8Array.of(byte));
  it(
    `${what}, byte by byte`,
    onStage(house, 'memory', options, (stage) => run(stage, { cut })),
  );
  // What the reader then gets in one read are many chunks: a word's end and the data behind it among them.
  it(
    `${what}, byte by byte in one moment`,
    onStage(house, 'memory', options, (stage) => run(stage, { cut, between: 'none', coalesced: coalesces })),
  );
  it(
    `${what}, byte by byte and as slowly as may be`,
    onStage(house, 'memory', options, (stage) =>
      run(stage, { cut, between: () => stage.pass((isMarked(house) ? 1000 : (house.silence ?? 1000)) - 1) }),
    ),
  );
}

function strangeSpecs(house: DialectHouse): void {
  const { strange = [], empty, silent } = house;
  const all: Strange[] = [
    { what: 'a client that says nothing and ends', bytes: '', then: 'fin', ends: empty },
    { what: 'a client that says nothing', bytes: '', then: 'silence', ends: silent },
    ...strange,
  ];
  describe('strange clients', () => {
    for (const each of all) {
      it(
        each.what,
        onStage(house, 'memory', {}, async (stage) => {
          const before = await stage.shelf.names();
          expectEnding(await endingOf(stage, each), each.ends);
          await stage.deserted();
          if (house.takesRubbish !== true) expect(await stage.shelf.names()).to.deep.equal(before);
          await probe(stage);
        }),
      );
    }
    for (const then of ['fin', 'silence'] as const) {
      it(
        `rubbish, white space and floods, then ${then}: it lives, and makes nothing of it`,
        onStage(house, 'memory', {}, async (stage) => {
          for (const [i, bytes] of rubbish().entries()) {
            await during(`rubbish ${i}`, () => endingOf(stage, { what: '', bytes, then }));
            await stage.deserted();
            if (house.takesRubbish !== true) expect(await stage.shelf.names(), `rubbish ${i}`).to.deep.equal([]);
          }
          await probe(stage);
        }),
      );
    }
  });
}

function rubbish(): Buffer[] {
  const words = [
    '\n',
    '   ',
    '\r\n\r\n',
    '\0',
    '\0'.repeat(5000),
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    ':',
    ',',
    '-',
    '::::',
  ];
  const seeded = [1, 2, 3, 4, 5].map((seed) => pattern(100, seed));
  const floods = [Buffer.alloc(1 << 20, 'a'), Buffer.alloc(1 << 20, '1'), pattern(1 << 20, 9)];
  return [...words.map((each) => Buffer.from(each, 'latin1')), ...seeded, ...floods];
}

/** How the server ends it, and what it says before. */
async function endingOf(
  stage: Stage,
  { bytes, then }: Pick<Strange, 'bytes' | 'then' | 'what'>,
): Promise<{ by: Ending['by']; rest: Buffer }> {
  const player = await stage.player();
  const steps: Step[] = [send(Buffer.from(bytes as string)), ...(then === 'fin' ? [fin] : [silence(0)])];
  // A flood is not read by who has had enough: nobody waits for it to be taken.
  player.play(steps, stage.manner).catch(() => undefined);
  return stage.atLast(player.ending());
}

/** Lengths of the messages, as far as they are known before the scene is; the ports of a network in memory have five digits. */
function saidLengths(steps: readonly Step[]): number[] {
  const scene = { dataPort: 50000, address: '127.0.0.1' };
  return steps.flatMap((step) => (step.does === 'say' ? [bytesOf(step.words, scene).length] : []));
}

/** Is there something right behind a message that could come in the same packet? */
function together(steps: readonly Step[]): boolean {
  return steps.some((step, i) => {
    const next = steps[i + 1];
    return (
      step.does === 'say' && next !== undefined && next.on === step.on && ['say', 'send', 'fin'].includes(next.does)
    );
  });
}

/** Says which turn of a loop failed. */
async function during<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error) error.message = `${what}: ${error.message}`;
    throw error;
  }
}
