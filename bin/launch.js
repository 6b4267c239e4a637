'use strict';
// Loads one of the programs in this process: no child, so that a signal reaches the program itself. This file is
// read before the Node version is known to be right, and so keeps to syntax that any Node understands.
var fs = require('fs');
var path = require('path');

/** EX_UNAVAILABLE of sysexits(3). */
var UNAVAILABLE = 69;
/** The first Node that can `require` an ES module (yargs is one) without a flag. */
var NEEDED = [20, 19];

function refuse(sentence) {
  process.stderr.write(sentence + '\n');
  process.exit(UNAVAILABLE);
}

/** When a file was last written; -1 when there is none. */
function writtenAt(file) {
  var stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? -1 : stat.mtimeMs;
}

/** ts-node, when the development dependencies are installed. */
function tsNode(root) {
  try {
    return require(require.resolve('ts-node', { paths: [root] }));
  } catch (_error) {
    return undefined;
  }
}

module.exports = function launch(program) {
  var version = process.versions.node.split('.').map(Number);
  if (version[0] < NEEDED[0] || (version[0] === NEEDED[0] && version[1] < NEEDED[1])) {
    refuse(program + ' needs Node ' + NEEDED.join('.') + ' or newer; this is ' + process.versions.node + '.');
  }
  var root = path.dirname(__dirname);
  var built = path.join(root, 'dist', 'lib', 'cli', program + '.js');
  var source = path.join(root, 'lib', 'cli', program + '.ts');
  var argv = process.argv.slice(2);
  var builtAt = writtenAt(built);
  if (builtAt !== -1) {
    // All modules in one file start sooner; unless a compiler run by hand has made the single ones newer.
    var joined = path.join(root, 'dist', 'bin', program + '.js');
    require(writtenAt(joined) >= builtAt ? joined : built).main(argv);
    return;
  }
  var compiler = fs.existsSync(source) ? tsNode(root) : undefined;
  if (compiler === undefined) refuse('run ./compileall.sh first');
  compiler.register({ cwd: root, projectSearchDir: root, transpileOnly: true });
  require(source).main(argv);
};
