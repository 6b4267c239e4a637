import { Broken, type Claim } from '../claim';
import { CLAIMS } from '../claims';
import { minimised } from './minimise';
import { Mutator } from './mutate';
import { processorTime } from './processor';
import { regressionOf, save, type Regression } from './regressions';
import { shares, type Amount } from './shares';

export interface FuzzOptions extends Amount {
  readonly seed: number;
  /** Names of targets, or how they begin. Default: all. */
  readonly only?: readonly string[];
  readonly claims?: readonly Claim[];
  /** Which of several threads this is (from 0), and how many there are: each takes its own inputs of every target. */
  readonly thread?: { readonly number: number; readonly of: number };
  /** Which target is at which input, and how many were tried so far, for somebody who watches. */
  readonly place?: Int32Array;
  /** Told of each finding as it comes. */
  readonly say?: (line: string) => void;
  /** Told of each target when it is through. */
  readonly report?: (result: Result) => void;
  readonly keep?: (regression: Regression) => string;
  /** Processor time, in milliseconds, from which on an input is a finding. Specs say Infinity: a machine may be slow. */
  readonly slow?: number;
}

/** What came of one target, in one thread. */
export interface Result {
  readonly name: string;
  readonly kind: Claim['kind'];
  readonly inputs: number;
  readonly found: number;
  readonly seconds: number;
}

/**
 * Milliseconds of processor time for one input, of at most 64 KiB: more is a way to keep a server busy. A session plays
 * minutes.
 */
const SLOW = { codec: 2000, session: 10_000 };
/** Frames of an error's stack: Node's default. Mocha wants all, and what is nested deeply then takes seconds. */
const FRAMES = 10;
/** Findings of one target. The first is the one that counts; a broken target finds nothing but itself. */
const MOST_FINDINGS = 3;
/** Inputs between two looks at the clock. */
const LOOK_EVERY = { codec: 256, session: 1 };

/** Returns the number of findings; rejects where no target has such a name. */
export async function fuzz(options: FuzzOptions): Promise<number> {
  const { only = [], claims = CLAIMS, report = () => undefined } = options;
  const chosen = claims.filter(({ name }) => only.length === 0 || only.some((each) => name.startsWith(each)));
  if (chosen.length === 0)
    throw new Error(`no target is called ${only.join(', ')}: ${claims.map(({ name }) => name).join(', ')}`);
  const share = shares(options, chosen);
  let found = 0;
  Error.stackTraceLimit = FRAMES;
  process.on('unhandledRejection', isStray);
  try {
    for (const claim of chosen) {
      const began = performance.now();
      const { milliseconds, runs } = share[claim.kind];
      const result = await target(claim, claims.indexOf(claim), { ...options, until: began + milliseconds, runs });
      found += result.found;
      report({ name: claim.name, kind: claim.kind, ...result, seconds: (performance.now() - began) / 1000 });
    }
  } finally {
    process.off('unhandledRejection', isStray);
  }
  return found;
}

async function target(
  claim: Claim,
  number: number,
  options: FuzzOptions & { readonly until: number; readonly runs: number },
): Promise<{ inputs: number; found: number }> {
  const { seed, until, runs, place, thread = { number: 0, of: 1 }, say = () => undefined, keep = save } = options;
  const mutator = new Mutator(claim, seed);
  let [found, inputs] = [0, 0];
  for (let index = thread.number; index < runs; index += thread.of) {
    if (inputs % LOOK_EVERY[claim.kind] === 0 && performance.now() >= until) break;
    if (place !== undefined) {
      Atomics.store(place, 0, number);
      Atomics.store(place, 1, index);
    }
    const bytes = mutator.input(index);
    inputs += 1;
    const wrong = await tried(claim, bytes, options);
    if (wrong === undefined) continue;
    found += 1;
    const alike = async (candidate: Buffer): Promise<boolean> =>
      sort(await tried(claim, candidate, options)) === sort(wrong);
    const small = await minimised(bytes, alike, claim.kind === 'codec' ? 2000 : 300);
    const why = (await tried(claim, small, options)) ?? wrong;
    say(`${claim.name}: ${why}\n  saved as ${keep(regressionOf(claim.name, seed, why, small))}`);
    if (found >= MOST_FINDINGS) break;
  }
  return { inputs, found };
}

const stray: unknown[] = [];
const isStray = (reason: unknown): void => void stray.push(reason);

/** What kind of wrong it is: a smaller input may not be wrong in another way. */
function sort(why: string | undefined): string | undefined {
  return why?.split('\n')[0]?.replace(/[0-9]+/g, '0');
}

/** Why it is wrong; undefined where it holds. */
async function tried(claim: Claim, bytes: Buffer, options: FuzzOptions): Promise<string | undefined> {
  const { place, slow = SLOW[claim.kind] } = options;
  if (place !== undefined) Atomics.add(place, 2, 1);
  const began = performance.now();
  const wrong = await wrongWith(claim, bytes);
  if (wrong !== undefined || performance.now() - began < slow) return wrong;
  // Perhaps others were at work. Once more, by the time that this thread had a processor: to ask each time costs too much.
  const before = processorTime();
  await wrongWith(claim, bytes);
  const spent = processorTime() - before;
  return spent >= slow ? `slow: it takes ${Math.round(spent)} ms` : undefined;
}

async function wrongWith(claim: Claim, bytes: Buffer): Promise<string | undefined> {
  try {
    // Only what is asynchronous is waited for: a turn of the loop costs more than most inputs.
    const checked = claim.check(bytes);
    if (checked !== undefined) await checked;
    const [lost] = stray.splice(0);
    if (lost !== undefined)
      throw new Error('a rejection that nobody handles, which would end a program', { cause: lost });
  } catch (error) {
    if (error instanceof Broken) return error.message;
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  return undefined;
}
