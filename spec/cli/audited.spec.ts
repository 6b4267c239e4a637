import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { endAll, run, start, type Ran, type Running } from '../support/programs';

/** The logs that a server keeps, whatever becomes of their files. */
describe('ftserver --audit --xferlog', function () {
  this.timeout(90_000);
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  const text = (name: string): string => (fs.existsSync(at(name)) ? fs.readFileSync(at(name), 'utf8') : '');
  const get = (port: string): Promise<Ran> => run('ftclient', ['-q', '127.0.0.1', port, '-g', 'a b'], { cwd: folder });

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-audited-'));
    fs.mkdirSync(at('files'));
    fs.writeFileSync(at('files/a b'), 'a\n');
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(folder, { recursive: true });
  });

  const serve = async (...words: string[]): Promise<{ server: Running; port: string }> => {
    const server = start('ftserver', ['0', '--host', '127.0.0.1', '--root', at('files'), ...words]);
    return { server, port: (await server.until(/^Server open on (\d+)\n/))[1] ?? '' };
  };

  it('keep what happened, in new files once the old ones are renamed', async () => {
    const { server, port } = await serve('--audit', at('audit'), '--xferlog', at('xfer'));
    expect((await get(port)).code).to.equal(0);
    // What it prints of the second session comes behind what it has kept of the first.
    await server.until(/Sending "a b"/);
    const whole = /"what":"get","outcome":"ok".*"bytes":2/;
    while (!whole.test(text('audit')) || text('xfer') === '') await get(port);
    for (const name of ['audit', 'xfer']) fs.renameSync(at(name), at(`${name}.1`));
    server.signal('SIGHUP');
    while (!fs.existsSync(at('audit')) || !fs.existsSync(at('xfer'))) await get(port);
    expect((await get(port)).code).to.equal(0);
    server.signal('SIGTERM');
    expect((await server.ended).code).to.equal(0);
    for (const name of ['audit.1', 'audit']) {
      const lines = text(name).trimEnd().split('\n');
      for (const line of lines) expect(JSON.parse(line)).to.include.keys('time', 'what', 'outcome');
      expect(
        lines.some((line) => whole.test(line)),
        name,
      ).to.equal(true);
    }
    expect(JSON.parse(text('audit').trimEnd().split('\n').at(-1) ?? '')).to.include({ what: 'disconnect' });
    const xfer = /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} 1 127\.0\.0\.1 2 \/a_b b _ o a anonymous twinport 0 \* c$/;
    for (const name of ['xfer.1', 'xfer']) {
      for (const line of text(name).trimEnd().split('\n')) expect(line, name).to.match(xfer);
    }
  });

  it('that cannot be written stop nothing, and are complained of once', async () => {
    fs.mkdirSync(at('audit'));
    const { server, port } = await serve('--audit', at('audit'));
    for (let i = 0; i < 3; i += 1) expect((await get(port)).code).to.equal(0);
    server.signal('SIGTERM');
    const { code, stderr } = await server.ended;
    expect([
      code,
      stderr.match(/audit cannot be written: it is a directory; trying again\.?\n/g)?.length,
    ]).to.deep.equal([0, 1]);
  });
});
