import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Started } from '../support/programs';
import type { Stopwatch, Took } from '../support/stopwatch';
import type { Workspace } from '../support/workspace';
import { NAME, type Contender } from './contenders';

export interface Lap {
  readonly client: Took;
  /** CPU seconds of the server for this file; undefined without one. */
  readonly server: number | undefined;
}

export interface Runner {
  readonly contender: Contender;
  readonly server: Started | undefined;
  readonly laps: Lap[];
}

/** Seconds one fetch may take. */
const LIMIT = 300;

/**
 * Every contender once a round, in another order each round: nobody always runs behind the one who leaves the
 * caches warm. One round before the first is not counted: everybody's programs are in memory then.
 */
export async function race(
  runners: readonly Runner[],
  { rounds, work, watch }: { rounds: number; work: Workspace; watch: Stopwatch },
): Promise<void> {
  for (let round = -1; round < rounds; round++) {
    const shift = Math.max(round, 0) % runners.length;
    for (const runner of [...runners.slice(shift), ...runners.slice(0, shift)]) {
      const lap = await fetchOnce(runner, work, watch);
      if (round >= 0) runner.laps.push(lap);
    }
    if (round >= 0) process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
}

async function fetchOnce({ contender, server }: Runner, work: Workspace, watch: Stopwatch): Promise<Lap> {
  const arrived = path.join(work.arrival, NAME);
  // A hypervisor takes back what is free, and who touches it first waits for it (0.4 or 1.2 s for the same cp of
  // 1 GiB): so the memory that the copy will need has just been used.
  fs.copyFileSync(path.join(work.source, NAME), arrived);
  fs.rmSync(arrived);
  const pids = server === undefined ? [] : [server.pid];
  const before = await watch.cpu(pids);
  const client = await watch.run({
    argv: contender.command(server?.port ?? 0),
    cwd: work.arrival,
    out: path.join(work.notes, 'out'),
    err: path.join(work.notes, 'err'),
    limit: LIMIT,
    watch: pids,
  });
  if (client.status !== 0) {
    const said = fs.readFileSync(path.join(work.notes, 'err'), 'utf8').trim();
    throw new Error(`${contender.name.trim()} ended with ${client.status}: ${said}`);
  }
  // Outside the span, and before the second look at the server: whatever it still had to do is done by then.
  if (spawnSync('cmp', ['-s', path.join(work.source, NAME), arrived]).status !== 0) {
    throw new Error(`${contender.name.trim()} brought other bytes than it was asked for`);
  }
  fs.rmSync(arrived);
  return { client, server: server === undefined ? undefined : (await watch.cpu(pids)) - before };
}
