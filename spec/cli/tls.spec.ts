import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { expect } from 'chai';
import { endAll, freePort, run, serve, start } from '../support/programs';
import { fixture } from '../support/tls';

const certificate = (name: string): readonly string[] => [
  '--tls-cert',
  fixture(`${name}.crt`),
  '--tls-key',
  fixture(`${name}.key`),
];
const [CRT, KEY] = [fixture('server.crt'), fixture('server.key')];
/** A directory that none of the files here lies in: a server starts with no key in what it serves. */
const ELSEWHERE = ['--root', 'bin'];
const DEMANDS = [...certificate('server'), '--tls-client-ca', fixture('ca.crt')];
const BELIEVE = ['--tls', '--cafile', fixture('ca.crt')];

/** TLS, as people at two machines see it. */
describe('the programs under TLS', function () {
  this.timeout(120_000);
  let folder: string;
  const at = (name: string): string => path.join(folder, name);

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-tls-'));
    fs.mkdirSync(at('files'));
    fs.writeFileSync(at('files/a'), 'a file\n');
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(folder, { recursive: true });
  });

  it('get, put, and say what is wrong: 35 without TLS, 60 with a certificate that proves nothing', async () => {
    const options = ['--root', at('files'), '--writable', '--host', '127.0.0.1'];
    const { server, port, stop } = await serve([...options, ...certificate('server'), '--tls', 'require']);
    const client = (...words: string[]) => run('ftclient', ['127.0.0.1', port, ...words], { cwd: folder });
    const got = await client('-g', 'a', ...BELIEVE);
    expect([got.code, got.stderr]).to.deep.equal([0, '']);
    expect(fs.readFileSync(at('a'), 'utf8')).to.equal('a file\n');
    expect((await client('-p', 'a', 'b', '--passive', ...BELIEVE)).code).to.equal(0);
    expect(fs.readFileSync(at('files/b'), 'utf8')).to.equal('a file\n');

    const stranger = await client('-l', '--tls');
    expect([stranger.code, stranger.stdout.toString(), stranger.stderr]).to.deep.equal([
      60,
      '',
      'ftclient: the certificate of 127.0.0.1 is from an unknown issuer, "Twinport specs"\n' +
        "ftclient: with its certificate, or its authority's, from its owner: --cafile FILE\n",
    ]);
    const clear = await client('-l');
    expect(clear.code).to.equal(7);
    expect(clear.stderr).to.match(/TLS is required here, closing\.\nftclient: use --tls\n$/);
    const careless = await client('-q', '-l', '--tls', '--insecure');
    expect([careless.code, careless.stdout.toString()]).to.deep.equal([0, 'a\nb\n']);
    expect(careless.stderr).to.match(/^ftclient: WARNING: --insecure believes whoever answers\. .*\n$/);
    await stop();
    expect(server.stderr).to.match(/^(ftserver: "[^"]+" is a private key that everybody here can read\.\n)?$/);
  });

  it('serve nobody without a certificate where one is required, and say so at both ends', async () => {
    const demands = [...DEMANDS, '--tls', 'require', '--tls-verify-client', 'require'];
    const { server, port, stop } = await serve(['--root', at('files'), '--host', '127.0.0.1', ...demands]);
    const list = (...more: string[]) => run('ftclient', ['-q', '127.0.0.1', port, '-l', ...BELIEVE, ...more]);
    const none = await list();
    expect([none.code, none.stdout.toString(), none.stderr]).to.deep.equal([
      7,
      '',
      `127.0.0.1:${port} says A client certificate is required here, closing.\n`,
    ]);
    await server.until(/A client certificate is required here \(127\.0\.0\.1\)\.\n/);
    const shown = await list('--cert', fixture('client.crt'), '--key', fixture('client.key'));
    expect([shown.code, shown.stdout.toString(), shown.stderr]).to.deep.equal([0, 'a\n', '']);
    await stop();
  });

  it('never go on in clear text', async () => {
    const { port, stop } = await serve(['--root', at('files')]);
    const { code, stdout, stderr } = await run('ftclient', ['127.0.0.1', port, '-l', '--tls']);
    expect([code, stdout.toString(), stderr]).to.deep.equal([
      35,
      '',
      'ftclient: the server does not answer with TLS, but says in clear text: "421 There is no TLS here, closing."\n',
    ]);
    await stop();
  });

  it('are turned away in the same words, and with the same exit code, as without', async () => {
    for (const [said, code, words] of [
      ['421 Too many failed logins, closing.\r\n', 7, /^127\.0\.0\.1:\d+ says Too many failed logins, closing\.\n$/],
      ['', 56, /^ftclient: the server closed the connection without an answer\n$/],
    ] as const) {
      const door = createServer(
        (socket) =>
          void socket
            .on('error', () => undefined)
            .resume()
            .end(said),
      );
      await once(door.listen(0, '127.0.0.1'), 'listening');
      const { port } = door.address() as AddressInfo;
      for (const more of [[], BELIEVE]) {
        const ended = await run('ftclient', ['127.0.0.1', String(port), '-q', '-l', ...more]);
        expect([ended.code, ended.stdout.toString()], more.join(' ')).to.deep.equal([code, '']);
        expect(ended.stderr).to.match(words);
      }
      door.close();
      await once(door, 'close');
    }
  });

  it('reload a certificate at a hangup, and keep the old one when the new one is bad', async () => {
    const copy = (name: string): void => {
      fs.copyFileSync(fixture(`${name}.crt`), at('s.crt'));
      fs.copyFileSync(fixture(`${name}.key`), at('s.key'));
      fs.chmodSync(at('s.key'), 0o644);
    };
    copy('expired');
    const words = ['--root', at('files'), '--tls-cert', at('s.crt'), '--tls-key', at('s.key')];
    const { server, port, stop } = await serve(words);
    const list = () => run('ftclient', ['-q', 'localhost', port, '-l', ...BELIEVE]);
    await server.until(/is a private key that everybody here can read\.\n/, 'stderr');
    await server.until(/expired on 2021-01-01: nobody will believe it\.\n/, 'stderr');
    expect((await list()).stderr).to.equal('ftclient: the certificate of localhost expired on 2021-01-01\n');
    copy('server');
    server.signal('SIGHUP');
    await server.until(/s\.crt was read again: another certificate or key\.\n/, 'stderr');
    await server.until(/for localhost, 127\.0\.0\.1, .* and valid until 2120-01-01\.\n/, 'stderr');
    expect((await list()).stdout.toString()).to.equal('a\n');
    fs.writeFileSync(at('s.key'), 'rubbish');
    server.signal('SIGHUP');
    await server.until(/the old settings stay\.\n/, 'stderr');
    expect((await list()).stdout.toString()).to.equal('a\n');
    await stop();
  });

  it('check a certificate before it is needed', async () => {
    const check = (cert: string, key: string, more = '') => {
      const lines = [`port: 0`, `root: ${at('files')}`, `tls-cert: ${cert}`, `tls-key: ${key}`, more];
      fs.writeFileSync(at('f.yaml'), lines.join('\n'));
      return run('ftserver', ['check', 'f.yaml'], { cwd: folder });
    };
    const good = await check(fixture('server.crt'), fixture('server.key'), 'tls: require');
    expect(good.code).to.equal(0);
    expect(good.stdout.toString()).to.match(
      /^The certificate is for localhost, .*, from Twinport specs, and valid until 2120-01-01\.$/m,
    );
    const demanding = [`tls-client-ca: ${fixture('ca.crt')}`, 'tls-verify-client: require', 'tls: require'].join('\n');
    const demands = await check(fixture('server.crt'), fixture('server.key'), demanding);
    expect(demands.stdout.toString()).to.match(/^tls-verify-client +require +f\.yaml:6$/m);
    const nobody = await check(fixture('server.crt'), fixture('server.key'), `tls-client-ca: ${fixture('server.key')}`);
    expect(nobody.code).to.equal(64);
    expect(nobody.stderr).to.match(/f\.yaml:5: tls-client-ca: there is no certificate in PEM among the authorities/);
    const wrong = await check(fixture('server.crt'), fixture('client.key'));
    expect(wrong.code).to.equal(64);
    expect(wrong.stderr).to.match(/f\.yaml:4: tls-key: the private key does not belong to the certificate/);
    const gone = await check(fixture('server.crt'), at('nowhere'));
    expect(gone.code).to.equal(64);
    expect(gone.stderr).to.match(/f\.yaml:4: tls-key: "[^"]*nowhere" was not found\n$/);
    // From wherever it is started, as of every other file in it.
    fs.copyFileSync(fixture('server.crt'), at('s.crt'));
    fs.copyFileSync(fixture('server.key'), at('s.key'));
    fs.copyFileSync(fixture('ca.crt'), at('ca.crt'));
    const beside = await check('s.crt', 's.key', 'tls-client-ca: ca.crt');
    expect([beside.code, beside.stderr]).to.deep.equal([0, '']);
    const elsewhere = await run('ftserver', ['check', at('f.yaml')], { cwd: os.tmpdir() });
    expect([elsewhere.code, elsewhere.stderr]).to.deep.equal([0, '']);
  });

  for (const [program, words, sentence] of [
    ['ftclient', ['h', '1', '-l', '--cafile', 'x'], '--cafile belongs to --tls'],
    ['ftserver', ['0', ...ELSEWHERE, '--tls-cert', KEY, '--tls-key', KEY], '--tls-cert: no certificate in PEM: '],
    ['ftserver', ['0', ...ELSEWHERE, '--tls-cert', CRT, '--tls-key', CRT], '--tls-key: no private key in PEM: '],
    [
      'ftserver',
      ['0', ...ELSEWHERE, '--tls-cert', 'none.crt', '--tls-key', KEY],
      'ftserver: --tls-cert: "none.crt" was not found\n',
    ],
    [
      'ftserver',
      ['0', ...ELSEWHERE, '--tls-cert', CRT, '--tls-key', '/etc'],
      'ftserver: --tls-key: "/etc" is a directory\n',
    ],
    [
      'ftserver',
      ['0', ...ELSEWHERE, ...certificate('server'), '--tls-client-ca', KEY],
      '--tls-client-ca: there is no certificate',
    ],
    ['ftclient', ['h', '1', '-l', '--tls', '--cert', CRT, '--key', CRT], `"${CRT}": no private key in PEM: `],
    ['ftclient', ['h', '1', '-l', '--tls', '--cert', KEY, '--key', KEY], `"${KEY}": no certificate in PEM: `],
    ['ftclient', ['h', '1', '-l', '--tls', '--cafile', 'x'], 'cannot read the authorities: "x" was not found\n'],
    ['ftclient', ['h', '1', '-l', '--insecure'], '--insecure belongs to --tls'],
    ['ftclient', ['h', '1', '-l', '--tls', '--cert', 'x'], '--cert and --key belong together: give both'],
    ['ftclient', ['h', '1', '-l', '--tls', '--insecure', '--cafile', 'x'], '--insecure believes anybody'],
    ['ftserver', ['0', '--tls', 'require'], '--tls require needs a certificate and its key'],
    ['ftserver', ['0', '--tls', 'maybe'], '--tls is one of off, offer, require, not "maybe"'],
    ['ftserver', ['0', '--tls-cert', 'x'], '--tls-cert needs tls-key too'],
    ['ftserver', ['0', '--tls-verify-client', 'require'], '--tls-verify-client needs the authorities of clients too'],
    [
      'ftserver',
      ['0', ...DEMANDS, '--tls-verify-client', 'no'],
      '--tls-verify-client is one of optional, require, not',
    ],
    [
      'ftserver',
      ['0', ...DEMANDS, '--tls-verify-client', 'require'],
      '--tls-verify-client require needs tls require too',
    ],
  ] as const) {
    it(`refuse what cannot be meant: ${program} ${words.join(' ')}`, async () => {
      const { code, stderr } = await run(program, words);
      expect(code).to.equal(64);
      expect(stderr).to.contain(sentence);
    });
  }

  it('go through a relay with a fixed pair of data ports', async () => {
    const data = await freePort();
    const range = `${data}-${data}`;
    const { port, stop } = await serve([
      ...['--root', at('files'), '--host', '127.0.0.2', '--data-ports', range],
      ...certificate('server'),
    ]);
    const relay = start('ftrelay', ['0', '127.0.0.2', port, '--host', '127.0.0.1', '--data', `${data}:${data}`]);
    const [, entrance = ''] = await relay.until(/(\d+)/);
    const words = ['-q', '127.0.0.1', entrance, '-g', 'a', '-o', '-', '--passive', ...BELIEVE];
    const { code, stdout, stderr } = await run('ftclient', words);
    expect([code, stdout.toString(), stderr]).to.deep.equal([0, 'a file\n', '']);
    relay.signal('SIGTERM');
    await relay.ended;
    await stop();
  });

  it('load no TLS where there is none, at either end', async () => {
    const names = 'process.moduleLoadList.filter((m) => /\\btls$|_tls_wrap/.test(m)).join()';
    fs.writeFileSync(at('tell.js'), `process.on('exit', () => require('fs').writeSync(2, ${names}))`);
    const env = { NODE_OPTIONS: `--require ${JSON.stringify(at('tell.js'))}` };
    const list = (port: string, ...more: string[]) =>
      run('ftclient', ['-q', '127.0.0.1', port, '-l', ...more], { env });
    const clear = await serve(['--root', at('files')], { env });
    const plain = await list(clear.port);
    expect([plain.stdout.toString(), plain.stderr]).to.deep.equal(['a\n', '']);
    expect((await list(clear.port, '--passive')).stderr).to.equal('');
    await clear.stop();
    expect(clear.server.stderr).to.equal('');
    const secure = await serve(['--root', at('files'), ...certificate('server')], { env });
    expect((await list(secure.port, ...BELIEVE)).stderr).to.match(/tls/);
    await secure.stop();
    expect(secure.server.stderr).to.match(/tls/);
  });

  const openssl = spawnSync('openssl', ['version']).status === 0;
  (openssl ? it : it.skip)('answer openssl s_client (skipped where there is no openssl)', async () => {
    const { port, stop } = await serve(['--root', at('files'), ...certificate('server')]);
    for (const version of ['-tls1_2', '-tls1_3']) {
      const words = ['s_client', '-quiet', '-verify_return_error', version, '-CAfile', fixture('ca.crt')];
      const said = spawnSync('openssl', [...words, '-connect', `127.0.0.1:${port}`], {
        input: '-f\n-q\n',
        encoding: 'utf8',
      });
      expect(said.stdout).to.match(/^211-Features:\r\n ft 1\r\n[^]*\r\n211 End\r\n221 Goodbye\.\r\n$/);
    }
    await stop();
  });

  it('tell a server that only waits from one that answers', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    const words = ['127.0.0.1', `${port}`, '-l', '--tls', '--connect-timeout', '0.5'];
    const { code, stderr } = await run('ftclient', words);
    expect([code, stderr]).to.deep.equal([35, `ftclient: no TLS from 127.0.0.1:${port} in 0.5 s\n`]);
    await new Promise((resolve) => silent.close(resolve));
  });
});
