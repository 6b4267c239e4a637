import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { THEN_FACT, withBench } from '../../support/ftBench';
import { pattern } from '../../support/storageHelpers';
import type { Talker } from '../../support/talker';

const HELLO = '3610a686';
const LARGE = pattern(700_000);

function crcOf(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

/** The facts of a reply line. */
function facts(line: string): Record<string, string> {
  const head = line.split(' ')[1] ?? '';
  return Object.fromEntries(
    head
      .split(';')
      .filter((fact) => fact.includes('='))
      .map((fact) => [fact.slice(0, fact.indexOf('=')), fact.slice(fact.indexOf('=') + 1)]),
  );
}

describe('the native server: get', () => {
  const files = { 'hello.txt': 'hello', empty: '', 'dir/two words': 'deep', large: LARGE };

  it(
    'announces, sends, and vouches: 150, the bytes and FIN on Q, 226',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-g hello.txt ${door.port}\n`);
      const q = await door.next();
      expect((await q.whole()).toString()).to.equal('hello');
      const [begun = '', done] = await p.lines(2);
      expect(begun).to.match(/^150 type=file;size=5;modify=20200102030405\.000;version=[^;]+; hello\.txt$/);
      expect(done).to.equal(`226 length=5;crc32=${HELLO}; Transfer complete.`);
      expect(q.conn.remote.address).to.equal('10.0.0.1');
      expect(await p.quiet()).to.equal('');
    }),
  );

  it(
    'writes the 150 before it dials',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-g hello.txt 5001\n');
      expect(await p.line()).to.match(/^150 /);
      const door = await bench.door({ port: 5001 });
      await bench.clock.advance(500);
      expect((await (await door.next()).whole()).toString()).to.equal('hello');
      expect(await p.line()).to.match(/^226 /);
    }),
  );

  it(
    'sends the empty file and a large one whole',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-g empty ${door.port}\n`);
      expect((await (await door.next()).whole()).length).to.equal(0);
      expect((await p.lines(2))[1]).to.equal('226 length=0;crc32=00000000; Transfer complete.');
      await p.send(`-g large ${door.port}\n`);
      expect((await (await door.next()).whole()).equals(LARGE)).to.equal(true);
      expect((await p.lines(2))[1]).to.equal(`226 length=700000;crc32=${crcOf(LARGE)}; Transfer complete.`);
    }),
  );

  it(
    'takes the path verbatim: a space inside, dots and slashes normalised, none above the root',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      for (const path of ['dir/two words', './dir//two words', '/dir/two words', '../../dir/x/../two words']) {
        await p.send(`-g ${path} ${door.port}\n`);
        expect((await (await door.next()).whole()).toString(), path).to.equal('deep');
        const [begun = ''] = await p.lines(2);
        expect(begun.endsWith(`; ${path}`), begun).to.equal(true);
      }
    }),
  );

  it(
    'takes --hex, and answers with the path as it was asked',
    withBench({ files }, async (bench) => {
      bench.storage.put('new\nline', 'n');
      const p = await bench.dial();
      const door = await bench.door();
      const hex = Buffer.from('new\nline').toString('hex');
      await p.send(`-g --hex ${hex} ${door.port}\n`);
      expect((await (await door.next()).whole()).toString()).to.equal('n');
      expect((await p.lines(2))[0]).to.match(new RegExp(`; ${hex}$`));
    }),
  );

  describe('what can fail without a data connection fails before the 150, and nothing dials', () => {
    const cases: [what: string, request: string, reply: RegExp][] = [
      ['a missing file', '-g nothing PORT', /^550 FILE NOT FOUND$/],
      ['a directory', '-g dir PORT', /^550 /],
      ['a path under a file', '-g hello.txt/x PORT', /^550 /],
      ['an offset behind the end', '-g --offset=6 hello.txt PORT', /^554 /],
      ['another version', '-g --version-is=other hello.txt PORT', /^554 /],
      ['a low port', '-g hello.txt 1023', /^501 /],
      ['port 65536', '-g hello.txt 65536', /^501 /],
      ['no port', '-g hello.txt', /^501 /],
      ['no path', '-g PORT', /^501 /],
      ['an option twice', '-g --offset=1 --offset=1 hello.txt PORT', /^501 /],
      ['an unknown option', '-g --speed=9 hello.txt PORT', /^504 /],
      ['an option of another verb', '-g --confirm hello.txt PORT', /^504 /],
      ['a control character in the path', '-g hel\x01lo PORT', /^501 /],
      ['a path that is not UTF-8', '-g \xff PORT', /^501 /],
      ['an unknown verb', '-z hello.txt PORT', /^500 /],
    ];
    for (const [what, request, reply] of cases) {
      it(
        what,
        withBench({ files }, async (bench) => {
          const p = await bench.dial();
          const door = await bench.door();
          await p.send(Buffer.from(`${request.replace('PORT', String(door.port))}\n`, 'latin1'));
          expect(await p.line()).to.match(reply);
          await bench.clock.advance(10_000);
          expect(door.conns).to.have.length(0);
          expect(await p.quiet()).to.equal('');
        }),
      );
    }
  });

  describe('ranges', () => {
    /** One ranged get: what came on Q, and the facts of both replies. */
    async function range(options: string, p: Talker, next: () => Promise<Talker>, port: number) {
      await p.send(`-g ${options} hello.txt ${port}\n`);
      const bytes = (await (await next()).whole()).toString();
      const [begun = '', done = ''] = await p.lines(2);
      return { bytes, begun: facts(begun), done: facts(done) };
    }

    it(
      'an offset and a length, both announced; size stays the whole file',
      withBench({ files }, async (bench) => {
        const p = await bench.dial();
        const door = await bench.door();
        const next = () => door.next();
        const tail = await range('--offset=2', p, next, door.port);
        expect(tail.bytes).to.equal('llo');
        expect(tail.begun).to.include({ size: '5', offset: '2', length: '3' });
        expect(tail.done).to.deep.equal({ length: '3', crc32: crcOf(Buffer.from('llo')) });
        const middle = await range('--offset=1 --length=3', p, next, door.port);
        expect(middle.bytes).to.equal('ell');
        expect(middle.begun).to.include({ offset: '1', length: '3' });
        const over = await range('--length=99', p, next, door.port);
        expect(over.bytes).to.equal('hello');
        expect(over.begun).to.include({ offset: '0', length: '5' });
        const none = await range('--offset=5', p, next, door.port);
        expect(none.bytes).to.equal('');
        expect(none.done).to.deep.equal({ length: '0', crc32: '00000000' });
      }),
    );

    it(
      'continues only the version asked for',
      withBench({ files }, async (bench) => {
        const p = await bench.dial();
        const door = await bench.door();
        const { begun } = await range('--offset=0', p, () => door.next(), door.port);
        const same = await range(`--offset=1 --version-is=${begun['version']}`, p, () => door.next(), door.port);
        expect(same.bytes).to.equal('ello');
        bench.storage.put('hello.txt', 'HELLO');
        await p.send(`-g --offset=1 --version-is=${begun['version']} hello.txt ${door.port}\n`);
        expect(await p.line()).to.match(/^554 /);
        expect(door.conns).to.have.length(2);
      }),
    );
  });

  it(
    'adds sha256 when it is asked for',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-g --digest=sha256 hello.txt ${door.port}\n`);
      await (await door.next()).whole();
      const sha256 = createHash('sha256').update('hello').digest('hex');
      expect((await p.lines(2))[1]).to.equal(`226 length=5;crc32=${HELLO};sha256=${sha256}; Transfer complete.`);
    }),
  );

  it(
    'discards what arrives on Q, and sends all the same',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-g large ${door.port}\n`);
      const q = await door.next();
      await q.send(pattern(600_000, 7));
      expect((await q.whole()).equals(LARGE)).to.equal(true);
      expect((await p.lines(2))[1]).to.match(/^226 length=700000;/);
    }),
  );

  it(
    'waits for the other side of Q, ten seconds and no longer',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door();
      await p.send(`-g hello.txt ${door.port}\n`);
      expect(await (await door.next()).over()).to.equal('ended');
      await bench.clock.advance(9_999);
      expect(await p.quiet()).to.match(/^150 [^\n]*\n$/);
      await bench.clock.advance(1);
      expect((await p.lines(2))[1]).to.match(/^226 length=5;/);
    }),
  );

  it(
    'says 426 when Q is reset, and serves the next request',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door({ reads: false });
      await p.send(`-g large ${door.port}\n`);
      (await door.next()).conn.reset();
      expect((await p.lines(2))[1]).to.match(/^426 /);
      await p.send(`-g hello.txt ${door.port}\n`);
      const again = await door.next();
      again.listen();
      expect((await again.whole()).toString()).to.equal('hello');
      expect((await p.lines(2))[1]).to.match(/^226 /);
      expect(bench.told).to.deep.equal([
        'get requested',
        'get started',
        'get failed connection-lost',
        'get requested',
        'get started',
        'get done',
      ]);
    }),
  );

  it(
    'gives the time of the file in UTC',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send('-s hello.txt\n');
      expect(facts(await p.line())['modify']).to.equal(THEN_FACT);
    }),
  );
});
