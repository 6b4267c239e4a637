'use strict';
// Joins the compiled modules of one program into dist/bin/PROGRAM.js. Finding and reading a hundred small files is
// a fifth of the time of a short command (96 ms against 76 ms for a whole `ftclient -l`); one file is found once.
// Every module stays a function of its own, run when it is first required, exactly as Node would.
const fs = require('node:fs');
const path = require('node:path');
const { root } = require('./setup.js');

const dist = path.join(root, 'dist');
/** What the public API would load and a program never asks for: it stays outside, where it can still be found. */
const OUTSIDE = {
  ftclient: ['lib/server.js', 'lib/storage/memory.js', 'lib/relaying.js', 'lib/usersFile.js'],
  ftserver: ['lib/client.js', 'lib/storage/memory.js', 'lib/relaying.js'],
  ftrelay: [
    'lib/server.js',
    'lib/client.js',
    'lib/dialectInfo.js',
    'lib/storage/local.js',
    'lib/storage/memory.js',
    'lib/usersFile.js',
  ],
};
/** What only some runs need, and all that they alone need: in a file of its own, read by the first that asks for it. */
const LATER = {
  ftclient: [
    'lib/cli/shellContext.js',
    'lib/cli/shell/interactive.js',
    'lib/cli/shell/batch.js',
    'lib/cli/completion/index.js',
    'lib/cli/help.js',
    'lib/cli/credentials.js',
    'lib/cli/terminal.js',
    'lib/cli/asking.js',
    'lib/cli/batch.js',
    'lib/cli/dialects.js',
    'lib/cli/report/jsonReporter.js',
    'lib/dialects/registry.js',
    'lib/errandClient.js',
    'lib/loggingIn.js',
    'lib/storage/privateFile.js',
    'lib/retrying.js',
  ],
};
/** Names that none of our own modules has. */
const PRELUDE = `'use strict';
const $modules = Object.create(null);
const $loaded = Object.create(null);
function $load(name) {
  if ($loaded[name] === undefined) {
    if ($modules[name] === undefined) $more();
    $loaded[name] = { exports: {} };
    $modules[name]($loaded[name].exports, $loaded[name]);
  }
  return $loaded[name].exports;
}
`;

/** The file that `require(name)` in `from` means; the compiler has already checked that there is one. */
function resolve(from, name) {
  const target = path.resolve(path.dirname(from), name);
  const found = [target, `${target}.js`, path.join(target, 'index.js')].find(
    (file) => file.endsWith('.js') && fs.existsSync(file),
  );
  if (found === undefined) throw new Error(`${from} requires ${name}, which is not there.`);
  return found;
}

/** The calls in a compiled module that load another of ours: where they stand, and which. */
function localRequires(ts, file, text) {
  const calls = [];
  const visit = (node) => {
    if (ts.isCallExpression(node)) {
      const [argument] = node.arguments;
      const local = argument !== undefined && ts.isStringLiteral(argument) && argument.text.startsWith('.');
      if (local && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
        throw new Error(`${file}: import(${argument.text}) would look beside the joined file; use require.`);
      }
      if (local && node.expression.getText() === 'require') {
        calls.push({ start: node.getStart(), end: node.getEnd(), target: resolve(file, argument.text) });
      }
    }
    if (ts.isIdentifier(node) && (node.text === '__dirname' || node.text === '__filename')) {
      throw new Error(`${file}: ${node.text} means something else in the joined file.`);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return calls;
}

function bundle(program) {
  const ts = require('typescript');
  const moduleOf = (file) => path.relative(dist, file).split(path.sep).join('/');
  const nameOf = (file) => JSON.stringify(moduleOf(file));
  const entry = path.join(dist, 'lib', 'cli', `${program}.js`);
  const later = new Set((LATER[program] ?? []).map((name) => path.join(dist, name)));
  const joinedAll = (waiting, known) => {
    let joined = '';
    // A Set is walked in order of insertion, what is added on the way included: each module once.
    for (const file of waiting) {
      let text = fs.readFileSync(file, 'utf8');
      for (const { start, end, target } of localRequires(ts, file, text).reverse()) {
        const outside = OUTSIDE[program].includes(moduleOf(target));
        if (!outside && !known.has(target)) waiting.add(target);
        const call = outside ? `require(${JSON.stringify(`../${moduleOf(target)}`)})` : `$load(${nameOf(target)})`;
        text = `${text.slice(0, start)}${call}${text.slice(end)}`;
      }
      joined += `$modules[${nameOf(file)}] = function (exports, module) {\n${text}\n};\n`;
    }
    return joined;
  };
  const first = new Set([entry]);
  const more = `${program}.later.js`;
  const joined = joinedAll(first, later);
  write(
    program,
    `${PRELUDE}const $more = () => require('./${more}')($modules, $load);\n${joined}module.exports = $load(${nameOf(entry)});\n`,
  );
  if (later.size === 0) return;
  const rest = joinedAll(new Set(later), first);
  write(`${program}.later`, `'use strict';\nmodule.exports = ($modules, $load) => {\n${rest}};\n`);
}

function write(name, text) {
  // V8 keeps and scans text of ASCII alone in half the memory and time (6 of 83 ms). Outside of comments, other
  // characters stand in literals only, and there the escape means the same.
  const ascii = text.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  fs.mkdirSync(path.join(dist, 'bin'), { recursive: true });
  // Renamed into place: a program that starts meanwhile finds the old file or the new one, whole.
  const out = path.join(dist, 'bin', `${name}.js`);
  fs.writeFileSync(`${out}.new`, ascii);
  fs.renameSync(`${out}.new`, out);
}

module.exports = { bundle };
