import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { Writable } from 'node:stream';
import * as tls from 'node:tls';
import { connect, type Client } from '../../lib/index';
import { pattern } from '../support/bytes';
import { eventually } from '../support/eventually';
import { noLeaks } from '../support/leaks';
import { endAll, serve } from '../support/programs';
import { authority, certified, fixture, type Certified } from '../support/tls';

const HOST = '127.0.0.1';
const BIG = pattern(24 * 1024 * 1024);
const TRUST = { ca: authority(), servername: 'localhost' };

/** Takes one piece, and the rest once it is told to go on. */
class Slow extends Writable {
  readonly taken: Buffer[] = [];
  private go: (() => void) | undefined;
  private free = false;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.taken.push(Buffer.from(chunk));
    if (this.free) done();
    else this.go = done;
  }

  goOn(): void {
    this.free = true;
    this.go?.();
  }
}

/** Hands a client's first bytes on, and the others once it is told to: the handshake is under way as long. */
async function holding(
  to: number,
): Promise<{ port: number; held: () => boolean; goOn: () => void; close: () => Promise<void> }> {
  let goOn = (): void => undefined;
  let held = false;
  const sockets: net.Socket[] = [];
  const server = net.createServer((near) => {
    const far = net.connect(to, HOST);
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    far.pipe(near);
    near.once('data', (hello: Buffer) => {
      far.write(hello.subarray(0, 100), () => (held = true));
      near.pause();
      goOn = () => {
        far.write(hello.subarray(100));
        near.pipe(far);
      };
    });
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    held: () => held,
    goOn: () => goOn(),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Which certificate is shown there, of these. */
async function shownAt(port: number): Promise<Certified | undefined> {
  const socket = tls.connect({ port, host: HOST, ...TRUST });
  await once(socket, 'secureConnect');
  const shown = socket.getPeerX509Certificate()?.fingerprint256;
  socket.destroy();
  await once(socket, 'close');
  const all: readonly Certified[] = ['server', 'server2'];
  return all.find((name) => new X509Certificate(certified(name).cert).fingerprint256 === shown);
}

/** Whether lists come over data connections of both kinds, each bound to its control connection. */
async function lists(client: Client): Promise<void> {
  for (const passive of [false, true]) expect(await client.list('', { passive })).to.include({ verified: true });
}

describe('a hangup under TLS', function () {
  this.timeout(120_000);
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  const copy = (name: Certified): void => {
    for (const kind of ['crt', 'key']) fs.copyFileSync(fixture(`${name}.${kind}`), at(`s.${kind}`));
    fs.chmodSync(at('s.key'), 0o600);
  };

  before(function () {
    if (process.platform === 'win32') this.skip();
  });
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-hangup-'));
    fs.mkdirSync(at('files'));
    fs.writeFileSync(at('files/big'), BIG);
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(folder, { recursive: true });
  });
  noLeaks();

  it('drops neither a transfer nor a handshake, shows the new certificate from then on, and stays with it', async () => {
    copy('server');
    const words = ['--host', HOST, '--root', at('files'), '--tls-cert', at('s.crt'), '--tls-key', at('s.key')];
    const { server, port, stop } = await serve(words);
    const to = { host: HOST, port: Number(port), tls: TRUST };
    expect(await shownAt(to.port)).to.equal('server');
    const old = await connect(to);
    const sink = new Slow();
    const got = old.get('big', sink);
    await eventually('the transfer is under way', () => sink.taken.length > 0);
    const between = await holding(to.port);
    const shaking = connect({ ...to, port: between.port });
    await eventually('the handshake is under way', between.held);

    copy('server2');
    server.signal('SIGHUP');
    await server.until(/s\.crt was read again: another certificate or key\.\n/, 'stderr');
    expect(await shownAt(to.port)).to.equal('server2');
    between.goOn();
    sink.goOn();
    expect(await got).to.include({ verified: true, length: BIG.length });
    expect(Buffer.concat(sink.taken).equals(BIG)).to.equal(true);
    const midway = await shaking;
    const fresh = await connect(to);
    for (const client of [old, midway, fresh]) await lists(client);

    // Half of a renewal: the certificate is another one already, the key is not yet.
    const before = server.stderr.length;
    fs.copyFileSync(fixture('server.crt'), at('s.crt'));
    server.signal('SIGHUP');
    await server.until(/the old settings stay\.\n/, 'stderr');
    expect(server.stderr.slice(before)).to.equal(
      'ftserver: --tls-key: the private key does not belong to the certificate; the old settings stay.\n',
    );
    expect(await shownAt(to.port)).to.equal('server2');
    for (const client of [old, midway, fresh]) {
      await lists(client);
      await client.close();
    }
    await between.close();
    await stop();
  });
});
