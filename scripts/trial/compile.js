'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { build } = require('../build.js');
const { root } = require('../setup.js');

/** Compiles what is missing or older than its source: yesterday's programs would show yesterday's faults. */
function compileWhatIsOld() {
  const newest = fs
    .readdirSync(path.join(root, 'lib'), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => fs.statSync(path.join(root, 'lib', name)).mtimeMs)
    .reduce((a, b) => Math.max(a, b), 0);
  const built = ['ftserver', 'ftrelay', 'ftclient'].map(
    (program) => fs.statSync(path.join(root, 'dist/bin', `${program}.js`), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return Math.min(...built) > newest || build() === 0;
}

module.exports = { compileWhatIsOld };
