import * as fs from 'node:fs';

/** Directories of one stretch: a path that is quickly walked. Thirteen of them are more than any path has. */
export const LEVELS = 350;

const CHAIN = `a${'/d'.repeat(LEVELS - 1)}`;

/**
 * Directories in each other, `times` stretches of them, as clients make them by renaming deep ones into deeper ones.
 * `furnish` puts something at the bottom of each stretch.
 */
export function deepen(root: string, times: number, furnish: (bottom: string) => void): void {
  for (let at = 0; at < times; at += 1) {
    const bottom = `${root}/next/${CHAIN.slice(2)}`;
    fs.mkdirSync(bottom, { recursive: true });
    furnish(bottom);
    if (at > 0) fs.renameSync(`${root}/a`, `${bottom}/d`);
    fs.renameSync(`${root}/next`, `${root}/a`);
  }
}

/** Makes paths of them again, which can be removed. */
export function flatten(root: string): void {
  for (let at = 0; fs.existsSync(`${root}/${CHAIN}/d`); at += 1) {
    fs.renameSync(`${root}/${CHAIN}/d`, `${root}/rest`);
    fs.renameSync(`${root}/a`, `${root}/was${at}`);
    fs.renameSync(`${root}/rest`, `${root}/a`);
  }
}
