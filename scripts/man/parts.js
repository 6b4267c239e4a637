'use strict';
// What the manual says of the programs, taken from the tables that the programs themselves live by.
const { argument, paragraph, synopsis, tagged, wrapped } = require('./mdoc.js');

function loaded(root) {
  require('ts-node').register({ cwd: root, projectSearchDir: root, transpileOnly: true });
  const cli = (name) => require(`${root}/lib/cli/${name}`);
  return {
    flags: {
      ftclient: cli('options').CLIENT_FLAGS,
      ftserver: cli('serverOptions').SERVER_FLAGS,
      ftrelay: cli('relayOptions').RELAY_FLAGS,
    },
    commands: cli('completion/commands').COMMANDS,
    valueOf: cli('completion/values').valueOf,
    languages: cli('dialects').languages(),
    usageOf: cli('help').usageOf,
    help: { ftclient: cli('help').clientHelp, ftserver: cli('help').serverHelp, ftrelay: cli('help').relayHelp },
  };
}

function optionTag({ name, short, value }) {
  const long = `Fl Fl ${argument(name)}`;
  if (value === undefined) return short === undefined ? long : `Fl ${short} , ${long}`;
  const named = `Ns = Ns Ar ${argument(value)}`;
  return short === undefined ? `${long} ${named}` : `Fl ${short} Ar ${argument(value)} , ${long} ${named}`;
}

/** The row's own text; and the values that it may have, where the text does not name them all. */
function optionText(flag, valueOf) {
  const { kind, choices = [] } = valueOf(flag) ?? {};
  // A value is typed as it stands: no capital makes a sentence of it.
  const isValue = choices.some((choice) => new RegExp(`^${choice}\\b`).test(flag.text));
  const sentence = `${isValue ? flag.text[0] : flag.text[0].toUpperCase()}${flag.text.slice(1)}.`;
  const unnamed = kind === 'words' && choices.some((choice) => !flag.text.includes(choice));
  return paragraph(unnamed ? `${sentence} One of ${choices.join(', ')}.` : sentence);
}

/** The lines beneath `Usage:`. */
function usages(text) {
  return text
    .split('\n')
    .filter((line) => /^(?:Usage:| {6}) \S/.test(line))
    .map((line) => line.slice('Usage: '.length));
}

/** On several lines of source: mandoc fills a long synopsis only between them. */
const broken = (macros) => macros.replace(/(?<!Fl) (?=(?:Cm|Fl) )/g, '\n.');

/** `Examples:` of a help page: commands and what they do. */
function examples(help) {
  const [, block = ''] = /\nExamples:\n([^]*?)\n\n/.exec(help) ?? [];
  const rows = [...block.matchAll(/^ {2}(\S.*?)(?: {2,}(.*))?$/gm)].map(([, command, meaning = '']) => [
    command,
    meaning,
  ]);
  if (rows.length === 0 || rows.some(([, meaning]) => meaning === '')) {
    throw new Error(`the examples of --help cannot be read: ${JSON.stringify(rows)}`);
  }
  return rows;
}

/** `Exit codes:` of a help page. */
function exitCodes(help) {
  const [, block = ''] = /\nExit codes:\n([^]*?)\n(?! )/.exec(help) ?? [];
  const rows = [...block.matchAll(/^ +([0-9]+) +(.+)$/gm)].map(([, code, meaning]) => [code, meaning]);
  if (rows.length === 0) throw new Error('the exit codes of --help cannot be read');
  return rows;
}

/** What `.\" @NAME WORDS` lines of a template are replaced with. */
function parts(root) {
  const from = loaded(root);
  const { version } = require(`${root}/package.json`);
  const others = from.languages.filter(({ name }) => name !== 'ft');
  return {
    os: () => `.Os "Twinport ${version}"`,
    synopsis: (program) =>
      usages(from.usageOf(program))
        .map((line) => `.Nm ${program}\n.${broken(synopsis(line.slice(program.length + 1)))}`)
        .join('\n'),
    options: (program) => tagged(from.flags[program].map((flag) => [optionTag(flag), optionText(flag, from.valueOf)])),
    commands: () =>
      tagged(
        from.commands.map(({ word, letter, args, text }) => {
          const rest = args === '' ? '' : ` ${synopsis(args)}`;
          const dashed = letter === undefined ? '' : ` , Fl ${letter.slice(1)}${rest}`;
          return [`Cm ${word}${rest}${dashed}`, paragraph(`${text[0].toUpperCase()}${text.slice(1)}.`)];
        }),
      ),
    examples: async (program) =>
      tagged(
        examples(await from.help[program]()).map(([command, meaning]) => [
          `Li ${argument(command)}`,
          paragraph(`${meaning[0].toUpperCase()}${meaning.slice(1)}.`),
        ]),
      ),
    exits: async (program) =>
      tagged(
        exitCodes(await from.help[program]()).map(([code, meaning]) => [
          code,
          paragraph(`${meaning[0].toUpperCase()}${meaning.slice(1)}.`),
        ]),
        '99 -compact',
      ),
    dialects: () =>
      tagged(
        others.map(({ name, port, verbs, dataConnection, usualPort }) => [
          `Cm ${name}`,
          paragraph(
            `${dataConnection ? 'Two connections' : 'One connection'}; can ${verbs.join(', ')}.` +
              (usualPort ? ` Its usual port is ${port}.` : ''),
          ),
        ]),
      ),
  };
}

/** A page: the template with each `.\" @NAME WORDS` line replaced. */
async function page(template, made) {
  const lines = [];
  let literal = false;
  for (const line of template.trimEnd().split('\n')) {
    const [, name, words = ''] = /^\.\\" @(\S+) ?(.*)$/.exec(line) ?? [];
    if (/^\.[BE]d/.test(line)) literal = line.startsWith('.Bd');
    if (name === undefined) lines.push(...(literal || line.startsWith('.') ? [line] : wrapped(line, 78)));
    else if (made[name] === undefined) throw new Error(`there is no part ${name}`);
    else lines.push(await made[name](words));
  }
  return `${lines.join('\n')}\n`;
}

module.exports = { examples, exitCodes, page, parts };
