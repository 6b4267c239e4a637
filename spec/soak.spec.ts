import { expect } from 'chai';
import { endAll, startScript } from './support/programs';

interface Rest {
  readonly heap: number;
  readonly clients: number;
}

const { heapGrew, isBusyIdle } = require('../scripts/soak/judge.js') as {
  heapGrew: (rests: readonly Rest[]) => string | undefined;
  isBusyIdle: (loads: readonly number[]) => string | undefined;
};

const MIB = 1024 * 1024;

describe('soak', function () {
  // Real processes, and a wait for all that the rogues have left behind.
  this.timeout(300_000);

  afterEach(endAll);

  it('a few seconds of it leave the servers as they were', async () => {
    const { code, stdout, stderr } = await startScript('soak', ['--minutes', '0.05', '--seed', '1', '--jobs', '8'])
      .ended;
    const text = `${stdout.toString()}${stderr}`;
    expect(text).to.include('soak: everything is back where it was\n');
    expect(code, text).to.equal(0);
    expect(text).to.match(/^done of begun: /m);
    expect(text.match(/^at rest: .*, 0 wrong$/gm)).to.have.length(2);
  });

  it('tells a heap that grows with its clients from one that goes up and down', () => {
    const rests = Array.from({ length: 10 }, (_, at) => ({ heap: (12 + (at % 3)) * MIB, clients: 500 * (at + 1) }));
    expect(heapGrew(rests)).to.equal(undefined);
    const leak = rests.map(({ heap, clients }) => ({ heap: heap + 4096 * clients, clients }));
    expect(heapGrew(leak)).to.match(/^the heap grew from 14\.0 to \d+\.\d MiB with 4500 clients$/);
    expect(heapGrew(leak.slice(0, 1)), 'too few to say').to.equal(undefined);
    const early = leak.map(({ heap, clients }) => ({ heap, clients: clients / 100 }));
    expect(heapGrew(early), 'before all is loaded').to.equal(undefined);
  });

  it('tells what is polled from what is collected', () => {
    expect(isBusyIdle([90, 0, 0, 0.3, 0])).to.equal(undefined);
    expect(isBusyIdle([3, 3, 2, 3, 3])).to.equal('idle, it takes 3.0 % of a processor');
  });

  it('refuses words it does not know', async () => {
    for (const words of [['--minutes'], ['--minutes', 'ten'], ['--rounds', '1'], ['more']]) {
      const { code, stderr } = await startScript('soak', words).ended;
      expect(code).to.equal(64);
      expect(stderr).to.match(/^soak: the options are /);
    }
  });
});
