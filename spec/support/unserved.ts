import { expect } from 'chai';
import { ftserver } from '../../lib/cli/ftserver';
import { Output } from '../../lib/cli/output';
import { Captured } from './stdio';

/** `ftserver` in this process, where it shall not get as far as to serve: a check, or a start that is refused. */
export async function unserved(words: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [out, err] = [new Captured(), new Captured()];
  const [stdout, stderr] = [new Output(() => out), new Output(() => err)];
  const create = (): never => expect.fail('it would have served');
  const code = await ftserver(words, stdout, stderr, create, {});
  await stderr.flushed();
  return { code, stdout: out.utf8, stderr: err.utf8 };
}
