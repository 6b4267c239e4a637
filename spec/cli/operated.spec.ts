import { expect } from 'chai';
import { spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { fixture } from '../support/tls';
import { endAll, launcher, ROOT, run, Running, start, type Ran } from '../support/programs';

/** A server that is kept running: by its log, by signals, by a supervisor, and as a user of its own. */
describe('ftserver, operated', function () {
  this.timeout(90_000);
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  const write = (text: string): void => fs.writeFileSync(at('f.yaml'), text);
  const client = (port: string, ...words: string[]): Promise<Ran> =>
    run('ftclient', ['-q', '127.0.0.1', port, ...words], { cwd: folder });

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-operated-'));
    // Whoever the server becomes has to get here.
    fs.chmodSync(folder, 0o755);
    fs.mkdirSync(at('files'));
    fs.writeFileSync(at('files/a'), 'a\n');
    fs.writeFileSync(at('b'), 'b\n');
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(folder, { recursive: true });
  });

  const opened = async (server: Running): Promise<string> => (await server.until(/^Server open on (\d+)\n/))[1] ?? '';
  const stop = async (server: Running): Promise<Ran> => {
    server.signal('SIGTERM');
    const ran = await server.ended;
    expect(ran.code).to.equal(0);
    return ran;
  };

  it('prints JSON alone with --log-format json, whatever files are called', async () => {
    const name = 'x\n{"event":"open"}\x1bc';
    fs.writeFileSync(at(`files/${name}`), 'x');
    const server = start('ftserver', ['0', '--root', at('files'), '--log-format', 'json', '--host', '127.0.0.1']);
    const [line = ''] = await server.until(/^.*\n/);
    const { event, port, reach, command } = JSON.parse(line) as Record<string, unknown>;
    expect({ event, reach, command }).to.deep.equal({
      event: 'open',
      reach: [],
      command: `ftclient 127.0.0.1 ${String(port)} -l`,
    });
    expect((await client(String(port), '-g', name, '-o', '-')).stdout.toString()).to.equal('x');
    const { stdout, stderr } = await stop(server);
    const events = stdout
      .toString()
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(events.map((one) => one['event'])).to.deep.equal(['open', 'session', 'requested', 'started', 'done']);
    expect(events.at(-1)).to.include({ verb: 'get', dialect: 'ft', path: name, bytes: 1 });
    expect(stderr).to.equal('');
  });

  it('reads its configuration again at SIGHUP, and keeps what it has when that is wrong', async () => {
    write('port: 0\nroot: files\n');
    const server = start('ftserver', ['--config', 'f.yaml'], { cwd: folder });
    const port = await opened(server);
    expect((await client(port, '-p', 'b')).code).to.equal(25);

    write('port: 1\nroot: /\nwritable: true\nidle-timeout: 9\n');
    server.signal('SIGHUP');
    await server.until(/^ftserver: f\.yaml was read again: writable, idle-timeout\.\n/m, 'stderr');
    await server.until(/^ftserver: port, root cannot change in a running server, and stay as before\.\n/m, 'stderr');
    expect((await client(port, '-p', 'b')).code).to.equal(0);
    expect(fs.readdirSync(at('files')).sort()).to.deep.equal(['a', 'b']);

    write('port: 0\nwritable: maybe\n');
    server.signal('SIGHUP');
    await server.until(
      /^ftserver: f\.yaml:2: writable takes true or false, not "maybe"; the old settings stay\.\n/m,
      'stderr',
    );
    write('port: 0\nban-aftr: 3\n');
    server.signal('SIGHUP');
    await server.until(/"ban-aftr"; did you mean ban-after\? The old settings stay\.\n/, 'stderr');
    write('root: files\n');
    server.signal('SIGHUP');
    await server.until(/^ftserver: f\.yaml: which port\? .*; the old settings stay\.\n/m, 'stderr');
    fs.rmSync(at('f.yaml'));
    server.signal('SIGHUP');
    await server.until(
      /^ftserver: the configuration cannot be read: .* was not found; the old settings stay\.\n/m,
      'stderr',
    );
    expect((await client(port, '-p', 'b', 'c')).code).to.equal(0);
    expect(server.stdout).to.match(/^Received "c": 2 bytes\.\n/m);

    write('port: 0\nroot: files\nread-only: true\nlog-format: json\n');
    server.signal('SIGHUP');
    await server.until(/^\{.*"event":"reload","message":"f\.yaml was read again: .*log-format.*"\}\n/m);
    expect((await client(port, '-p', 'b', 'd')).code).to.equal(25);
    expect((await client(port, '-g', 'c', '-o', '-')).stdout.toString()).to.equal('b\n');
    await stop(server);
  });

  it('ends at a hangup without a configuration', async () => {
    const server = start('ftserver', ['0'], { cwd: folder });
    await opened(server);
    server.signal('SIGHUP');
    expect((await server.ended).signal).to.equal('SIGHUP');
  });

  /** Starts it as a supervisor does: sockets from descriptor 3 on, and its own process number. */
  function supervised(
    sockets: readonly (net.Server | net.Socket)[],
    words: readonly string[],
    env: Record<string, string>,
  ): Running {
    const fds = sockets.map((socket) => (socket as unknown as { _handle: { fd: number } })._handle.fd);
    const program = [process.execPath, ...launcher('ftserver'), ...words];
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...fds];
    // The number is known to the process itself alone: the shell's own, which exec keeps.
    return new Running(
      spawn('/bin/sh', ['-c', 'export LISTEN_PID=${PID-$$}; exec "$@"', 'sh', ...program], {
        cwd: folder,
        stdio,
        env: {
          ...process.env,
          TS_NODE_PROJECT: path.join(ROOT, 'tsconfig.json'),
          LISTEN_FDS: `${sockets.length}`,
          ...env,
        },
      }),
    );
  }

  async function bound(host = '127.0.0.1'): Promise<{ socket: net.Server; port: string }> {
    const socket = net.createServer().listen(0, host);
    await once(socket, 'listening');
    return { socket, port: String((socket.address() as net.AddressInfo).port) };
  }

  it('serves the sockets of a supervisor, each in the language of its name', async () => {
    const [one, two] = [await bound(), await bound()];
    const server = supervised([one.socket, two.socket], ['--root', 'files'], {
      LISTEN_FDNAMES: 'x.socket:privateshare',
    });
    await server.until(/^Server open on \d+\nServer open on \d+\nSpeaking privateshare\.\n/);
    for (const { socket } of [one, two]) socket.close();
    expect(server.stdout.startsWith(`Server open on ${one.port}\nServer open on ${two.port}\n`)).to.equal(true);
    expect((await client(one.port, '-l')).stdout.toString()).to.equal('a\n');
    expect((await client(two.port, '-l', '--dialect', 'privateshare')).stdout.toString()).to.equal('a\n');
    await stop(server);
  });

  it('leaves alone what was handed to another process, or is no TCP socket', async () => {
    const one = await bound();
    const other = supervised([one.socket], ['0'], { PID: '1' });
    expect(await opened(other)).not.to.equal(one.port);
    await stop(other);
    one.socket.close();
    const unix = net.createServer().listen(at('socket'));
    await once(unix, 'listening');
    const { code, stdout, stderr } = await supervised([unix], [], {}).ended;
    unix.close();
    expect([code, stdout.toString(), stderr]).to.deep.equal([
      69,
      '',
      'ftserver: cannot listen on descriptor 3: it is no TCP socket\n',
    ]);
  });

  it('says what Accept=yes is to it', async () => {
    const one = await bound();
    const arrived = once(one.socket, 'connection') as Promise<[net.Socket]>;
    const far = net.connect(Number(one.port), '127.0.0.1');
    const [near] = await arrived;
    const { code, stdout, stderr } = await supervised([near], [], {}).ended;
    for (const socket of [far, near]) socket.destroy();
    one.socket.close();
    expect([code, stdout.toString(), stderr]).to.deep.equal([
      69,
      '',
      'ftserver: descriptor 3 is a connection, not a socket that listens: Accept=yes is not for this server\n',
    ]);
  });

  it('is started by the first connection that its supervisor accepts for it', async function () {
    const program = '/usr/bin/systemd-socket-activate';
    // systemd's own way of trying a socket unit, where there is systemd.
    if (!fs.existsSync(program)) this.skip();
    const one = await bound();
    one.socket.close();
    await once(one.socket, 'close');
    // It hands on no environment but what it is told.
    const activated = ['-l', `127.0.0.1:${one.port}`, '--fdname=privateshare'];
    activated.push('-E', `TS_NODE_PROJECT=${path.join(ROOT, 'tsconfig.json')}`);
    const words = [...activated, process.execPath, ...launcher('ftserver')];
    const server = new Running(
      spawn(program, [...words, '--root', 'files'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    await server.until(/^Listening on /m, 'stderr');
    expect((await client(one.port, '-l', '--dialect', 'privateshare')).stdout.toString()).to.equal('a\n');
    const { stdout } = await stop(server);
    // Whoever was there first is told of behind what programs wait for.
    expect(stdout.toString()).to.match(
      new RegExp(`^Server open on ${one.port}\\nSpeaking privateshare\\.\\nConnection from 127\\.0\\.0\\.1\\.\\n`),
    );
  });

  it('refuses --user to whoever is not root, and users who are none', async function () {
    const { code, stdout, stderr } = await run('ftserver', ['0', '--user', 'no-such-user-here']);
    expect(stdout.toString()).to.equal('');
    if (process.getuid?.() === 0) {
      expect(code).to.equal(64);
      expect(stderr).to.match(/^ftserver: there is no user "no-such-user-here"\n/);
    } else {
      expect([code, stderr]).to.deep.equal([77, 'ftserver: only root can become no-such-user-here\n']);
    }
  });

  describe('as root', () => {
    before(function () {
      // Nobody else can become another user.
      if (process.getuid?.() !== 0 || process.platform !== 'linux') this.skip();
    });

    it('is its user once the ports are open, and the user’s rights decide', async () => {
      fs.chmodSync(at('files'), 0o777);
      fs.writeFileSync(at('files/secret'), 'root’s');
      fs.chmodSync(at('files/secret'), 0o600);
      fs.mkdirSync(at('closed'), { mode: 0o700 });
      const words = ['0', '--root', at('files'), '--writable', '--user', 'nobody:nogroup'];
      const server = start('ftserver', words, { cwd: '/' });
      const port = await opened(server);
      const tasks = `/proc/${server.child.pid ?? 0}/task`;
      const all = Array<number>(4).fill(65534).join('\t');
      // Files are opened on other threads than the one that gave root up.
      expect(fs.readdirSync(tasks).length).to.be.at.least(5);
      for (const task of fs.readdirSync(tasks)) {
        const status = fs.readFileSync(`${tasks}/${task}/status`, 'utf8');
        const of = (name: string): string | undefined => new RegExp(`^${name}:\\t(.*)$`, 'm').exec(status)?.[1]?.trim();
        expect([of('Uid'), of('Gid'), of('Groups')]).to.deep.equal([all, all, '65534']);
        for (const capabilities of ['CapPrm', 'CapEff']) expect(of(capabilities)).to.match(/^0+$/);
      }
      expect((await client(port, '-p', 'b')).code).to.equal(0);
      expect(fs.statSync(at('files/b')).uid).to.equal(65534);
      expect((await client(port, '-g', 'secret', '-o', '-')).code).not.to.equal(0);
      await stop(server);

      // A directory within one that the user may not enter: opened as root it would be served.
      fs.mkdirSync(at('closed/in'), { mode: 0o777 });
      const refused = await run('ftserver', ['0', '--root', at('closed/in'), '--user', 'nobody']);
      expect([refused.code, refused.stdout.toString()]).to.deep.equal([77, '']);
      expect(refused.stderr).to.match(/^ftserver: .*permission denied\n$/);
    });

    it('is refused a user with the group of root, and check looks at the directory as the user', async () => {
      const { code, stdout, stderr } = await run('ftserver', ['0', '--user', 'nobody:root'], { cwd: at('files') });
      expect([code, stdout.toString()]).to.deep.equal([64, '']);
      expect(stderr).to.match(/^ftserver: the group of "nobody" would be root's: name another\n/);

      write('port: 0\nroot: files\nuser: nobody\n');
      const fine = await run('ftserver', ['check', 'f.yaml'], { cwd: folder });
      expect([fine.code, fine.stderr]).to.deep.equal([0, '']);
      // Read before root is given up, by check as by the start.
      fs.copyFileSync(fixture('server.crt'), at('s.crt'));
      fs.copyFileSync(fixture('server.key'), at('s.key'));
      fs.chmodSync(at('s.key'), 0o600);
      fs.mkdirSync(at('logs'), { mode: 0o700 });
      write('port: 0\nroot: files\nuser: nobody\ntls-cert: s.crt\ntls-key: s.key\naudit: logs/audit\n');
      const keyed = await run('ftserver', ['check', 'f.yaml'], { cwd: folder });
      expect([keyed.code, keyed.stderr]).to.deep.equal([0, '']);
      expect(keyed.stdout.toString()).to.match(/^- audit: .*logs\/audit cannot be written: permission denied\.$/m);
      fs.chmodSync(at('files'), 0o700);
      const closed = await run('ftserver', ['check', 'f.yaml'], { cwd: folder });
      expect([closed.code, closed.stdout.toString()]).to.deep.equal([77, '']);
      expect(closed.stderr).to.match(/^ftserver: f\.yaml:2: root: .*permission denied\n$/);
    });

    it('makes what it makes as its user', async () => {
      fs.chmodSync(folder, 0o777);
      const server = start('ftserver', ['0', '--dialect', 'numbered', '--root', at('inbox'), '--user', 'nobody']);
      const port = await opened(server);
      const upload = net.connect(Number(port), '127.0.0.1').resume().end('b\n');
      await once(upload, 'close');
      await stop(server);
      expect([fs.statSync(at('inbox')).uid, fs.statSync(at('inbox/1.file')).uid]).to.deep.equal([65534, 65534]);
    });
  });
});
