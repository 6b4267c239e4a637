'use strict';
// The words behind `npm run testfiles --`.
const path = require('node:path');
const { root } = require('../setup.js');

/** A command line that cannot be meant. */
class UsageError extends Error {}

const GENERATED = path.join(root, 'testfiles', 'generated');

function parser(words) {
  const yargs = require('yargs');
  return (
    yargs(words)
      .scriptName('npm run testfiles --')
      .usage(
        '$0 [OPTIONS]\n\nMakes files to try the programs on, the same bytes everywhere. What is there already stays.',
      )
      // A locale would translate half of a page that is written in English.
      .detectLocale(false)
      // A value is text: `--into 007` is a directory of that name.
      .parserConfiguration({ 'parse-numbers': false, 'boolean-negation': false, 'duplicate-arguments-array': false })
      .option('small', { type: 'boolean', describe: 'leave out igigS.txt and the 32 MiB files: about 5 MB in all' })
      .option('force', { type: 'boolean', describe: 'make all anew' })
      .option('seed', { type: 'string', requiresArg: true, describe: 'N: other random digits (1)' })
      .option('into', {
        type: 'string',
        requiresArg: true,
        describe: 'DIR: make them there instead of in testfiles/generated',
      })
      .version(false)
      .help(false)
      .option('help', { alias: 'h', type: 'boolean', describe: 'show this help' })
      .wrap(80)
      .exitProcess(false)
      .strict()
      .demandCommand(0, 0, '', 'There is nothing to be named but options.')
      .fail((message, error) => {
        throw new UsageError(message ?? error?.message ?? 'The options cannot be understood.');
      })
  );
}

/** `{ small, force, seed, into, help }`. Throws a UsageError. */
function parse(words) {
  const { small = false, force = false, help = false, seed = '1', into = GENERATED } = parser(words).parseSync();
  // One seed has one spelling: 1 and 01 are not two.
  if (!/^(0|[1-9][0-9]*)$/.test(seed) || !Number.isSafeInteger(Number(seed))) {
    throw new UsageError(`--seed must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not "${seed}".`);
  }
  if (into === '') throw new UsageError('--into needs the name of a directory.');
  return { small, force, help, seed: Number(seed), into: path.resolve(into) };
}

/** The help page. */
async function help() {
  return `${(await parser([]).getHelp()).replace(/\s*\[(?:string|boolean)\]$/gm, '')}\n`;
}

module.exports = { UsageError, help, parse };
