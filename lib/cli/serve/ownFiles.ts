import { resolve } from 'node:path';
import { rightsOn, type ServerCommand } from '../serverOptions';
import { refusal, SettingError, type Settings } from './settings';

/** What holds secrets, or tells who did what: no client is to read it, and none to write a line of its own into a log. */
const READ_BY_NOBODY = ['users', 'tls-key', 'audit', 'xferlog'];
/** What the server believes: whoever changes it has, from the next hangup on, the server that he likes. */
const CHANGED_BY_NOBODY = ['tls-cert', 'tls-client-ca'];

/**
 * Throws where the server's own files lie in the directory that it serves: to clients they are files like others. With the
 * current directory for root and `--users users` beside it, whoever logs in could have fetched the hashes of all the others,
 * and put a file of users in its place. `root`: what is served, also where the settings say otherwise by now.
 */
export async function assertElsewhere(command: ServerCommand, settings: Settings, root: string): Promise<void> {
  const { isSpecialFile, liesBeneath } = require('../../index') as typeof import('../../index');
  const isChanged = command.ports.some(({ on }) =>
    rightsOn(on.dialect, command).some((right) => right !== 'list' && right !== 'read'),
  );
  for (const name of isChanged ? [...READ_BY_NOBODY, ...CHANGED_BY_NOBODY] : READ_BY_NOBODY) {
    const value = settings.get(name);
    if (value === undefined || !(await liesBeneath(value.text, root))) continue;
    // Of everything, /dev/null too is a part. Where clients may change things, another could be put there before a hangup.
    if (!isChanged && (await isSpecialFile(value.text))) continue;
    const could = READ_BY_NOBODY.includes(name) ? 'get at it' : 'change it';
    throw refusal(`${value.origin.name}: ${served(value.text, could)}`, value);
  }
  const { file } = settings;
  if (isChanged && file !== undefined && (await liesBeneath(file, root)))
    throw new SettingError(served(file, 'change it'));
}

/** What a server with these settings would serve, whatever becomes of the settings. */
export function servedRoot({ server }: ServerCommand): string {
  return resolve(server.root ?? process.cwd());
}

/** Files that decide what is served and to whom, or tell who did what: nobody would see that another user has been at them. */
const TRUSTED = ['audit', 'xferlog', 'tls-cert', 'tls-client-ca'];

/**
 * Sentences about those of them that everybody on the machine may write. Not refused, as a file of users is: where a file system
 * knows no modes (a directory of another system in a container) everything looks so.
 */
export async function writableNotes(settings: Settings): Promise<readonly string[]> {
  const { isWritableByOthers } = require('../../index') as typeof import('../../index');
  const notes: string[] = [];
  for (const file of [settings.file, ...TRUSTED.map((name) => settings.get(name)?.text)]) {
    // A log that is not there yet is made with our own mode.
    if (file === undefined || !(await isWritableByOthers(file).catch(() => false))) continue;
    notes.push(`"${file}" can be written by everybody on this machine: chmod o-w it.`);
  }
  return notes;
}

function served(file: string, could: string): string {
  return `"${file}" lies in the directory that is served, where clients could ${could}: keep it elsewhere, or serve another (--root)`;
}
