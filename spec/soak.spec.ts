import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { ROOT } from './support/programs';

const { heapGrew } = require('../scripts/soak/judge.js') as { heapGrew: (samples: number[]) => string | undefined };

async function soak(...words: string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [path.join(ROOT, 'scripts', 'soak.js'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more));
  await once(child, 'close');
  return { code: child.exitCode, text };
}

const MIB = 1024 * 1024;

describe('soak', function () {
  // Real processes, and a wait for all that the rogues have left behind.
  this.timeout(300_000);

  it('a few seconds of it leave the server as it was', async () => {
    const { code, text } = await soak('--minutes', '0.05', '--seed', '1', '--jobs', '8');
    expect(text).to.include('soak: everything is back where it was\n');
    expect(code, text).to.equal(0);
    expect(text).to.match(/^done of begun: /m);
    expect(text).to.match(/, 0 wrong\n/);
  });

  it('tells a heap that grows from one that goes up and down', () => {
    const steady = Array.from({ length: 30 }, (_, at) => (12 + (at % 5) * 3) * MIB);
    expect(heapGrew(steady)).to.equal(undefined);
    expect(heapGrew(steady.map((bytes, at) => bytes + at * MIB))).to.match(/^the heap grew from /);
    expect(heapGrew(steady.slice(0, 5)), 'too few to say').to.equal(undefined);
  });

  it('refuses words it does not know', async () => {
    for (const words of [['--minutes'], ['--minutes', 'ten'], ['--rounds', '1'], ['more']]) {
      const { code, text } = await soak(...words);
      expect(code).to.equal(64);
      expect(text).to.match(/^soak: the options are /);
    }
  });
});
