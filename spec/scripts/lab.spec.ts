import { expect } from 'chai';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { endAll, ROOT, startScript, type Running } from '../support/programs';

/** `npm run lab` as its user sees it, on free ports. */
describe('the lab', function () {
  // It compiles what is older than its source.
  this.timeout(240_000);
  let temporary: string;

  beforeEach(() => (temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-temporary-'))));
  afterEach(async () => {
    await endAll();
    fs.rmSync(temporary, { recursive: true });
  });

  const lab = (...words: string[]): Running =>
    startScript('lab', words, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: temporary } });
  const FREE = ['--server-port', '0', '--relay-port', '0'];
  /** Nothing it started may go on: its ports refuse, and its directory is gone. */
  const expectGone = async ({ stderr }: Running): Promise<void> => {
    const ports = [...stderr.matchAll(/ open on (\d+)/g)].map(([, port]) => Number(port));
    expect(ports).to.have.length(2);
    for (const port of ports) {
      const socket = net.connect(port, '127.0.0.1');
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).to.equal('ECONNREFUSED');
    }
    expect(fs.readdirSync(temporary)).to.deep.equal([]);
  };

  it('puts and gets through the relay that stammers, answered from a pipe', async () => {
    const running = lab(...FREE);
    running.child.stdin?.end('n\nput apple.jpg\nget textfile-large\nexit\n');
    const { code, stdout } = await running.ended;
    expect(running.stderr).to.match(/^lab: .*apple\.jpg/m);
    expect([code, stdout.toString().match(/^Transfer complete, unverified\.$/gm)?.length]).to.deep.equal([0, 2]);
    const size = fs.statSync(path.join(ROOT, 'testfiles/apple.jpg')).size;
    for (const line of [
      /^server \| Server open on \d+$/m,
      /^server \| Speaking framed\.$/m,
      /^relay {2}\| Relay open on \d+/m,
      /^relay {2}\| Connection 2 from /m,
      new RegExp(`^server \\| Received "apple\\.jpg": ${size} bytes, unverified\\.$`, 'm'),
      /^server \| File "textfile-large" requested\.$/m,
      /^ftclient: through the relay 127\.0\.0\.1:\d+$/m,
    ]) {
      expect(running.stderr).to.match(line);
    }
    await expectGone(running);
  });

  it('ends with the status of its client', async () => {
    const running = lab(...FREE);
    running.child.stdin?.end('y\nget nothing\n');
    expect((await running.ended).code).to.equal(78);
    await expectGone(running);
  });

  it('ends all it started when it is stopped', async () => {
    const running = lab(...FREE);
    await running.until(/Direct\? \[Y\/n\] $/, 'stderr');
    running.signal('SIGINT');
    expect((await running.ended).code).to.equal(130);
    await expectGone(running);
  });

  it('says in one sentence that a port is taken', async () => {
    const holder = net.createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as net.AddressInfo;
    for (const words of [
      ['--server-port', String(port), '--relay-port', '0'],
      ['--server-port', '0', '--relay-port', String(port)],
    ]) {
      const running = lab(...words);
      const { code, stderr } = await running.ended;
      expect([code, stderr.match(new RegExp(`^lab: .*${port}.*$`, 'gm'))?.length], stderr).to.deep.equal([69, 1]);
      expect(fs.readdirSync(temporary)).to.deep.equal([]);
    }
    holder.close();
  });

  it('knows its options', async () => {
    for (const words of [['--port', '1'], ['--server-port'], ['--relay-port', 'x'], ['--server-port', '65536']]) {
      const { code, stderr } = await lab(...words).ended;
      expect([code, stderr]).to.deep.equal([64, 'lab: the options are --server-port N and --relay-port N.\n']);
    }
  });
});
