'use strict';
// `npm run man`: makes the pages in man/ from the templates in scripts/man and the tables of the programs.
// `-- --check` writes nothing, and fails when a page would change.
const fs = require('node:fs');
const path = require('node:path');
const { root, setup } = require('./setup.js');

const PAGES = ['ftclient.1', 'ftrelay.1', 'ftserver.8', 'twinport.7'];

async function main(words) {
  const { page, parts } = require('./man/parts.js');
  const made = parts(root);
  let stale = 0;
  for (const name of PAGES) {
    const file = path.join(root, 'man', name);
    const text = await page(fs.readFileSync(path.join(__dirname, 'man', name), 'utf8'), made);
    if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) continue;
    stale++;
    process.stdout.write(`man/${name}\n`);
    if (!words.includes('--check')) fs.writeFileSync(file, text);
  }
  if (stale > 0 && words.includes('--check')) {
    process.stderr.write('Stale: npm run man makes them anew.\n');
    process.exitCode = 1;
  }
}

module.exports = { PAGES };
if (require.main === module) {
  setup();
  void main(process.argv.slice(2));
}
