import { expect } from 'chai';
import { deferred, pause, reasonOf, Scope, throwIfAborted, unlessAborted, unlessLater } from '../../lib/data/scope';
import { TwinportError } from '../../lib/errors';
import { countedSignal } from '../support/bothNetworks';
import { failureOf } from '../support/bytes';
import { fakeClock, settle } from '../support/fakeClock';

const first = new TwinportError('data-timeout', 'nothing moved');
const second = new TwinportError('aborted', 'enough');
const late = new TwinportError('timeout', 'too late');

describe('a scope', () => {
  it('ends with its parent, for the same reason', () => {
    const parent = countedSignal();
    const scope = new Scope(parent.signal);
    expect(scope.signal.aborted).to.equal(false);
    parent.abort(first);
    expect(reasonOf(scope.signal)).to.equal(first);
  });

  it('is over at once when its parent is', () => {
    const parent = countedSignal();
    parent.abort(first);
    expect(reasonOf(new Scope(parent.signal).signal)).to.equal(first);
    expect(parent.listeners()).to.equal(0);
  });

  it('ends alone: its parent and its siblings live on', () => {
    const parent = countedSignal();
    const scope = new Scope(parent.signal);
    const sibling = new Scope(parent.signal);
    scope.abort(first);
    expect([parent.signal.aborted, sibling.signal.aborted]).to.deep.equal([false, false]);
    sibling.close();
    scope.close();
  });

  it('keeps the first reason, whoever gives the second', () => {
    const parent = countedSignal();
    const inside = new Scope(parent.signal);
    inside.abort(first);
    parent.abort(second);
    inside.abort(late);
    expect(reasonOf(inside.signal)).to.equal(first);
    const outside = new Scope(parent.signal);
    outside.abort(first);
    expect(reasonOf(outside.signal)).to.equal(second);
  });

  it('leaves nothing on a signal that outlives a thousand of it', () => {
    const parent = countedSignal();
    for (let i = 0; i < 1000; i += 1) {
      const scope = new Scope(parent.signal);
      expect(parent.listeners()).to.equal(1);
      scope.close();
    }
    expect(parent.listeners()).to.equal(0);
  });

  it('hears nothing of its parent once it is closed, and may be closed twice', () => {
    const parent = countedSignal();
    const scope = new Scope(parent.signal);
    scope.close();
    scope.close();
    parent.abort(first);
    expect(scope.signal.aborted).to.equal(false);
  });

  it('needs no parent', () => {
    const scope = new Scope();
    scope.abort(first);
    scope.close();
    expect(reasonOf(scope.signal)).to.equal(first);
  });
});

describe('the reason of a signal', () => {
  it('is our own error as it is', () => {
    expect(reasonOf(AbortSignal.abort(first))).to.equal(first);
    expect(() => throwIfAborted(AbortSignal.abort(first))).to.throw(TwinportError, 'nothing moved');
  });

  it('is coded when somebody aborted with something else', () => {
    for (const foreign of [new Error('mine'), 'a word', undefined, null, 7]) {
      const reason = reasonOf(AbortSignal.abort(foreign));
      expect(reason.code).to.equal('aborted');
      if (foreign !== undefined) expect(reason.cause).to.equal(foreign);
    }
  });

  it('throws nothing while it has not fired', () => {
    expect(() => throwIfAborted(new AbortController().signal)).to.not.throw();
  });
});

describe('waiting unless aborted', () => {
  it('gives what the promise gives, and leaves the signal alone', async () => {
    const { signal, listeners } = countedSignal();
    expect(await unlessAborted(Promise.resolve(7), signal)).to.equal(7);
    expect(await failureOf(unlessAborted(Promise.reject(first), signal))).to.equal(first);
    expect(listeners()).to.equal(0);
  });

  it('rejects with the reason when the signal comes first; what comes later is nobody’s concern', async () => {
    const counted = countedSignal();
    const promise = deferred<number>();
    const waiting = failureOf(unlessAborted(promise.promise, counted.signal));
    counted.abort(first);
    expect(await waiting).to.equal(first);
    promise.reject(second);
    await settle();
    expect(counted.listeners()).to.equal(0);
  });

  it('does not wait for a signal that has fired', async () => {
    const promise = deferred<number>();
    expect(await failureOf(unlessAborted(promise.promise, AbortSignal.abort(first)))).to.equal(first);
    expect(await failureOf(unlessAborted(Promise.resolve(7), AbortSignal.abort(first)))).to.equal(first);
  });
});

describe('waiting unless it takes too long', () => {
  it('gives what the promise gives, and takes its timer away', async () => {
    const clock = fakeClock();
    expect(await unlessLater(Promise.resolve(7), clock, 10, () => late)).to.equal(7);
    expect(await failureOf(unlessLater(Promise.reject(first), clock, 10, () => late))).to.equal(first);
    await settle();
    expect(clock.pending).to.equal(0);
  });

  it('rejects with the error given when the time is up, and not before', async () => {
    const clock = fakeClock();
    const promise = deferred<number>();
    let over = false;
    const waiting = failureOf(unlessLater(promise.promise, clock, 10, () => late)).finally(() => (over = true));
    await clock.advance(9);
    expect(over).to.equal(false);
    await clock.advance(1);
    expect(await waiting).to.equal(late);
    promise.reject(second);
    await settle();
    expect(clock.pending).to.equal(0);
  });
});

describe('a pause', () => {
  it('ends when its time is up', async () => {
    const clock = fakeClock();
    const counted = countedSignal();
    let over = false;
    const waiting = pause(clock, 10, counted.signal).then(() => (over = true));
    await clock.advance(9);
    expect([over, clock.pending, counted.listeners()]).to.deep.equal([false, 1, 1]);
    await clock.advance(1);
    await waiting;
    expect([over, clock.pending, counted.listeners()]).to.deep.equal([true, 0, 0]);
  });

  it('ends at once with the signal, quietly', async () => {
    const clock = fakeClock();
    const counted = countedSignal();
    const waiting = pause(clock, 10, counted.signal);
    counted.abort(first);
    await waiting;
    await pause(clock, 10, counted.signal);
    expect([clock.pending, counted.listeners()]).to.deep.equal([0, 0]);
  });
});

describe('a deferred', () => {
  it('settles once, as it is told first', async () => {
    const resolved = deferred<number>();
    resolved.resolve(7);
    resolved.reject(first);
    expect(await resolved.promise).to.equal(7);
    const rejected = deferred<number>();
    rejected.reject(first);
    expect(await failureOf(rejected.promise)).to.equal(first);
  });

  it('may be rejected while nobody waits', async () => {
    const unhandled: unknown[] = [];
    const heard = (reason: unknown): void => void unhandled.push(reason);
    // Mocha fails on any; here it must be seen that there is none.
    process.on('unhandledRejection', heard);
    try {
      deferred<number>().reject(first);
      await settle();
    } finally {
      process.off('unhandledRejection', heard);
    }
    expect(unhandled).to.deep.equal([]);
  });
});
