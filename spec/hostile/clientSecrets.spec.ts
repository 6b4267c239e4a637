import { expect } from 'chai';
import * as fs from 'node:fs';
import type { Socket } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { connect } from '../../lib/client';
import { failureOf } from '../support/bytes';
import { fakeClock } from '../support/fakeClock';
import { CLIENT } from '../support/ftPlay';
import { memoryNetwork } from '../support/memoryNetwork';
import { endAll, homemade, run, start, type Homemade, type Ran } from '../support/programs';

const SECRET = 'open sesame, Ali Babà';
const HEX = Buffer.from(SECRET).toString('hex');
const WEB = 'alice:hunter2@localhost';

/** Whoever gives a secret away, in whatever form. */
function keeps(text: string, ...secrets: string[]): void {
  for (const secret of [SECRET, HEX, HEX.toUpperCase(), ...secrets]) expect(text).to.not.include(secret);
}

/** What a server says to the login, and to whatever is asked behind it. */
const SENT_BACK: readonly [first: string, then: string][] = [
  [`530-a\r\n 1 ${SECRET} ${HEX}\r\n530 ${SECRET}\r\n`, ''],
  [`150 ${SECRET}\r\n120 ${SECRET}\r\n230 ${SECRET}\r\n`, `550 ${SECRET} ${HEX.toUpperCase()}\r\n`],
  [`what is "-u alice\t${SECRET}"?\n230 in\r\n`, `no ${SECRET}\n553 ${SECRET}\r\n`],
];

const printed = ({ stdout, stderr }: Ran): string => `${stdout.toString()}${stderr}`;

describe('hostile: what gives a secret away', function () {
  this.timeout(120_000);
  let folder: string;
  let server: Homemade | undefined;
  const login = (): readonly string[] => ['--user', 'alice', '--password-file', path.join(folder, 'password')];

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-secrets-'));
    fs.writeFileSync(path.join(folder, 'password'), `${SECRET}\n`, { mode: 0o600 });
  });
  afterEach(async () => {
    await endAll();
    await server?.close();
    server = undefined;
    fs.rmSync(folder, { recursive: true });
  });

  /** A server that answers `first` to the login, and `then` to whatever is asked behind it. */
  const serving = async (first: string, then = ''): Promise<string> => {
    const answer = (socket: Socket): void => {
      socket.write(first);
      socket.on('data', () => socket.write(then));
    };
    server = await homemade(answer);
    return server.port;
  };

  it('C22 a password sent back by the server', async () => {
    for (const [first, then] of SENT_BACK) {
      for (const json of [[], ['--json']]) {
        const port = await serving(first, then);
        const words = ['127.0.0.1', port, '-g', 'a', ...login(), ...json];
        const ended = await run('ftclient', words, { cwd: folder, env: { DEBUG: '*' } });
        expect(ended.code).to.be.oneOf([9, 67]);
        // It was traced, and something was said in its place.
        expect(ended.stderr).to.match(/ft:control.* < .*…/);
        keeps(printed(ended));
        await server?.close();
      }
    }
  });

  it('C23 a user and a password in front of the host, or as an option', async () => {
    const commands: readonly (readonly string[])[] = [
      [WEB],
      [WEB, '3555', '-l'],
      [WEB, '3555', '-l', '--json'],
      [`ft://${WEB}`, '3555', '-l'],
      [`ft://${WEB}:3555/a`, '-l'],
      ['localhost', '3555', '-l', '--relay', `${WEB}:3556`],
      ['localhost', '3555', '-l', '--password=hunter2'],
      ['--password=hunter2', 'localhost', '3555', '-l'],
    ];
    for (const words of commands) {
      const ended = await run('ftclient', words, { cwd: folder, env: { DEBUG: '*' } });
      expect(ended.code, words.join(' ')).to.equal(64);
      keeps(printed(ended), 'hunter2');
    }
    // The library does not have it looked up either: a name server would read it.
    const network = memoryNetwork({ addresses: [CLIENT] });
    for (const host of [WEB, `ft://${WEB}`, 'host/path', 'a host']) {
      const failed = await failureOf(connect({ host, port: 3555, network, clock: fakeClock() }));
      expect(failed.code).to.equal('invalid-argument');
      keeps(failed.message, 'hunter2');
    }
    for (const url of [`ft://${WEB}`, `http://${WEB}`, `ft://alice:hunter2@`, `ft//${WEB}`]) {
      keeps((await failureOf(connect(url))).message, 'hunter2');
    }
    expect(network.open).to.equal(0);
  });

  it('C24 secrets in the process list, its environment, the trace and the history', async function () {
    if (process.platform !== 'linux') this.skip();
    const port = await serving('');
    const client = start('ftclient', ['127.0.0.1', port, '-l', ...login(), '--json'], {
      cwd: folder,
      env: { DEBUG: '*', HOME: folder, XDG_STATE_HOME: folder },
    });
    // The login is on its way: the password is in its memory.
    await client.until(/ft:control.* > -u/, 'stderr');
    for (const what of ['cmdline', 'environ', 'comm']) {
      keeps(
        fs.readFileSync(`/proc/${client.child.pid ?? 0}/${what}`, 'latin1'),
        Buffer.from(SECRET).toString('latin1'),
      );
    }
    client.signal('SIGTERM');
    keeps(printed(await client.ended));
    for (const file of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const at = path.join(folder, file);
      if (file !== 'password' && fs.statSync(at).isFile()) keeps(fs.readFileSync(at, 'utf8'));
    }
  });

  it('C25 the token of a data connection in the trace', async () => {
    let asked = '';
    server = await homemade((socket, line) => {
      asked = line;
      socket.end(`550 ${line}\r\n`);
    });
    const words = ['127.0.0.1', server.port, '-g', 'a', '--passive', '--json'];
    const ended = await run('ftclient', words, { cwd: folder, env: { DEBUG: '*' } });
    const token = /--token=([0-9a-f]{32})/.exec(asked)?.[1] ?? '';
    expect(token).to.have.length(32);
    expect(ended.stderr)
      .to.match(/ > -g --token=… a 0/)
      .and.to.not.include(token);
  });
});
