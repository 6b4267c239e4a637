import { expect } from 'chai';
import { Readable } from 'node:stream';
import { connect } from '../../lib/client';
import type { Conn } from '../../lib/net/network';
import { serverTls } from '../../lib/net/tls';
import { attack, type Attack } from '../support/attack';
import { failureOf } from '../support/bytes';
import { fakeClock, settle } from '../support/fakeClock';
import { CLIENT, SERVER } from '../support/ftBench';
import { Basin, watch, withPlay } from '../support/ftPlay';
import { memoryNetwork } from '../support/memoryNetwork';
import { eventually, Talker } from '../support/talker';
import { certified } from '../support/tls';
import { bindingOf, portIn, securePeer, TRUST } from '../support/tlsPeers';

const tls = certified('server');
const mute = { reads: false };
/** How whoever is between can end what it cannot read. */
const CUTS = ['fin', 'rst'] as const;
const cut = (wire: Conn, how: (typeof CUTS)[number]): Promise<void> | void =>
  how === 'fin' ? wire.end() : wire.reset();

async function absent({ bench }: Attack, name: string): Promise<void> {
  expect((await failureOf(bench.storage.stat(name))).code).to.equal('not-found');
}

describe('hostile: TLS that is cut', () => {
  it(
    'S35 a put under TLS that somebody between cuts',
    attack({ tls, honest: { tls: TRUST }, writable: true, dialects: ['framed', 'privateshare'] }, async (attacking) => {
      const { dial, bench, ports } = attacking;
      const { p, secure } = await securePeer((await dial(CLIENT, mute)).conn);
      let request = 0;
      for (const [body, end, confirm] of [
        ['hel', 'fin', '-c 5 3610a686'],
        ['hel', 'rst', '-c 5 3610a686'],
        ['hel', 'own', '-c 5 3610a686'],
        ['hellO', 'own', '-c 5 3610a686'],
        // What the end of P says is the client's alone, too.
        ['hel', 'fin', '-c 5'],
      ] as const) {
        await p.send(`-p --size=5 --confirm new.txt 0\n`);
        const { conn: wire } = await dial(CLIENT, { host: SERVER, port: portIn(await p.line()), ...mute });
        const q = await secure.another(wire);
        await q.write(bindingOf(secure, (request += 1)));
        await q.write(Buffer.from(body));
        if (end === 'own') await q.end();
        else await cut(wire, end);
        await p.send(`${confirm}\n`);
        request += 1;
        expect(await p.line(), `${body} ${end}`).to.match(/^[45]\d\d /);
        await absent(attacking, 'new.txt');
      }
      for (const [dialect, word, answer] of [
        ['framed', '11:put new.txt', ''],
        ['privateshare', 'put,new.txt', 'pass'],
      ] as const) {
        const port = ports.get(dialect) ?? 0;
        for (const how of CUTS) {
          const { conn: wire } = await dial(CLIENT, { port, ...mute });
          const share = await securePeer(wire);
          await share.p.send(word);
          // This language ends a message by silence.
          await bench.clock.advance(1000);
          if (answer !== '') await share.p.bytes(answer.length);
          await share.p.send('hel');
          await cut(wire, how);
          await share.p.over();
          await absent(attacking, 'new.txt');
        }
        const whole = await securePeer((await dial(CLIENT, { port, ...mute })).conn);
        await whole.p.send(word);
        await bench.clock.advance(1000);
        await whole.p.end('hello');
        await whole.p.whole();
        expect(bench.storage.bytes('new.txt')?.toString()).to.equal('hello');
        await bench.storage.remove('new.txt');
        expect(bench.told.filter((line) => line === 'put done')).to.have.lengthOf(1);
        bench.events.splice(0);
      }
    }),
  );

  it('C30 a get under TLS that somebody between cuts', async () => {
    for (const [body, end, sum, code] of [
      ['hel', 'fin', 'length=5;crc32=3610a686', 'incomplete'],
      ['hel', 'rst', 'length=5;crc32=3610a686', 'incomplete'],
      ['hel', 'own', 'length=5;crc32=3610a686', 'incomplete'],
      ['hellO', 'own', 'length=5;crc32=3610a686', 'corrupt'],
      ['hello', 'own', 'length=6;crc32=3610a686', 'incomplete'],
    ] as const) {
      await withPlay({ tls: TRUST, secured: serverTls(tls) }, async (play) => {
        const basin = new Basin();
        const got = watch(play.client.get('a.txt', basin));
        const { port } = await play.request();
        await play.say('150 type=file;size=5; a.txt');
        const { q, wire } = await play.dialSecured(port);
        await q.send(body);
        if (end === 'own') await q.end();
        else await cut(wire, end);
        await play.say(`226 ${sum}; Transfer complete.`);
        await got.failure(code);
        expect(basin.writableFinished).to.equal(false);
        await play.onlyP();
      })();
    }
  });

  it('C31 a framed or privateshare transfer under TLS that somebody between cuts', async () => {
    for (const dialect of ['framed', 'privateshare'] as const) {
      for (const how of [...CUTS, 'own'] as const) await errands(dialect, how);
    }
  });
});

/** A get and a put of these languages, in which nothing but the end of a direction says that all of it was there. */
async function errands(dialect: 'framed' | 'privateshare', how: (typeof CUTS)[number] | 'own'): Promise<void> {
  const share = dialect === 'privateshare';
  const network = memoryNetwork({ addresses: [SERVER] });
  const clock = fakeClock();
  let verb: 'get' | 'put' = 'get';
  const serve = async (wire: Conn): Promise<void> => {
    const p = new Talker(await serverTls(tls).secure(wire));
    await p.bytes(share ? 9 : 11);
    if (share) await p.send('pass');
    if (verb === 'get') await p.send('hello');
    else await p.bytes((share ? 9 : 11) + 5);
    // In memory an answer can be there before the client knows that it has sent anything.
    await settle();
    if (how === 'own') await p.end();
    else await cut(wire, how);
    await p.over();
    wire.destroy();
  };
  const serving: Promise<void>[] = [];
  const listener = await network.listen({ port: 0 }, (conn) => serving.push(serve(conn)));
  const to = { host: SERVER, port: listener.local.port, dialect, network: network.machine(CLIENT), clock };
  const client = await connect({ ...to, tls: TRUST });
  const basin = new Basin();
  const got = watch(client.get('a.txt', basin));
  await eventually('it is asked for', () => serving.length === 1);
  await clock.advance(2000);
  if (how === 'own') expect(await got.value()).to.include({ length: 5 });
  else await got.failure(how === 'fin' ? 'incomplete' : 'connection-lost');
  expect(basin.writableFinished).to.equal(how === 'own');
  verb = 'put';
  const put = watch(client.put(Readable.from([Buffer.from('hello')]), 'a.txt'));
  await eventually('it is asked for', () => serving.length === 2);
  await clock.advance(2000);
  if (how === 'own') expect(await put.value()).to.include({ length: 5 });
  // A reset is how framed says no.
  else await put.failure(how === 'fin' ? 'incomplete' : share ? 'connection-lost' : 'refused');
  await client.close();
  await listener.close();
  await Promise.all(serving);
}
