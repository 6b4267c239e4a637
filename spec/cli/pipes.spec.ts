import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { endAll, run, serve, start } from '../support/programs';

/** The real client, and a pipe of this machine's that nobody reads. */
describe('a get into a pipe', function () {
  this.timeout(60_000);
  let here: string;

  before(function () {
    if (process.platform === 'win32') this.skip();
  });
  beforeEach(() => {
    here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-pipe-'));
    fs.writeFileSync(path.join(here, 'b.txt'), 'bytes');
    execFileSync('mkfifo', [path.join(here, 'fi')]);
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(here, { recursive: true });
  });

  for (const dialect of [[], ['--dialect', 'framed']]) {
    it(`ends with the first Ctrl-C, or in time ${dialect.join(' ')}`, async () => {
      const server = await serve(['--host', '127.0.0.1', ...dialect], { cwd: here });
      const words = ['127.0.0.1', server.port, 'get', 'b.txt', '-o', 'fi', ...dialect];
      for (const policy of ['skip', 'overwrite']) {
        const interrupted = start('ftclient', [...words, '--on-exists', policy], { cwd: here });
        await interrupted.until(/^Connected/);
        interrupted.signal('SIGINT');
        expect((await interrupted.ended).signal).to.equal('SIGINT');
      }
      const { code, stderr } = await run('ftclient', [...words, '--timeout', '0.2'], { cwd: here });
      expect(code, stderr).to.equal(28);
      expect(stderr).to.match(dialect.length === 0 ? /^ftclient: nobody reads fi\n$/ : /^ftclient: [^\n]+\n$/);
      expect(fs.lstatSync(path.join(here, 'fi')).isFIFO()).to.equal(true);
      await server.stop();
    });
  }
});
