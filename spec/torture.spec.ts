import { expect } from 'chai';
import { endAll, startScript } from './support/programs';

interface Plan {
  readonly kills: readonly { readonly victim: string; readonly from: string }[];
  readonly [name: string]: unknown;
}

const { planOf } = require('../scripts/torture/plan.js') as { planOf: (seed: number, only?: string) => Plan };

describe('torture', function () {
  // Two dozen kills of real processes, on a machine that may have other work.
  this.timeout(240_000);

  afterEach(endAll);

  it('twelve rounds of it show no wrong or partial file, and each ends byte-equal', async () => {
    const { code, stdout, stderr } = await startScript('torture', ['--rounds', '12', '--seed', '1']).ended;
    const text = `${stdout.toString()}${stderr}`;
    expect(code, text).to.equal(0);
    // The last of its lines: a slow machine has told of fewer before.
    const [, kills = 0, inFlight = 0] =
      /^12 of 12 rounds, 0 failed, .* kills (\d+), inFlight (\d+),.* \(/m.exec(text) ?? [];
    expect(Number(kills)).to.be.greaterThan(11);
    expect(Number(inFlight), 'killed in mid-transfer').to.be.greaterThan(5);
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
      const { code, stderr } = await startScript('torture', words).ended;
      expect(code).to.equal(64);
      expect(stderr).to.match(/^torture: the options are /);
    }
  });
});
