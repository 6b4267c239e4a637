import { expect } from 'chai';
import { Unpadding } from '../../../lib/dialects/stepwise/client';
import type { Sink } from '../../../lib/data/receive';
import { rejects, pattern } from '../../support/storageHelpers';

const PADDED = 199_999;
const zeros = (length: number): Buffer => Buffer.alloc(length);

/** A sink that must be written in order, from 0, without holes. */
class Strict implements Sink {
  private readonly chunks: Buffer[] = [];
  private length = 0;
  writes = 0;

  write(chunks: readonly Uint8Array[], position: number): void {
    if (position !== this.length) throw new Error(`written at ${position} where ${this.length} comes next`);
    this.chunks.push(Buffer.concat(chunks));
    this.length += this.chunks.at(-1)?.length ?? 0;
    this.writes += 1;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/** What is written when `bytes` come in pieces of this size, several to a call. */
async function received(bytes: Buffer, piece: number): Promise<Strict> {
  const into = new Strict();
  const sink = new Unpadding(into);
  for (let at = 0; at < bytes.length; at += 2 * piece) {
    // As connections do: what was given is spoilt once the call is over.
    const chunks = [bytes.subarray(at, at + piece), bytes.subarray(at + piece, at + 2 * piece)].map((each) =>
      Buffer.from(each),
    );
    await sink.write(chunks, at);
    for (const chunk of chunks) chunk.fill(0x21);
  }
  expect(await sink.finish()).to.equal(into.bytes.length);
  return into;
}

const PIECES = [7, 1000, 65_536, 99_999, 100_000, 1 << 20];

describe('the padding of stepwise', () => {
  const padded = (body: Buffer): Buffer => Buffer.concat([body, zeros(PADDED - body.length)]);

  it('is cut from exactly 199,999 bytes, however they come', async () => {
    for (const body of [zeros(0), Buffer.from('x'), pattern(150_000), Buffer.alloc(PADDED - 1, 1)]) {
      // A pattern may end in a NUL of its own.
      if (body.length > 0) body[body.length - 1] = 1;
      for (const piece of PIECES) {
        const { bytes } = await received(padded(body), piece);
        expect(bytes.equals(body), `${body.length} in pieces of ${piece}`).to.equal(true);
      }
    }
  });

  it('is only what stands at the end', async () => {
    const body = Buffer.concat([zeros(1000), Buffer.from('x'), zeros(1000), Buffer.from('y')]);
    expect((await received(padded(body), 500)).bytes.equals(body)).to.equal(true);
  });

  it('a file without NULs at its end is whole at that size, too', async () => {
    const body = Buffer.alloc(PADDED, 1);
    expect((await received(body, 65_536)).bytes.equals(body)).to.equal(true);
  });

  for (const size of [0, 1, 15, PADDED - 1, PADDED + 1, 5_000_000]) {
    it(`${size} bytes of NULs are ${size} bytes of NULs`, async () => {
      for (const piece of PIECES) {
        const { bytes } = await received(zeros(size), piece);
        expect(bytes.equals(zeros(size)), `in pieces of ${piece}`).to.equal(true);
      }
    });
  }

  it('nothing is passed on while it may be cut, and what is larger is passed on as it comes', async () => {
    const into = new Strict();
    const sink = new Unpadding(into);
    await sink.write([pattern(PADDED)], 0);
    expect(into.writes).to.equal(0);
    await sink.write([Buffer.of(0)], PADDED);
    expect([into.writes, into.bytes.length]).to.deep.equal([1, PADDED + 1]);
    await sink.write([Buffer.of(0, 0)], PADDED + 1);
    expect([into.writes, into.bytes.length]).to.deep.equal([2, PADDED + 3]);
    expect(await sink.finish()).to.equal(PADDED + 3);
  });

  it('a refusal is found in it, and never passed on', async () => {
    const refusal = Buffer.from('File not found.');
    for (const bytes of [refusal, padded(refusal)]) {
      const into = new Strict();
      const sink = new Unpadding(into);
      await sink.write([bytes], 0);
      expect(await rejects('refused', () => sink.finish())).to.match(/not found/i);
      expect(into.writes).to.equal(0);
    }
  });

  it('only these very words are one', async () => {
    for (const text of [
      'File not found',
      'File not found.\n',
      'File not found.\0',
      'file not found.',
      ' File not found.',
    ]) {
      expect((await received(Buffer.from(text), 4)).bytes.toString()).to.equal(text);
    }
  });
});
