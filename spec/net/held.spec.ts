import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Readable } from 'node:stream';
import { heldNetwork } from '../../lib/net/held';
import type { Conn } from '../../lib/net/network';
import { tcpNetwork } from '../../lib/net/tcp';
import { memoryNetwork } from '../support/memoryNetwork';
import { eventually } from '../support/eventually';

const never = new AbortController().signal;

for (const [name, make] of [
  ['memory', () => memoryNetwork()],
  ['TCP', tcpNetwork],
] as const) {
  describe(`a held port over ${name}`, () => {
    it('keeps who came before it is served, in order, with what they said', async () => {
      const network = heldNetwork(make());
      const { port } = await network.hold({ host: '127.0.0.1', port: 0 });
      const first = await network.dial({ host: '127.0.0.1', port }, never);
      await first.write(Buffer.from('1'));
      const second = await network.dial({ host: '127.0.0.1', port }, never);
      await second.write(Buffer.from('2'));
      const served: Conn[] = [];
      const listener = await network.listen({ port }, (conn) => served.push(conn));
      expect(listener.local.port).to.equal(port);
      await eventually('both are served', () => served.length === 2);
      const third = await network.dial({ host: '127.0.0.1', port }, never);
      await third.write(Buffer.from('3'));
      await eventually('the third too', () => served.length === 3);
      const said = await Promise.all(
        served.map(async (conn) => Buffer.from((await conn.read())?.[0] ?? []).toString()),
      );
      expect(said).to.deep.equal(['1', '2', '3']);
      for (const conn of [first, second, third, ...served]) conn.destroy();
      await listener.close();
    });

    it('is served once; any other port is the network’s own', async () => {
      const network = heldNetwork(make());
      const { port } = await network.hold({ host: '127.0.0.1', port: 0 });
      const listener = await network.listen({ port }, () => undefined);
      const again = await network.listen({ host: '127.0.0.1', port }, () => undefined).catch((error: unknown) => error);
      expect(again).to.include({ code: 'cannot-listen' });
      const other = await network.listen({ host: '127.0.0.1', port: 0 }, () => undefined);
      expect(other.local.port).not.to.equal(port);
      await Promise.all([listener.close(), other.close()]);
    });

    it('is given back, with whoever waits there, when nobody serves it', async () => {
      const network = heldNetwork(make());
      const { port } = await network.hold({ host: '127.0.0.1', port: 0 });
      const caller = await network.dial({ host: '127.0.0.1', port }, never);
      const ended = caller.read().catch(() => null);
      // It has to have been accepted, or it would be the kernel's to end.
      await network.dial({ host: '127.0.0.1', port }, never).then((conn) => conn.destroy());
      await network.release();
      expect(await ended).to.equal(null);
      const listener = await network.listen({ host: '127.0.0.1', port }, () => undefined);
      await listener.close();
      caller.destroy();
    });
  });
}

/** Listens in a child that is handed the listener as its descriptor 3, as a supervisor does. */
function heir(listener: net.Server): ChildProcess {
  const source = `require('./lib/net/tcp').tcpNetwork().listen({ port: 1, host: 'nowhere.invalid', fd: 3 }, (conn) => {
    void conn.write(Buffer.from('hello')).then(() => conn.end());
  }).then(({ local }) => console.log(local.address, local.port), ({ message }) => console.log(message));`;
  const { fd } = (listener as unknown as { _handle: { fd: number } })._handle;
  const words = ['--require', 'ts-node/register/transpile-only', '-e', source];
  return spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit', fd] });
}

async function firstOf(stream: Readable | null): Promise<string> {
  const [chunk] = (await once(stream ?? new EventEmitter(), 'data')) as [Buffer];
  return chunk.toString();
}

describe('a descriptor that was inherited', () => {
  it('is listened on, whatever host and port say', async () => {
    const bound = net.createServer().listen(0, '127.0.0.1');
    await once(bound, 'listening');
    const { port } = bound.address() as net.AddressInfo;
    const child = heir(bound);
    expect(await firstOf(child.stdout)).to.equal(`127.0.0.1 ${port}\n`);
    bound.close();
    const caller = net.connect(port, '127.0.0.1');
    expect(await firstOf(caller)).to.equal('hello');
    caller.destroy();
    child.kill();
    await once(child, 'close');
  });

  it('that is a Unix socket is refused in one sentence', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-held-'));
    const bound = net.createServer().listen(path.join(folder, 'socket'));
    await once(bound, 'listening');
    const child = heir(bound);
    expect(await firstOf(child.stdout)).to.equal('cannot listen on descriptor 3: it is no TCP socket\n');
    await once(child, 'close');
    bound.close();
    fs.rmSync(folder, { recursive: true });
  });

  for (const [what, open] of [
    ['a file', () => fs.openSync(__filename, 'r')],
    ['nothing', () => 987],
  ] as const) {
    it(`that is ${what} is refused in one sentence`, async () => {
      const fd = open();
      const error = await tcpNetwork()
        .listen({ port: 0, fd }, () => undefined)
        .catch((thrown: unknown) => thrown);
      if (fd !== 987) fs.closeSync(fd);
      expect(error).to.include({
        code: 'cannot-listen',
        message: `cannot listen on descriptor ${fd}: it is no TCP socket`,
      });
    });
  }
});
