import { expect } from 'chai';
import type { Flip, Piece } from '../../lib/relay/chances';
import { delaying, flipping, limiting, slowing, stammering, type Life, type Outflow } from '../../lib/relay/stages';
import { Scope } from '../../lib/data/scope';
import { TwinportError } from '../../lib/errors';
import { fakeClock, settle, type FakeClock } from '../support/fakeClock';
import { cuts } from '../support/splits';

/** The end of a chain: what arrived, when, in which pieces. */
class End implements Outflow {
  readonly writes: { readonly at: number; readonly text: string }[] = [];
  ended: number | undefined;
  fails: TwinportError | undefined;

  constructor(private readonly clock: FakeClock) {}

  async write(bytes: Uint8Array): Promise<void> {
    this.writes.push({ at: this.clock.now() - START, text: Buffer.from(bytes).toString('latin1') });
    if (this.fails !== undefined) throw this.fails;
    await Promise.resolve();
  }

  end(): Promise<void> {
    this.ended = this.clock.now() - START;
    return Promise.resolve();
  }

  get text(): string {
    return this.writes.map(({ text }) => text).join('');
  }
}

/** What the fake clock says at first. */
const START = 1000;

function chain(): { clock: FakeClock; end: End; life: Life; scope: Scope } {
  const clock = fakeClock();
  const scope = new Scope();
  return { clock, end: new End(clock), scope, life: { clock, signal: scope.signal } };
}

/** Writes in a buffer that is overwritten as soon as it may be. */
async function give(out: Outflow, text: string): Promise<void> {
  const bytes = Uint8Array.from(Buffer.from(text, 'latin1'));
  await out.write(bytes);
  bytes.fill(0x21);
}

describe('a relay that flips', () => {
  const FLIPS: readonly Flip[] = [
    { offset: 1, mask: 0x20 },
    { offset: 2, mask: 0x01 },
    { offset: 7, mask: 0x20 },
    { offset: 40, mask: 0x20 },
  ];

  it('spoils the same bytes at every split, tells each, and leaves the sender’s buffer alone', async () => {
    for (const { how, chunks } of cuts(Buffer.from('abcdefghij'))) {
      const { end } = chain();
      const told: number[] = [];
      const out = flipping(end, FLIPS, ({ offset }) => told.push(offset));
      for (const chunk of chunks) {
        const before = Buffer.from(chunk).toString();
        await out.write(chunk);
        expect(Buffer.from(chunk).toString()).to.equal(before);
      }
      await out.end();
      expect(end.text, how).to.equal('aBbdefgHij');
      expect(told, how).to.deep.equal([1, 2, 7]);
      expect(end.ended).to.equal(0);
    }
  });
});

describe('a relay that stammers', () => {
  function* piecesOf(...all: readonly Piece[]): Generator<Piece, never> {
    for (;;) yield* all;
  }
  const PIECES = [
    { length: 2, pause: 5 },
    { length: 3, pause: 0 },
  ];

  it('writes piece by piece, with the pauses between', async () => {
    const { clock, end, life } = chain();
    const out = stammering(end, piecesOf(...PIECES), life);
    const written = give(out, 'abcdefghij').then(() => out.end());
    await clock.advance(100);
    await written;
    expect(end.writes).to.deep.equal([
      { at: 0, text: 'ab' },
      { at: 5, text: 'cde' },
      { at: 5, text: 'fg' },
      { at: 10, text: 'hij' },
    ]);
    expect(end.ended).to.equal(10);
    expect(clock.pending).to.equal(0);
  });

  it('cuts at the same offsets however the bytes arrive', async () => {
    for (const { how, chunks } of cuts(Buffer.from('abcdefghij'))) {
      const { clock, end, life } = chain();
      const out = stammering(end, piecesOf(...PIECES), life);
      const written = (async () => {
        for (const chunk of chunks) await out.write(chunk);
      })();
      await clock.advance(100);
      await written;
      const edges = new Set<number>();
      let offset = 0;
      for (const { text } of end.writes) edges.add((offset += text.length));
      expect(end.text, how).to.equal('abcdefghij');
      expect([...edges], how).to.include.members([2, 5, 7, 10]);
      expect(clock.now() - START, how).to.equal(100);
    }
  });

  it('stops waiting when its connection is over', async () => {
    const { end, life, scope, clock } = chain();
    const out = stammering(end, piecesOf(...PIECES), life);
    const failed = give(out, 'abcdef').catch((error: unknown) => error);
    await settle();
    scope.abort(new TwinportError('aborted', 'over'));
    expect(await failed).to.have.property('message', 'over');
    expect(clock.pending).to.equal(0);
  });
});

describe('a relay on a slow link', () => {
  it('lets no more through than its rate', async () => {
    const { clock, end, life } = chain();
    const out = slowing(end, 1000, life);
    const written = give(out, 'x'.repeat(3000)).then(() => out.end());
    await clock.advance(10_000);
    await written;
    expect(end.text.length).to.equal(3000);
    expect(end.ended).to.be.within(2900, 3000);
    // Steadily: nothing comes in one lump.
    for (const { text } of end.writes) expect(text.length).to.be.at.most(20);
    const half = end.writes.filter(({ at }) => at < 1500).reduce((sum, { text }) => sum + text.length, 0);
    expect(half).to.be.within(1400, 1600);
  });

  it('takes a byte at a time when it is very slow, and does not save up while nothing comes', async () => {
    const { clock, end, life } = chain();
    const out = slowing(end, 2, life);
    await clock.advance(60_000);
    const written = give(out, 'abcd');
    await clock.advance(10_000);
    await written;
    const gaps = end.writes.slice(1).map(({ at }, n) => at - (end.writes[n]?.at ?? 0));
    expect(end.writes.map(({ text }) => text)).to.deep.equal(['a', 'b', 'c', 'd']);
    for (const gap of gaps) expect(gap).to.be.within(480, 500);
  });
});

describe('a relay on a long link', () => {
  it('delivers everything so much later, in order, the end too, without holding the sender back', async () => {
    const { clock, end, life } = chain();
    const out = delaying(end, 80, life);
    await give(out, 'a');
    await clock.advance(50);
    await give(out, 'b');
    await give(out, 'c');
    const ended = out.end();
    await clock.advance(1000);
    await ended;
    expect(end.writes).to.deep.equal([
      { at: 80, text: 'a' },
      { at: 130, text: 'b' },
      { at: 130, text: 'c' },
    ]);
    expect(end.ended).to.equal(130);
  });

  it('holds the sender back once a link’s worth is on its way', async () => {
    const { clock, end, life } = chain();
    const out = delaying(end, 80, life);
    const block = 'x'.repeat(1024 * 1024);
    for (let n = 0; n < 4; n += 1) await give(out, block);
    let taken = false;
    const fifth = give(out, block).then(() => (taken = true));
    await clock.advance(79);
    expect(taken).to.equal(false);
    await clock.advance(1);
    await fifth;
    expect(end.writes.length).to.equal(5);
  });

  it('holds the sender back sooner when each write is a single byte', async () => {
    const { clock, end, life } = chain();
    const out = delaying(end, 80, life);
    let taken = 0;
    const sending = (async () => {
      for (; taken < 50_000; taken += 1) await give(out, 'x');
    })();
    await settle();
    expect(taken).to.be.within(30_000, 40_000);
    for (let round = 0; round < 4; round += 1) await clock.advance(80);
    await sending;
    expect(end.text.length).to.equal(50_000);
  });

  it('tells a failure to whoever writes next', async () => {
    const { clock, end, life } = chain();
    const out = delaying(end, 80, life);
    end.fails = new TwinportError('connection-lost', 'gone');
    await give(out, 'a');
    await clock.advance(80);
    const failure = await give(out, 'b').catch((error: unknown) => error);
    expect(failure).to.have.property('message', 'gone');
    expect(await out.end().catch((error: unknown) => error)).to.equal(failure);
    expect(clock.pending).to.equal(0);
  });
});

describe('a relay that cuts', () => {
  it('strikes at its byte at every split, once, and lets nothing more through, nor an end', async () => {
    for (const at of [0, 1, 4, 10]) {
      for (const { how, chunks } of cuts(Buffer.from('abcdefghij'))) {
        const { end } = chain();
        const struck: number[] = [];
        const out = limiting(
          end,
          at,
          () => true,
          (offset) => struck.push(offset),
        );
        for (const chunk of chunks) await out.write(chunk);
        await out.end();
        expect(end.text, how).to.equal('abcdefghij'.slice(0, at));
        expect(struck, how).to.deep.equal([at]);
        expect(end.ended, how).to.equal(undefined);
      }
    }
  });

  it('leaves a shorter stream alone', async () => {
    const { end } = chain();
    const out = limiting(
      end,
      4,
      () => true,
      () => expect.fail('struck'),
    );
    await give(out, 'abc');
    await out.end();
    expect([end.text, end.ended]).to.deep.equal(['abc', 0]);
  });

  it('does so only where it is told to, and counts meanwhile', async () => {
    const { end } = chain();
    let applies = false;
    const struck: number[] = [];
    const out = limiting(
      end,
      4,
      () => applies,
      (offset) => struck.push(offset),
    );
    await give(out, 'ab');
    applies = true;
    await give(out, 'cdef');
    expect([end.text, struck]).to.deep.equal(['abcd', [4]]);
  });
});
