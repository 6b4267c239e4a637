import * as fs from 'node:fs';
import * as path from 'node:path';

/** Where daemons live is not on every user's PATH. */
const PLACES = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];

/** The full path of an installed program, or nothing. */
export function findPeer(program: string, places: readonly string[] = PLACES): string | undefined {
  for (const place of places) {
    if (place === '') continue;
    try {
      const file = path.join(place, program);
      fs.accessSync(file, fs.constants.X_OK);
      if (fs.statSync(file).isFile()) return file;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/**
 * For the `before` hook of a spec that talks to a program of somebody else: its full path. Where it is not
 * installed the suite is skipped; with TWINPORT_REQUIRE_PEERS=1, as in `.ci/run`, that is a failure, because a
 * proof that was skipped proves nothing.
 */
export function needPeer(
  context: { skip(): never },
  program: string,
  { places = PLACES, required = process.env['TWINPORT_REQUIRE_PEERS'] === '1' } = {},
): string {
  const found = findPeer(program, places);
  if (found !== undefined) return found;
  if (required) throw new Error(`${program} is not installed, and TWINPORT_REQUIRE_PEERS asks for it`);
  return context.skip();
}
