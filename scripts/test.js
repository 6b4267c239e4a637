'use strict';
// `npm test`: installs if needed, compiles, runs the specs, and fails when fewer ran than `.ci/minimum` says: a
// pattern that matches nothing must not look like success. Arguments go to mocha (then the minimum is 1).
// TWINPORT_TEST_JSON names a file that keeps mocha's JSON report.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root, setup } = require('./setup.js');
const { build } = require('./build.js');

/** After its report mocha has this long to end by itself; if it does not, a spec leaked a handle. */
const EXIT_MS = 15_000;
/** The whole run; far above the three minutes it may take, so that only a hang meets it. */
const WHOLE_MS = 15 * 60_000;

function minimum(words) {
  return words.length > 0 ? 1 : Number(fs.readFileSync(path.join(root, '.ci', 'minimum'), 'utf8'));
}

function readReport(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function run(words, report) {
  return new Promise((resolve) => {
    const mocha = spawn(
      process.execPath,
      [
        require.resolve('mocha/bin/mocha.js', { paths: [root] }),
        '--forbid-only',
        ...(process.stdout.isTTY ? [] : ['--no-color']),
        ...['--reporter', path.join(__dirname, 'reporter.js'), '--reporter-option', `output=${report}`],
        ...words,
      ],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const started = Date.now();
    let reported, why;
    const watch = setInterval(() => {
      if (reported === undefined && readReport(report) !== undefined) reported = Date.now();
      const hung = reported !== undefined && Date.now() - reported > EXIT_MS;
      if (!hung && Date.now() - started < WHOLE_MS) return;
      why = hung ? 'Mocha reported but does not end: a spec leaked a handle.' : 'The specs do not end.';
      console.error(why);
      mocha.kill('SIGKILL');
    }, 500);
    mocha.on('exit', (code, signal) => {
      clearInterval(watch);
      if (code === null) why ??= `Mocha was killed by ${signal}.`;
      resolve({ code: code ?? 1, why });
    });
  });
}

async function main(words) {
  setup();
  if (build() !== 0) return 1;
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-test-'));
  try {
    const file = path.join(scratch, 'report.json');
    const { code, why } = await run(words, file);
    const report = readReport(file);
    if (report === undefined) {
      console.error(`${why ?? `Mocha ended with ${code}.`} It left no report.`);
      return code || 1;
    }
    // No spec failed then, and the report has to say what did.
    if (why !== undefined) report.failures.push({ fullTitle: '(the run)', err: { message: why } });
    if (process.env['TWINPORT_TEST_JSON']) fs.writeFileSync(process.env['TWINPORT_TEST_JSON'], JSON.stringify(report));
    const { passes, pending } = report.stats;
    if (code === 0 && passes + pending < minimum(words)) {
      console.error(`Only ${passes + pending} specs were found; at least ${minimum(words)} are expected.`);
      return 1;
    }
    return code;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
