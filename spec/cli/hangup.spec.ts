import { expect } from 'chai';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { quoted } from '../../lib/cli/shell/quoting';
import { eventually } from '../support/eventually';
import { launcher, ROOT, Running, type Program } from '../support/programs';
import { withPrograms, workshops } from '../support/thirdParty';

/** The programs on a terminal that goes away, as a window that is closed. */
withPrograms('a terminal that hangs up', ['script', 'setsid'], () => {
  const workshop = workshops();

  const words = (program: Program, ...more: readonly string[]): string => {
    const settings = [`XDG_STATE_HOME=${workshop().path('state')}`, `TS_NODE_PROJECT=${join(ROOT, 'tsconfig.json')}`];
    return ['env', 'TERM=xterm', ...settings, process.execPath, ...launcher(program), ...more]
      .map((word) => quoted(word))
      .join(' ');
  };
  const told = (name: string): string => {
    const path = workshop().path(name);
    return fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : '';
  };
  /** Runs it there until it has printed this, then hangs up, and gives its `$?` once it has ended. */
  const hungUp = async (
    command: string,
    until: RegExp,
    then = async (): Promise<void> => undefined,
  ): Promise<number> => {
    fs.writeFileSync(workshop().path('job'), `trap : HUP\n${command}\necho "$?." > code\n`);
    // The terminal's own process must be the job, whatever shell `script` takes: where another one stands in front of it,
    // its death has the kernel tell everybody in the foreground (SIGHUP), and Node ends by that.
    const child = spawn('script', ['-qec', 'exec sh job', '/dev/null'], {
      cwd: workshop().dir,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const terminal = new Running(child);
    await terminal.until(until);
    terminal.signal('SIGKILL');
    await terminal.ended;
    await then();
    await eventually('it has ended', () => told('code').endsWith('.\n'));
    return Number.parseInt(told('code'), 10);
  };

  it('ends the shell, and no more', async () => {
    const { port } = await workshop().ftserver(workshop().dir);
    const shell = `${words('ftclient', '127.0.0.1', port)} 2> errors`;
    // By the signal, or at the end of what is typed, whichever it hears of first.
    expect([0, 129]).to.include(await hungUp(shell, /127\.0\.0\.1:\/> /));
    expect(told('errors')).to.equal('');
  }).timeout(60_000);

  it('does not keep a server from serving, nor from ending well', async () => {
    const server = words('ftserver', '0', '--host', '127.0.0.1');
    fs.writeFileSync(workshop().path('server'), `echo "$$." > pid\nexec ${server}\n`);
    const code = await hungUp('setsid sh server 2> errors', /Server open on \d+/, async () => {
      process.kill(Number.parseInt(told('pid'), 10), 'SIGTERM');
    });
    expect([code, told('errors')]).to.deep.equal([0, '']);
  }).timeout(60_000);

  it('fails a put that asks there, and no more', async () => {
    const served = workshop().path('served');
    fs.mkdirSync(served);
    fs.writeFileSync(join(served, 'taken'), 'mine');
    const { port } = await workshop().ftserver(served, '--allow', 'list,read,write,overwrite');
    const put = words('ftclient', '127.0.0.1', port, '-p', '-', 'taken', '--on-exists', 'ask');
    const code = await hungUp(`trap '' HUP; printf x | ${put}`, /\(o\)verwrite or \(s\)kip\?/);
    expect([code, fs.readFileSync(join(served, 'taken'), 'utf8')]).to.deep.equal([25, 'mine']);
  }).timeout(60_000);
});
