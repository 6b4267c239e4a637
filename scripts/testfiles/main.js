'use strict';
// The program: words in, exit status out. 0 done (skipped names included), 1 cannot, 64 usage (EX_USAGE of sysexits).
const { catalogue } = require('./catalogue.js');
const { Disk } = require('./disk.js');
const { Failure, make } = require('./make.js');
const { UsageError, help, parse } = require('./options.js');
const { bytes, count } = require('./shown.js');
const { View } = require('./view.js');

/** `Made 3 files (1,000,358 bytes) in DIR; 70 were there already; 2 names were skipped.` */
function summary({ made, bytes: size, there, skipped }, into) {
  const parts = [
    made === 0 ? `Nothing was to be made in ${into}` : `Made ${count(made, 'file')} (${bytes(size)}) in ${into}`,
  ];
  if (there > 0) parts.push(`${there} ${there === 1 ? 'was' : 'were'} there already`);
  if (skipped > 0) parts.push(`${count(skipped, 'name')} ${skipped === 1 ? 'was' : 'were'} skipped`);
  return `${parts.join('; ')}.`;
}

/** Whoever interrupts finds nothing half made; then the process dies by the signal, as its parent expects. */
function onSignals(clean) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const stop = (signal) => {
    for (const one of signals) process.off(one, stop);
    clean();
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

async function run({ into, force, ...which }, stdout) {
  const disk = new Disk(into);
  const view = new View(stdout);
  const release = onSignals(() => {
    view.end();
    disk.discard();
  });
  try {
    const counts = await make(catalogue(which), disk, view, { force });
    view.line(summary(counts, into));
  } finally {
    view.end();
    release();
  }
}

/** Returns the exit status. */
async function main(words, { stdout, stderr } = process) {
  // Who has seen enough (`| head -1`) still wants the files.
  stdout.on('error', () => undefined);
  try {
    const options = parse(words);
    if (options.help) stdout.write(await help());
    else await run(options, stdout);
    return 0;
  } catch (error) {
    if (!(error instanceof Failure) && !(error instanceof UsageError)) throw error;
    stderr.write(`${error.message}\n`);
    if (error instanceof Failure) return 1;
    stderr.write('Try npm run testfiles -- --help.\n');
    return 64;
  }
}

module.exports = { main };
