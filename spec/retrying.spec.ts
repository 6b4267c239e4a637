import { expect } from 'chai';
import { TwinportError, type ErrorCode } from '../lib/errors';
import { canPass, pauseBefore, retrying } from '../lib/retrying';
import { fakeClock } from './support/fakeClock';

/** The error that it rejects with. */
const rejection = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => new Error('it was resolved'),
    (error: unknown) => error,
  );

const lost = (): TwinportError => new TwinportError('connection-lost', 'the connection was lost');

describe('retrying', () => {
  it('knows what can pass', () => {
    const codes: readonly ErrorCode[] = ['cannot-connect', 'connection-lost', 'timeout', 'data-timeout', 'incomplete'];
    for (const code of codes) expect(canPass(new TwinportError(code, 'x')), code).to.equal(true);
    const never: readonly ErrorCode[] = ['aborted', 'exists', 'denied', 'protocol', 'unverified', 'no-space'];
    for (const code of never) expect(canPass(new TwinportError(code, 'x')), code).to.equal(false);
    expect(canPass(new Error('x'))).to.equal(false);
  });

  it('takes a 4xx for a moment and a 5xx for good', () => {
    const refused = (reply?: number): TwinportError =>
      new TwinportError('refused', 'no', reply === undefined ? {} : { reply });
    for (const reply of [421, 425, 426, 450, 451]) expect(canPass(refused(reply)), `${reply}`).to.equal(true);
    for (const reply of [500, 530, 550, 553]) expect(canPass(refused(reply)), `${reply}`).to.equal(false);
    expect(canPass(refused())).to.equal(false);
  });

  it('asks a silent name server again, and an unknown name never', () => {
    const cause = (code: string): Error => Object.assign(new Error(code), { code });
    const unresolved = (code: string): TwinportError =>
      new TwinportError('cannot-resolve', 'x', { cause: cause(code) });
    expect(canPass(unresolved('EAI_AGAIN'))).to.equal(true);
    expect(canPass(unresolved('ENOTFOUND'))).to.equal(false);
  });

  it('pauses longer each time, up to a minute', () => {
    expect([1, 2, 3, 6, 7, 8, 1000].map(pauseBefore)).to.deep.equal([1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('tries again after each pause until it succeeds, and tells which try it is', async () => {
    const clock = fakeClock();
    const tries: number[] = [];
    const told: string[] = [];
    const done = retrying(
      (attempt) => {
        tries.push(attempt);
        return attempt < 2 ? Promise.reject(lost()) : Promise.resolve('done');
      },
      { retries: 5, clock, onRetry: (error, wait, retry) => told.push(`${String(error)} ${wait} ${retry}`) },
    );
    await clock.advance(999);
    expect(tries).to.deep.equal([0]);
    await clock.advance(1);
    expect(tries).to.deep.equal([0, 1]);
    await clock.advance(2000);
    expect(await done).to.equal('done');
    expect(tries).to.deep.equal([0, 1, 2]);
    expect(told).to.deep.equal([
      'TwinportError: the connection was lost 1000 1',
      'TwinportError: the connection was lost 2000 2',
    ]);
  });

  it('gives up after the last retry, with the last failure', async () => {
    const clock = fakeClock();
    let tries = 0;
    const failed = rejection(
      retrying(() => Promise.reject(new TwinportError('timeout', `try ${tries++}`)), { retries: 1, clock }),
    );
    await clock.advance(1000);
    expect(await failed).to.include({ code: 'timeout', message: 'try 1' });
  });

  it('does not try again what cannot pass, nor without retries', async () => {
    const clock = fakeClock();
    let tries = 0;
    const work = (code: ErrorCode) => () => {
      tries++;
      return Promise.reject(new TwinportError(code, 'x'));
    };
    expect(await rejection(retrying(work('exists'), { retries: 3, clock }))).to.include({ code: 'exists' });
    expect(await rejection(retrying(work('timeout'), { retries: 0, clock }))).to.include({ code: 'timeout' });
    const harmful = { retries: 3, clock, never: () => true };
    expect(await rejection(retrying(work('timeout'), harmful))).to.include({ code: 'timeout' });
    expect(tries).to.equal(3);
    expect(clock.pending).to.equal(0);
  });

  it('ends at once when it is aborted in a pause, and leaves no timer', async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const failed = rejection(retrying(() => Promise.reject(lost()), { retries: 3, clock, signal: stop.signal }));
    await clock.advance(500);
    stop.abort(new TwinportError('aborted', 'stopped'));
    expect(await failed).to.include({ code: 'aborted', message: 'stopped' });
    expect(clock.pending).to.equal(0);
  });
});
