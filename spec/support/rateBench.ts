import type { DialectName } from '../../lib/dialects/registry';
import type { FakeClock } from './fakeClock';

/** Milliseconds that the work took, of those that pass in steps of 10; a fake second of this takes a hundred turns. */
export async function timed(clock: FakeClock, work: Promise<unknown>): Promise<number> {
  const began = clock.now();
  let over = false;
  const end = (): void => void (over = true);
  work.then(end, end);
  for (let i = 0; i < 25_000 && !over; i += 1) await clock.advance(10);
  await work;
  return clock.now() - began;
}

/** Milliseconds that a language needs before the first byte: a stepwise server listens whether its client is one. */
export const talk = (name: DialectName): number => (name === 'stepwise' ? 1000 : 0);
