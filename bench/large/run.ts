import * as path from 'node:path';
import { machine } from '../support/machine';
import { main } from '../support/main';
import { optionsOf } from '../support/options';
import { Stopwatch } from '../support/stopwatch';
import { makeFile, workspace } from '../support/workspace';
import { contenders, NAME } from './contenders';
import { report } from './report';
import { race, type Runner } from './race';

const GIB = 1024 ** 3;

main(async (cleanUp) => {
  const { numbers, bins } = optionsOf(process.argv.slice(2), {
    rounds: { fallback: 7, least: 1, most: 100 },
    size: { fallback: GIB, least: 1, most: 16 * GIB },
  });
  const rounds = numbers.get('rounds') ?? 0;
  const size = numbers.get('size') ?? 0;

  // The source, one copy of it, and room for the programs.
  const work = workspace(2 * size + GIB / 2);
  cleanUp(() => work.remove());
  const began = machine();
  makeFile(path.join(work.source, NAME), size);
  const watch = new Stopwatch();
  cleanUp(() => watch.close());

  const runners: Runner[] = [];
  const absent: string[] = [];
  for (const contender of contenders(work, bins)) {
    if (contender.missing !== undefined) {
      absent.push(`${contender.name}: skipped, ${contender.missing}`);
      continue;
    }
    const server = await contender.start?.();
    if (server !== undefined) cleanUp(() => server.stop());
    runners.push({ contender, server, laps: [] });
  }
  await race(runners, { rounds, work, watch });
  process.stdout.write(report(runners, { rounds, size, began, absent }));
});
