import { expect } from 'chai';
import { deferred } from '../../lib/data/scope';
import { Turnstile } from '../../lib/data/turnstile';
import { TwinportError } from '../../lib/errors';
import { failureOf } from '../support/bytes';
import { settle } from '../support/fakeClock';

describe('a turnstile', () => {
  const work = (names: string[], name: string) => {
    const end = deferred<string>();
    const run = (): Promise<string> => {
      names.push(name);
      return end.promise;
    };
    return { run, end };
  };

  it('lets one at a time through for a key, in the order they came', async () => {
    const turnstile = new Turnstile();
    const begun: string[] = [];
    const [a, b, c] = [work(begun, 'a'), work(begun, 'b'), work(begun, 'c')];
    const results = [a, b, c].map(({ run }) => turnstile.pass('10.0.0.1', run));
    await settle();
    expect(begun).to.deep.equal(['a']);
    // The last to come may be done first: it still waits for its turn.
    c.end.resolve('C');
    await settle();
    expect(begun).to.deep.equal(['a']);
    a.end.resolve('A');
    await settle();
    expect(begun).to.deep.equal(['a', 'b']);
    // One that comes after the first has left waits behind the others all the same.
    const d = work(begun, 'd');
    results.push(turnstile.pass('10.0.0.1', d.run));
    await settle();
    expect(begun).to.deep.equal(['a', 'b']);
    b.end.resolve('B');
    d.end.resolve('D');
    expect(await Promise.all(results)).to.deep.equal(['A', 'B', 'C', 'D']);
    expect(begun).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('makes nobody wait for another key', async () => {
    const turnstile = new Turnstile();
    const begun: string[] = [];
    const one = work(begun, 'one');
    const other = work(begun, 'other');
    const slow = turnstile.pass('10.0.0.1', one.run);
    const quick = turnstile.pass('10.0.0.2', other.run);
    other.end.resolve('done');
    expect(await quick).to.equal('done');
    one.end.resolve('too');
    await slow;
  });

  it('hands a failure to whose it is, and goes on', async () => {
    const turnstile = new Turnstile();
    const failure = new TwinportError('io-error', 'the disk is gone');
    const failed = failureOf(turnstile.pass('a', () => Promise.reject(failure)));
    const thrown = failureOf(
      turnstile.pass('a', () => {
        throw failure;
      }),
    );
    const next = turnstile.pass('a', async () => 'next');
    expect(await failed).to.equal(failure);
    expect(await thrown).to.equal(failure);
    expect(await next).to.equal('next');
  });

  it('lets the next come at once when nobody is inside', async () => {
    const turnstile = new Turnstile();
    for (let i = 0; i < 3; i += 1) expect(await turnstile.pass('a', async () => i)).to.equal(i);
  });

  it('remembers no key that nobody waits at', async () => {
    const turnstile = new Turnstile();
    const keys = (): number => (turnstile as unknown as { waiting: Map<string, unknown> }).waiting.size;
    const end = deferred<void>();
    const inside = turnstile.pass('a', () => end.promise);
    const behind = turnstile.pass('a', async () => undefined);
    expect(keys()).to.equal(1);
    end.resolve();
    await Promise.all([inside, behind]);
    for (let i = 0; i < 100; i += 1) await turnstile.pass(`10.0.0.${i}`, async () => undefined);
    await failureOf(turnstile.pass('x', () => Promise.reject(new TwinportError('aborted', 'enough'))));
    expect(keys()).to.equal(0);
  });

  it('forgets who gives up, before his turn and at once', async () => {
    const turnstile = new Turnstile();
    const end = deferred<void>();
    const inside = turnstile.pass('a', () => end.promise);
    let worked = 0;
    const patient = turnstile.pass('a', async () => void (worked += 1));
    const given = new TwinportError('aborted', 'given up');
    for (let i = 0; i < 1000; i += 1) {
      const abort = new AbortController();
      const mine = failureOf(turnstile.pass('a', async () => void (worked += 1), abort.signal));
      abort.abort(given);
      expect(await mine).to.equal(given);
    }
    expect(await failureOf(turnstile.pass('a', async () => void (worked += 1), AbortSignal.abort(given)))).to.equal(
      given,
    );
    // A chain of promises would hold them all until the one inside is done.
    expect(turnstile.size).to.equal(1);
    end.resolve();
    await Promise.all([inside, patient]);
    expect([worked, turnstile.size]).to.deep.equal([1, 0]);
  });

  it('lets go of the signal of who had his turn', async () => {
    const turnstile = new Turnstile();
    const abort = new AbortController();
    const end = deferred<void>();
    const inside = turnstile.pass('a', () => end.promise);
    const next = turnstile.pass('a', async () => 'next', abort.signal);
    end.resolve();
    await inside;
    expect(await next).to.equal('next');
    abort.abort(new TwinportError('aborted', 'too late'));
    expect(await turnstile.pass('a', async () => 'and on')).to.equal('and on');
  });
});
