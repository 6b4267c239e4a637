'use strict';
// `npm run fuzz -- [--seconds N | --runs N] [--seed S] [--only NAME]…`: spoils valid messages, sessions and answers of
// servers until something that is claimed in spec/property does not hold; ends with exit 1 then, and what was found is in
// spec/regressions. --seconds (default 60) is for all targets together, --runs for each of them.
const path = require('node:path');
const { Worker } = require('node:worker_threads');

/** Milliseconds for one input; what takes longer is a finding, and ended by force. */
const HUNG_AFTER = 60_000;

function usage(sentence) {
  console.error(`fuzz: ${sentence}`);
  console.error('npm run fuzz -- [--seconds N | --runs N] [--seed S] [--only NAME]...');
  return undefined;
}

function understand(words) {
  const asked = { seconds: undefined, runs: undefined, seed: Math.floor(Math.random() * 2 ** 31), only: [] };
  for (let at = 0; at < words.length; at += 1) {
    const [name, glued] = words[at].split(/=(.*)/s);
    const value = glued ?? words[(at += 1)];
    if (name === '--only' && value !== undefined) asked.only.push(value);
    else if (['--seconds', '--runs', '--seed'].includes(name) && /^[0-9]{1,12}$/.test(value ?? ''))
      asked[name.slice(2)] = Number(value);
    else return usage(`"${words[at] ?? name}" is not understood`);
  }
  if (asked.seconds !== undefined && asked.runs !== undefined) return usage('either --seconds or --runs');
  if (asked.seconds === undefined && asked.runs === undefined) asked.seconds = 60;
  return asked;
}

function run(asked) {
  return new Promise((resolve) => {
    // Which target is at which input, and how many were tried: a loop without end cannot say it itself.
    const place = new Int32Array(new SharedArrayBuffer(12));
    const worker = new Worker(path.join(__dirname, 'fuzz', 'worker.js'), { workerData: { ...asked, place } });
    let seen = 0;
    let since = Date.now();
    const watch = setInterval(() => {
      const now = Atomics.load(place, 2);
      // It is still being compiled.
      if (now === 0) return;
      if (now !== seen) [seen, since] = [now, Date.now()];
      else if (Date.now() - since > HUNG_AFTER) end('hung', `an input takes longer than ${HUNG_AFTER / 1000} s`);
    }, 500);
    let ended = false;
    const end = (how, why) => {
      if (ended) return;
      ended = true;
      clearInterval(watch);
      void worker
        .terminate()
        .then(() => resolve({ how, why, target: Atomics.load(place, 0), index: Atomics.load(place, 1) }));
    };
    worker.on('message', ({ line, findings }) => {
      if (line !== undefined) console.log(line);
      else end(findings === 0 ? 'done' : 'found');
    });
    worker.on('error', (error) => end('died', error.stack ?? String(error)));
    worker.on('exit', (code) => end('died', `the worker ended with ${code}`));
  });
}

async function main(words) {
  const asked = understand(words);
  if (asked === undefined) return 64;
  console.log(`seed ${asked.seed}`);
  const { how, why, target, index } = await run(asked);
  if (how === 'done') return 0;
  if (how === 'found') return 1;
  // What ended or blocked the worker is made again here, and saved as it is: to make it smaller would block us, too.
  require('ts-node/register/transpile-only');
  const { saveUnfinished } = require('../spec/property/fuzz/unfinished.ts');
  console.error(`${why}\nsaved as ${saveUnfinished(asked, target, index, why)}`);
  return 1;
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
