import { expect } from 'chai';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { endAll, homemade, run, serve, start, type RunningServer } from '../support/programs';

/** The real server as its operator sees it. */
describe('ftserver', function () {
  this.timeout(60_000);
  let store: string;
  let server: RunningServer;

  beforeEach(() => {
    store = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-store-'));
    fs.writeFileSync(path.join(store, 'a'), 'a\n');
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(store, { recursive: true });
  });

  /** A session by hand. */
  async function session(port: string): Promise<net.Socket> {
    const socket = net.connect(Number(port), '127.0.0.1').setEncoding('utf8');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  for (const [words, sentence] of [
    [[], /^ftserver: which port/],
    [['x'], /^ftserver: the port must be/],
    [['3555', '3556'], /^ftserver: "3556" is one word too many/],
    [['3555', '--odd'], /^ftserver: there is no option --odd/],
    [['3555', '--data-ports', '9-8'], /^ftserver: --data-ports begins with the lower port: 8-9$/m],
  ] as const) {
    it(`64 and one sentence: ftserver ${words.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run('ftserver', words, { cwd: store });
      expect([code, stdout.toString()]).to.deep.equal([64, '']);
      expect(stderr)
        .to.match(sentence)
        .and.to.match(/^.*\n(Usage: ftserver PORT \[OPTIONS\]\n(?: {7}ftserver [^\n]+\n){5})?Try ftserver --help\.\n$/);
      expect(stderr.includes('Usage:')).to.equal(words.length === 0);
    });
  }

  it('answers --help and --version', async () => {
    const help = await run('ftserver', ['--help']);
    expect([help.code, help.stderr]).to.deep.equal([0, '']);
    expect(help.stdout.toString())
      .to.match(/^Usage: ftserver PORT/)
      .and.to.include('--strict-put');
    expect((await run('ftserver', ['--version'])).stdout.toString()).to.match(/^ftserver \d+\.\d+\.\d+\n$/);
  });

  it('69 when the port is taken', async () => {
    const holder = net.createServer().listen(0);
    await once(holder, 'listening');
    const port = String((holder.address() as net.AddressInfo).port);
    const { code, stdout, stderr } = await run('ftserver', [port], { cwd: store });
    holder.close();
    expect([code, stdout.toString()]).to.deep.equal([69, '']);
    expect(stderr).to.match(new RegExp(`^ftserver: .*${port}.*\\n$`));
  });

  it('66 when the directory is not there or none', async () => {
    for (const root of ['missing', 'a']) {
      const { code, stdout, stderr } = await run('ftserver', ['0', '--root', root], { cwd: store });
      expect([code, stdout.toString()], root).to.deep.equal([66, '']);
      expect(stderr).to.match(/^ftserver: .*\n$/);
    }
  });

  it('serves what it is told to, on the address it is told to', async () => {
    server = await serve(['--root', store, '--host', '127.0.0.1'], { cwd: os.tmpdir() });
    const { stdout } = await run('ftclient', ['-q', '127.0.0.1', server.port, '-l']);
    expect(stdout.toString()).to.equal('a\n');
  });

  it('cannot be made to print lines of a client’s making', async () => {
    server = await serve([], { cwd: store });
    const socket = await session(server.port);
    socket.write(`-g --hex ${Buffer.from('x\nConnection from 6.6.6.6.\x1b[2J').toString('hex')} 0\n`);
    await once(socket, 'data');
    socket.destroy();
    const printed = await server.stop();
    expect(printed).not.to.match(/[\x00-\x09\x0b-\x1f\x7f]|^Connection from 6/m);
    expect(printed).to.include('File "x\\x0aConnection from 6.6.6.6.\\x1b[2J" requested in passive mode.\n');
  });

  it('goes on when nobody reads its log any more', async () => {
    server = await serve([], { cwd: store });
    server.server.child.stdout?.destroy();
    for (let times = 0; times < 3; times++) {
      const { code, stdout } = await run('ftclient', ['-q', '127.0.0.1', server.port, '-l']);
      expect([code, stdout.toString()]).to.deep.equal([0, 'a\n']);
    }
    server.server.signal('SIGTERM');
    expect((await server.server.ended).code).to.equal(0);
  });

  it('opens no debugger at SIGUSR1, which would be a way in for everybody on this machine', async () => {
    server = await serve([], { cwd: store });
    server.server.signal('SIGUSR1');
    const { code, stdout } = await run('ftclient', ['-q', '127.0.0.1', server.port, '-l']);
    expect([code, stdout.toString()]).to.deep.equal([0, 'a\n']);
    server.server.signal('SIGTERM');
    expect(await server.server.ended).to.include({ code: 0, stderr: '' });
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`stops at ${signal}: 421 to who is idle, exit 0`, async () => {
      server = await serve([], { cwd: store });
      const socket = await session(server.port);
      await server.server.until(/Connection from/);
      const told = once(socket, 'data');
      server.server.signal(signal);
      expect(String(await told)).to.match(/^421 /);
      socket.destroy();
      const { code, stderr } = await server.server.ended;
      expect([code, stderr]).to.deep.equal([0, '']);
    });
  }

  it('lets a transfer finish, and ends at once by a second signal', async () => {
    fs.writeFileSync(path.join(store, 'large'), Buffer.alloc(64 * 1024 * 1024));
    server = await serve(['--grace', '60'], { cwd: store });
    // A client that does not read its data: the transfer stands.
    const listener = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const held = once(listener, 'connection') as Promise<[net.Socket]>;
    const socket = await session(server.port);
    socket.resume().write(`-g large ${(listener.address() as net.AddressInfo).port}\n`);
    const [data] = await held;
    data.on('error', () => undefined);
    await server.server.until(/Sending "large"/);
    server.server.signal('SIGINT');
    await server.server.until(/^ftserver: stopping; transfers may finish/, 'stderr');
    server.server.signal('SIGINT');
    expect((await server.server.ended).signal).to.equal('SIGINT');
    for (const closing of [data, socket]) closing.destroy();
    listener.close();
  });

  it('with --plain-replies says nothing to a client but errors', async () => {
    server = await serve(['--plain-replies'], { cwd: store });
    const listener = net.createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const held = once(listener, 'connection') as Promise<[net.Socket]>;
    const socket = await session(server.port);
    let said = '';
    socket.on('data', (text: string) => (said += text));
    socket.end(`-g a ${(listener.address() as net.AddressInfo).port}\n`);
    const [data] = await held;
    data.resume();
    await once(socket, 'close');
    expect(said).to.equal('');
    listener.close();
  });

  it('refuses to be dialled back from with --no-active', async () => {
    server = await serve(['--no-active'], { cwd: store });
    const { code, stdout, stderr } = await run('ftclient', ['127.0.0.1', server.port, '-l'], { cwd: store });
    expect(code).to.equal(0);
    expect(stdout.toString()).to.match(/\na\n$/);
    expect(stderr).to.match(/^ftclient: .*passive.*\n$/);
  });

  it('is not confused by a client program of another kind', async () => {
    server = await serve([], { cwd: store });
    const socket = await session(server.port);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(String(await once(socket, 'data'))).to.match(/^5\d\d /);
    socket.destroy();
    expect((await run('ftclient', ['-q', '127.0.0.1', server.port, '-l'])).stdout.toString()).to.equal('a\n');
  });

  it('is a server that ftclient tells from others', async () => {
    const other = await homemade((socket) => socket.end('SSH-2.0-OpenSSH_9.0\r\n'));
    const { code } = await run('ftclient', ['127.0.0.1', other.port, '-l'], { cwd: store });
    await other.close();
    expect(code).to.equal(8);
  });

  it('keeps the process alive only as long as it serves', async () => {
    const running = start('ftserver', ['0'], { cwd: store });
    await running.until(/^Server open on \d+\n/);
    running.signal('SIGTERM');
    const { code, stdout } = await running.ended;
    expect(code).to.equal(0);
    expect(stdout.toString()).to.match(/^Server open on \d+\n$/);
  });
});
