import { expect } from 'chai';
import { THEN_FACT, withBench, type Bench } from '../../support/ftBench';
import { portIn } from '../../support/tlsPeers';
import type { Talker } from '../../support/talker';

const HELLO = '3610a686';
const NAMED = `--confirm --size=5 --modify=${THEN_FACT}`;
const writable = true;

/** A put whose client is asked to dial, or to be dialled where nobody listens; and what the 150 says. */
async function begin(bench: Bench, port: number, options = NAMED): Promise<{ p: Talker; begun: string }> {
  const p = await bench.dial();
  await p.send(`-p ${options} new.txt ${port}\n`);
  const begun = await p.line();
  expect(begun).to.match(/^150 /);
  return { p, begun };
}

/** Somebody else continues the very same upload: nobody holds its part any more. */
async function isFree(bench: Bench): Promise<void> {
  const p = await bench.dial();
  const door = await bench.door();
  await p.send(`-p ${NAMED} new.txt ${door.port}\n`);
  expect(await p.line()).to.match(/^150 /);
  const q = await door.next();
  await q.send('hello');
  await p.send(`-c 5 ${HELLO}\n`);
  expect(await p.line()).to.match(/^226 /);
  expect(bench.storage.bytes('new.txt')?.toString()).to.equal('hello');
}

// What a client that is killed leaves: FIN on P, and nobody at the data port.
describe('the native server: a put whose client has left before its data connection', () => {
  for (const [how, port] of [
    ['passive, which is not waited for', 0],
    ['active, which is not dialled again', 5001],
  ] as const) {
    it(
      `${how}: 426 at once, and the next try has the part`,
      withBench({ writable }, async (bench) => {
        const { p } = await begin(bench, port);
        await p.end();
        // The clock stands still: nothing here has waited for anything.
        expect(await p.line()).to.match(/^426 .*confirm/);
        expect(await p.over()).to.equal('ended');
        await isFree(bench);
      }),
    );
  }

  it(
    'but has confirmed it before: it is waited for, and stored',
    withBench({ writable }, async (bench) => {
      const { p, begun } = await begin(bench, 0);
      await p.send(`-c 5 ${HELLO}\n`);
      await p.end();
      expect(await p.quiet()).to.equal('');
      const q = await bench.dialData(portIn(begun));
      await q.end('hello');
      expect(await p.line()).to.match(/^226 /);
      expect(bench.storage.bytes('new.txt')?.toString()).to.equal('hello');
    }),
  );

  it(
    'and needs no confirmation, as netcat: it is waited for, and stored',
    withBench({ writable }, async (bench) => {
      const { p, begun } = await begin(bench, 0, '--size=5');
      await p.end();
      expect(await p.quiet()).to.equal('');
      const q = await bench.dialData(portIn(begun));
      await q.end('hello');
      expect(await p.line()).to.match(/^226 /);
    }),
  );

  it(
    'and something else than -c before that: 426 for the put, and that is served',
    withBench({ writable }, async (bench) => {
      const { p } = await begin(bench, 0);
      await p.send('-f\n');
      expect(await p.quiet()).to.equal('');
      await p.end();
      expect(await p.line()).to.match(/^426 /);
      expect(await p.line()).to.match(/^211-/);
    }),
  );

  it(
    'while its data are on their way: what is on its way is kept',
    withBench({ writable }, async (bench) => {
      const { p, begun } = await begin(bench, 0);
      const q = await bench.dialData(portIn(begun));
      await q.send('hel');
      await p.end();
      await q.end();
      expect(await p.line()).to.match(/^426 /);
      expect(await bench.partLength('new.txt', 5)).to.match(/^213 part=3; /);
    }),
  );
});
