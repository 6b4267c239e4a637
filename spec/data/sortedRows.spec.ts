import { expect } from 'chai';
import { SortedRows, type Row } from '../../lib/data/sortedRows';

/** A fixed shuffle: keys of all lengths, none twice. */
function keys(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const at = (i * 7919) % count;
    return `${String.fromCharCode((at * 31) % 256)}${'x'.repeat(at % 5)}${at}`;
  });
}

function sorted(given: readonly Row[], onRun?: (bytes: number) => void): Row[] {
  const rows = new SortedRows(onRun);
  for (const { key, note } of given) rows.add(key, note);
  return [...rows];
}

describe('rows that are sorted', () => {
  for (const count of [0, 1, 2, 3, 4095, 4096, 4097, 8192, 30_011]) {
    it(`come in the order of their bytes, each with its note: ${count}`, () => {
      const given = keys(count).map((key) => ({ key, note: `\xff\0note of ${key}` }));
      const order = [...given].sort((a, b) =>
        Buffer.compare(Buffer.from(a.key, 'latin1'), Buffer.from(b.key, 'latin1')),
      );
      expect(sorted(given)).to.deep.equal(order);
    });
  }

  it('are told of a run at a time, by count or by bytes, in all that they take but the last of them', () => {
    const runs: number[] = [];
    sorted(
      keys(10_000).map((key) => ({ key, note: '' })),
      (bytes) => runs.push(bytes),
    );
    expect(runs).to.have.lengthOf(2);
    const large: number[] = [];
    sorted(
      keys(100).map((key) => ({ key, note: 'n'.repeat(10_000) })),
      (bytes) => large.push(bytes),
    );
    expect(large).to.have.lengthOf(7);
    for (const bytes of large) expect(bytes).to.be.within(128 * 1024, 140 * 1024);
  });

  it('count what is held beside them, which is not packed with them', () => {
    const runs: number[] = [];
    const rows = new SortedRows((bytes) => runs.push(bytes));
    for (const key of keys(3)) rows.add(key, '', 64 * 1024);
    expect(runs).to.have.lengthOf(1);
    expect([...rows].map(({ key }) => key)).to.deep.equal(keys(3).sort());
  });

  it('are not held when there is no room', () => {
    const rows = new SortedRows(() => {
      throw new Error('full');
    });
    expect(() => {
      for (const key of keys(5000)) rows.add(key, '');
    }).to.throw('full');
  });
});
