import { expect } from 'chai';
import { Listed, linesOf } from '../../lib/data/listed';
import { isTwinportError } from '../../lib/errors';
import { LIMITS } from '../../lib/options';

/** What is said where it fails, and how many lines came before. */
function fault(listing: Buffer, separator?: string): [code: string, message: string, before: number] {
  let before = 0;
  try {
    for (const line of linesOf(listing, separator)) before += line.length > 0 ? 1 : 0;
  } catch (error) {
    if (!isTwinportError(error)) throw error;
    return [error.code, error.message, before];
  }
  throw new Error(`all ${before} lines were taken`);
}

describe('a listing that comes', () => {
  it('is what came, whatever becomes of the buffers that it came in', () => {
    const listed = new Listed();
    const reused = Buffer.alloc(2);
    for (const pair of ['ab', 'cd', 'ef']) {
      reused.write(pair);
      listed.write([reused.subarray(0, 1), reused.subarray(1)]);
      reused.fill(0);
    }
    expect(listed.bytes().toString()).to.equal('abcdef');
  });

  it('is given up beyond what is held of one', () => {
    const listed = new Listed();
    const chunk = Buffer.alloc(1024 * 1024);
    for (let held = 0; held < LIMITS.listing; held += 64 * chunk.length) listed.write(Array(64).fill(chunk));
    expect(() => listed.write([chunk.subarray(0, 1)]))
      .to.throw('more than 256 MiB came')
      .with.property('code', 'too-large');
  });

  it('has lines, the last of them also without its end', () => {
    for (const text of ['', '\n', 'a', 'a\n', 'a\nb', '\n\na\n', 'a\r\n']) {
      const lines = text.split('\n');
      if (lines.at(-1) === '') lines.pop();
      expect([...linesOf(Buffer.from(text))].map(String), JSON.stringify(text)).to.deep.equal(lines);
    }
    expect([...linesOf(Buffer.from('a, b,c, , '), ', ')].map(String)).to.deep.equal(['a', 'b,c', '']);
  });

  it('has a million names and no more: each is two bytes on the wire, and a hundred in memory', () => {
    const most = LIMITS.listEntries + 2;
    const full = Buffer.from('a\n'.repeat(most));
    let count = 0;
    for (const line of linesOf(full)) count += line.length;
    expect(count).to.equal(most);
    const sentence = `the listing has no end: more than ${most} lines came`;
    expect(fault(Buffer.concat([full, Buffer.from('b')]))).to.deep.equal(['too-large', sentence, most]);
    expect(fault(Buffer.alloc(most + 1, '\n'))).to.deep.equal(['too-large', sentence, 0]);
    expect(fault(Buffer.from(', '.repeat(most + 1)), ', ')[0]).to.equal('too-large');
  });

  it('has no line that no request could ask for', () => {
    const longest = Buffer.alloc(LIMITS.listedLine, 'x');
    expect([...linesOf(longest)]).to.have.length(1);
    const [code, message, before] = fault(Buffer.from(`a\n${longest.toString()}y\nb\n`));
    expect([code, message, before]).to.deep.equal(['protocol', 'line 2 of the listing is longer than 16384 bytes', 1]);
  });
});
