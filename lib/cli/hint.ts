import { nearest } from './nearest';

/** What other clients call our commands. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ls: 'list',
  dir: 'list',
  download: 'get',
  mget: 'get',
  upload: 'put',
  send: 'put',
  mput: 'put',
  md: 'mkdir',
  rm: 'delete',
  del: 'delete',
  mv: 'rename',
  ren: 'rename',
};

/** `; did you mean list?` for what is no command, or nothing. */
export function commandMeant(word: string, commands: readonly string[]): string {
  const other = Object.hasOwn(ELSEWHERE, word.toLowerCase()) ? ELSEWHERE[word.toLowerCase()] : undefined;
  const meant = other ?? nearest(word, commands);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}
