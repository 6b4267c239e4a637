import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { endAll, run, serve, start } from '../support/programs';

/** `ftclient --relay` with all three programs real: what is printed is the server's, what is dialled the relay's. */
describe('ftclient through a relay that stammers', function () {
  this.timeout(120_000);
  const body = Buffer.alloc(100_000, 'all these bytes\n');
  let here: string;
  let store: string;

  beforeEach(() => {
    here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-here-'));
    store = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-store-'));
    fs.writeFileSync(path.join(store, 'theirs'), body);
    fs.writeFileSync(path.join(here, 'mine'), body);
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(here, { recursive: true });
    fs.rmSync(store, { recursive: true });
  });

  for (const dialect of ['ft', 'stepwise', 'privateshare', 'framed', 'colon', 'numbered']) {
    it(`speaks ${dialect}`, async () => {
      const words = ['--dialect', dialect, '--host', '127.0.0.1', ...(dialect === 'ft' ? ['--writable'] : [])];
      const server = await serve(words, { cwd: store });
      const relay = start('ftrelay', [
        '0',
        '127.0.0.1',
        server.port,
        '--stammer',
        '--seed',
        '5',
        '--host',
        '127.0.0.1',
      ]);
      const [, port = ''] = await relay.until(/^Relay open on (\d+)/);
      // The server's port is printed and never dialled: nobody listens on the host that is named.
      const client = (...command: string[]) =>
        run(
          'ftclient',
          ['server.invalid', server.port, ...command, '--dialect', dialect, '--relay', `127.0.0.1:${port}`],
          {
            cwd: here,
          },
        );
      const note = `ftclient: through the relay 127.0.0.1:${port}\n`;
      const head = `Connected to server.invalid on port ${server.port}...\nData transfer initiated on ('127.0.0.1', `;

      if (dialect !== 'numbered') {
        const got = await client('-g', 'theirs');
        expect([got.code, got.stderr]).to.deep.equal([0, note]);
        expect(got.stdout.toString().startsWith(head)).to.equal(true);
        expect(fs.readFileSync(path.join(here, 'theirs')).equals(body)).to.equal(true);
        const missing = await client('-g', 'missing');
        expect(missing.code).to.equal(78);
        expect(missing.stderr).to.match(/^ftclient: through .*\n.*server\.invalid:\d+.*\n$/);
      }
      if (dialect !== 'stepwise') {
        const put = await client('-p', 'mine');
        expect([put.code, put.stderr]).to.deep.equal([0, note]);
        const arrived = path.join(store, dialect === 'numbered' ? '1.file' : 'mine');
        expect(fs.readFileSync(arrived).equals(body)).to.equal(true);
      }
    });
  }
});
