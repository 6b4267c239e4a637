import { localNameFor, remoteNameFor } from '../names';
import { POLICIES, type Policy } from '../options';
import { UsageError } from '../usage';
import type { FilePair, Settings } from './context';
import { localPath } from './place';
import { localPaths, remotePaths } from './paths';
import type { Given, Row } from './rows';

/** All but `ask`: what stands at the next prompt, typed ahead, is no answer. */
export const SHELL_POLICIES = POLICIES.filter((policy) => policy !== 'ask');

const ON_EXISTS = [
  { name: 'resume', short: 'r', text: 'continue an interrupted transfer' },
  {
    name: 'on-exists',
    value: 'WHAT',
    choices: SHELL_POLICIES,
    text: 'when a name is taken: as the option of ftclient',
  },
] as const;

/** The commands that move files. */
export const MOVING: readonly Row[] = [
  {
    name: 'get',
    aliases: ['mget'],
    usage: '[-o NAME] [-r] FILE|PATTERN…',
    text: 'bring files from the server; a name that is taken here becomes NAME.1',
    flags: [{ name: 'output', short: 'o', value: 'NAME', text: 'what it shall be called here' }, ...ON_EXISTS],
    takes: 'remote',
    words: [1, Infinity],
    run: get,
  },
  {
    name: 'put',
    aliases: ['mput'],
    usage: '[-t DIR] [-o NAME] [-r] FILE|PATTERN…',
    text: 'send files to the server; a name that is taken there is a failure',
    flags: [
      { name: 'to', short: 't', value: 'DIR', text: 'into this directory on the server' },
      { name: 'output', short: 'o', value: 'NAME', text: 'what it shall be called there' },
      ...ON_EXISTS,
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
  const { paths, code } = await remotePaths(given);
  const output = onlyOne(given, paths);
  const files: FilePair[] = paths.map((remote) => ({
    remote,
    local:
      output === undefined ? localNameFor(remote) : localPath({ text: output, literal: false }, shell.context.here),
  }));
  if (files.length === 0) return code;
  const chosen = flags.value('output') !== undefined;
  return (await shell.run({ verb: 'get', files, chosen, settings }, signal, where)) || code;
}

async function put(given: Given): Promise<number> {
  const { shell, flags, signal, where } = given;
  const settings = settingsOf(given);
  if (settings.onExists === 'rename') throw new UsageError('--on-exists rename belongs to a get');
  const { paths, code } = await localPaths(given);
  const output = onlyOne(given, paths);
  const directory = flags.value('to');
  const files: FilePair[] = paths.map((local) => {
    // `-` is standard input to whoever carries this out, and a file here.
    const file = local === '-' ? './-' : local;
    const name = output ?? remoteNameFor(local);
    return { local: file, remote: shell.place.path(directory === undefined ? name : `${directory}/${name}`) };
  });
  if (files.length === 0) return code;
  return (await shell.run({ verb: 'put', files, settings }, signal, where)) || code;
}

/** The value of -o. Throws a UsageError where it would name several files. */
function onlyOne({ flags, said }: Given, paths: readonly string[]): string | undefined {
  const output = flags.value('output');
  if (output !== undefined && paths.length > 1) {
    throw new UsageError(`${said} -o names one file, and there are ${paths.length}`);
  }
  return output;
}

/** What is set for all commands, and what this one says for itself. */
function settingsOf({ shell, flags, row }: Given): Settings {
  const said = flags.choice('on-exists', SHELL_POLICIES);
  if (flags.has('resume') && said !== undefined && said !== 'resume') {
    throw new UsageError(`--resume is --on-exists resume; --on-exists ${said} contradicts it`);
  }
  const { onExists, ...rest } = shell.settings;
  // `set on-exists rename` is about gets: there is no new name to agree upon with a server.
  const usual: Policy | undefined = row.name === 'put' && onExists === 'rename' ? undefined : onExists;
  const settled = flags.has('resume') ? 'resume' : (said ?? usual);
  return settled === undefined ? rest : { ...rest, onExists: settled };
}
