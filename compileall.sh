#!/bin/sh
# Installs what is missing, compiles, and leaves ./ftserver, ./ftclient and ./ftrelay beside this file.
# From any directory, any number of times; no network when node_modules is there.
set -eu
cd "$(dirname "$0")"

if ! command -v node >/dev/null 2>&1; then
  echo 'compileall.sh: Node 20.19 or newer is needed, and there is no node on the PATH.' >&2
  exit 69
fi
if ! node -e 'var v = process.versions.node.split(".").map(Number); process.exit(v[0] > 20 || (v[0] === 20 && v[1] >= 19) ? 0 : 1)'; then
  echo "compileall.sh: Node 20.19 or newer is needed; this is $(node --version)." >&2
  exit 69
fi

node scripts/build.js
chmod +x bin/ftserver bin/ftclient bin/ftrelay
ln -sfn bin/ftserver ftserver
ln -sfn bin/ftclient ftclient
ln -sfn bin/ftrelay ftrelay
echo "Compiled lib to dist ($(find dist -name '*.js' | wc -l | tr -d ' ') modules)."
echo "Ready: $PWD/ftserver, $PWD/ftclient and $PWD/ftrelay"
