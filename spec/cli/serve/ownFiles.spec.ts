import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import { endAll, run, start } from '../../support/programs';
import { unserved } from '../../support/unserved';

describe("the server's own files", function () {
  // Programs are started.
  this.timeout(120_000);

  let folder: string;
  const at = (path: string): string => join(folder, path);

  beforeEach(() => (folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), 'twinport-own-')))));
  afterEach(async () => {
    await endAll();
    fs.rmSync(folder, { recursive: true });
  });

  /** The exit code of a check of that configuration, and what it complains of. */
  async function check(): Promise<[number, string]> {
    const { code, stderr } = await unserved(['check', at('c.yaml')]);
    return [code, stderr];
  }

  it('are not in the directory that it was started in without --root, also when a hangup names another', async () => {
    for (const directory of ['served', 'other']) fs.mkdirSync(at(directory));
    fs.writeFileSync(at('c.yaml'), 'port: 0\nhost: 127.0.0.1\n');
    fs.writeFileSync(at('served/users'), '', { mode: 0o600 });
    const running = start('ftserver', ['--config', at('c.yaml')], { cwd: at('served') });
    await running.until(/^Server open on \d+\n/);
    fs.appendFileSync(at('c.yaml'), 'root: other\nusers: served/users\n');
    running.signal('SIGHUP');
    const [said] = await running.until(/.*(?:was read again|the old settings stay)/, 'stderr');
    expect(said).to.match(/users: .* lies in the directory that is served, .*; the old settings stay/);
    running.signal('SIGTERM');
    expect((await running.ended).code).to.equal(0);
  });

  it('may be devices and FIFOs where everything is served, and nobody may replace them', async function () {
    if (process.platform === 'win32') this.skip();
    execFileSync('mkfifo', [at('fifo')]);
    const config = (settings: string): void =>
      fs.writeFileSync(at('c.yaml'), `port: 0\nhost: 127.0.0.1\n${settings}\n`);
    for (const log of ['/dev/null', at('fifo')]) {
      config(`root: /\naudit: ${log}\nxferlog: ${log}`);
      expect(await check(), log).to.deep.equal([0, '']);
    }
    // What may be replaced is a file after the next hangup; and what is one can be read.
    for (const settings of [
      'audit: /dev/null\nwritable: true',
      'audit: new',
      'users: /etc/passwd',
      'tls-key: /etc/passwd\ntls-cert: /etc/passwd',
    ]) {
      config(`root: /\n${settings}`);
      const [code, said] = await check();
      expect(code, settings).to.equal(64);
      expect(said, settings).to.match(/ lies in the directory that is served, where clients could get at it/);
    }
    fs.mkdirSync(at('root'));
    config('root: root\naudit: /dev/stderr');
    const log = fs.openSync(at('root/log'), 'a');
    const { code } = await run('ftserver', ['check', at('c.yaml')], { stdio: ['ignore', 'pipe', log] });
    fs.closeSync(log);
    expect(code).to.equal(64);
    expect(fs.readFileSync(at('root/log'), 'utf8')).to.match(/"\/dev\/stderr" lies in the directory that is served/);
  });
});
