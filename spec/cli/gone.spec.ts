import { expect } from 'chai';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { launcher, ROOT, Running, type Program } from '../support/programs';
import { withPrograms, workshops } from '../support/thirdParty';

/** Where the directory that the programs were started in is no more. */
withPrograms('a current directory that is gone', ['sh'], function () {
  const workshop = workshops();

  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  const start = (program: Program, ...words: readonly string[]): Running => {
    const cwd = workshop().path('gone');
    fs.mkdirSync(cwd);
    const script = 'rmdir ../gone && exec "$@"';
    const env = { ...process.env, TS_NODE_CWD: ROOT, TS_NODE_PROJECT: join(ROOT, 'tsconfig.json') };
    const all = ['-c', script, 'sh', process.execPath, ...launcher(program), ...words];
    return new Running(spawn('sh', all, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env }));
  };

  it('is none of the business of options', async () => {
    const served = workshop().path('served');
    fs.mkdirSync(served);
    fs.writeFileSync(join(served, 'a.txt'), '');
    const server = start('ftserver', '0', '--root', served, '--host', '127.0.0.1');
    const [, port = ''] = await server.until(/^Server open on (\d+)\n/);
    for (const [words, printed] of [
      [['-l', '-q'], /a\.txt\n$/],
      [['--ping'], /./],
      [['--help'], /--quiet/],
    ] as const) {
      const { code, stdout, stderr } = await start('ftclient', '127.0.0.1', port, ...words).ended;
      expect([code, stderr]).to.deep.equal([0, '']);
      expect(String(stdout)).to.match(printed);
    }
    server.signal('SIGTERM');
    expect((await server.ended).code).to.equal(0);
  }).timeout(60_000);
});
