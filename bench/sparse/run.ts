import * as fs from 'node:fs';
import * as path from 'node:path';
import { machine } from '../support/machine';
import { main } from '../support/main';
import { optionsOf } from '../support/options';
import { HOST, ROOT, startOurs } from '../support/programs';
import { Stopwatch } from '../support/stopwatch';
import { workspace } from '../support/workspace';

const GIB = 1024 ** 3;
/** Bytes: what neither program may exceed, however large the file. */
const MOST = 150e6;
const LIMIT = 600;

/** A file far larger than memory, all holes, fetched to /dev/null: how much memory do the two programs need? */
main(async (cleanUp) => {
  const { numbers } = optionsOf(process.argv.slice(2), {
    rounds: { fallback: 1, least: 1, most: 10 },
    size: { fallback: 20 * GIB, least: 1, most: 1024 * GIB },
  });
  const size = numbers.get('size') ?? 0;
  const began = machine();
  const work = workspace(GIB / 4);
  cleanUp(() => work.remove());
  fs.writeFileSync(path.join(work.source, 'holes'), '');
  fs.truncateSync(path.join(work.source, 'holes'), size);
  const watch = new Stopwatch();
  cleanUp(() => watch.close());
  const bin = path.join(ROOT, 'bin');
  const server = await startOurs(bin, work.source);
  cleanUp(() => server.stop());

  process.stdout.write(`\n${size} bytes of holes to /dev/null, whole programs.\n${began}\n\n`);
  for (const words of [[], ['--passive']]) {
    for (let round = 0; round < (numbers.get('rounds') ?? 0); round++) {
      const took = await watch.run({
        argv: [path.join(bin, 'ftclient'), HOST, String(server.port), '-g', 'holes', '-o', '/dev/null', ...words],
        cwd: work.arrival,
        out: path.join(work.notes, 'out'),
        err: path.join(work.notes, 'err'),
        limit: LIMIT,
        watch: [server.pid],
      });
      if (took.status !== 0) {
        throw new Error(`ended with ${took.status}: ${fs.readFileSync(path.join(work.notes, 'err'), 'utf8')}`);
      }
      const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
      process.stdout.write(
        `${words.length === 0 ? 'active ' : 'passive'}   ${(size / 1e9 / took.seconds).toFixed(2)} GB/s   ` +
          `peak: client ${megabytes(took.peak)}, server ${megabytes(took.watched)}\n`,
      );
      if (Math.max(took.peak, took.watched) >= MOST) throw new Error(`more than ${megabytes(MOST)}`);
    }
  }
});
