'use strict';
// Mocha prefers this file to .mocharc.json, which holds the settings, and adds what JSON cannot say.
// A `spec` in the settings is run *besides* the files named on the command line, so it is given only when
// none is named: plain `mocha` runs everything, `mocha spec/x.spec.ts` that file alone.
const settings = require('./.mocharc.json');

const named = process.argv
  .slice(2)
  .some((word) => !word.startsWith('-') && (/\.[cm]?[jt]s$/.test(word) || /[/*]/.test(word)));

module.exports = {
  ...settings,
  ...(named ? {} : { spec: ['spec/**/*.spec.ts'] }),
  'forbid-only': process.env['CI'] !== undefined,
};
