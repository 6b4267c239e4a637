import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { launcher, ROOT, Running, type Program, type Ran } from './programs';

/** A word of bytes for `sh`: Node itself cannot start a program with words that are not UTF-8. */
function shellWord(bytes: Uint8Array): string {
  const octal = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  // The dot keeps newlines at the end, which `$(…)` would drop.
  return `w=$(printf '${octal}.'); set -- "$@" "\${w%.}"`;
}

/** Runs Node with these words, given as latin1: each letter is a byte. */
export function runNode(words: readonly string[], cwd: string): Promise<Ran> {
  const set = words.map((word) => shellWord(Buffer.from(word, 'latin1'))).join('\n');
  // In the C locale: some shells drop bytes that are no letters.
  const script = `set --\n${set}\nexec '${process.execPath}' "$@"`;
  const child = spawn('/bin/sh', ['-c', script], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', TS_NODE_PROJECT: path.join(ROOT, 'tsconfig.json') },
  });
  return new Running(child).ended;
}

/** One of the programs, started so. */
export function runTyped(program: Program, words: readonly string[], cwd: string): Promise<Ran> {
  const node = launcher(program).map((word) => Buffer.from(word).toString('latin1'));
  return runNode([...node, ...words], cwd);
}
