import { expect } from 'chai';
import { networkInterfaces } from 'node:os';
import { Readable } from 'node:stream';
import { connect } from '../../../lib/client';
import { createServer, type Server, type ServerOptions } from '../../../lib/server';
import { memoryStorage, type MemoryStorage } from '../../../lib/storage/memory';
import { pattern } from '../../support/bytes';
import { noLeaks } from '../../support/leaks';
import { connectRaw, listenRaw, type RawPeer } from '../../support/peer';
import { Basin } from '../../support/ftPlay';

/** The facts of DESIGN §3 that only a real network can prove. */

const MIB = 1024 * 1024;
const LARGE = pattern(3 * MIB);
const files = { 'a.txt': 'aaaa', large: LARGE };
const HAS_IPV6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

interface Served {
  readonly server: Server;
  readonly storage: MemoryStorage;
  readonly port: number;
}

async function serving(options: ServerOptions, host: string, spec: (served: Served) => Promise<void>): Promise<void> {
  const storage = memoryStorage(files);
  const server = createServer({ storage, writable: true, ...options });
  const { port } = await server.listen(0, host);
  try {
    await spec({ server, storage, port });
  } finally {
    await server.close(0);
  }
}

/** Asks the server whether it still serves: whatever came before this has been dealt with. */
async function stillServes(port: number, host = '127.0.0.1'): Promise<void> {
  const p = await connectRaw(port, { host });
  await p.send('-s a.txt\n');
  await p.until(/^213 [^\n]*\n/);
  await p.end();
  await p.untilEnd();
  p.destroy();
}

async function begin(port: number, request: string): Promise<{ p: RawPeer; q: RawPeer; close: () => Promise<void> }> {
  const door = await listenRaw();
  const p = await connectRaw(port);
  await p.send(`${request} ${door.port}\n`);
  const q = await door.next();
  await p.until(/^150 [^\n]*\n/);
  return { p, q, close: () => door.close() };
}

describe('the native dialect over TCP', () => {
  noLeaks();

  it('what the client sends on Q while the server closes destroys nothing that is on its way', () =>
    serving({}, '127.0.0.1', async ({ port }) => {
      const { p, q, close } = await begin(port, '-g large');
      // Unread input at close would reset the connection and lose most of the file.
      void q.send(pattern(MIB)).catch(() => undefined);
      await q.end('and more');
      const bytes = await q.untilEnd();
      expect(bytes.equals(LARGE)).to.equal(true);
      await p.until('226 ');
      await p.end();
      await p.untilEnd();
      await close();
    }));

  it('what the client sends on P while the session ends destroys no reply', () =>
    serving({}, '127.0.0.1', async ({ port }) => {
      const p = await connectRaw(port);
      await p.send(`-f\n-q\n${'-s a.txt\n'.repeat(60)}`);
      await p.end();
      expect((await p.untilEnd()).toString()).to.match(/221 Goodbye\.\r\n$/);
      p.destroy();
    }));

  it('a client that came to 127.0.1.1 is dialled from there', () =>
    serving({}, '0.0.0.0', async ({ port }) => {
      const door = await listenRaw();
      const p = await connectRaw(port, { host: '127.0.1.1' });
      await p.send(`-g a.txt ${door.port}\n`);
      const q = await door.next();
      expect(q.socket.remoteAddress).to.equal('127.0.1.1');
      expect((await q.untilEnd()).toString()).to.equal('aaaa');
      await q.end();
      await p.until('226 ');
      await p.end();
      await p.untilEnd();
      await door.close();
    }));

  it('our client that came to 127.0.1.1 takes that connection', () =>
    serving({}, '0.0.0.0', async ({ port }) => {
      const client = await connect({ host: '127.0.1.1', port });
      const basin = new Basin();
      const remotes: string[] = [];
      await client.get('a.txt', basin, { onData: ({ address }) => remotes.push(address) });
      expect(basin.bytes.toString()).to.equal('aaaa');
      expect(remotes).to.deep.equal(['127.0.1.1']);
      await client.close();
    }));

  for (const bytes of [0, 1, 65_536, MIB]) {
    it(`a put that is reset after ${bytes} bytes, while they are unread or read, is never taken for its end`, () =>
      serving({}, '127.0.0.1', async ({ port, storage }) => {
        for (let i = 0; i < 8; i += 1) {
          const { p, q, close } = await begin(port, `-p new${i}`);
          if (bytes > 0) await q.send(pattern(bytes));
          q.reset();
          // A reset that is quicker than the server's own "connected" is a connection that could not be opened.
          await p.until(/^42[56] [^\n]*\n/m);
          expect(storage.bytes(`new${i}`)).to.equal(undefined);
          await p.end();
          await p.untilEnd();
          await close();
        }
      }));
  }

  it('a reset of P with requests unread ends what runs for it', () =>
    serving({}, '127.0.0.1', async ({ port, server }) => {
      let failed: (code: string | undefined) => void = () => undefined;
      const over = new Promise<string | undefined>((resolve) => (failed = resolve));
      server.on('transfer', ({ phase, error }) => phase === 'failed' && failed(error?.code));
      const { p, q, close } = await begin(port, '-p new');
      await p.send('-s a.txt\n'.repeat(30));
      p.reset();
      expect(await over).to.equal('connection-lost');
      expect(await q.outcome()).to.equal('reset');
      await close();
      await stillServes(port);
    }));

  it('a half line ended by FIN is a request, byte by byte as well', () =>
    serving({}, '127.0.0.1', async ({ port }) => {
      const door = await listenRaw();
      const p = await connectRaw(port);
      for (const byte of Buffer.from(`-l ${door.port}`)) await p.send(Buffer.of(byte));
      await p.end();
      const q = await door.next();
      expect((await q.untilEnd()).toString()).to.equal('.\n..\na.txt\nlarge\n');
      await q.end();
      expect((await p.untilEnd()).toString()).to.match(/^150 [^\n]*\n226 [^\n]*\n$/);
      await door.close();
    }));

  for (const host of ['127.0.0.1', '::1']) {
    for (const passive of [false, true]) {
      it(`moves every edge size both ways on ${host}, ${passive ? 'passive' : 'active'}`, async function () {
        if (host === '::1' && !HAS_IPV6) return this.skip();
        await serving({}, host, async ({ port, storage }) => {
          const client = await connect({ host, port, passive });
          for (const size of [0, 1, 65_535, 65_536, 65_537, MIB, 3 * MIB + 1]) {
            const bytes = pattern(size, size + 7);
            storage.put('served', bytes);
            const basin = new Basin();
            const got = await client.get('served', basin);
            expect(got).to.include({ size, verified: true });
            expect(basin.bytes.equals(bytes), `got ${size}`).to.equal(true);
            const put = await client.put(Readable.from([bytes]), `put${size}`);
            expect(put).to.include({ size, verified: true });
            expect(storage.bytes(`put${size}`)?.equals(bytes), `put ${size}`).to.equal(true);
          }
          await client.close();
        });
      });
    }
  }
});
