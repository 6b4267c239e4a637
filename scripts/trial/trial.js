'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root, setup } = require('../setup.js');
const { compileWhatIsOld } = require('./compile.js');
const { copyPrograms, endTogether } = require('./programs.js');

/** sysexits' EX_USAGE. */
const USAGE = 64;
const WHOLE = /^[0-9]{1,15}$/;

/**
 * What the words say, over what is usual. `patterns` has what each option's value looks like: a number is one where the
 * usual value is. `--keep` is of every trial. Undefined where they say nothing.
 */
function understood(argv, usual, patterns) {
  const options = { keep: false, ...usual };
  for (let at = 0; at < argv.length; at += 1) {
    const [, name] = /^--([a-z]+)$/.exec(argv[at]) ?? [];
    if (name === 'keep') options.keep = true;
    else if (Object.hasOwn(patterns, name ?? '') && patterns[name].test(argv[at + 1] ?? '')) {
      const value = argv[(at += 1)];
      options[name] = typeof usual[name] === 'number' ? Number(value) : value;
    } else return undefined;
  }
  return options;
}

/** The programs as they are now, and a directory that is gone afterwards, unless something is to be looked at in it. */
async function inScratch(name, options, run) {
  setup();
  if (!compileWhatIsOld()) return 1;
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), `twinport-${name}-`));
  endTogether();
  const isRight = await run(options, { scratch, home: copyPrograms(root, scratch) });
  if (isRight && !options.keep) fs.rmSync(scratch, { recursive: true });
  else process.stdout.write(`kept: ${scratch}\n`);
  return isRight ? 0 : 1;
}

/** A program of its own: `run` resolves with whether everything held. Exit 0 or 1; 64 for words that mean nothing. */
function trial({ name, usual, patterns, said }, run) {
  const options = understood(process.argv.slice(2), usual, patterns);
  if (options === undefined) {
    process.stderr.write(`${name}: the options are ${said} and --keep.\n`);
    process.exitCode = USAGE;
    return;
  }
  void inScratch(name, options, run).then((code) => {
    process.exitCode = code;
  });
}

module.exports = { WHOLE, trial };
