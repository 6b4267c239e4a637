import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { COST, formatSecret } from '../../lib/auth/passwords';
import { ftserver as program } from '../../lib/cli/ftserver';
import { Output } from '../../lib/cli/output';
import { createServer } from '../../lib/index';
import { Captured, Failing } from '../support/stdio';
import { endAll, run, serve, type Ran } from '../support/programs';

/** ftserver with a configuration, as its operator sees it. */
describe('ftserver --config', function () {
  this.timeout(60_000);
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  const write = (text: string | Buffer, name = 'f.yaml'): void => fs.writeFileSync(at(name), text);
  const ftserver = (words: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
    run('ftserver', words, { cwd: folder, env: env });

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-config-'));
    fs.mkdirSync(at('files'));
    fs.writeFileSync(at('files/a'), 'a\n');
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(folder, { recursive: true });
  });

  it('serves what it says, and the command line what it says otherwise', async () => {
    write('port: 70000\nroot: files\nhost: 127.0.0.1\nwritable: true\n');
    // `serve` gives port 0, which is stronger.
    const server = await serve(['--config', at('f.yaml')], { cwd: os.tmpdir() });
    const { stdout } = await run('ftclient', ['-q', '127.0.0.1', server.port, '-l']);
    expect(stdout.toString()).to.equal('a\n');
    fs.writeFileSync(at('b'), 'b');
    expect((await run('ftclient', ['127.0.0.1', server.port, '-p', at('b')])).code).to.equal(0);
    expect(fs.readFileSync(at('files/b'), 'utf8')).to.equal('b');
    await server.stop();
  });

  it('takes the environment, and warns of what is none of it', async () => {
    const server = await serve([], {
      cwd: folder,
      env: { FTSERVER_ROOT: at('files'), FTSERVER_ROTO: 'x' } as unknown as NodeJS.ProcessEnv,
    });
    const { stdout } = await run('ftclient', ['-q', '127.0.0.1', server.port, '-l']);
    expect(stdout.toString()).to.equal('a\n');
    await server.stop();
    expect(server.server.stderr).to.equal(
      'ftserver: FTSERVER_ROTO is no setting and is left aside; did you mean FTSERVER_ROOT?\n',
    );
  });

  for (const [what, make, code, sentence] of [
    ['is not there', () => undefined, 66, /^the configuration cannot be read: .*f\.yaml" was not found$/],
    ['is a directory', () => fs.mkdirSync(at('f.yaml')), 66, /^the configuration cannot be read: .*is a directory$/],
    ['is a device', () => fs.symlinkSync('/dev/zero', at('f.yaml')), 66, /^the configuration cannot be read: .*not a/],
    ['is huge', () => write('#'.repeat(65_537)), 64, /^f\.yaml:1: this is more than 65536 bytes/],
    ['is no text', () => write(Buffer.from([0x66, 0xff, 0xfe, 0])), 64, /^f\.yaml:1: this is not text in UTF-8$/],
    ['is empty', () => write(''), 64, /^f\.yaml: which port\? 3555, for instance; 0 for any free one$/],
    ['listens nowhere', () => write('port: 0\nhost: 999.1.1.1\n'), 69, /^f\.yaml:2: host: .*999\.1\.1\.1/],
    [
      'listens elsewhere',
      () => write('port: 0\nhost: 192.0.2.1\n'),
      69,
      /^f\.yaml:2: host: .* no address 192\.0\.2\.1 /,
    ],
    ['is wrong', () => write('port: 0\nrot: x\n'), 64, /^f\.yaml:2: there is no setting "rot"; did you mean root\?$/],
    ['forges lines', () => write('port: 0\n"x\\n\\e[2Jy": 1\n'), 64, /^f\.yaml:2: there is no setting "x\\x0a\\x1b/],
    ['turns text around', () => write('port: 0\n"x\u202e\u2028y": 1\n'), 64, /^f\.yaml:2: .* "x\\u202e\\u2028y"$/],
    ['names no directory', () => write('port: 0\nroot: none\n'), 66, /^f\.yaml:2: root: .*none" was not found$/],
    ['names a file', () => write('port: 0\nroot: files/a\n'), 66, /^f\.yaml:2: root: .*a" is not a directory/],
  ] as const) {
    it(`that ${what} is ${code} and one sentence, to serve and to check`, async () => {
      make();
      for (const words of [
        ['--config', 'f.yaml'],
        ['check', 'f.yaml'],
      ]) {
        const ran = await ftserver(words);
        expect([ran.code, ran.stdout.toString()], words.join(' ')).to.deep.equal([code, '']);
        expect(ran.stderr.startsWith('ftserver: ') && ran.stderr.endsWith('\n')).to.equal(true);
        expect(ran.stderr.slice('ftserver: '.length, -1), words.join(' ')).to.match(sentence).and.not.include('\n');
      }
    });
  }

  it('check tells every setting with its source, and opens nothing', async () => {
    write('# mine\nport: 3555\nlisten:\n  - framed:50001\nroot: files\ngrace: 3\n');
    const { code, stdout, stderr } = await ftserver(['check', 'f.yaml', '--grace', '4'], {
      FTSERVER_IDLE_TIMEOUT: '9',
    });
    expect([code, stderr]).to.deep.equal([0, '']);
    const lines = stdout.toString().split('\n');
    expect(lines.slice(0, 5)).to.deep.equal([
      'f.yaml is in order.',
      'Port 3555 would speak default, which allows: list, read.',
      'Port 50001 would speak framed, which allows: read, write.',
      `"${at('files')}" would be served.`,
      '',
    ]);
    const rows = lines.slice(5, -1).map((line) => line.split(/ {2,}/));
    expect(rows).to.deep.include.members([
      ['port', '3555', 'f.yaml:2'],
      ['listen', 'framed:50001', 'f.yaml:4'],
      ['root', at('files'), 'f.yaml:5'],
      ['grace', '4', '--grace'],
      ['idle-timeout', '9', 'FTSERVER_IDLE_TIMEOUT'],
      ['max-sessions', '480', 'default'],
      ['writable', 'false', 'default'],
      ['allow', 'not set', 'default'],
    ]);
  });

  it('check tells what a stronger source overrules in other words', async () => {
    write('port: 3555\nroot: files\nallow: list\n');
    const row = async (name: string, words: readonly string[], env: Record<string, string>): Promise<string> => {
      const { stdout } = await ftserver(['check', 'f.yaml', ...words], env);
      const line = stdout
        .toString()
        .split('\n')
        .find((one) => one.startsWith(`${name} `));
      return (line ?? '').replace(/ {2,}/g, '  ');
    };
    const env = { FTSERVER_WRITABLE: '1' };
    expect(await row('writable', ['--read-only'], env)).to.equal(
      'writable  false  default, for --read-only overrules FTSERVER_WRITABLE (true)',
    );
    expect(await row('allow', [], env)).to.equal(
      'allow  not set  default, for FTSERVER_WRITABLE overrules f.yaml:3 (list)',
    );
    expect(await row('allow', ['--allow', 'read'], env)).to.equal('allow  read  --allow');
  });

  it('check fails where nobody gets what it tells', async () => {
    write('port: 3555\nroot: files\n');
    for (const words of [['check', at('f.yaml')], ['--help']]) {
      const stderr = new Captured();
      const [full, aside] = [new Output(() => new Failing(0, 'ENOSPC')), new Output(() => stderr)];
      expect(await program(words, full, aside, () => createServer, {})).to.equal(23);
      expect(stderr.utf8).to.equal('ftserver: cannot write to standard output: it failed\n');
    }
  });

  it('check knows what a collector would make', async () => {
    write('listen: [numbered:0]\nroot: inbox\n');
    expect((await ftserver(['check', 'f.yaml'])).stdout.toString()).to.include('inbox" would be made, and served');
    expect(fs.existsSync(at('inbox'))).to.equal(false);
    // Of sockets that are handed over nothing is known yet: whoever checks says which.
    write('root: files\n');
    const { code, stdout } = await ftserver(['check', 'f.yaml', '3555']);
    expect(code).to.equal(0);
    expect(stdout.toString()).to.include('Port 3555 would speak default');
  });

  it('check notes directories of users, and logs, that are not there', async () => {
    const hash = formatSecret({ cost: COST, salt: Buffer.alloc(16), hash: Buffer.alloc(32) });
    fs.writeFileSync(at('users'), `alice ${hash} root=none\nbob ${hash} root=a\ncy ${hash} root=in\n`, { mode: 0o600 });
    fs.mkdirSync(at('files/in'));
    fs.mkdirSync(at('log'));
    write('port: 0\nlisten: framed:0\nroot: files\nusers: users\naudit: nodir/audit.log\nxferlog: log\n');
    const { code, stdout } = await ftserver(['check', 'f.yaml']);
    const notes = stdout
      .toString()
      .split('\n')
      .filter((line) => / cannot be /.test(line));
    expect(code).to.equal(0);
    expect(stdout.toString())
      .to.match(/^f\.yaml is in order, but:\n- /)
      .and.include('Any free port would speak framed, which has no word for a login: it would serve nobody.\n');
    expect(notes).to.deep.equal([
      '- The root of the user "alice" cannot be served: "none" was not found.',
      '- The root of the user "bob" cannot be served: "a" is no directory.',
      `- xferlog: ${at('log')} cannot be written: it is a directory.`,
      `- audit: ${at('nodir/audit.log')} cannot be written: its directory was not found.`,
    ]);
    expect(fs.existsSync(at('nodir'))).to.equal(false);
  });

  it('takes a mistyped command for none', async () => {
    const { code, stderr } = await ftserver(['chek', 'f.yaml']);
    expect([code, stderr]).to.deep.equal([
      64,
      'ftserver: "chek" is neither a port nor a command; did you mean check?\nTry ftserver --help.\n',
    ]);
  });

  it('check wants one configuration', async () => {
    write('port: 0\n');
    for (const words of [['check'], ['check', 'f.yaml', '--config', 'f.yaml'], ['check', 'f.yaml', '1', '2']]) {
      const { code, stderr } = await ftserver(words);
      expect(code, words.join(' ')).to.equal(64);
      expect(stderr, words.join(' ')).to.match(/\nTry ftserver --help\.\n$/);
    }
    expect((await ftserver(['check', 'f.yaml', 'extra'])).stderr).to.match(
      /^ftserver: check takes one configuration: "extra" is one word too many\n/,
    );
    expect((await ftserver(['check'], { FTSERVER_CONFIG: 'f.yaml' })).code).to.equal(0);
  });

  it('check looks for the user, where that could be', async function () {
    if (process.getuid?.() !== 0) this.skip();
    write('port: 0\nuser: no-such-user-here\n');
    const { code, stderr } = await ftserver(['check', 'f.yaml']);
    expect([code, stderr]).to.deep.equal([64, 'ftserver: f.yaml:2: there is no user "no-such-user-here"\n']);
  });

  it('check says that it did not look for the user, where it cannot', async function () {
    // Root can.
    if (process.getuid?.() === 0) this.skip();
    write('port: 0\nuser: nobody\n');
    const { code, stdout } = await ftserver(['check', 'f.yaml']);
    expect(code).to.equal(0);
    expect(stdout.toString()).to.match(/^Whether nobody exists and can read it was not looked at: only root can\.$/m);
  });

  it('that may not be read is 66', async function () {
    // Root reads everything.
    if (process.getuid?.() === 0) this.skip();
    write('port: 0\n');
    fs.chmodSync(at('f.yaml'), 0);
    const { code, stderr } = await ftserver(['--config', 'f.yaml']);
    expect(code).to.equal(66);
    expect(stderr).to.match(/^ftserver: the configuration cannot be read: .*permission denied\n$/);
  });
});
