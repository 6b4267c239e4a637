/**
 * Rejects as the put of this file would, before anything is dialled: to some servers a connection is an upload
 * already, of an empty file.
 */
export async function checkLocalFile(path: string): Promise<void> {
  const { checkUserFile } = require('../index') as typeof import('../index');
  await checkUserFile(path);
}
