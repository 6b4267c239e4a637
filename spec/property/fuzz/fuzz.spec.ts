import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as nodePath from 'node:path';
import { Broken, type Claim } from '../claim';
import { CLAIMS, CODECS } from '../claims';
import { fuzz } from './fuzz';
import { Mutator } from './mutate';
import { regressionOf, save, saved, type Regression } from './regressions';

const SEED = 5;

/** Wrong for whatever holds both letters, in this order. */
const planted: Claim = {
  name: 'planted',
  kind: 'codec',
  corpus: ['a text without either'],
  words: ['Q', 'Z'],
  check: (bytes) => {
    if (/Q[^]*Z/.test(bytes.toString('latin1'))) throw new Broken('Q comes before Z', bytes.length);
  },
};

describe('the fuzzer', () => {
  const { stackTraceLimit } = Error;
  after(() => (Error.stackTraceLimit = stackTraceLimit));

  it('has targets of different names, each with something valid to spoil', () => {
    expect(new Set(CLAIMS.map(({ name }) => name)).size).to.equal(CLAIMS.length);
    for (const { name, corpus } of CLAIMS) expect(corpus, name).not.to.have.length(0);
  });

  it('makes the same input of the same seed and number, and others of others', () => {
    const claim = CODECS[0] as Claim;
    const first = new Mutator(claim, SEED);
    const again = new Mutator(claim, SEED);
    expect(again.input(77).equals(first.input(77))).to.equal(true);
    expect(new Set(Array.from({ length: 50 }, (_, at) => first.input(at).toString('hex'))).size).to.be.above(35);
    expect(new Mutator(claim, SEED + 1).input(77).equals(first.input(77))).to.equal(false);
  });

  it('finds what is wrong, makes it small, and keeps it so that it can be had again', async () => {
    const kept: Regression[] = [];
    const said: string[] = [];
    const findings = await fuzz({
      seed: SEED,
      runs: 5000,
      claims: [planted],
      say: (line) => said.push(line),
      keep: (regression) => `${kept.push(regression)}.json`,
    });
    expect(findings).to.equal(3);
    for (const { text, target, seed } of kept) expect([text, target, seed]).to.deep.equal(['QZ', 'planted', SEED]);
    expect(said.join('\n')).to.match(/planted: Q comes before Z\n {2}2\n {2}saved as 1\.json/);
    expect(said.at(-1)).to.match(/3 findings$/);
  });

  it('takes any other error for a finding, too', async () => {
    const kept: Regression[] = [];
    const throws: Claim = { ...planted, check: (bytes) => void (bytes as unknown as { no: { such: string } }).no.such };
    await fuzz({ seed: SEED, runs: 10, claims: [throws], keep: (regression) => `${kept.push(regression)}` });
    expect(kept[0])
      .to.include({ hex: '' })
      .and.to.have.property('why')
      .that.matches(/^TypeError/);
  });

  it('keeps one file for one input', () => {
    const directory = fs.mkdtempSync(nodePath.join(os.tmpdir(), 'twinport-fuzz-'));
    try {
      const regression = regressionOf('lines', SEED, 'why\nmore', Buffer.from([0, 255]));
      expect(save(regression, directory)).to.equal(save({ ...regression, seed: 6 }, directory));
      expect(saved(directory).map((each) => each.regression)).to.deep.equal([{ ...regression, seed: 6 }]);
      expect(regression).to.include({ why: 'why', hex: '00ff' });
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });

  it('refuses a target that it does not have', async () => {
    const failure = await fuzz({ seed: SEED, runs: 1, only: ['nothing'] }).catch((error: Error) => error.message);
    expect(failure).to.match(/^no target is called nothing: lines, /);
  });

  it('is a program', function () {
    // It compiles its targets first.
    this.timeout(60_000);

    const script = nodePath.join(__dirname, '..', '..', '..', 'scripts', 'fuzz.js');
    const run = (...words: string[]): { status: number | null; text: string } => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], { encoding: 'utf8' });
      return { status, text: stdout + stderr };
    };
    const done = run('--runs', '200', '--seed', '1', '--only', 'numbers');
    expect(done.text).to.match(/^seed 1\nnumbers .* 200 inputs {3}0 findings\nall .* 200 inputs {3}0 findings\n/);
    expect(done.status).to.equal(0);
    expect(run('--runs').status).to.equal(64);
    expect(run('--only').text).to.contain('--only');
  });

  for (const claim of CODECS) {
    it(`finds nothing in ${claim.name}, in a little while`, async () => {
      const findings: Regression[] = [];
      await fuzz({
        seed: SEED,
        runs: 250,
        timed: false,
        claims: [claim],
        keep: (regression) => `${findings.push(regression)}`,
      });
      expect(findings).to.deep.equal([]);
    });
  }
});
