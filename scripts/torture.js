'use strict';
// `npm run torture -- [--rounds N] [--seed S] [--only get|put] [--jobs N] [--keep]`: programs killed in mid-transfer.
// Each round is one file between two programs, one of which is killed at a random moment, up to three times; then the
// transfer is made good. What may be seen under the file's name, at any time, is the old file, nothing, or the whole new one.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Round } = require('./torture/round.js');
const { WHOLE, trial } = require('./trial/trial.js');

async function torture({ rounds, seed, only, jobs, keep }, { home, scratch }) {
  const counts = {};
  const failures = [];
  let begun = 0;
  let done = 0;
  const started = Date.now();
  const tell = () => {
    const seconds = Math.round((Date.now() - started) / 1000);
    const list = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
    return `${done} of ${rounds} rounds, ${failures.length} failed, ${seconds} s; ${list.join(', ')}`;
  };
  let shown = started;
  const progress = () => {
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${tell().slice(0, (process.stdout.columns ?? 80) - 1)}`);
    else if (Date.now() - shown > 10_000) {
      shown = Date.now();
      process.stdout.write(`${tell()}\n`);
    }
  };
  const worker = async () => {
    // After a failure nothing new begins: what is to be looked at should not scroll away.
    while (begun < rounds && failures.length === 0) {
      const number = seed + begun++;
      const directory = path.join(scratch, `round-${number}`);
      const round = new Round(home, directory, number, only);
      try {
        const result = await round.run();
        for (const [name, count] of Object.entries(result)) counts[name] = (counts[name] ?? 0) + count;
        if (!keep) fs.rmSync(directory, { recursive: true });
      } catch (error) {
        failures.push({ number, directory, error, story: round.story });
        fs.writeFileSync(path.join(directory, 'story.txt'), `${round.story.join('\n')}\n${error.stack}\n`);
      }
      done += 1;
      progress();
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, rounds) }, worker));
  process.stdout.write(`${process.stdout.isTTY ? '\r\x1b[K' : ''}${tell()} (seeds ${seed} to ${seed + begun - 1})\n`);
  for (const { number, directory, error, story } of failures) {
    process.stderr.write(`\nround ${number} failed: ${error.message}\n${story.join('\n')}\nin ${directory}\n`);
    const which = only === undefined ? '' : ` --only ${only}`;
    process.stderr.write(`again: npm run torture -- --rounds 1 --seed ${number}${which} --keep\n`);
  }
  return failures.length === 0;
}

trial(
  {
    name: 'torture',
    // Most of a round is two programs that start: more at once than processors, as each waits in between.
    usual: { rounds: 1000, seed: Date.now() % 1_000_000, jobs: Math.max(2, os.cpus().length + 1) },
    patterns: { rounds: WHOLE, seed: WHOLE, jobs: WHOLE, only: /^(get|put)$/ },
    said: '--rounds N, --seed S, --only get or put, --jobs N',
  },
  torture,
);
