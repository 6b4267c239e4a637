import * as fs from 'node:fs';
import * as path from 'node:path';
import { machine } from '../support/machine';
import { main } from '../support/main';
import { optionsOf } from '../support/options';
import { HOST, ROOT, startOurs } from '../support/programs';
import { ratios, shown, spread, table } from '../support/statistics';
import { Stopwatch, type Took } from '../support/stopwatch';
import { workspace } from '../support/workspace';

interface Lister {
  readonly name: string;
  readonly argv: readonly string[];
  /** Lines it prints besides the names. */
  readonly extra: number;
  readonly laps: Took[];
}

const SEVERAL = 20;
/** Seconds one listing may take. */
const LIMIT = 20;

main(async (cleanUp) => {
  const { numbers, bins } = optionsOf(process.argv.slice(2), {
    rounds: { fallback: 40, least: 1, most: 1000 },
    size: { fallback: SEVERAL, least: 0, most: 100_000 },
  });
  const rounds = numbers.get('rounds') ?? 0;
  const files = numbers.get('size') ?? 0;
  const began = machine();
  const work = workspace(64 * 1024 ** 2);
  cleanUp(() => work.remove());
  for (let i = 0; i < files; i++) fs.writeFileSync(path.join(work.source, `file-${i}`), '');
  const watch = new Stopwatch();
  cleanUp(() => watch.close());
  const server = await startOurs(path.join(ROOT, 'bin'), work.source);
  cleanUp(() => server.stop());

  const script = path.join(__dirname, 'plain.py');
  const python = await watch.python();
  const address = [HOST, String(server.port)];
  const lister = (name: string, extra: number, ...argv: string[]): Lister => ({ name, argv, extra, laps: [] });
  const listers = [
    lister('ftclient -l', 2, path.join(ROOT, 'bin', 'ftclient'), ...address, '-l'),
    ...bins.map((bin) => lister(`  build in ${bin}`, 2, path.join(path.resolve(bin), 'ftclient'), ...address, '-l')),
    lister(`plain.py, ${python.path} ${python.version}`, 0, python.path, script, ...address),
    // A system's own Python starts faster than one that was built by the user.
    ...(fs.existsSync(SYSTEM_PYTHON) && fs.realpathSync(SYSTEM_PYTHON) !== fs.realpathSync(python.path)
      ? [lister(`plain.py, ${SYSTEM_PYTHON}`, 0, SYSTEM_PYTHON, script, ...address)]
      : []),
    lister('node, an empty program', -Infinity, process.execPath, '-e', '0'),
  ];

  for (let round = -1; round < rounds; round++) {
    const shift = Math.max(round, 0) % listers.length;
    for (const each of [...listers.slice(shift), ...listers.slice(0, shift)]) {
      const [out, err] = [path.join(work.notes, 'out'), path.join(work.notes, 'err')];
      const took = await watch.run({ argv: each.argv, cwd: work.arrival, out, err, limit: LIMIT });
      const lines = fs.readFileSync(out, 'latin1').split('\n').length - 1;
      const expected = each.extra === -Infinity ? 0 : files + 2 + each.extra;
      if (took.status !== 0 || lines !== expected) {
        throw new Error(`${each.name} ended with ${took.status}: ${lines} lines, ${fs.readFileSync(err, 'utf8')}`);
      }
      if (round >= 0) each.laps.push(took);
    }
  }
  const [first] = listers;
  const seconds = ({ laps }: Lister): number[] => laps.map((lap) => lap.seconds);
  const rows = listers.map((each) => [
    each.name,
    shown(spread(seconds(each).map((value) => value * 1000)), 1),
    each === first || first === undefined ? '1' : shown(ratios(seconds(first), seconds(each))),
    shown(spread(each.laps.map(({ cpu }) => cpu * 1000)), 1),
  ]);
  process.stdout.write(
    `\nA listing of ${files} files on loopback, whole programs against one server, ${rounds} rounds interleaved.\n` +
      `Medians of the rounds (lowest–highest); ratios are of the same round.\n${began}\n\n` +
      table([['', 'ms', 'first row takes × as long', 'CPU ms'], ...rows]),
  );
});

const SYSTEM_PYTHON = '/usr/bin/python3';
