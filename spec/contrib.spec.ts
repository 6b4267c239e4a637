import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { configurationOf, settingsOf } from '../lib/cli/serve/configuration';
import { environmentOf } from '../lib/cli/serve/environment';
import { Settings } from '../lib/cli/serve/settings';
import { SERVER_FLAGS, serverCommand } from '../lib/cli/serverOptions';
import { portDialects } from '../lib/cli/ports';
import { codeIn, document, ROOT, rowsOf, section } from './support/markdown';

const contrib = (name: string): string => fs.readFileSync(path.join(ROOT, 'contrib', name), 'utf8');
const SETTINGS = settingsOf(SERVER_FLAGS).map(({ name }) => name);

describe('contrib', () => {
  it('has a configuration that is in order, what is commented out in it too', () => {
    const text = contrib('ftserver.yaml');
    for (const one of [text, text.replace(/^#(?=[a-z]| {2})/gm, '')]) {
      const { ports, server } = serverCommand(new Settings([configurationOf(one, 'ftserver.yaml', SERVER_FLAGS)]));
      expect(ports[0]).to.deep.equal({ port: 3555, on: { dialect: 'default' } });
      expect(server).to.deep.include({ root: '/var/lib/ftserver', allow: ['list', 'read'] });
    }
  });

  it('has an image whose variables are settings, and whose health is asked of its own port', () => {
    const text = contrib('Containerfile');
    const [, line = ''] = /^ENV (.*)$/m.exec(text) ?? [];
    const env = Object.fromEntries(line.split(' ').map((one) => one.split('=') as [string, string]));
    const { layer, warnings } = environmentOf(env, SERVER_FLAGS);
    expect(warnings).to.deep.equal([]);
    const { ports, server, logFormat } = serverCommand(new Settings([layer]));
    expect(ports.map(({ port }) => port)).to.deep.equal([3555]);
    expect(server).to.deep.include({ active: false, dataPorts: [8000, 8009] });
    expect(logFormat).to.equal('json');
    expect(text).to.match(/^EXPOSE 3555 8000-8009$/m);
    expect(text).to.match(/^USER [1-9][0-9]*:[1-9][0-9]*$/m);
    expect(text).to.include('ftclient 127.0.0.1 \\"$FTSERVER_PORT\\" --ping');
    // Every folder that it copies is there to be copied.
    for (const [, from = ''] of text.matchAll(/^COPY (?!--from)(.*) \S+$/gm)) {
      for (const name of from.split(' ')) expect(fs.existsSync(path.join(ROOT, name)), name).to.equal(true);
    }
  });

  it('has a socket whose name is a language', () => {
    const [, name] = /^FileDescriptorName=(.*)$/m.exec(contrib('ftserver.socket')) ?? [];
    expect(portDialects()).to.include(name);
  });

  it('has a unit that may write where the example keeps its logs, and where they are rotated', () => {
    const unit = contrib('ftserver.service');
    const [, directory] = /^LogsDirectory=(.*)$/m.exec(unit) ?? [];
    expect(unit).to.match(/^ProtectSystem=strict$/m);
    const books = [...contrib('ftserver.yaml').matchAll(/^#(?:audit|xferlog): (.*)$/gm)].map(([, file]) => file);
    expect(books.map((file) => path.dirname(file ?? ''))).to.deep.equal(Array(2).fill(`/var/log/${directory}`));
    expect(contrib('ftserver.logrotate')).to.match(new RegExp(`^${books.join(' ')} \\{$`, 'm'));
  });

  it('has units that systemd understands', function () {
    this.timeout(60_000);
    const analyze = '/usr/bin/systemd-analyze';
    // Only systemd can say.
    if (!fs.existsSync(analyze)) this.skip();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-units-'));
    try {
      const units = ['ftserver.service', 'ftserver.socket'].map((name) => {
        const unit = path.join(folder, name);
        // It looks whether the program is there.
        fs.writeFileSync(unit, contrib(name).replace('/usr/local/bin/ftserver', path.join(ROOT, 'bin/ftserver')));
        return unit;
      });
      const said = execFileSync(analyze, ['verify', '--man=no', ...units], { encoding: 'utf8', stdio: 'pipe' });
      expect(said).to.equal('');
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});

describe('docs/OPERATING.md', () => {
  const guide = document('docs/OPERATING.md');

  it('says of every setting when it is read again', () => {
    const said = rowsOf(section(guide, 'Reading it again')).flatMap(([, names = '']) => codeIn(names));
    expect(said.sort()).to.deep.equal([...SETTINGS].sort());
  });

  it('names files that exist', () => {
    for (const [, target = ''] of guide.matchAll(/\]\(([^)#:]+)\)/g)) {
      expect(fs.existsSync(path.join(ROOT, 'docs', target)), target).to.equal(true);
    }
  });

  it('names variables and events that exist', () => {
    for (const [name] of guide.matchAll(/FTSERVER_[A-Z_]+/g)) {
      expect(SETTINGS).to.include(name.slice('FTSERVER_'.length).toLowerCase().replaceAll('_', '-'));
    }
    const events = rowsOf(section(guide, 'The log')).flatMap(([names = '']) => codeIn(names));
    expect(events).to.deep.equal([
      ...['open', 'session', 'requested', 'started', 'done', 'login', 'failed'],
      ...['note', 'error', 'warning', 'reload', 'stop'],
    ]);
  });
});
