import { expect } from 'chai';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setUser } from '../../lib/usersFile';
import { endAll, launcher, ROOT, run, Running, start, type Ran } from '../support/programs';

const SECRET = 'hunter2sesame';

/** Both programs, with accounts between them; and their secrets nowhere. */
describe('ftserver and ftclient with accounts', function () {
  this.timeout(120_000);
  let folder: string;
  let server: Running;
  let port: string;
  const at = (name: string): string => path.join(folder, name);

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-accounts-'));
    fs.mkdirSync(at('files/alice'), { recursive: true });
    fs.mkdirSync(at('files/alicia'));
    fs.writeFileSync(at('files/alice/mine'), 'hers\n');
    fs.writeFileSync(at('files/alicia/other'), 'not hers\n');
    fs.symlinkSync('../alicia/other', at('files/alice/link'));
    await setUser(at('users'), 'alice', SECRET);
    const line = fs.readFileSync(at('users'), 'utf8').trimEnd();
    fs.writeFileSync(at('users'), `${line} root=alice rights=list,read,write\n`, { mode: 0o600 });
    fs.writeFileSync(at('password'), `${SECRET}\n`, { mode: 0o600 });
    fs.writeFileSync(at('wrong'), 'wrong\n', { mode: 0o600 });
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(folder, { recursive: true });
  });

  async function serve(...more: string[]): Promise<void> {
    const words = ['0', '--root', at('files'), '--writable', '--users', at('users'), '--host', '127.0.0.1', ...more];
    server = start('ftserver', words, { env: { ...process.env, DEBUG: 'ft:*' } });
    port =
      (await server.until(/"port":(\d+)|Server open on (\d+)/)).slice(1).find((found) => found !== undefined) ?? '';
  }
  const client = (password: string, ...words: string[]): Promise<Ran> =>
    run('ftclient', ['127.0.0.1', port, '--user', 'alice', '--password-file', at(password), ...words], {
      cwd: folder,
      env: { ...process.env, DEBUG: 'ft:*' },
    });

  it('serves each user his directory, and tells of him; the password is in no trace, log or list of processes', async () => {
    await serve('--log-format', 'json');
    const rans = [
      await client('password', '-l', '-q'),
      await client('password', '-g', 'mine', '-o', '-', '-q'),
      await client('password', '-g', 'link', '-o', '-', '-q'),
      await client('password', '-g', '../alicia/other', '-o', '-', '-q'),
      await client('password', '-p', 'password', 'new', '-q', '--json'),
      await client('wrong', '-l', '-q'),
      await run('ftclient', ['127.0.0.1', port, '-l', '-q'], { cwd: folder }),
    ];
    expect(rans.map(({ code }) => code)).to.deep.equal([0, 0, 9, 78, 0, 67, 67]);
    expect(rans[0]?.stdout.toString()).to.equal('link\nmine\n');
    expect(rans[1]?.stdout.toString()).to.equal('hers\n');
    expect(rans[5]?.stderr).to.match(/says Login refused\./);
    expect(rans[6]?.stderr).to.match(/says Log in first \(-u\)\.\nftclient: use --user NAME\n$/);
    expect(fs.readFileSync(at('files/alice/new'), 'utf8')).to.equal(`${SECRET}\n`);
    fs.rmSync(at('files/alice/new'));
    if (fs.existsSync('/proc/self/cmdline')) {
      for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        let words = '';
        try {
          words = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        } catch {
          continue;
        }
        expect(words, pid).not.to.contain(SECRET);
      }
    }
    server.signal('SIGTERM');
    const { stdout, stderr } = await server.ended;
    const events = stdout
      .toString()
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    const told = events.filter(({ event }) => event === 'login').map(({ user, outcome }) => [user, outcome]);
    expect(told).to.deep.equal([...Array.from({ length: 5 }, () => ['alice', 'ok']), ['alice', 'refused']]);
    for (const event of events.filter((one) => one['verb'] !== undefined)) expect(event['user']).to.equal('alice');
    expect(stderr).to.contain('ft:control');
    const all = [stdout.toString(), stderr, ...rans.flatMap((ran) => [ran.stdout.toString(), ran.stderr])];
    for (const text of all) expect(text).not.to.contain(SECRET);
  });

  it('takes the password from a pipe, of which it reads a line', async () => {
    await serve();
    const words = [...launcher('ftclient'), '127.0.0.1', port, '--user', 'alice', '--password-file'];
    const piped = new Running(
      spawn('/bin/sh', ['-c', 'head -n 1 "$0" | "$@" /dev/stdin -l -q', at('password'), process.execPath, ...words], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, TS_NODE_PROJECT: path.join(ROOT, 'tsconfig.json') },
      }),
    );
    expect(await piped.ended).to.deep.include({ code: 0, stderr: '' });
    expect(piped.stdout).to.equal('link\nmine\n');
  });

  it("shows visitors nothing but anonymous-root, and says where they would see what is a user's", async () => {
    fs.mkdirSync(at('files/pub'));
    fs.writeFileSync(at('files/pub/open'), 'for all\n');
    const visitor = async (...words: string[]): Promise<[number | null, string]> => {
      const ran = await run('ftclient', ['127.0.0.1', port, ...words, '-q'], { cwd: folder });
      return [ran.code, ran.stdout.toString()];
    };
    await serve('--anonymous', '--anonymous-root', 'pub', '--log-format', 'json', '--xferlog', at('xfer'));
    expect(await visitor('-l')).to.deep.equal([0, 'open\n']);
    expect(await visitor('-g', 'open', '-o', '-')).to.deep.equal([0, 'for all\n']);
    for (const name of ['alice/mine', '../alice/mine', '/alice/mine']) {
      expect((await visitor('-g', name, '-o', '-'))[1], name).to.equal('');
    }
    expect((await client('password', '-g', 'mine', '-o', '-', '-q')).stdout.toString()).to.equal('hers\n');
    server.signal('SIGTERM');
    expect((await server.ended).stderr).not.to.contain('can read');
    const kept = fs.readFileSync(at('xfer'), 'utf8');
    expect(kept)
      .to.match(/ \/open b _ o a anonymous twinport 0 \* c\n/)
      .and.to.match(/ \/mine b _ o r alice twinport /);
    expect(kept).not.to.match(/ r anonymous/);

    await serve('--anonymous');
    await server.until(
      /ftserver: whoever does not log in can read the directories of users, as that of "alice" .*\n/,
      'stderr',
    );
    fs.writeFileSync(at('c.yaml'), 'port: 0\nroot: files\nusers: users\n');
    const check = (...words: string[]): Promise<Ran> => run('ftserver', ['check', 'c.yaml', ...words], { cwd: folder });
    expect((await check('--anonymous')).stdout.toString()).to.match(/\n- whoever does not log in can read the dir/i);
    const quiet = (await check('--anonymous', '--anonymous-root', '/pub')).stdout.toString();
    expect(quiet)
      .to.match(/others may list and read in "pub", and see nothing else\.\n/)
      .and.not.to.match(/can read the dir/);
    for (const [words, sentence] of [
      [['--anonymous-root', 'pub'], /--anonymous-root means nothing without anonymous/],
      [['--anonymous', '--anonymous-root', '../x'], /--anonymous-root is a directory beneath the served one/],
    ] as const) {
      const refused = await check(...words);
      expect(refused.code).to.equal(64);
      expect(refused.stderr).to.match(sentence);
    }
  });

  it('reads the users again at a hangup, without a configuration', async () => {
    await serve();
    expect((await client('password', '-l', '-q')).code).to.equal(0);
    fs.writeFileSync(at('users'), '# nobody\n');
    server.signal('SIGHUP');
    await server.until(/users was read again: the users changed\.\n/, 'stderr');
    server.signal('SIGHUP');
    await server.until(/users was read again: nothing changed\.\n/, 'stderr');
    expect((await client('password', '-l', '-q')).code).to.equal(67);
    server.signal('SIGTERM');
    const { stdout } = await server.ended;
    expect(stdout.toString()).to.match(
      /\n"alice" logged in from 127\.0\.0\.1\.\n[^]*\nLogin of "alice" from 127\.0\.0\.1 refused\.\n/,
    );
  });

  it('tells of the users beside the settings that changed', async () => {
    fs.writeFileSync(at('c.yaml'), 'users: users\n');
    await serve('--config', at('c.yaml'));
    fs.writeFileSync(at('c.yaml'), 'users: users\nban-after: 7\n');
    fs.writeFileSync(at('users'), '# nobody\n');
    server.signal('SIGHUP');
    await server.until(/c\.yaml was read again: ban-after, the users changed\.\n/, 'stderr');
  });

  it('does not start with users that are wrong, or that others may write', async () => {
    const refused = async (sentence: RegExp, code: number): Promise<void> => {
      const ran = await run('ftserver', ['0', '--root', at('files'), '--users', at('users')], { cwd: folder });
      expect(ran.stderr).to.match(sentence).and.not.to.contain(SECRET);
      expect(ran.code).to.equal(code);
    };
    fs.chmodSync(at('users'), 0o666);
    await refused(/can be written by others/, 64);
    fs.chmodSync(at('users'), 0o600);
    fs.writeFileSync(at('users'), `alice ${SECRET}\n`);
    await refused(/users:1: the second word is no hash/, 64);
    fs.rmSync(at('users'));
    await refused(/the users cannot be read: .*was not found/, 64);
  });
});
