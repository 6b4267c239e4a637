import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { dialTcp } from '../../lib/net/dial';
import { tcpNetwork } from '../../lib/net/tcp';
import type { Conn } from '../../lib/net/network';
import { errnoBehind, failureOf, joined } from '../support/bytes';
import { nodeChild } from '../support/child';
import { Connections } from '../support/connections';
import { settle } from '../support/fakeClock';
import { noLeaks } from '../support/leaks';
import { connectRaw, unheldPort } from '../support/peer';

describe('TCP among the rude', () => {
  const net = new Connections(tcpNetwork());
  afterEach(() => net.release());
  noLeaks();

  it('takes a connection to itself for a refusal', async () => {
    const port = await unheldPort();
    for (const bulk of [false, true]) {
      const self = { host: '127.0.0.1', port, localPort: port, bulk };
      const error = await failureOf(dialTcp(self, new AbortController().signal));
      expect(error.code).to.equal('cannot-connect');
      expect(error.message).to.equal(`127.0.0.1:${port} refused the connection`);
      expect(errnoBehind(error)).to.equal('ECONNREFUSED');
    }
  });

  it('survives connections nobody looks at being reset, from their first tick on', async () => {
    const accepted: Conn[] = [];
    const listener = await net.network.listen({ port: 0 }, (conn) => accepted.push(conn));
    for (let count = 0; count < 50; count += 1) {
      const peer = await connectRaw(listener.local.port);
      while (accepted.length <= count) await settle(1);
      if (count % 2 === 0) await peer.send('x'.repeat(count * 100));
      peer.reset();
    }
    // What this one says arrives after all that went before.
    const last = await connectRaw(listener.local.port);
    await last.end();
    while (accepted.length < 51) await settle(1);
    await Promise.all(
      accepted.slice(0, 50).map(async (conn) => expect(await outcome(conn)).to.equal('connection-lost')),
    );
    await accepted[50]?.read();
    accepted[50]?.destroy();
    await last.closed;
    await listener.close();
  });

  it('is not troubled by a connection that was reset before it could be accepted', async () => {
    const listener = await net.listen();
    const { port } = listener.local;
    // Nothing here runs while the child connects and resets.
    execFileSync(process.execPath, [
      '-e',
      `const s = require('net').connect(${port}, '127.0.0.1', () => s.resetAndDestroy()).on('error', () => {})`,
    ]);
    const polite = await connectRaw(port);
    await polite.send('hello');
    const accepted = await listener.next();
    expect(joined(await accepted.read(5)).toString()).to.equal('hello');
    expect(accepted.remote.address).to.equal('127.0.0.1');
    polite.destroy();
    await polite.closed;
  });

  // Why neither FIN nor RST proves completeness: dying looks like ending.
  it('sees a killed peer end politely, and unfinished', async () => {
    const listener = await net.listen();
    const child = nodeChild(`
      const s = require('net').connect(${listener.local.port}, '127.0.0.1');
      s.write('the first half');
      setInterval(() => {}, 1000);
    `);
    const accepted = await listener.next();
    expect(joined(await accepted.read(14)).toString()).to.equal('the first half');
    await child.kill();
    expect(await accepted.read()).to.equal(null);
  });

  it('calls off dials that the other side leaves pending', async () => {
    // Its queue of unaccepted connections is full after the first few, and it never accepts one.
    const child = nodeChild(`
      const server = require('net').createServer();
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
        require('fs').writeSync(1, server.address().port + '\\n');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });
    `);
    const port = Number(await child.line());
    const calledOff = new AbortController();
    const outcomes = Array.from({ length: 8 }, () =>
      net.dial({ port }, calledOff.signal).then(
        () => 'connected',
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    await settle(50);
    calledOff.abort();
    const words = await Promise.all(outcomes);
    await child.kill();
    expect(words.filter((word) => word === 'aborted').length).to.be.greaterThan(0);
    expect(words.filter((word) => word !== 'aborted' && word !== 'connected')).to.deep.equal([]);
  });

  it('serves on after more callers than it has descriptors for', async () => {
    const child = nodeChild(
      `
      const { tcpNetwork } = require('./lib/net/tcp');
      tcpNetwork().listen({ port: 0, host: '127.0.0.1' }, async (conn) => {
        for (;;) {
          const chunks = await conn.read().catch(() => null);
          if (chunks === null) return conn.destroy();
          await conn.write(Buffer.concat(chunks)).catch(() => {});
        }
      }).then((listener) => console.log(listener.local.port));
      `,
      { descriptors: 40 },
    );
    const port = Number(await child.line());
    const crowd = await Promise.all(Array.from({ length: 100 }, () => connectRaw(port)));
    // Each is either served or sent away.
    const served = await Promise.all(
      crowd.map(async (peer) => {
        await peer.send('?').catch(() => undefined);
        return peer.until('?').then(
          () => true,
          () => false,
        );
      }),
    );
    expect(served.filter((yes) => yes).length).to.be.within(1, 40);
    for (const peer of crowd) peer.destroy();
    await Promise.all(crowd.map((peer) => peer.closed));

    // The child may still be closing some of those: ask until there is room.
    for (let answered = false; !answered;) {
      const late = await connectRaw(port);
      await late.send('late').catch(() => undefined);
      answered = await late.until('late').then(
        () => true,
        () => false,
      );
      late.destroy();
      await late.closed;
    }
    await child.kill();
  });
});

/** Reads to the end, and says how it came. */
async function outcome(conn: Conn): Promise<string> {
  return (await failureOf(drain(conn))).code;
}

async function drain(conn: Conn): Promise<void> {
  while ((await conn.read()) !== null) continue;
}
