import { expect } from 'chai';
import { connect } from '../lib/client';
import { clientTls } from '../lib/net/tls';
import { createServer } from '../lib/server';
import { memoryStorage } from '../lib/storage/memory';
import { People } from './support/accounts';
import { failureOf } from './support/bytes';
import { settle } from './support/fakeClock';
import { CLIENT, SERVER, withBench } from './support/ftBench';
import { memoryNetwork } from './support/memoryNetwork';
import { eventually, Talker } from './support/talker';
import { authority, certified, fixture, helloOf } from './support/tls';
import { closing, notesOf, rawDial, secureDial, tlsClient } from './support/tlsPeers';

const server = certified('server');
const files = { 'a.txt': 'hello' };

describe('a control connection and TLS', () => {
  it(
    'offered: whoever begins with a handshake has TLS, anybody else clear text, on one port',
    withBench({ files, tls: server }, async (bench) => {
      const { p, secure } = await secureDial(bench);
      await p.send('-s a.txt\n');
      expect(await p.line()).to.match(/^213 type=file;size=5;/);
      expect(secure.protocol).to.equal('TLSv1.3');
      const clear = await bench.dial();
      await clear.send('-s a.txt\n-q\n');
      expect(await clear.line()).to.match(/^213 type=file;size=5;/);
      await clear.whole();
      await p.end();
      await p.whole();
    }),
  );

  it(
    'required: clear text has one sentence, and nothing is served',
    withBench({ files, writable: true, tls: { ...server, mode: 'require' } }, async (bench) => {
      const notes = notesOf(bench);
      const abouts: unknown[] = [];
      bench.server.on('note', (_, about) => abouts.push(about));
      const p = await bench.dial();
      await p.send('-s a.txt\n-d a.txt\n-g a.txt 0\n');
      expect((await p.whole()).toString()).to.equal('421 TLS is required here, closing.\r\n');
      expect(notes).to.deep.equal([`Clear text refused from ${CLIENT}: TLS is required.`]);
      expect(abouts).to.deep.equal([{ outcome: 'refused', address: CLIENT, session: 1 }]);
      expect(bench.events).to.deep.equal([]);
      const { p: secure } = await secureDial(bench);
      await secure.send('-q\n');
      expect(await secure.line()).to.equal('221 Goodbye.');
      await secure.whole();
    }),
  );

  it(
    'begun by an address that is turned away is no handshake that failed, nor a request in clear text',
    withBench(
      { files, tls: { ...server, mode: 'require' }, authenticator: new People(), banAfter: 1 },
      async (bench) => {
        const notes = notesOf(bench);
        const { p } = await secureDial(bench);
        await p.send('-u alice\twrong\n');
        expect(await p.line()).to.match(/^530 /);
        for (const said of [await helloOf(), Buffer.from('-l 0\n')]) {
          const away = await bench.dial();
          await away.send(said);
          expect((await away.whole()).toString()).to.equal('421 Too many failed logins, closing.\r\n');
        }
        expect(notes).to.deep.equal([
          `Too many logins from ${CLIENT} failed: it is turned away for 600 s.`,
          `${CLIENT} came back and was turned away, as whatever comes from there until the ban is over.`,
        ]);
        await p.end();
        await p.whole();
      },
    ),
  );

  it(
    'off: a handshake is told so in clear text, which our client takes for what it is',
    withBench({ files }, async (bench) => {
      const p = await bench.dial();
      await p.send(Buffer.from('160301020001', 'hex'));
      expect((await p.whole()).toString()).to.equal('421 There is no TLS here, closing.\r\n');
      expect(await failureOf(tlsClient(bench))).to.include({
        code: 'tls',
        message: 'the server does not answer with TLS, but says in clear text: "421 There is no TLS here, closing."',
      });
    }),
  );

  it(
    'does not serve in the secured session what was said before the handshake, and makes none behind it',
    withBench({ files, tls: server }, async (bench) => {
      const conn = await rawDial(bench);
      await conn.write(Buffer.from('-s a.txt\n'));
      const failed = clientTls({ host: 'localhost', ca: authority() })
        .secure(conn)
        .catch((error: Error) => error);
      expect(await failed).to.have.property('code', 'tls');
      expect(await failed)
        .to.have.property('message')
        .that.matches(/^the server does not answer with TLS, but says in clear text: "213 /);
    }),
  );

  it(
    'gives what comes along with a handshake to TLS alone',
    withBench({ files, tls: server }, async (bench) => {
      const notes = notesOf(bench);
      const hello = await helloOf();
      const p = await bench.dial();
      await p.send(Buffer.concat([hello, Buffer.from('-s a.txt\n-s a.txt\n'.repeat(20))]));
      expect(await p.over()).to.equal('lost');
      // Whatever TLS answered, no reply of ours is in it.
      expect(p.received.toString('latin1')).to.not.match(/213|500|421/);
      expect(notes).to.have.lengthOf(1);
      expect(notes[0]).to.match(new RegExp(`^TLS with ${CLIENT} failed: `));
    }),
  );

  it(
    'gives up a handshake ten seconds after its first byte, however it dribbles',
    withBench({ files, tls: server }, async (bench) => {
      const notes = notesOf(bench);
      const hello = await helloOf();
      const p = await bench.dial();
      await bench.clock.advance(30_000);
      for (let at = 0; at < 10; at += 1) {
        expect(p.state).to.equal('open');
        await p.send(hello.subarray(at, at + 1));
        await bench.clock.advance(at === 9 ? 999 : 1000);
      }
      expect(p.state).to.equal('open');
      await bench.clock.advance(1);
      expect(await p.over()).to.equal('lost');
      expect(notes).to.deep.equal([`TLS with ${CLIENT} failed: no TLS handshake in 10 s.`]);
    }),
  );

  it(
    'keeps nothing of a client that leaves in the middle of a handshake',
    withBench({ files, tls: server }, async (bench) => {
      const notes = notesOf(bench);
      const hello = await helloOf();
      for (let cut = 1; cut <= hello.length; cut += 60) {
        const p = await bench.dial();
        await p.send(hello.subarray(0, cut));
        await settle();
        if (cut % 120 === 1) p.conn.reset();
        else await p.end();
        await p.over();
      }
      await eventually('each is told of once', () => notes.length === Math.ceil(hello.length / 60));
    }),
  );

  it(
    'counts a handshake as a session: it has a place, and makes room when it idles',
    withBench({ files, tls: server, maxSessions: 2, maxSessionsPerAddress: 2 }, async (bench) => {
      const slow = [await bench.dial(), await bench.dial()];
      for (const p of slow) await p.send(Buffer.of(0x16));
      await bench.clock.advance(50);
      const early = await bench.dial();
      expect((await early.whole()).toString()).to.equal('421 Too many sessions, closing.\r\n');
      await bench.clock.advance(100);
      const { p } = await secureDial(bench);
      await p.send('-q\n');
      expect(await p.line()).to.equal('221 Goodbye.');
      await p.whole();
      // No words in the middle of a handshake, not even a farewell.
      expect(await slow[0]?.over()).to.equal('lost');
      expect(slow[0]?.received.length).to.equal(0);
    }),
  );

  it('speaks framed and privateshare under TLS, tells them apart there, and nothing that would leave it', async () => {
    await withBench({ files, tls: server, host: SERVER }, async (bench) => {
      bench.port = (await bench.server.listen(0, { dialect: 'auto' })).port;
      const { p: framed } = await secureDial(bench);
      await framed.send('9:get a.txt');
      expect((await framed.whole()).toString()).to.equal('hello');
      const { p: share } = await secureDial(bench);
      await share.send('get,a.txt');
      await settle();
      // This language ends a message by silence.
      await bench.clock.advance(1000);
      expect((await share.whole()).toString()).to.equal('passhello');
      // Its data would go in clear text: stepwise is not spoken here, and what begins as it does is a line of ft's.
      const { p: step } = await secureDial(bench);
      await step.send('-l');
      await bench.clock.advance(1000);
      expect(await step.quiet()).to.not.match(/OK/);
      await step.end();
      expect((await step.whole()).toString()).to.match(/^501 /);
    })();
  });

  it('is required of no language that knows none', async () => {
    const network = memoryNetwork();
    const strict = createServer({ network, tls: { ...server, mode: 'require' } });
    for (const dialect of ['numbered', 'colon', 'stepwise'] as const) {
      const error = await failureOf(strict.listen(0, { dialect }));
      expect(error).to.include({
        code: 'invalid-argument',
        message: `${dialect} knows no TLS, which is required here`,
      });
    }
    const relaxed = createServer({ network, tls: server, storage: undefined as never });
    for (const dialect of ['numbered', 'colon', 'stepwise'] as const) {
      const client = connect({ host: '127.0.0.1', port: 3555, network, dialect, tls: true });
      expect(await failureOf(client)).to.include({ code: 'unsupported', message: `the dialect ${dialect} has no TLS` });
    }
    await strict.close();
    await relaxed.close();
  });

  it(
    'shows a new certificate after a reload, and goes on with the old one in the sessions that have it',
    withBench({ files, tls: server }, async (bench) => {
      const old = await tlsClient(bench);
      await bench.server.reload({ tls: certified('server2') });
      const bad = { ...certified('server'), key: certified('client').key };
      const error = await failureOf(bench.server.reload({ tls: bad }));
      expect(error.message).to.equal('the private key does not belong to the certificate');
      const fresh = await tlsClient(bench);
      for (const client of [old, fresh]) {
        for (const passive of [false, true]) expect((await client.list('', { passive })).verified).to.equal(true);
      }
      await bench.server.reload({});
      expect(await failureOf(tlsClient(bench))).to.include({ code: 'tls' });
      expect((await old.list()).verified).to.equal(true);
      await closing(bench, old, fresh);
    }),
  );

  it('is what fts:// means, with what files say, over TCP', async () => {
    const tcp = createServer({ storage: memoryStorage(files), tls: server });
    const { port } = await tcp.listen(0, '127.0.0.1');
    expect(await failureOf(connect(`fts://127.0.0.1:${port}`))).to.include({ code: 'certificate' });
    const ca = { file: fixture('ca.crt') };
    const client = await connect({ host: '127.0.0.1', port, tls: { ca } });
    expect((await client.list()).verified).to.equal(true);
    await client.close();
    const nowhere = { file: fixture('nowhere.crt') };
    const error = await failureOf(connect({ host: '127.0.0.1', port, tls: { ca: nowhere } }));
    expect(error.code).to.equal('invalid-argument');
    expect(error.message).to.match(/^cannot read the authorities: ".*nowhere\.crt"/);
    const half = { cert: { file: fixture('client.crt') } };
    expect((await failureOf(connect({ host: '127.0.0.1', port, tls: half }))).code).to.equal('invalid-argument');
    await tcp.close();
  });

  it(
    'is never left by a client that asked for it: a silent server, and one that resets',
    withBench({ files }, async (bench) => {
      const heard: Talker[] = [];
      const silent = await bench.network.listen({ port: 0 }, (conn) => heard.push(new Talker(conn)));
      const options = { host: SERVER, port: silent.local.port, network: bench.machine(CLIENT), clock: bench.clock };
      const failed = failureOf(connect({ ...options, tls: true, connectTimeout: 5000 }));
      await eventually('a hello', () => (heard[0]?.received.length ?? 0) > 0);
      await bench.clock.advance(5000);
      expect(await failed).to.include({ code: 'tls', message: `no TLS from ${SERVER}:${silent.local.port} in 5 s` });
      // Nothing but the handshake was ever said.
      expect(heard[0]?.received[0]).to.equal(0x16);
      const stop = new AbortController();
      const aborted = failureOf(connect({ ...options, tls: true, signal: stop.signal }));
      await eventually('another', () => heard.length === 2);
      stop.abort();
      expect((await aborted).code).to.equal('aborted');
      await eventually('both are over', () => heard.every(({ state }) => state !== 'open'));
      for (const { conn } of heard) conn.destroy();
      await silent.close();
    }),
  );
});
