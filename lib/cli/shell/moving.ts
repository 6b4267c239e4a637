import { join } from 'node:path';
import { localNameFor, once, remoteNameFor, sameHere } from '../names';
import { POLICIES, type Policy } from '../options';
import type { Settings } from '../request';
import { UsageError } from '../usage';
import type { FilePair, Tuning } from './context';
import { isFileHere } from './files';
import { absolute, localPath } from './place';
import { localPaths, remotePaths } from './paths';
import type { Given, Row } from './rows';
import { rate, requestSettings, retries } from './settings';

const COMMON = [
  { name: 'resume', short: 'r', text: 'continue an interrupted transfer' },
  {
    name: 'on-exists',
    value: 'WHAT',
    choices: POLICIES,
    text: 'when a name is taken: as the option of ftclient',
  },
  { name: 'retry', value: 'N', text: 'try again N times after failures that can pass' },
  { name: 'limit-rate', value: 'RATE', text: 'move at most RATE bytes a second, as 500K or 2M' },
] as const;

/** The commands that move files. */
export const MOVING: readonly Row[] = [
  {
    name: 'get',
    aliases: ['mget'],
    usage: '[-t DIR] [-o NAME] [-r] FILE|PATTERN…',
    text: 'bring files from the server; a name that is taken here becomes NAME.1',
    flags: [
      { name: 'to', short: 't', value: 'DIR', text: 'into this directory here' },
      { name: 'output', short: 'o', value: 'NAME', text: 'what it shall be called here' },
      ...COMMON,
    ],
    takes: 'remote',
    words: [1, Infinity],
    run: get,
  },
  {
    name: 'put',
    aliases: ['mput'],
    usage: '[-t DIR] [-o NAME] [-r] FILE|PATTERN… [NAME|DIR/]',
    text:
      'send files to the server; a name that is taken there is a failure. A last word that ends in / is a directory ' +
      'there, and a second word that is no file here the name there (mput takes all of them for files)',
    flags: [
      { name: 'to', short: 't', value: 'DIR', text: 'into this directory on the server' },
      { name: 'output', short: 'o', value: 'NAME', text: 'what it shall be called there' },
      ...COMMON,
    ],
    takes: 'local',
    words: [1, Infinity],
    changes: true,
    run: put,
  },
];

async function get(given: Given): Promise<number> {
  const { shell, flags, signal, where } = given;
  const settings = settingsOf(given);
  const tuning = tuningOf(given);
  const directory = flags.value('to');
  const chosen = flags.value('output') !== undefined;
  const toStdout = flags.value('output') === '-';
  // What the shell prints goes elsewhere in JSON alone.
  if (toStdout && shell.context.print !== undefined) {
    throw new UsageError('standard output is either the file or JSON: -o - or --json');
  }
  if (chosen && directory !== undefined) throw new UsageError('--output and --to exclude each other');
  const { paths: meant, code } = await remotePaths(given);
  const paths = once(meant, (path) => path);
  const output = onlyOne(given, paths);
  const files: FilePair[] = paths.map((remote) => {
    const name = localNameFor(remote);
    const typed = output ?? (directory === undefined ? undefined : join(directory, name));
    return {
      remote,
      local: typed === undefined ? name : localPath({ text: typed, literal: false }, shell.context.here),
      ...(toStdout && { standard: true }),
    };
  });
  if (files.length === 0) return code;
  return (await shell.run({ verb: 'get', files, chosen, settings }, signal, where, { tuning })) || code;
}

async function put(given: Given): Promise<number> {
  const { shell, flags, signal, where } = given;
  const settings = settingsOf(given);
  const tuning = tuningOf(given);
  if (settings.onExists === 'rename') throw new UsageError('--on-exists rename belongs to a get');
  const target = await targetOf(given);
  const { paths: meant, code } = await localPaths(
    target === undefined ? given : { ...given, words: given.words.slice(0, -1) },
  );
  const paths = once(meant, sameHere);
  const output = onlyOne(given, paths) ?? target?.name;
  const directory = target?.directory ?? flags.value('to');
  const files: FilePair[] = paths.map((local) => {
    // `-` reads as standard input to whoever is told of it, and is a file here.
    const file = local === '-' ? './-' : local;
    const name = output ?? remoteNameFor(local);
    return { local: file, remote: shell.place.path(directory === undefined ? name : `${directory}/${name}`) };
  });
  if (files.length === 0) return code;
  return (await shell.run({ verb: 'put', files, settings }, signal, where, { tuning })) || code;
}

/** What the last word of a put says where it is no file here: as on the command line, LOCAL… DIR/ and LOCAL REMOTE. */
async function targetOf({
  shell,
  words,
  flags,
  said,
}: Given): Promise<{ readonly directory?: string; readonly name?: string } | undefined> {
  const last = words.at(-1);
  const told = flags.value('to') ?? flags.value('output');
  if (words.length < 2 || last === undefined || last.glob !== undefined || told !== undefined) return undefined;
  if (last.text.endsWith('/')) return { directory: last.text };
  const { here } = shell.context;
  if (words.length > 2 || words[0]?.glob !== undefined || said === 'mput') return undefined;
  return (await isFileHere(absolute(localPath(last, here), here))) ? undefined : { name: last.text };
}

/** The value of -o. Throws a UsageError where it would name several files. */
function onlyOne({ flags, said }: Given, paths: readonly string[]): string | undefined {
  const output = flags.value('output');
  if (output !== undefined && paths.length > 1) {
    throw new UsageError(`${said} -o names one file, and there are ${paths.length}`);
  }
  return output;
}

/** How often and how fast, where this command says so itself. */
function tuningOf({ shell, flags }: Given): Tuning {
  const retry = flags.value('retry');
  const limitRate = flags.value('limit-rate');
  return {
    ...shell.settings,
    ...(retry === undefined ? {} : { retry: retries('--retry', retry) }),
    ...(limitRate === undefined ? {} : { limitRate: rate('--limit-rate', limitRate) }),
  };
}

/** What is set for all commands, and what this one says for itself. */
function settingsOf({ shell, flags, row }: Given): Settings {
  const said = flags.choice('on-exists', POLICIES);
  if (flags.has('resume') && said !== undefined && said !== 'resume') {
    throw new UsageError(`--resume is --on-exists resume; --on-exists ${said} contradicts it`);
  }
  const { onExists, ...rest } = requestSettings(shell.settings);
  // `set on-exists rename` is about gets: there is no new name to agree upon with a server.
  const usual: Policy | undefined = row.name === 'put' && onExists === 'rename' ? undefined : onExists;
  const settled = flags.has('resume') ? 'resume' : (said ?? usual);
  // Before anything is moved: with nobody to ask the line makes no sense.
  if (settled === 'ask') shell.asker();
  return settled === undefined ? rest : { ...rest, onExists: settled };
}
