import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import { pooledIo, type Io } from '../../lib/storage/io';
import { RIGHTS } from '../../lib/wire/rights';
import { answers, attackOnDisk, CONTENT, HONEST } from '../support/attack';
import { hookedIo } from '../support/hookedIo';
import { endAll, launcher, run, Running } from '../support/programs';
import { unserved } from '../support/unserved';

const open = { allow: RIGHTS };
/** Linux: a handle to name things with, which opens nothing (open(2)). */
const O_PATH = 0o10000000;

/** `ftserver`, that shall not get as far as to open a port. */
async function refused(words: readonly string[]): Promise<string> {
  const { code, stderr } = await unserved(words);
  expect(code).to.equal(64);
  return stderr;
}

describe('hostile: files', function () {
  // Programs are started.
  this.timeout(120_000);

  let folder: string;
  const at = (path: string): string => join(folder, path);

  beforeEach(() => (folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'twinport-files-')))));
  afterEach(async () => {
    await endAll();
    fs.rmSync(folder, { recursive: true });
  });

  it('S110 a FIFO that a local program waits to write into, and a device that begins when it is opened', async function () {
    if (process.platform !== 'linux') this.skip();
    const opened: string[] = [];
    const watching: Io = {
      ...pooledIo,
      open: (place, flags, mode) => {
        if ((flags & O_PATH) === 0) opened.push(place.toString());
        return pooledIo.open(place, flags, mode);
      },
    };
    await attackOnDisk(
      open,
      (house) => {
        // Only root may make a device; to a look it is as little a file as a FIFO is.
        for (const name of ['fifo', 'device']) execFileSync('mkfifo', [house.at(name).toString()]);
      },
      async (attacking) => {
        for (const name of ['fifo', 'device', './fifo'])
          for (const verb of ['-g # 0', '-h #', '-l # 0', '-d #', '-r #\tx', '-m --parents #/x'])
            expect(await answers(attacking, `${verb.replace('#', name)}\n`), verb).to.match(/^55\d [^\r\n]*\r\n$/);
        expect(opened).to.deep.equal([]);
      },
      (house) => house.open({}, watching),
    )();
    expect(opened, 'the honest file').to.have.length(1);
  });

  it('S111 the users, the key, the logs and the configuration of the server beneath what it serves', async () => {
    fs.mkdirSync(at('root'));
    fs.symlinkSync('root', at('toRoot'));
    const served = /lies in the directory that is served, where clients could/;
    const serve = ['0', '--host', '127.0.0.1', '--root', at('root')];
    for (const file of ['root/file', 'root/new/file', 'toRoot/file']) {
      for (const option of ['--users', '--audit', '--xferlog'])
        expect(await refused([...serve, option, at(file)]), `${option} ${file}`).to.match(served);
      expect(await refused([...serve, '--tls-cert', at('cert'), '--tls-key', at(file)]), file).to.match(served);
      for (const option of ['--tls-cert', '--tls-client-ca', '--config'])
        if (option !== '--config' || !file.includes('new')) {
          fs.writeFileSync(at('root/file'), '');
          const more = option === '--config' ? [] : ['--tls-cert', at('cert'), '--tls-key', at('key')];
          const words = [...serve, '--writable', ...more, option, at(file)];
          expect(await refused(words), `${option} ${file}`).to.match(served);
        }
    }
    // What is refused at the start, a hangup does not bring in.
    fs.writeFileSync(at('c.yaml'), 'port: 0\nhost: 127.0.0.1\nroot: root\n');
    const running = new Running(
      spawn(process.execPath, [...launcher('ftserver'), '--config', at('c.yaml')], {
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    await running.until(/^Server open on \d+\n/);
    fs.appendFileSync(at('c.yaml'), 'users: root/users\n');
    running.signal('SIGHUP');
    await running.until(/users: .* lies in the directory that is served, .*; the old settings stay\./, 'stderr');
    running.signal('SIGTERM');
    expect((await running.ended).code).to.equal(0);
  });

  it('S112 files and directories that everybody on the machine could change', async function () {
    if (process.platform === 'win32') this.skip();
    fs.mkdirSync(at('root'));
    const words = [...launcher('ftserver'), '0', '--host', '127.0.0.1', '--root', at('root'), '--writable'];
    const running = new Running(
      spawn('sh', ['-c', 'umask 0 && exec "$@"', 'sh', process.execPath, ...words], {
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    const [, port = ''] = await running.until(/^Server open on (\d+)\n/);
    fs.writeFileSync(at('local'), 'text');
    fs.writeFileSync(at('root/old'), 'text');
    fs.chmodSync(at('root/old'), 0o6775);
    const put = ['127.0.0.1', port, '--passive', '-p', at('local')];
    expect((await run('ftclient', [...put, 'file'])).code).to.equal(0);
    expect((await run('ftclient', [...put, 'old', '--on-exists', 'overwrite'])).code).to.equal(0);
    expect((await run('ftclient', ['127.0.0.1', port, 'mkdir', 'dir'])).code).to.equal(0);
    running.signal('SIGTERM');
    await running.ended;
    const modes = ['file', 'old', 'dir'].map((name) => fs.statSync(at(`root/${name}`)).mode & 0o7777);
    expect(modes).to.deep.equal([0o664, 0o775, 0o775]);
  });

  it('S113 directories made, removed and renamed under a recursive listing', async function () {
    if (process.platform !== 'linux') this.skip();
    let root = '';
    let again = 0;
    const before = (call: string, what: string): void => {
      if (call === 'open' && what.endsWith('/gone')) fs.rmSync(join(root, 'gone'), { recursive: true });
      // Under another name there is one each time.
      if (call === 'open' && /\/again\d$/.test(what)) {
        again += 1;
        fs.renameSync(join(root, `again${again - 1}`), join(root, `again${again}`));
      }
      if (call === 'open' && what.endsWith('/moved') && fs.existsSync(join(root, 'moved')))
        fs.renameSync(join(root, 'moved'), join(root, 'kept/moved'));
      if (call === 'open' && what.endsWith('/file')) {
        fs.rmdirSync(join(root, 'file'));
        fs.writeFileSync(join(root, 'file'), '');
      }
    };
    await attackOnDisk(
      open,
      (house) => {
        root = house.root;
        for (const directory of ['again0', 'gone/deeper', 'file', 'kept/deeper', 'moved/deeper'])
          fs.mkdirSync(join(root, directory), { recursive: true });
      },
      async ({ dial, door }) => {
        const [p, opened] = [await dial(), await door()];
        await p.send(`-l --recursive ${opened.port}\n`);
        expect(await p.line()).to.match(/^150 /);
        const q = await opened.next();
        await q.over();
        await q.end();
        expect(await p.line()).to.match(/^226 /);
        const kept = ['kept', 'kept/deeper', 'kept/moved', 'kept/moved/deeper'];
        expect(q.received.toString().split('\n')).to.deep.equal(['.', '..', 'again2', 'file', HONEST, ...kept, '']);
      },
      (house) => house.open({}, hookedIo(pooledIo, { before })),
    )();
  });

  it(
    'S114 room beyond a quota, made of what somebody else has stored and a client deletes',
    attackOnDisk(
      { allow: RIGHTS, quotaBytes: CONTENT.length + 1000 },
      () => undefined,
      async ({ dial, door }, house) => {
        const put = async (name: string, size: number): Promise<string> => {
          const [p, opened] = [await dial(), await door()];
          await p.send(`-p --size=${size} ${name} ${opened.port}\n`);
          const first = await p.line();
          if (!first.startsWith('150')) return first.slice(0, 3);
          await (await opened.next()).end(Buffer.alloc(size));
          return (await p.line()).slice(0, 3);
        };
        expect(await put('first', 100)).to.equal('226');
        for (const others of ['others', 'again']) {
          await house.put(others, Buffer.alloc(5000));
          const p = await dial();
          await p.send(`-d ${others}\n`);
          expect(await p.line()).to.match(/^226 /);
          if (others === 'others') expect(await put('more', 901)).to.equal('552');
        }
        // It was counted again a moment ago: what comes free is no more than what had been counted.
        expect(await put('beyond', 1020)).to.equal('552');
      },
    ),
  );

  it('S115 a configuration and a log that everybody on the machine can write', async function () {
    if (process.platform === 'win32') this.skip();
    fs.mkdirSync(at('root'));
    fs.writeFileSync(at('c.yaml'), 'port: 0\nhost: 127.0.0.1\nroot: root\naudit: log\nxferlog: /dev/null\n');
    fs.writeFileSync(at('log'), '');
    for (const file of ['c.yaml', 'log']) fs.chmodSync(at(file), 0o666);
    const note = (file: string): string => `"${at(file)}" can be written by everybody on this machine: chmod o-w it.\n`;
    const { code, stdout } = await unserved(['check', at('c.yaml')]);
    expect(code).to.equal(0);
    expect(stdout).to.include(note('c.yaml')).and.to.include(note('log')).and.not.to.include('"/dev/null" can');
    const words = [...launcher('ftserver'), '--config', at('c.yaml')];
    const running = new Running(spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] }));
    await running.until(/^Server open on \d+\n/);
    expect(running.stderr).to.equal(['c.yaml', 'log'].map((file) => `ftserver: ${note(file)}`).join(''));
    fs.chmodSync(at('log'), 0o640);
    running.signal('SIGHUP');
    await running.until(/was read again: nothing changed\.\n/, 'stderr');
    expect(running.stderr.split(note('c.yaml'))).to.have.length(3);
    expect(running.stderr.split(note('log'))).to.have.length(2);
    running.signal('SIGTERM');
    expect((await running.ended).code).to.equal(0);
  });
});
