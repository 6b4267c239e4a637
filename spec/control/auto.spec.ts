import { expect } from 'chai';
import { connect, type ConnectOptions } from '../../lib/client';
import { formatFrame } from '../../lib/dialects/framed';
import { CLIENT, SERVER, withBench, type Bench, type BenchOptions } from '../support/ftBench';
import { Collector } from '../support/dialectTools';
import { settle } from '../support/fakeClock';
import { cuts } from '../support/splits';
import { pattern } from '../support/storageHelpers';
import type { Talker } from '../support/talker';

const files = { 'a.txt': 'aaaa', 'b.txt': 'bb' };

/** A bench whose port speaks all that can be told apart. */
function withAuto(options: BenchOptions, spec: (bench: Bench) => Promise<void>): () => Promise<void> {
  return withBench({ files, ...options }, async (bench) => {
    bench.port = (await bench.server.listen(0, { dialect: 'auto', writable: true })).port;
    await spec(bench);
  });
}

/** What a client says, all of it, and what it gets for that: the end, and everything before it. */
const EXCHANGES: readonly (readonly [what: string, says: string | Buffer, gets: string | RegExp])[] = [
  ['framed, get', formatFrame({ verb: 'get', name: 'a.txt' }), 'aaaa'],
  ['privateshare, list', 'list', 'a.txt, b.txt, '],
  ['ft, a stat and the end', '-s a.txt\n-q\n', /^213 .*\r\n221 .*\r\n$/s],
  ['ft, something it does not know', '-z\n-q\n', /^500 .*\r\n221 .*\r\n$/s],
  ['nothing known', 'hello\n-q\n', /^500 .*\r\n221 .*\r\n$/s],
  ['digits, and nothing known', '13x\n-q\n', /^500 .*\r\n221 .*\r\n$/s],
  ['almost framed', '5:got x\n-q\n', /^500 .*\r\n221 .*\r\n$/s],
];

function expectGot(got: string, gets: string | RegExp, how: string): void {
  if (typeof gets === 'string') expect(got, how).to.equal(gets);
  else expect(got, how).to.match(gets);
}

describe('a port of several languages', () => {
  for (const [what, says, gets] of EXCHANGES) {
    it(`hears ${what}, at every cut`, async () => {
      for (const { how, chunks } of cuts(Buffer.from(says as string))) {
        await withAuto({}, async (bench) => {
          const p = await bench.dial();
          for (const chunk of chunks) {
            await p.send(chunk).catch(() => undefined);
            await settle(4);
          }
          await bench.clock.advance(500);
          expectGot((await p.whole()).toString(), gets, how);
        })();
      }
    });

    // A line of ft without its newline, and a message of privateshare, are whole when silence says so.
    if (/^(privateshare|ft)/.test(what)) continue;
    it(
      `hears ${what}, with two seconds between its bytes`,
      withAuto({}, async (bench) => {
        const p = await bench.dial();
        for (const byte of Buffer.from(says as string)) {
          await p.send(Buffer.of(byte)).catch(() => undefined);
          await bench.clock.advance(2000);
        }
        expectGot((await p.whole()).toString(), gets, what);
      }),
    );
  }

  it(
    'hears stepwise by its silence, and ft by what follows',
    withAuto({}, async (bench) => {
      const stepwise = await bench.dial();
      const ft = await bench.dial();
      const door = await bench.door();
      await stepwise.send('-g');
      await ft.send('-g');
      await bench.clock.advance(999);
      await ft.send(` a.txt ${door.port}\n-q\n`);
      expect((await (await door.next()).whole()).toString()).to.equal('aaaa');
      expect((await ft.whole()).toString()).to.match(/^150 .*226 .*221 /s);
      expect(await stepwise.quiet()).to.equal('');
      await bench.clock.advance(1);
      expect(await stepwise.quiet()).to.equal('OK');
    }),
  );

  it(
    'gives a half of ft to ft when the client ends',
    withAuto({}, async (bench) => {
      const p = await bench.dial();
      await p.end('-s a.txt');
      expect((await p.whole()).toString()).to.match(/^213 /);
      const half = await bench.dial();
      await half.end('-');
      expect((await half.whole()).toString()).to.match(/^50\d /);
    }),
  );

  it(
    'says no word to half of a frame, however long it takes: its sender would take it for the file',
    withAuto({}, async (bench) => {
      for (const half of ['1', '13:', '13:g', '13:get ', 'ge', 'pu', 'l']) {
        const p = await bench.dial();
        await p.send(half);
        await bench.clock.advance(30_000);
        expect(await p.quiet(), half).to.equal('');
        await bench.clock.advance(30_000);
        expect([await p.over(), p.received.toString()], half).to.deep.equal(['lost', '']);
      }
    }),
  );

  it(
    'resets a caller too many, and who has asked for nothing in a minute, and who is idle when it stops',
    withAuto({ maxSessions: 1, maxSessionsPerAddress: 1 }, async (bench) => {
      const idle = await bench.dial();
      const extra = await bench.dial();
      expect([await extra.over(), extra.received.length]).to.deep.equal(['lost', 0]);
      await bench.clock.advance(60_000);
      expect([await idle.over(), idle.received.length]).to.deep.equal(['lost', 0]);
      const last = await bench.dial();
      await settle();
      void bench.server.close(0);
      expect([await last.over(), last.received.length]).to.deep.equal(['lost', 0]);
    }),
  );

  it(
    'but says 421 to who speaks ft, and so does a port that has words for all it speaks',
    withAuto({}, async (bench) => {
      const ft = await bench.dial();
      await ft.send('-s a.txt\n');
      expect(await ft.line()).to.match(/^213 /);
      bench.port = (await bench.server.listen(0)).port;
      const silent = await bench.dial();
      await settle();
      void bench.server.close(0);
      for (const p of [ft, silent]) expect(await p.line()).to.match(/^421 /);
    }),
  );

  it(
    'serves twenty clients of every language at once',
    withAuto({}, async (bench) => {
      const network = bench.machine(CLIENT);
      const bodies = Array.from({ length: 20 }, (_, i) => pattern(50_000 + i, i + 1));
      for (const [i, body] of bodies.entries()) bench.storage.put(`f${i}`, body);
      const dialects = ['ft', 'framed', 'privateshare', 'stepwise'] as const;
      const one = async (i: number): Promise<void> => {
        const dialect = dialects[i % dialects.length] as ConnectOptions['dialect'] & string;
        const { clock, port } = bench;
        const client = await connect({ host: SERVER, port, network, clock, dialect });
        const into = new Collector();
        await client.get(`f${i}`, into);
        expect(into.bytes.equals(bodies[i] as Buffer), `${dialect} ${i}`).to.equal(true);
        await client.close();
      };
      let left = bodies.length;
      const all = Promise.all(bodies.map((_, i) => one(i).finally(() => (left -= 1))));
      all.catch(() => (left = 0));
      for (let passed = 0; left > 0 && passed < 20_000; passed += 100) await bench.clock.advance(100);
      await all;
    }),
  );

  it(
    'a session keeps the language it began in',
    withAuto({}, async (bench) => {
      const p: Talker = await bench.dial();
      await p.send('-s a.txt\n13:get a.txt xx\nlist\n');
      expect((await p.lines(3)).map((line) => line.slice(0, 3))).to.deep.equal(['213', '500', '500']);
    }),
  );
});
