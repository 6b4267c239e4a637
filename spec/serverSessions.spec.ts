import { expect } from 'chai';
import { settle } from './support/fakeClock';
import { withBench } from './support/ftBench';

describe('what a server tells of its sessions', () => {
  it(
    'their beginning, and once their end, also of those that are turned away',
    withBench({ maxSessions: 1, files: { a: 'text' } }, async (bench) => {
      const ends: number[] = [];
      bench.server.on('end', ({ id, remote }) => {
        expect(remote.address).to.equal('10.0.0.2');
        ends.push(id);
      });
      const first = await bench.dial();
      await first.send('-s a\n');
      await first.line();
      await bench.dial();
      await settle();
      expect([bench.sessions.map(({ id }) => id), ends]).to.deep.equal([[1, 2], [2]]);
      await first.send('-q\n');
      await first.whole();
      await first.end();
      await settle();
      expect(ends).to.deep.equal([2, 1]);
    }),
  );
});
