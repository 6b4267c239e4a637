import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ErrorCode } from '../../lib/errors';

/** Local names that cannot be put, in a directory that is given, and what is wrong with each. */
export function makeUnsendable(here: string): readonly (readonly [name: string, code: ErrorCode])[] {
  const at = (name: string): string => path.join(here, name);
  fs.mkdirSync(at('folder'));
  fs.writeFileSync(at('plain'), 'abc');
  fs.symlinkSync('nowhere', at('dangling'));
  fs.symlinkSync('folder', at('link-to-folder'));
  fs.symlinkSync('loop', at('loop'));
  const names: [string, ErrorCode][] = [
    ['missing', 'not-found'],
    ['not/there', 'not-found'],
    ['x'.repeat(300), 'not-found'],
    ['dangling', 'not-found'],
    ['folder', 'not-a-file'],
    ['link-to-folder', 'not-a-file'],
    ['loop', 'denied'],
    ['plain/below', 'not-a-directory'],
  ];
  if (process.platform !== 'win32') {
    // Without a writer: opening it may wait for ever.
    execFileSync('mkfifo', [at('fifo')]);
    names.push(['fifo', 'not-a-file']);
  }
  // The superuser may read everything.
  if (process.getuid?.() !== 0) {
    fs.writeFileSync(at('unreadable'), 'abc', { mode: 0 });
    names.push(['unreadable', 'denied']);
  }
  return names;
}
