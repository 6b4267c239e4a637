'use strict';
// Makes node_modules what package-lock.json says, with nothing but Node and npm; does nothing, and needs no
// network, when it already is. Every script that a newcomer may run first begins here.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.dirname(__dirname);

function packagesOf(lockfile) {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, lockfile), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** The locked packages that are not installed in the locked version. npm's own record of what it did tells. */
function missingPackages() {
  const locked = packagesOf('package-lock.json');
  if (locked === undefined) throw new Error('package-lock.json is missing or cannot be read.');
  const installed = packagesOf('node_modules/.package-lock.json') ?? {};
  return Object.keys(locked).filter(
    (name) =>
      name !== '' &&
      !locked[name].optional &&
      (installed[name]?.version !== locked[name].version || !fs.existsSync(path.join(root, name, 'package.json'))),
  );
}

/** Installs if needed. Ends the process with a sentence when it cannot. Returns whether it did anything. */
function setup(say = (line) => process.stderr.write(`${line}\n`)) {
  const missing = missingPackages();
  if (missing.length === 0) return false;
  say(`Installing ${missing.length} missing package${missing.length === 1 ? '' : 's'} with npm ci…`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const run = spawnSync(npm, ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    shell: process.platform === 'win32',
    // npm's report belongs to the notes: a caller's stdout stays its own.
    stdio: ['ignore', 2, 2],
    env: { ...process.env, NODE_ENV: 'development' },
  });
  if (run.error !== undefined || run.status !== 0) {
    say(
      `npm ci failed${run.error ? ` (${run.error.message})` : ''}: the development packages are needed here, and installing them needs a registry.`,
    );
    process.exit(69);
  }
  return true;
}

module.exports = { root, setup };
if (require.main === module) setup();
