import { expect } from 'chai';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { CONTENT, HONEST } from '../support/attack';
import { eventually } from '../support/eventually';
import { noLeaks } from '../support/leaks';
import { endAll, launcher, ROOT, run, Running } from '../support/programs';

const LIMIT = 64;
/** More than there can be, all at once. */
const CALLERS = 150;

/** `ftserver` with so few descriptors, and its port. */
async function poorServer(root: string): Promise<{ server: Running; port: number }> {
  const words = [process.execPath, ...launcher('ftserver'), '0', '--host', '127.0.0.1', '--root', root];
  const options = { env: { ...process.env, TS_NODE_PROJECT: `${ROOT}/tsconfig.json` } };
  const server = new Running(spawn('sh', ['-c', `ulimit -n ${LIMIT} && exec "$@"`, 'sh', ...words], options));
  const [, port = ''] = await server.until(/^Server open on (\d+)\n/);
  return { server, port: Number(port) };
}

/** Transfers that have three descriptors each. */
const HOARDERS = 30;

interface Caller {
  readonly socket: net.Socket;
  gone: boolean;
}

function call(port: number): Caller {
  const caller: Caller = { socket: net.connect(port, '127.0.0.1'), gone: false };
  // With words or without: whoever was shed by the kernel hears none.
  const gone = (): void => void (caller.gone = true);
  caller.socket.on('error', gone).on('close', gone).resume();
  return caller;
}

async function served(port: number): Promise<void> {
  const { stdout, stderr } = await run('ftclient', ['127.0.0.1', String(port), '-q', '-g', HONEST, '-o', '-']);
  expect(stderr).to.equal('');
  expect(stdout.toString()).to.equal(CONTENT);
}

describe('hostile: descriptors', () => {
  let root = '';
  const callers: Caller[] = [];
  before(function () {
    if (process.platform === 'win32') this.skip();
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-few-'));
    fs.writeFileSync(path.join(root, HONEST), CONTENT);
  });
  after(() => fs.rmSync(root, { recursive: true, force: true }));
  afterEach(async () => {
    for (const { socket } of callers.splice(0)) socket.destroy();
    await endAll();
  });
  noLeaks();

  it('S99 more connections than there are descriptors', async function () {
    this.timeout(120_000);
    const { server, port } = await poorServer(root);
    callers.push(call(port));
    await server.until(/Connection from/);
    await served(port);
    // One after another, or the kernel would see hundreds before the server sees one.
    for (let i = 1; i < CALLERS; i += 1) {
      const caller = call(port);
      callers.push(caller);
      await new Promise((resolve) => caller.socket.once('connect', resolve).once('close', resolve));
    }
    await served(port);
    // Who came first, and asked for nothing, made room.
    await eventually('the first is gone', () => callers[0]?.gone === true);
    const alive = callers.filter(({ gone }) => !gone).length;
    expect(alive).to.be.within(10, LIMIT - 16);
    expect(server.stdout.match(/descriptors run short/g)).to.have.lengthOf(1);
    for (const { socket } of callers) socket.destroy();
    server.signal('SIGTERM');
    expect((await server.ended).code).to.equal(0);
  });

  it('S116 a shortage of descriptors that is over, made of transfers', async function () {
    this.timeout(120_000);
    const { server, port } = await poorServer(root);
    for (let i = 0; i < HOARDERS; i += 1) {
      const caller = call(port);
      callers.push(caller);
      caller.socket.write(`-g ${HONEST} 0\n`);
      await new Promise((resolve) => caller.socket.once('data', resolve).once('close', resolve));
    }
    await server.until(/descriptors run short/);
    const most = callers.filter(({ gone }) => !gone).length;
    expect(most).to.be.within(4, HOARDERS - 1);
    for (const { socket } of callers.splice(0)) socket.resetAndDestroy();
    // The server has seen them go when one of them is served at a descriptor of theirs.
    await served(port);
    const fresh = Array.from({ length: most + 6 }, () => call(port));
    callers.push(...fresh);
    const answers = fresh.map(
      ({ socket }) =>
        new Promise<string>((resolve) => {
          socket.once('data', (bytes: Buffer) => resolve(bytes.toString())).once('close', () => resolve('nothing'));
          socket.write(`-h ${HONEST}\n`);
        }),
    );
    for (const answer of await Promise.all(answers)) expect(answer).to.match(/^213/);
    server.signal('SIGTERM');
    expect((await server.ended).code).to.equal(0);
  });
});
