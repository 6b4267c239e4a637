import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as nodePath from 'node:path';

/** An input that a claim did not hold for once, as it is kept. */
export interface Regression {
  readonly target: string;
  /** The run that found it. */
  readonly seed: number;
  /** What was wrong, in its first line. */
  readonly why: string;
  /** The input: as people can read it, and as it is. */
  readonly text: string;
  readonly hex: string;
}

export const REGRESSIONS = nodePath.join(__dirname, '..', '..', 'regressions');

export function regressionOf(target: string, seed: number, why: string, bytes: Buffer): Regression {
  const [first = ''] = why.split('\n');
  return {
    target,
    seed,
    why: first.slice(0, 300),
    text: bytes.toString('latin1').slice(0, 400),
    hex: bytes.toString('hex'),
  };
}

/** Where it was saved. The same input is the same file. */
export function save(regression: Regression, directory = REGRESSIONS): string {
  const hash = createHash('sha256').update(regression.target).update(regression.hex).digest('hex').slice(0, 12);
  const file = nodePath.join(directory, `${regression.target}-${hash}.json`);
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(regression, undefined, 2)}\n`);
  return file;
}

export function saved(directory = REGRESSIONS): { readonly file: string; readonly regression: Regression }[] {
  const names = fs.existsSync(directory) ? fs.readdirSync(directory).filter((name) => name.endsWith('.json')) : [];
  return names.sort().map((file) => ({
    file,
    regression: JSON.parse(fs.readFileSync(nodePath.join(directory, file), 'utf8')) as Regression,
  }));
}
