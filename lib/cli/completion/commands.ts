/** What ftclient can be asked to do, for those who describe it: completion and the manual. */
export interface CommandRow {
  readonly word: string;
  /** The same with a dash. */
  readonly letter?: string;
  /** What follows: names there, files here, or nothing that could be completed. */
  readonly takes: 'remote' | 'local' | 'nothing';
  readonly text: string;
}

export const COMMANDS: readonly CommandRow[] = [
  { word: 'list', letter: '-l', takes: 'remote', text: 'list a directory' },
  { word: 'get', letter: '-g', takes: 'remote', text: 'get files' },
  { word: 'put', letter: '-p', takes: 'local', text: 'put files' },
];
