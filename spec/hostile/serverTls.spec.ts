import { expect } from 'chai';
import type { SecureConn } from '../../lib/net/network';
import { answers, attack, HONEST, CONTENT } from '../support/attack';
import { CLIENT, SERVER, type Bench } from '../support/ftBench';
import { Talker } from '../support/talker';
import { certified, helloOf } from '../support/tls';
import { bindingOf, portIn, securePeer, TRUST, type SecurePeer } from '../support/tlsPeers';

const tls = certified('server');
const trust = { tls: TRUST };
const allow = ['list', 'read', 'write', 'overwrite', 'delete'] as const;

/** A control connection of the attacker's under TLS. */
const secured = async (plain: Promise<Talker>): Promise<SecurePeer> => securePeer((await plain).conn);

/** What clients have changed, or tried to, from now on. */
function changesOf({ server }: Bench): string[] {
  const changes: string[] = [];
  server.on('change', ({ kind, phase }) => changes.push(`${kind} ${phase}`));
  return changes;
}

describe('hostile: TLS', () => {
  it(
    'S30 data TLS without the keying material of P',
    attack({ tls, honest: trust }, async ({ dial, bench }) => {
      const mute = { reads: false };
      const { p, secure } = await secured(dial(CLIENT, mute));
      const { secure: others } = await secured(dial(CLIENT, mute));
      await p.send(`-g ${HONEST} 0\n`);
      const port = portIn(await p.line());
      const knocks: [SecureConn, Uint8Array][] = [
        [secure, Buffer.alloc(32)],
        [secure, Buffer.alloc(32, 0xff)],
        // Of another request, another session, and all but its last byte right.
        [secure, bindingOf(secure, 2)],
        [others, bindingOf(others, 1)],
        [
          secure,
          Buffer.concat([bindingOf(secure, 1).subarray(0, 31), Buffer.from([~(bindingOf(secure, 1)[31] ?? 0) & 0xff])]),
        ],
      ];
      const data = async () => dial(CLIENT, { host: SERVER, port, ...mute });
      for (const [from, first] of knocks) {
        const q = await from.another((await data()).conn);
        await q.write(first).catch(() => undefined);
        const stranger = new Talker(q);
        await stranger.over();
        expect(stranger.received).to.have.lengthOf(0);
      }
      // In clear text, with the very bytes that would be right under TLS.
      const clear = await data();
      clear.listen();
      await clear.send(bindingOf(secure, 1));
      await clear.over();
      expect(clear.received.toString('latin1')).to.not.include(CONTENT);
      expect(bench.told).to.deep.equal(['get requested']);
      const right = await secure.another((await data()).conn);
      await right.write(bindingOf(secure, 1));
      expect((await new Talker(right).whole()).toString()).to.equal(CONTENT);
      expect(await p.line()).to.match(/^226 /);
    }),
  );

  it(
    'S31 plaintext pipelined before a TLS handshake',
    attack({ tls: { ...tls, mode: 'require' }, honest: trust, allow }, async ({ dial, bench }) => {
      const changes = changesOf(bench);
      for (const line of [`-d ${HONEST}\n`, '-m made\n', `-g ${HONEST} 0\n`, `-g ${HONEST}`, '\n', '\0']) {
        const p = await dial();
        await p.send(Buffer.concat([Buffer.from(line), await helloOf()]));
        await p.over();
        // Neither is the line carried out, nor is there TLS behind it to carry it into.
        expect(p.received.toString('latin1'), line).to.match(/^(421 TLS is required here, closing\.\r\n)?$/);
      }
      expect(changes).to.deep.equal([]);
      expect(bench.told).to.deep.equal([]);
      expect(bench.storage.bytes(HONEST)?.toString()).to.equal(CONTENT);
    }),
  );

  it(
    'S32 plaintext pipelined behind a TLS handshake',
    attack({ tls, honest: trust, allow }, async ({ dial, bench }) => {
      const changes = changesOf(bench);
      const hello = await helloOf();
      for (const line of [`-d ${HONEST}\n`, '-m made\n', `-g ${HONEST} 0\n`]) {
        const p = await dial();
        await p.send(Buffer.concat([hello, Buffer.from(line.repeat(20))]));
        expect(await p.over()).to.equal('lost');
        expect(p.received.toString('latin1'), line).to.not.match(/\d\d\d /);
        // In the middle of what is secured, it is a record that nobody made.
        const { p: inside } = await secured(dial(CLIENT, { reads: false }));
        const raw = await dial();
        await raw.send(hello);
        await raw.bytes(100);
        await raw.send(line);
        await raw.over();
        await inside.send('-q\n');
        expect(await inside.line()).to.match(/^221 /);
      }
      expect(changes).to.deep.equal([]);
      expect(bench.told).to.deep.equal([]);
      expect(bench.storage.bytes(HONEST)?.toString()).to.equal(CONTENT);
    }),
  );

  it(
    'S33 HTTP and TLS on the clear port',
    attack({ allow }, async (attacking) => {
      const { bench } = attacking;
      const changes = changesOf(bench);
      const pages = [
        'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
        // A web page can have a browser post to any port: none of the lines in its body may be heard.
        `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n-d ${HONEST}\r\n-m made\r\n`,
        'OPTIONS * HTTP/1.1\r\n\r\n',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'SSH-2.0-OpenSSH_9.2\r\n',
      ];
      for (const page of pages) {
        const said = await answers(attacking, page);
        expect(said, page).to.match(/^(5\d\d|421) /);
        expect(said.split('\r\n').length, page).to.be.below(14);
      }
      const hello = await helloOf();
      for (const bytes of [hello, hello.subarray(0, 1), Buffer.concat([hello, Buffer.from(`-d ${HONEST}\n`)])])
        expect(await answers(attacking, bytes)).to.equal('421 There is no TLS here, closing.\r\n');
      expect(changes).to.deep.equal([]);
      expect(bench.storage.bytes(HONEST)?.toString()).to.equal(CONTENT);
      expect(bench.told).to.deep.equal([]);
    }),
  );

  it(
    'S34 half a TLS handshake, for ever',
    attack({ tls, honest: trust }, async ({ dial, bench }) => {
      const hello = await helloOf();
      const halves = await Promise.all(Array.from({ length: 50 }, () => dial()));
      for (const [i, p] of halves.entries()) await p.send(hello.subarray(0, 1 + i * 4));
      await bench.clock.advance(9_999);
      expect(halves.every(({ state }) => state === 'open')).to.equal(true);
      await bench.clock.advance(1);
      for (const p of halves) expect(await p.over()).to.equal('lost');
    }),
  );
});
