import { sentenceOf } from '../../errors';
import type { BookFiles } from './bookFiles';

/** Of users whose directory nobody can be served from: they log in, and everything they ask for is refused. */
export async function rootNotes(
  root: string,
  users: readonly (readonly [name: string, root: string])[],
): Promise<readonly string[]> {
  if (users.length === 0) return [];
  const { localStorage } = require('../../index') as typeof import('../../index');
  const storage = await localStorage({ root });
  const notes: string[] = [];
  try {
    for (const [name, directory] of users) {
      const why = await storage.stat(directory).then(
        ({ type }) => (type === 'dir' ? undefined : `"${directory}" is no directory`),
        (error: unknown) => sentenceOf(error),
      );
      if (why !== undefined) notes.push(`The root of the user "${name}" cannot be served: ${why}.`);
    }
  } finally {
    await storage.close();
  }
  return notes;
}

/** Of logs that could not be written now. It stops no server, which tries again with each line. */
export async function bookNotes(books: BookFiles = {}): Promise<readonly string[]> {
  const { whyNotAppended } = require('../../index') as typeof import('../../index');
  const notes: string[] = [];
  for (const [name, file] of Object.entries(books) as [string, string][]) {
    const why = await whyNotAppended(file);
    if (why !== undefined) notes.push(`${name}: ${file} cannot be written: ${why}.`);
  }
  return notes;
}
