import { expect } from 'chai';
import type { SecureConn } from '../lib/net/network';
import { serverTls } from '../lib/net/tls';
import { failureOf, pattern } from './support/bytes';
import { settle } from './support/fakeClock';
import { CLIENT, SERVER, withBench, type Bench } from './support/ftBench';
import { Place, withPair } from './support/ftPair';
import { eventually, Talker } from './support/talker';
import { certified } from './support/tls';
import { bindingOf, closing, portIn, rawDial, secureDial, tlsClient, TRUST } from './support/tlsPeers';

const server = certified('server');
const files = { 'a.txt': 'hello' };

/** A data connection under TLS that says this first. */
async function dialData(bench: Bench, p: SecureConn, port: number, first: Uint8Array, from = CLIENT): Promise<Talker> {
  const q = await p.another(await rawDial(bench, port, from));
  // A wrong one may be answered with a reset before this has settled.
  await q.write(first).catch(() => undefined);
  return new Talker(q);
}

describe('a data connection under TLS', () => {
  it(
    'begins with what only the ends of its control connection know, for this very request',
    withBench({ files, tls: server }, async (bench) => {
      const { p, secure } = await secureDial(bench);
      // A refused line counts, a blank one does not.
      await p.send('nonsense\n\r\n-s a.txt\n-g a.txt 0\n');
      expect(await p.lines(2)).to.have.lengthOf(2);
      const q = await dialData(bench, secure, portIn(await p.line()), bindingOf(secure, 3));
      expect((await q.whole()).toString()).to.equal('hello');
      expect(await p.line()).to.match(/^226 length=5;/);
      await p.end();
      await p.whole();
    }),
  );

  it(
    'begins however little may move, and has its handshake paid for by what comes behind it',
    withBench({ files, tls: server, limitSessionRate: 100 }, async (bench) => {
      const { p, secure } = await secureDial(bench);
      await p.send('-g a.txt 0\n');
      const q = await dialData(bench, secure, portIn(await p.line()), bindingOf(secure, 1));
      expect(await q.quiet()).to.equal('');
      let seconds = 0;
      for (; seconds < 200 && q.received.length < 5; seconds += 1) await bench.clock.advance(1000);
      expect(q.received.toString()).to.equal('hello');
      // Certificates are a thousand bytes and more.
      expect(seconds).to.be.within(8, 100);
      await bench.clock.advance(5000);
      await q.whole();
      while (!(await p.line()).startsWith('226'));
      await p.end();
      await p.whole();
    }),
  );

  it(
    'is nobody else’s: strangers are sent away, whatever they show, and the right one still comes through',
    withBench({ files, tls: server }, async (bench) => {
      const { p, secure } = await secureDial(bench);
      const { p: other, secure: others } = await secureDial(bench);
      await p.send('-s a.txt\n-g a.txt 0\n');
      await p.line();
      const port = portIn(await p.line());
      const strangers = [
        await dialData(bench, secure, port, Buffer.alloc(32, 7)),
        // The key of another request, and of another control connection.
        await dialData(bench, secure, port, bindingOf(secure, 1)),
        await dialData(bench, others, port, bindingOf(others, 2)),
        // Half of the right one, and then the end.
        await dialData(bench, secure, port, bindingOf(secure, 2).subarray(0, 16)),
        await bench.dialData(port),
      ];
      await strangers[3]?.end().catch(() => undefined);
      await strangers[4]?.send(bindingOf(secure, 2)).catch(() => undefined);
      for (const stranger of strangers) {
        expect(await stranger.over()).to.equal('lost');
        expect(stranger.received.toString('latin1')).to.not.contain('hello');
      }
      const q = await dialData(bench, secure, port, bindingOf(secure, 2));
      expect((await q.whole()).toString()).to.equal('hello');
      expect(await p.line()).to.match(/^226 /);
      for (const talker of [p, other]) {
        await talker.end();
        await talker.whole();
      }
    }),
  );

  it(
    'is sent away after five seconds of silence, in the handshake or behind it, and the port goes on',
    withBench({ files, tls: server }, async (bench) => {
      const { p, secure } = await secureDial(bench);
      await p.send('-g a.txt 0\n');
      const port = portIn(await p.line());
      const silent = await bench.dialData(port);
      const shaken = new Talker(await secure.another(await rawDial(bench, port)));
      await bench.clock.advance(4999);
      expect([silent.state, shaken.state]).to.deep.equal(['open', 'open']);
      await bench.clock.advance(1);
      expect([await silent.over(), await shaken.over()]).to.deep.equal(['lost', 'lost']);
      const q = await dialData(bench, secure, port, bindingOf(secure, 1));
      expect((await q.whole()).toString()).to.equal('hello');
      await p.line();
      await p.end();
      await p.whole();
    }),
  );

  it(
    'is a 425 where who was dialled cannot show it, in the words of any 425',
    withBench({ files, tls: server }, async (bench) => {
      const { p, secure } = await secureDial(bench);
      let request = 0;
      const refused = async (answer: (q: Talker) => Promise<unknown>): Promise<void> => {
        request += 1;
        const door = await bench.door({ reads: false });
        await p.send(`-g a.txt ${door.port}\n`);
        expect(await p.line()).to.match(/^150 /);
        const q = await door.next();
        await answer(q);
        expect(await p.line()).to.equal('425 Cannot open the data connection');
        await door.close();
      };
      await refused(async (q) => {
        const other = await secure.another(q.conn);
        await other.write(bindingOf(secure, request + 1)).catch(() => undefined);
      });
      await refused(async (q) => q.send('HTTP/1.1 200 OK\r\n\r\n'));
      await refused(async (q) => q.conn.reset());
      await refused(async (q) => q.end());
      // Somebody who listens there and waits.
      await refused(async () => bench.clock.advance(5000));
      expect(bench.told.filter((line) => line.includes('started'))).to.deep.equal([]);
      await p.end();
      await p.whole();
    }),
  );

  it(
    'has no token, and no put without a confirmation',
    withBench({ files, writable: true, tls: server }, async (bench) => {
      const { p } = await secureDial(bench);
      await p.send(`-g --token=${'ab'.repeat(16)} a.txt 0\n-p new.txt 0\n`);
      expect(await p.line()).to.equal('504 Under TLS there is no --token');
      expect(await p.line()).to.match(/^553 Only confirmed puts/);
      await p.end();
      await p.whole();
    }),
  );

  it('takes no other server for its own: our client goes on waiting, and gets the file from the right one', async () => {
    await withBench({ files, tls: server }, async (bench) => {
      const place = new Place();
      const client = await tlsClient(bench);
      const got = client.get('a.txt', place.path('a.txt'), { dataPort: 40_000 });
      // From the server's own address, with a good certificate, and first.
      const early = async (name: 'server' | 'server2'): Promise<unknown> => {
        const conn = await bench.network.dial(
          { host: CLIENT, port: 40_000, localAddress: SERVER },
          new AbortController().signal,
        );
        return serverTls(certified(name))
          .secure(conn)
          .then((secure) => secure.write(Buffer.from('not the file')).then(() => secure.read()))
          .catch((error: Error) => error);
      };
      const strangers = Promise.all([early('server2').catch((error: Error) => error)]);
      expect((await got).crc32).to.equal('3610a686');
      await strangers;
      expect(place.read('a.txt').toString()).to.equal('hello');
      await closing(bench, client);
      place.remove();
    })();
  });

  for (const passive of [false, true]) {
    const how = passive ? 'passive' : 'active';
    const options = { files, writable: true, tls: server, client: { tls: TRUST, passive } };

    it(
      `lists, gets, puts and resumes, ${how}`,
      withPair(options, async ({ bench, client, place }) => {
        expect((await client.list()).entries.map(({ name }) => name)).to.deep.equal(['.', '..', 'a.txt']);
        const bytes = pattern(3_000_000);
        await client.put(place.write('large', bytes), 'large');
        expect((await client.get('large', place.path('back'))).verified).to.equal(true);
        expect(place.read('back').equals(Buffer.from(bytes))).to.equal(true);
        // Broken off in the middle, and continued.
        const stop = new AbortController();
        const onProgress = ({ bytes: moved }: { bytes: number }): void => {
          if (moved > 500_000) stop.abort();
        };
        const broken = client.get('large', place.path('again'), { signal: stop.signal, onProgress });
        expect((await failureOf(broken)).code).to.equal('aborted');
        expect(place.names).to.not.include('again');
        expect(place.parts).to.have.lengthOf(1);
        const rest = await client.get('large', place.path('again'), { onExists: 'resume' });
        expect(rest.length).to.be.below(bytes.length);
        expect(place.read('again').equals(Buffer.from(bytes))).to.equal(true);
        expect(bench.sessions).to.have.lengthOf(1);
      }),
    );

    it(
      `keeps nothing of a put whose client vanishes, ${how}`,
      withBench({ files, writable: true, tls: server }, async (bench) => {
        const client = await tlsClient(bench, { passive });
        let moved = 0;
        const endless = (async function* () {
          for (;;) {
            moved += 1;
            if (moved === 5) void closing(bench, client);
            yield Buffer.alloc(50_000);
          }
        })();
        const { Readable } = await import('node:stream');
        expect((await failureOf(client.put(Readable.from(endless), 'never'))).code).to.equal('aborted');
        await settle();
        expect((await failureOf(bench.storage.stat('never'))).code).to.equal('not-found');
        await eventually('the session is over', () => bench.told.at(-1)?.startsWith('put failed') === true);
      }),
    );
  }
});
