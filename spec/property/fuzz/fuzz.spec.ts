import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as nodePath from 'node:path';
import { Broken, type Claim } from '../claim';
import { CLAIMS, CODECS } from '../claims';
import { fuzz, type FuzzOptions, type Result } from './fuzz';
import { Mutator } from './mutate';
import { processorTime } from './processor';
import { regressionOf, save, saved, type Regression } from './regressions';
import { shares } from './shares';

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
    const results: Result[] = [];
    const findings = await fuzz({
      seed: SEED,
      runs: 5000,
      claims: [planted],
      say: (line) => said.push(line),
      report: (result) => results.push(result),
      keep: (regression) => `${kept.push(regression)}.json`,
    });
    expect(findings).to.equal(3);
    for (const { text, target, seed } of kept) expect([text, target, seed]).to.deep.equal(['QZ', 'planted', SEED]);
    expect(said.join('\n')).to.match(/planted: Q comes before Z\n {2}2\n {2}saved as 1\.json/);
    expect(results).to.have.length(1);
    expect(results[0]).to.include({ name: 'planted', kind: 'codec', found: 3 });
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

  it('takes what needs too much of a processor for a finding, but not who waits for one', async () => {
    const kept: Regression[] = [];
    const tried = async (check: Claim['check']): Promise<void> => {
      await fuzz({
        seed: SEED,
        runs: 1,
        slow: 5,
        claims: [{ ...planted, check }],
        keep: (regression) => `${kept.push(regression)}`,
      });
    };
    const nap = new Int32Array(new SharedArrayBuffer(4));
    await tried(() => void Atomics.wait(nap, 0, 0, 20));
    expect(kept).to.deep.equal([]);
    await tried(() => {
      for (const until = processorTime() + 10; processorTime() < until;);
    });
    expect(kept.map(({ why }) => why)[0]).to.match(/^slow: it takes [0-9]+ ms$/);
  });

  it('tries each input in one of its threads', async () => {
    const inputs = async (thread: FuzzOptions['thread']): Promise<string[]> => {
      const all: string[] = [];
      const check = (bytes: Buffer): void => void all.push(bytes.toString('hex'));
      await fuzz({ seed: SEED, runs: 50, claims: [{ ...planted, check }], ...(thread && { thread }), slow: Infinity });
      return all;
    };
    const threads = await Promise.all([0, 1, 2].map((number) => inputs({ number, of: 3 })));
    expect(threads.map(({ length }) => length)).to.deep.equal([17, 17, 16]);
    expect(Array.from({ length: 50 }, (_, at) => threads[at % 3]?.[Math.floor(at / 3)])).to.deep.equal(
      await inputs(undefined),
    );
  });

  it('gives sessions half of the time, and one input in a hundred', () => {
    const some = [planted, planted, planted, { ...planted, kind: 'session' } as const];
    expect(shares({ seconds: 60 }, some)).to.deep.equal({
      codec: { milliseconds: 10_000, runs: Infinity },
      session: { milliseconds: 30_000, runs: Infinity },
    });
    expect(shares({ inputs: 3000 }, some)).to.deep.equal({
      codec: { milliseconds: Infinity, runs: 990 },
      session: { milliseconds: Infinity, runs: 30 },
    });
    expect(shares({ seconds: 60 }, [planted]).codec.milliseconds).to.equal(60_000);
    expect(shares({ inputs: 7, seconds: undefined }, some.slice(3)).session.runs).to.equal(7);
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
    // It compiles its targets first, in each thread.
    this.timeout(240_000);

    const script = nodePath.join(__dirname, '..', '..', '..', 'scripts', 'fuzz.js');
    const run = (...words: string[]): { status: number | null; text: string } => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], { encoding: 'utf8' });
      return { status, text: stdout + stderr };
    };
    const done = run(
      '--inputs',
      '200',
      '--seed',
      '1',
      '--jobs',
      '2',
      '--only',
      'numbers',
      '--only',
      'session-numbered',
    );
    expect(done.text).to.match(
      /^seed 1\nnumbers .* 198 inputs {3}0 findings\nsession-numbered .* 2 inputs {3}0 findings\nall codecs .* 198 inputs {3}0 findings\nall sessions .* 2 inputs {3}0 findings\nall .* 200 inputs {3}0 findings\n/,
    );
    expect(done.status).to.equal(0);
    expect(run('--runs').status).to.equal(64);
    expect(run('--runs', '5', '--seconds', '5').text).to.contain('either --seconds or --runs');
    expect(run('--jobs', '0').status).to.equal(64);
    expect(run('--only').text).to.contain('--only');
    const nobody = run('--only', 'nobody', '--jobs', '1');
    expect(nobody.text).to.match(/no target is called nobody: lines, .*\nnpm run fuzz/);
    expect(nobody.status).to.equal(64);
  });

  for (const claim of CODECS) {
    it(`finds nothing in ${claim.name}, in a little while`, async () => {
      const findings: Regression[] = [];
      await fuzz({
        seed: SEED,
        runs: 250,
        slow: Infinity,
        claims: [claim],
        keep: (regression) => `${findings.push(regression)}`,
      });
      expect(findings).to.deep.equal([]);
    });
  }
});
