import { settle } from './fakeClock';

/**
 * Milliseconds a hope gets, a little less than mocha gives a spec. Counted on the real clock and not in turns of
 * the loop: a disk, another process or a loaded machine may lie between, and turns pass while they are waited for.
 */
const PATIENCE = 15_000;

/** Lets the event loop turn until something is so; what is hoped for in vain fails with what there was instead. */
export async function eventually(what: string, isSo: () => boolean, got: () => unknown = () => ''): Promise<void> {
  const patient = performance.now() + PATIENCE;
  while (!isSo()) {
    if (performance.now() > patient) throw new Error(`never came true: ${what} ${JSON.stringify(got())}`);
    await settle(1);
  }
}
