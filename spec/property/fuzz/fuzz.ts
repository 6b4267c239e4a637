import { Broken, type Claim } from '../claim';
import { CLAIMS } from '../claims';
import { minimised } from './minimise';
import { Mutator } from './mutate';
import { regressionOf, save, type Regression } from './regressions';

export interface FuzzOptions {
  readonly seed: number;
  /** Of all targets together; or so many inputs of each. */
  readonly seconds?: number | undefined;
  readonly runs?: number | undefined;
  /** Names of targets, or how they begin. Default: all. */
  readonly only?: readonly string[];
  readonly claims?: readonly Claim[];
  /** Which target is at which input, and how many were tried so far, for somebody who watches. */
  readonly place?: Int32Array;
  readonly say?: (line: string) => void;
  readonly keep?: (regression: Regression) => string;
  /** Whether what takes long is a finding. Specs say no: a machine may have other things to do. */
  readonly timed?: boolean;
}

/** Milliseconds for one input, of at most 64 KiB: more is a way to keep a server busy. */
const SLOW = 2000;
/** A session plays minutes. */
const SLOW_SESSION = 10_000;
/** Frames of an error's stack: Node's default. Mocha wants all, and what is nested deeply then takes seconds. */
const FRAMES = 10;
/** Findings of one target. The first is the one that counts; a broken target finds nothing but itself. */
const MOST_FINDINGS = 3;
/** Inputs between two looks at the clock. */
const LOOK_EVERY = { codec: 256, session: 1 };

/** Returns the number of findings. */
export async function fuzz(options: FuzzOptions): Promise<number> {
  const { only = [], claims = CLAIMS, say = () => undefined, seconds, runs = Infinity } = options;
  const chosen = claims.filter(({ name }) => only.length === 0 || only.some((each) => name.startsWith(each)));
  if (chosen.length === 0)
    throw new Error(`no target is called ${only.join(', ')}: ${claims.map(({ name }) => name).join(', ')}`);
  const share = seconds === undefined ? Infinity : (seconds * 1000) / chosen.length;
  let [inputs, found] = [0, 0];
  Error.stackTraceLimit = FRAMES;
  process.on('unhandledRejection', isStray);
  try {
    for (const claim of chosen) {
      const began = performance.now();
      const result = await target(claim, claims.indexOf(claim), { ...options, until: began + share, runs });
      const spent = Math.max(1, performance.now() - began) / 1000;
      inputs += result.inputs;
      found += result.found;
      say(row(claim.name, Math.round(result.inputs / spent), result.inputs, result.found));
    }
  } finally {
    process.off('unhandledRejection', isStray);
  }
  say(row('all', undefined, inputs, found));
  return found;
}

function row(name: string, rate: number | undefined, inputs: number, found: number): string {
  const speed = rate === undefined ? '' : `${rate} inputs/s`;
  return `${name.padEnd(20)} ${speed.padStart(18)} ${String(inputs).padStart(10)} inputs ${String(found).padStart(3)} findings`;
}

async function target(
  claim: Claim,
  number: number,
  options: FuzzOptions & { readonly until: number; readonly runs: number },
): Promise<{ inputs: number; found: number }> {
  const { seed, until, runs, place, say = () => undefined, keep = save } = options;
  const mutator = new Mutator(claim, seed);
  let found = 0;
  let index = 0;
  for (; index < runs; index += 1) {
    if (index % LOOK_EVERY[claim.kind] === 0 && performance.now() >= until) break;
    if (place !== undefined) {
      Atomics.store(place, 0, number);
      Atomics.store(place, 1, index);
    }
    const bytes = mutator.input(index);
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
  return { inputs: index, found };
}

const stray: unknown[] = [];
const isStray = (reason: unknown): void => void stray.push(reason);

/** What kind of wrong it is: a smaller input may not be wrong in another way. */
function sort(why: string | undefined): string | undefined {
  return why?.split('\n')[0]?.replace(/[0-9]+/g, '0');
}

/** Why it is wrong; undefined where it holds. */
async function tried(
  claim: Claim,
  bytes: Buffer,
  { timed = true, place }: Pick<FuzzOptions, 'timed' | 'place'>,
): Promise<string | undefined> {
  if (place !== undefined) Atomics.add(place, 2, 1);
  const began = process.cpuUsage();
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
  // The processor's time, not the wall's: others are at work here, too.
  const { user, system } = process.cpuUsage(began);
  const spent = (user + system) / 1000;
  return timed && spent > (claim.kind === 'codec' ? SLOW : SLOW_SESSION)
    ? `slow: it takes ${Math.round(spent)} ms`
    : undefined;
}
