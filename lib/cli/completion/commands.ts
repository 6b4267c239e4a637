import type { Verb } from '../command';

/** What ftclient can be asked to do, for those who describe it: completion and the manual. */
export interface CommandRow {
  readonly word: Verb;
  /** The same with a dash. */
  readonly letter?: string;
  /** What follows, as the manual says it. */
  readonly args: string;
  /** What a shell completes it with: names there, files here, or nothing. */
  readonly takes: 'remote' | 'local' | 'nothing';
  readonly text: string;
}

export const COMMANDS: readonly CommandRow[] = [
  { word: 'list', letter: '-l', args: '[DIR] [DATAPORT]', takes: 'remote', text: 'list a directory' },
  { word: 'get', letter: '-g', args: 'FILE ... [DATAPORT]', takes: 'remote', text: 'get files' },
  { word: 'put', letter: '-p', args: 'LOCAL [REMOTE] [DATAPORT]', takes: 'local', text: 'put files' },
  { word: 'stat', args: 'PATH', takes: 'remote', text: 'tell type, size and time' },
  { word: 'digest', args: 'PATH', takes: 'remote', text: 'tell count and digest' },
  { word: 'mkdir', letter: '-m', args: 'PATH ...', takes: 'remote', text: 'make directories' },
  { word: 'delete', letter: '-d', args: 'PATH ...', takes: 'remote', text: 'delete files and empty directories' },
  { word: 'rename', letter: '-r', args: 'OLD NEW', takes: 'remote', text: 'give a file or directory another name' },
  { word: 'ping', args: '', takes: 'nothing', text: 'ask for a sign of life' },
];
