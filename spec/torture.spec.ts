import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { ROOT } from './support/programs';

interface Plan {
  readonly kills: readonly { readonly victim: string; readonly from: string }[];
  readonly [name: string]: unknown;
}

const { planOf } = require('../scripts/torture/plan.js') as { planOf: (seed: number, only?: string) => Plan };

async function torture(...words: string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [path.join(ROOT, 'scripts', 'torture.js'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more));
  await once(child, 'close');
  return { code: child.exitCode, text };
}

describe('torture', function () {
  // Two dozen kills of real processes, on a machine that may have other work.
  this.timeout(240_000);

  it('twelve rounds of it show no wrong or partial file, and each ends byte-equal', async () => {
    const { code, text } = await torture('--rounds', '12', '--seed', '1');
    expect(text).to.match(/^12 of 12 rounds, 0 failed, /m);
    expect(code, text).to.equal(0);
    expect(Number(/kills (\d+)/.exec(text)?.[1])).to.be.greaterThan(11);
    expect(Number(/inFlight (\d+)/.exec(text)?.[1]), 'killed in mid-transfer').to.be.greaterThan(5);
  });

  it('is the same for the same seed, and has everything in it', () => {
    const plans = Array.from({ length: 300 }, (_, seed) => planOf(seed));
    const told = ({ random: _, ...plan }: Plan): string => JSON.stringify(plan);
    expect(told(planOf(17))).to.equal(told(planOf(17)));
    expect(told(planOf(17))).to.not.equal(told(planOf(18)));
    const values = (of: (plan: Plan) => unknown): unknown[] => [...new Set(plans.map(of))];
    expect(values(({ verb }) => verb)).to.have.members(['get', 'put']);
    expect(values(({ onExists }) => onExists)).to.have.members(['overwrite', 'resume', 'fail']);
    for (const option of ['passive', 'sha256', 'fsync', 'old', 'retry']) {
      expect(values((plan) => plan[option])).to.have.members([true, false]);
    }
    expect(values(({ change }) => change)).to.have.length(6);
    const kills = plans.flatMap((plan) => plan.kills);
    expect(new Set(kills.map(({ victim }) => victim))).to.have.keys(['client', 'server', 'both']);
    expect(new Set(kills.map(({ from }) => from))).to.have.keys(['start', 'part', 'whole']);
    expect(values((plan) => planOf(plan['seed'] as number, 'get')['verb'])).to.deep.equal(['get']);
  });

  it('refuses words it does not know', async () => {
    for (const words of [['--rounds'], ['--rounds', 'many'], ['--only', 'list'], ['more']]) {
      const { code, text } = await torture(...words);
      expect(code).to.equal(64);
      expect(text).to.match(/^torture: the options are /);
    }
  });
});
