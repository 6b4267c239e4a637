import { expect } from 'chai';
import type { PortOptions } from '../../lib/server';
import { CLIENT, withBench, type Bench } from '../support/ftBench';
import { settle } from '../support/fakeClock';
import { cuts } from '../support/splits';
import type { Talker } from '../support/talker';

type Port = NonNullable<PortOptions['dialect']>;

function on(dialect: Port, spec: (bench: Bench, notes: string[]) => Promise<void>): () => Promise<void> {
  return withBench({ files: { 'a.txt': 'aaaa', '9': 'nine' } }, async (bench) => {
    const notes: string[] = [];
    bench.server.on('note', (note) => notes.push(note));
    bench.port = (await bench.server.listen(0, { dialect })).port;
    await spec(bench, notes);
  });
}

async function pieces(p: Talker, chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) {
    await p.send(chunk).catch(() => undefined);
    await settle(4);
  }
}

/** Whole gets of languages that the port does not speak. */
const STRANGERS: readonly (readonly [port: Port, says: string, language: string])[] = [
  ...(['ft', 'default', 'stepwise', 'privateshare'] as const).flatMap((port) => [
    [port, '9:get a.txt', 'framed'] as const,
    [port, 'a.txt:GET', 'colon'] as const,
    [port, 'a b : get', 'colon'] as const,
  ]),
  ['auto', 'a.txt:GET', 'colon'],
  ['colon', '9:get a.txt', 'framed'],
  ['colon', '9:put b.txt', 'framed'],
  ['colon', '9:put b.txthello\n', 'framed'],
];

/** What a person types, or nobody's whole get. */
const OTHERS: readonly (readonly [port: Port, says: string, gets: RegExp])[] = [
  ['ft', '9:get a.txt\n-q\n', /^500 .*\r\n221 /],
  ['ft', 'a.txt:GET\r\n-q\n', /^500 .*\r\n221 /],
  ['default', 'list\nget,a.txt\nHELP\r\n-q\n', /^(500 .*\r\n){3}221 /],
  ['stepwise', '9:get a.txt\n', /^That is no verb/],
  ['stepwise', '8:get a.txt', /^That is no verb/],
  ['stepwise', 'a.txt:PUTa:GET', /^That is no verb/],
  ['privateshare', 'a.txt:GET\n', /^cancel$/],
  ['privateshare', ':GET', /^cancel$/],
  ['colon', '9:GET', /^nine$/],
  ['colon', '9:get', /^nine$/],
  ['colon', '9 : get', /^nine$/],
];

describe('on the port of a language with words, a client that would keep them as its file', () => {
  for (const [port, says, language] of STRANGERS) {
    it(`${port}: ${JSON.stringify(says)} is reset, at every cut, by silence and by FIN`, async () => {
      for (const { how, chunks } of cuts(Buffer.from(says))) {
        for (const fin of [false, true]) {
          await on(port, async (bench, notes) => {
            const p = await bench.dial();
            await pieces(p, chunks);
            expect(p.received.length, how).to.equal(0);
            if (fin) await p.end().catch(() => undefined);
            else await bench.clock.advance(1000);
            expect(await p.over(), how).to.equal('lost');
            expect(p.received.length, how).to.equal(0);
            expect(notes).to.have.lengthOf(1);
            const why = `this is ${language}, which is not spoken here. Resetting the connection from ${CLIENT}:`;
            expect(notes[0]).to.contain(why);
          })();
        }
      }
    });
  }

  for (const [port, says, gets] of OTHERS) {
    it(`${port}: ${JSON.stringify(says)} is answered as ever, at every cut`, async () => {
      for (const { how, chunks } of cuts(Buffer.from(says))) {
        await on(port, async (bench) => {
          const p = await bench.dial();
          await pieces(p, chunks);
          await bench.clock.advance(1000);
          expect((await p.whole()).toString(), how).to.match(gets);
        })();
      }
    });
  }

  it(
    'a line that is ended is answered without waiting',
    on('stepwise', async (bench) => {
      const p = await bench.dial();
      await p.send('hello\n');
      expect((await p.whole()).toString()).to.match(/^That is no verb/);
    }),
  );

  it(
    'holds nothing of who says much',
    on('stepwise', async (bench) => {
      const p = await bench.dial();
      await p.send('x'.repeat(5000));
      expect((await p.whole()).toString()).to.match(/^That is no verb/);
    }),
  );
});
