import type { Client, connect as Connect, ListEntry } from '../../index';
import { isPlainName } from '../../wire/paths';

/** Who presses Tab waits for it: milliseconds for the connection, and for each thing that does not move. */
const PATIENCE = 2000;

/**
 * The names on a server that begin with `typed`, for a shell: directories end in `/`. None where the server cannot
 * be asked, since whoever completes a name wants no error beneath it.
 *
 * The server is not trusted: what it says is read by a shell line by line. A name with a control character could
 * be two names, or colour somebody's terminal; it is left out, and can still be typed. So is one that is not UTF-8:
 * bash quotes two of them as $'\351' and $'\352', and inserts what these have in common, half an escape.
 */
export async function remoteNames(
  connect: typeof Connect,
  server: { readonly host: string; readonly port: number },
  typed: string,
): Promise<readonly string[]> {
  const folder = typed.slice(0, typed.lastIndexOf('/') + 1);
  let client: Client | undefined;
  try {
    // Passive: a firewall between would have us wait for a call that never comes.
    client = await connect({ ...server, connectTimeout: PATIENCE, timeout: PATIENCE, passive: true });
    const { entries } = await client.list(folder === '/' ? '' : folder.replace(/\/+$/, ''), { facts: true });
    return entries
      .flatMap((entry) => candidate(entry, folder))
      .filter((name) => typed === '' || name.startsWith(typed));
  } catch {
    return [];
  } finally {
    await client?.close().catch(() => undefined);
  }
}

function candidate({ name, type }: ListEntry, folder: string): readonly string[] {
  // A name with a slash in it is a path, and no server chooses those for us.
  if (!isPlainName(name) || /\p{C}|[\u2028\u2029]/u.test(name)) return [];
  // What reads as an option or as the data port is offered as what it is: a name.
  const here = folder === '' && /^(?:-.*|[0-9]+)$/.test(name) ? './' : folder;
  return [`${here}${name}${type === 'dir' ? '/' : ''}`];
}
