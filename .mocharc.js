'use strict';
// Mocha prefers this file to .mocharc.json, which holds the settings, and adds what JSON cannot say.
// A `spec` in the settings is run *besides* the files named on the command line, so it is given only when
// none is named: plain `mocha` runs everything, `mocha spec/x.spec.ts` that file alone.
const settings = require('./.mocharc.json');

/** Options whose value, in the next word, may look like a spec and is none. */
const TAKES_A_PATH =
  /^(-r|-R|-O|-g|-f|--(require|reporter|reporter-options?|file|config|package|ignore|exclude|grep|fgrep))$/;

const words = process.argv.slice(2);
const named = words.some(
  (word, i) => !word.startsWith('-') && !TAKES_A_PATH.test(words[i - 1] ?? '') && /\.[cm]?[jt]s$|[/*]/.test(word),
);

module.exports = {
  ...settings,
  ...(named ? {} : { spec: ['spec/**/*.spec.ts'] }),
  'forbid-only': process.env['CI'] !== undefined,
};
