'use strict';
// `npm run fuzz -- [--seconds N | --inputs N | --runs N] [--seed S] [--jobs N] [--only NAME]…`: spoils valid messages,
// sessions and answers of servers until something that is claimed in spec/property does not hold; ends with exit 1 then,
// and what was found is in spec/regressions. --seconds (default 60) and --inputs are for all targets together, --runs for
// each of them; there is a thread for each processor, unless --jobs says otherwise.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { Tally } = require('./fuzz/tally.js');

/** Milliseconds for one input; what takes longer is a finding, and ended by force. */
const HUNG_AFTER = 60_000;
/** A directory in memory, on Linux: what clients write and read there needs no disk. */
const MEMORY = '/dev/shm';
const MOST_JOBS = 256;
const AMOUNTS = ['seconds', 'inputs', 'runs'];

function usage(sentence) {
  console.error(`fuzz: ${sentence}`);
  console.error('npm run fuzz -- [--seconds N | --inputs N | --runs N] [--seed S] [--jobs N] [--only NAME]...');
  return undefined;
}

function understand(words) {
  const asked = {
    seed: Math.floor(Math.random() * 2 ** 31),
    jobs: Math.min(MOST_JOBS, os.availableParallelism()),
    only: [],
  };
  for (let at = 0; at < words.length; at += 1) {
    const [name, glued] = words[at].split(/=(.*)/s);
    const value = glued ?? words[(at += 1)];
    if (name === '--only' && value !== undefined) asked.only.push(value);
    else if (
      [...AMOUNTS, 'seed', 'jobs'].includes(name.slice(2)) &&
      /^--/.test(name) &&
      /^[0-9]{1,12}$/.test(value ?? '')
    )
      asked[name.slice(2)] = Number(value);
    else return usage(`"${words[at] ?? name}" is not understood`);
  }
  const amounts = AMOUNTS.filter((amount) => asked[amount] !== undefined);
  if (amounts.length > 1) return usage(`either --${amounts.join(' or --')}`);
  if (asked.jobs < 1 || asked.jobs > MOST_JOBS) return usage(`--jobs is from 1 to ${MOST_JOBS}`);
  return amounts.length === 0 ? { ...asked, seconds: 60 } : asked;
}

/** One thread, until it is through, or was stopped because an input would not end. */
function thread(asked, number, scratch, onMessage) {
  // Which target is at which input, and how many were tried: a loop without end cannot say it itself.
  const place = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(path.join(__dirname, 'fuzz', 'worker.js'), {
    workerData: { ...asked, thread: { number, of: asked.jobs }, place },
    env: { ...process.env, TMPDIR: scratch },
  });
  let end;
  const ended = new Promise((resolve) => {
    let [seen, since] = [0, Date.now()];
    const watch = setInterval(() => {
      const now = Atomics.load(place, 2);
      // It is still being compiled.
      if (now === 0) return;
      if (now !== seen) [seen, since] = [now, Date.now()];
      else if (Date.now() - since > HUNG_AFTER) end('hung', `an input takes longer than ${HUNG_AFTER / 1000} s`);
    }, 500);
    end = (how, why) => {
      clearInterval(watch);
      resolve({ how, why, target: Atomics.load(place, 0), index: Atomics.load(place, 1) });
    };
    worker.on('message', (message) => {
      if (message.refused !== undefined) end('refused', message.refused);
      else if (message.findings === undefined) onMessage(message);
      // Its inputs are all tried: it may wait for the others as long as they need.
      else end(message.findings === 0 ? 'done' : 'found');
    });
    worker.on('error', (error) => end('died', error.stack ?? String(error)));
    worker.on('exit', (code) => end('died', `the thread ended with ${code}`));
  });
  return { ended, stop: () => worker.terminate() };
}

/** All threads; the first that does not end well ends the others, and so does a signal. */
async function run(asked, scratch, stopped) {
  const tally = new Tally(asked.jobs);
  const threads = Array.from({ length: asked.jobs }, (_, number) =>
    thread(asked, number, scratch, ({ line, result }) => {
      const said = line ?? tally.add(result);
      if (said !== undefined) console.log(said);
    }),
  );
  const bad = threads.map(({ ended }) =>
    ended.then((end) => (/^(done|found)$/.test(end.how) ? new Promise(() => {}) : end)),
  );
  const good = Promise.all(threads.map(({ ended }) => ended)).then(
    (ends) => ends.find(({ how }) => how === 'found') ?? ends[0],
  );
  const end = await Promise.race([...bad, good, stopped]);
  await Promise.all(threads.map(({ stop }) => stop()));
  if (end.how !== 'refused') for (const sum of tally.sums) console.log(sum);
  return end;
}

async function main(words) {
  const asked = understand(words);
  if (asked === undefined) return 64;
  // Once: a second signal ends it at once.
  const stopped = new Promise((resolve) => {
    for (const why of ['SIGINT', 'SIGTERM']) process.once(why, () => resolve({ how: 'stopped', why }));
  });
  console.log(`seed ${asked.seed}`);
  const scratch = fs.mkdtempSync(path.join(fs.existsSync(MEMORY) ? MEMORY : os.tmpdir(), 'twinport-fuzz-'));
  try {
    const { how, why, target, index } = await run(asked, scratch, stopped);
    if (how === 'stopped') return { signal: why };
    if (how === 'refused') return usage(why) ?? 64;
    if (how === 'done') return 0;
    if (how === 'found') return 1;
    // What ended or blocked a thread is made again here, and saved as it is: to make it smaller would block us, too.
    require('ts-node/register/transpile-only');
    const { saveUnfinished } = require('../spec/property/fuzz/unfinished.ts');
    console.error(`${why}\nsaved as ${saveUnfinished(asked, target, index, why)}`);
    return 1;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

void main(process.argv.slice(2)).then((end) => {
  if (end.signal === undefined) process.exitCode = end;
  else process.kill(process.pid, end.signal);
});
