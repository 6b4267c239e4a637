'use strict';
// Compiles lib to dist, removes from dist what no longer has a source, so that no deleted module lives on, and joins
// each program into one file.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { bundle } = require('./bundle.js');
const { root, setup } = require('./setup.js');

function prune(folder) {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const built = path.join(entry.parentPath ?? entry.path, entry.name);
    const source = path.join(root, path.relative(path.join(root, 'dist'), built)).replace(/(\.d\.ts|\.js)$/, '.ts');
    if (!fs.existsSync(source)) fs.unlinkSync(built);
  }
}

/** Returns tsc's exit status: 0, or not when there is a type error (and then nothing was written). */
function build() {
  const tsc = require.resolve('typescript/bin/tsc', { paths: [root] });
  const run = spawnSync(process.execPath, [tsc, '-p', path.join(root, 'tsconfig.build.json')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (run.status !== 0) return run.status ?? 1;
  prune(path.join(root, 'dist'));
  for (const program of ['ftserver', 'ftclient', 'ftrelay']) bundle(program);
  return 0;
}

module.exports = { build };
if (require.main === module) {
  setup();
  process.exitCode = build();
}
