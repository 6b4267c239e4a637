import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { endAll, freePort, freePorts, ROOT, run, serve, type RunningServer } from '../support/programs';

/** Both programs, real, over loopback: what is printed, to the byte. */
describe('the two programs', function () {
  this.timeout(60_000);
  const TESTFILES = path.join(ROOT, 'testfiles');
  let here: string;
  let store: string;
  let server: RunningServer;

  beforeEach(async () => {
    here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-here-'));
    store = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-store-'));
    fs.copyFileSync(path.join(TESTFILES, 'textfile-large'), path.join(store, 'textfile-large'));
    fs.mkdirSync(path.join(store, 'sub'));
    fs.writeFileSync(path.join(store, 'sub', 'inner'), 'inner\n');
    server = await serve(['--writable'], { cwd: store });
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(here, { recursive: true });
    fs.rmSync(store, { recursive: true });
  });

  const client = (...words: string[]) => run('ftclient', words, { cwd: here });
  /** The data connection's far port is any; everything else is fixed. */
  const fixed = (stdout: Buffer): string =>
    stdout.toString('latin1').replace(/^(Data transfer initiated on \('127\.0\.0\.1', )\d+(\)\.\.\.)$/m, '$1PORT$2');
  const head = (host = '127.0.0.1'): string => `Connected to ${host} on port ${server.port}...\n`;
  const DATA = "Data transfer initiated on ('127.0.0.1', PORT)...\n";

  it('list', async () => {
    const dataPort = await freePort();
    const { code, stdout, stderr } = await client('localhost', server.port, '-l', String(dataPort));
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(fixed(stdout)).to.equal(`${head('localhost')}${DATA}.\n..\nsub\ntextfile-large\n`);
    expect(await server.stop()).to.equal(
      [
        'Connection from 127.0.0.1.',
        `List directory requested on port ${dataPort}.`,
        `Sending directory contents to 127.0.0.1:${dataPort}.`,
        '',
      ].join('\n'),
    );
  });

  it('get, a missing file and a put', async () => {
    const ports = (await freePorts(3)).map(String);
    const [a = '', b = '', c = ''] = ports;
    const got = await client('127.0.0.1', server.port, '-g', 'textfile-large', a);
    expect([got.code, got.stderr, fixed(got.stdout)]).to.deep.equal([0, '', `${head()}${DATA}Transfer complete.\n`]);
    expect(fs.readFileSync(path.join(here, 'textfile-large'))).to.deep.equal(
      fs.readFileSync(path.join(TESTFILES, 'textfile-large')),
    );

    const missing = await client('127.0.0.1', server.port, '-g', 'missing', b);
    expect([missing.code, missing.stdout.toString()]).to.deep.equal([78, head()]);
    expect(missing.stderr).to.equal(`127.0.0.1:${server.port} says FILE NOT FOUND\n`);

    const put = await client('127.0.0.1', server.port, '-p', 'textfile-large', 'sub/copy', c);
    expect([put.code, put.stderr, fixed(put.stdout)]).to.deep.equal([0, '', `${head()}${DATA}Transfer complete.\n`]);
    expect(fs.readFileSync(path.join(store, 'sub/copy'))).to.deep.equal(
      fs.readFileSync(path.join(TESTFILES, 'textfile-large')),
    );

    const { port } = server;
    expect(await server.stop()).to.equal(
      [
        'Connection from 127.0.0.1.',
        `File "textfile-large" requested on port ${a}.`,
        `Sending "textfile-large" to 127.0.0.1:${a}.`,
        'Connection from 127.0.0.1.',
        `File "missing" requested on port ${b}.`,
        `File not found. Sending error message to 127.0.0.1:${port}.`,
        'Connection from 127.0.0.1.',
        `File "sub/copy" offered on port ${c}.`,
        `Receiving "sub/copy" from 127.0.0.1:${c}.`,
        'Received "sub/copy": 82500 bytes.',
        '',
      ].join('\n'),
    );
  });

  it('passively, by option and by port 0', async () => {
    for (const words of [
      ['-l', '0'],
      ['-l', '--passive'],
    ]) {
      const { code, stdout, stderr } = await client('127.0.0.1', server.port, ...words);
      expect([code, stderr, fixed(stdout)]).to.deep.equal([0, '', `${head()}${DATA}.\n..\nsub\ntextfile-large\n`]);
    }
    expect(server.server.stdout.match(/List directory requested in passive mode\.\n/g)).to.have.length(2);
  });

  it('over IPv6, the address without a prefix', async function () {
    if (!Object.values(os.networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1')))
      this.skip();
    const { code, stdout } = await client('::1', server.port, '-l', 'sub');
    expect(code).to.equal(0);
    expect(stdout.toString()).to.match(
      /^Connected to ::1 on port \d+\.\.\.\nData transfer initiated on \('::1', \d+\)\.\.\.\n\.\n\.\.\ninner\n$/,
    );
    expect(server.server.stdout)
      .to.match(/^Connection from ::1\.$/m)
      .and.to.match(/contents to \[::1\]:\d+\.$/m);
  });

  it('with names that hurt', async () => {
    const names = ['007', '1e3', '-rf', '--odd', 'true', ' spaced  name ', '"quoted"', 'ünïcödé', '-q', '8555', "it's"];
    for (const name of names) fs.writeFileSync(path.join(store, name), `I am ${name}`);
    for (const name of names) {
      const { code, stderr } = await client('127.0.0.1', server.port, '-g', name);
      expect([code, stderr], name).to.deep.equal([0, '']);
      expect(fs.readFileSync(path.join(here, name), 'utf8')).to.equal(`I am ${name}`);
      fs.rmSync(path.join(store, name));
      const put = await client('127.0.0.1', server.port, '-p', name);
      expect([put.code, put.stderr], name).to.deep.equal([0, '']);
      expect(fs.readFileSync(path.join(store, name), 'utf8')).to.equal(`I am ${name}`);
    }
  });

  it('says of a name that is an option of ours what it was taken for, where there is no such file', async () => {
    const says = `127.0.0.1:${server.port} says FILE NOT FOUND\n`;
    for (const name of ['--quiet', '--help', '-q0']) {
      const { code, stderr } = await client('127.0.0.1', server.port, 'get', name);
      const taken = `ftclient: ${name} was taken for the name of a file: that is what follows a get\n`;
      expect([code, stderr], name).to.deep.equal([78, says + taken]);
    }
    for (const words of [['--odd'], ['--quiet', '-q'], ['missing', '-q'], ['-q', '0']]) {
      const { code, stderr } = await client('127.0.0.1', server.port, 'get', ...words);
      expect([code, stderr], words.join(' ')).to.deep.equal([78, says]);
    }
  });

  it('keep what is here: name becomes name.1, or what --on-exists says', async () => {
    const target = path.join(here, 'inner');
    fs.writeFileSync(target, 'mine');
    const get = (...words: string[]) => client('127.0.0.1', server.port, '-g', 'sub/inner', ...words);
    const renamed = await get();
    expect(renamed.code).to.equal(0);
    expect(renamed.stderr).to.match(/^ftclient: .*inner\.1\n$/);
    expect(fs.readFileSync(`${target}.1`, 'utf8')).to.equal('inner\n');

    const skipped = await get('--on-exists', 'skip');
    expect([skipped.code, skipped.stdout.toString()]).to.deep.equal([0, head()]);
    const failed = await get('--on-exists', 'fail');
    expect([failed.code, failed.stdout.toString()]).to.deep.equal([73, head()]);
    expect(fs.readFileSync(target, 'utf8')).to.equal('mine');
    expect((await get('-o', 'inner', '--on-exists', 'overwrite')).code).to.equal(0);
    expect(fs.readFileSync(target, 'utf8')).to.equal('inner\n');
    expect(fs.readdirSync(here).sort()).to.deep.equal(['inner', 'inner.1']);
  });

  it('keep what is there: a put of a taken name fails, 25, unless told', async () => {
    fs.writeFileSync(path.join(here, 'inner'), 'mine');
    const put = (...words: string[]) => client('127.0.0.1', server.port, '-p', 'inner', 'sub/inner', ...words);
    const failed = await put();
    expect([failed.code, failed.stdout.toString()]).to.deep.equal([25, head()]);
    expect(fs.readFileSync(path.join(store, 'sub/inner'), 'utf8')).to.equal('inner\n');
    expect((await put('--on-exists', 'overwrite')).code).to.equal(0);
    expect(fs.readFileSync(path.join(store, 'sub/inner'), 'utf8')).to.equal('mine');
    const same = await put();
    expect([same.code, same.stdout.toString()]).to.deep.equal([0, head()]);
    expect(same.stderr).to.match(/already/);
  });

  it('with -o - put the bytes, and only they, on standard output', async () => {
    const { code, stdout, stderr } = await client('127.0.0.1', server.port, '-g', 'textfile-large', '-o', '-');
    expect(code).to.equal(0);
    expect(stdout.equals(fs.readFileSync(path.join(TESTFILES, 'textfile-large')))).to.equal(true);
    expect(fixed(Buffer.from(stderr))).to.equal(`${head()}${DATA}Transfer complete.\n`);
    expect(fs.readdirSync(here)).to.deep.equal([]);
  });

  it('with -q and -0 print names for programs', async () => {
    const { code, stdout, stderr } = await client('-q0', '127.0.0.1', server.port, '-l');
    expect([code, stdout.toString(), stderr]).to.deep.equal([0, 'sub\0textfile-large\0', '']);
  });
});
