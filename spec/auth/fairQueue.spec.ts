import { expect } from 'chai';
import { deferred } from '../../lib/data/scope';
import { FairQueue } from '../../lib/auth/fairQueue';
import { settle } from '../support/fakeClock';
import { rejects } from '../support/storageHelpers';

const never = (): AbortSignal => new AbortController().signal;

/** A queue, and work that ends when it is told to. */
class Works {
  readonly begun: string[] = [];
  readonly ended: string[] = [];
  private readonly ends = new Map<string, () => void>();

  constructor(readonly queue: FairQueue) {}

  add(asker: string, name: string, signal = never()): Promise<void> {
    return this.queue.run(asker, signal, async () => {
      this.begun.push(name);
      const end = deferred<undefined>();
      this.ends.set(name, () => end.resolve(undefined));
      await end.promise;
      this.ended.push(name);
    });
  }

  async end(name: string): Promise<void> {
    this.ends.get(name)?.();
    await settle(3);
  }
}

describe('auth/fairQueue', () => {
  const works = (waiting = 64, waitingOfOne = 8): Works =>
    new Works(new FairQueue({ atOnce: 2, waiting, waitingOfOne }));

  it('works on so many at once, and the next when one has ended', async () => {
    const w = works();
    const all = ['a', 'b', 'c'].map((name) => w.add('x', name));
    await settle(3);
    expect(w.begun).to.deep.equal(['a', 'b']);
    await w.end('b');
    expect(w.begun).to.deep.equal(['a', 'b', 'c']);
    await w.end('a');
    await w.end('c');
    await Promise.all(all);
  });

  it('gives each asker his turn, however many another one brought before', async () => {
    const w = works();
    const all = ['1', '2', '3', '4', '5', '6'].map((name) => w.add('flood', name));
    all.push(w.add('one', 'mine'), w.add('two', 'ours'));
    await settle(3);
    for (let at = 0; at < 8; at += 1) await w.end(w.begun[at] ?? '');
    expect(w.begun).to.deep.equal(['1', '2', '3', 'mine', 'ours', '4', '5', '6']);
    await Promise.all(all);
  });

  it('refuses what would have to wait beyond its bounds, of one and of all, and forgets nobody', async () => {
    const w = works(3, 2);
    const all = ['1', '2', '3', '4'].map((name) => w.add('a', name));
    const error: unknown = await w.add('a', 'fifth').catch((refused: unknown) => refused);
    expect(error).to.include({ code: 'timeout', reply: 421 });
    all.push(w.add('b', 'other'));
    await rejects('timeout', () => w.add('c', 'beyond all'));
    for (const name of ['1', '2', '3', '4', 'other']) await w.end(name);
    await Promise.all(all);
    expect(w.begun).to.have.members(['1', '2', '3', '4', 'other']);
    const after = w.add('c', 'again');
    await w.end('again');
    await after;
  });

  it('is left by who gives up, who then costs nothing, and keeps nobody waiting', async () => {
    const w = works(2, 2);
    const all = ['1', '2'].map((name) => w.add('a', name));
    const gone = new AbortController();
    const left = w.add('a', 'left', gone.signal);
    const stays = w.add('b', 'stays');
    await rejects('timeout', () => w.add('c', 'no room'));
    const why = new Error('gave up');
    gone.abort(why);
    expect(await left.catch((error: unknown) => error)).to.equal(why);
    const room = w.add('c', 'room');
    for (const name of ['1', '2', 'stays', 'room']) await w.end(name);
    await Promise.all([...all, stays, room]);
    expect(w.begun).not.to.include('left');
    const early = w.add('c', 'early', gone.signal);
    expect(await early.catch((error: unknown) => error)).to.equal(why);
  });

  it('goes on after work that fails', async () => {
    const queue = new FairQueue({ atOnce: 1, waiting: 1, waitingOfOne: 1 });
    const fails = queue.run('a', never(), () => Promise.reject(new Error('no')));
    const goes = queue.run('a', never(), () => Promise.resolve('yes'));
    expect(await fails.catch((error: unknown) => (error as Error).message)).to.equal('no');
    expect(await goes).to.equal('yes');
  });
});
