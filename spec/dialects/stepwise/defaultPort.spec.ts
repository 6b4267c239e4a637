import { expect } from 'chai';
import { CLIENT, withBench } from '../../support/ftBench';

const files = { 'a.txt': 'aaaa' };

/** A second of silence after exactly `-l` or `-g` is all that makes a stepwise client of one on the default port. */
describe('the default port, stepwise and ft', () => {
  it(
    'serves stepwise from the OK after a second of silence on',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send('-g');
      await bench.clock.advance(999);
      expect(await p.quiet()).to.equal('');
      await bench.clock.advance(1);
      expect(await p.quiet()).to.equal('OK');
      await p.send(String(door.port));
      expect(await p.quiet()).to.equal('OKOK');
      // From here on it is the patience of stepwise.
      await p.send(CLIENT);
      await bench.clock.advance(499);
      expect(await p.quiet()).to.equal('OKOK');
      await bench.clock.advance(1);
      expect(await p.quiet()).to.equal('OKOKOK');
      await p.send('a.txt\0');
      expect((await (await door.next()).whole()).toString()).to.equal('aaaa');
      expect((await p.whole()).toString()).to.equal('OKOKOKOK');
      expect(bench.events.every(({ dialect }) => dialect === 'stepwise')).to.equal(true);
      expect(bench.told).to.deep.equal(['get requested', 'get started', 'get done']);
    }),
  );

  it(
    'tells a stepwise client in words why it has to go',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-l');
      await bench.clock.advance(1000);
      await p.send('x');
      expect((await p.whole()).toString()).to.match(/^OKThat is no data port [^.]*\.\n$/);
    }),
  );

  for (const [what, chunks] of Object.entries({
    whole: ['-l '],
    'cut after its verb': ['-l', ' '],
    'cut in its verb': ['-', 'l '],
    'byte by byte': ['-', 'l', ' '],
  })) {
    it(
      `a line of ft, ${what}, with less than a second between, is ft’s`,
      withBench({ files }, async (bench) => {
        const p = await bench.dial();
        const door = await bench.door();
        const all = [...chunks, String(door.port), '\n'];
        for (const chunk of all) {
          await p.send(chunk);
          await bench.clock.advance(999);
        }
        expect((await (await door.next()).whole()).toString()).to.equal('.\n..\na.txt\n');
        expect(await p.line()).to.match(/^150 /);
        expect(await p.line()).to.match(/^226 /);
        expect(bench.events.at(-1)).to.include({ dialect: 'ft' });
      }),
    );
  }

  it(
    'half a line of ft without its newline waits its second, not half of one',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-l ${door.port}`);
      await bench.clock.advance(999);
      expect(await p.quiet()).to.equal('');
      await bench.clock.advance(1);
      expect(await p.line()).to.match(/^150 /);
      await (await door.next()).whole();
      expect(await p.line()).to.match(/^226 /);
    }),
  );

  for (const verb of ['-l', '-g']) {
    it(
      `${verb} and a newline is ft’s 501`,
      withBench({ files }, async (bench) => {
        for (const end of ['\n', '\r\n']) {
          const p = await bench.dial();
          await p.send(verb + end);
          expect(await p.line(), JSON.stringify(end)).to.match(/^501 /);
          await p.send('-q\n');
          expect(await p.line()).to.match(/^221 /);
        }
      }),
    );

    it(
      `${verb} and FIN is ft’s 501: nobody waits for an OK`,
      withBench({ files }, async (bench) => {
        for (const pause of [0, 999]) {
          const p = await bench.dial();
          await p.send(verb);
          await bench.clock.advance(pause);
          await p.end();
          expect((await p.whole()).toString(), `${pause} ms`).to.match(/^501 [^\r]*\r\n$/);
        }
      }),
    );
  }

  it(
    '- and silence is ft’s, which waits for the rest of the line',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-');
      await bench.clock.advance(10_000);
      expect(await p.quiet()).to.equal('');
      await p.send('q\n');
      expect(await p.line()).to.match(/^221 /);
    }),
  );

  it(
    'after a line of ft, -l and silence is still ft’s',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-s a.txt\n');
      expect(await p.line()).to.match(/^213 /);
      await p.send('-l');
      await bench.clock.advance(5000);
      expect(await p.quiet()).to.equal('');
      await p.send('\n');
      expect(await p.line()).to.match(/^501 /);
    }),
  );

  it(
    'who says nothing for a minute gets ft’s 421',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await bench.clock.advance(60_000);
      expect(await p.line()).to.match(/^421 /);
    }),
  );
});
