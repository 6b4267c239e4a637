import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import {
  dialBack,
  endAll,
  freePort,
  homemade,
  launcher,
  ROOT,
  run,
  serve,
  start,
  type Homemade,
} from '../support/programs';

const MIB = 1024 * 1024;

const describeLinux = process.platform === 'linux' ? describe : describe.skip;

/** How the real client ends, against servers that do as they like. */
describe('ftclient ends', function () {
  this.timeout(60_000);
  let here: string;
  let peer: Homemade | undefined;

  beforeEach(() => (here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-here-'))));
  afterEach(async () => {
    await endAll();
    await peer?.close();
    peer = undefined;
    fs.rmSync(here, { recursive: true });
  });

  const client = (...words: string[]) => run('ftclient', words, { cwd: here });
  const against = async (
    onRequest: (socket: net.Socket, line: string) => void,
    ...words: string[]
  ): Promise<Awaited<ReturnType<typeof client>>> => {
    peer = await homemade(onRequest);
    return client('127.0.0.1', peer.port, ...words);
  };
  const visible = (): string[] => fs.readdirSync(here).filter((name) => !name.startsWith('.'));

  for (const [words, sentence] of [
    [[], /^ftclient: which host/],
    [['localhost'], /^ftclient: which port/],
    [['localhost', '3555'], /^ftclient: what shall be done/],
    [['localhost', 'x', '-l'], /^ftclient: the port must be/],
    [['localhost', '3555', '-g'], /^ftclient: -g needs/],
    [['localhost', '3555', '-l', '1023'], /^ftclient: the data port is/],
    [['localhost', '3555', '-l', '--odd'], /^ftclient: there is no option --odd/],
    [['localhost', '3555', '--passwrd=hunter2', '-l'], /^ftclient: there is no option --passwrd\n/],
    [['localhost', '3555', '-g', 'x', '--on-exists', 'ask'], /^ftclient: --on-exists ask needs a terminal/],
  ] as const) {
    it(`64: ftclient ${words.join(' ')}`, async () => {
      const { code, stdout, stderr } = await client(...words);
      expect([code, stdout.toString()]).to.deep.equal([64, '']);
      expect(stderr)
        .to.match(sentence)
        .and.to.match(/^.*\n(Usage: ftclient .*\n( {7}ftclient .*\n){8})?Try ftclient --help\.\n$/);
      // The sentence alone, but for who asked for nothing yet.
      expect(stderr.includes('Usage:'), stderr).to.equal(words.length < 3);
    });
  }

  it('6 when there is no such host, 7 when nobody listens', async () => {
    const nowhere = await client('no-such-host.invalid', '3555', '-l');
    expect([nowhere.code, nowhere.stdout.toString()]).to.deep.equal([6, '']);
    expect(nowhere.stderr).to.match(/^ftclient: .*no-such-host\.invalid.*\n$/);
    const closed = String(await freePort());
    const refused = await client('127.0.0.1', closed, '-l');
    expect([refused.code, refused.stdout.toString()]).to.deep.equal([7, '']);
    expect(refused.stderr).to.match(new RegExp(`^ftclient: .*127\\.0\\.0\\.1:${closed}.*\\n$`));
  });

  it('8 at a web server', async () => {
    const { code, stdout, stderr } = await against((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), '-l');
    expect([code, stdout.toString().split('\n').length]).to.deep.equal([8, 2]);
    expect(stderr).to.match(/^ftclient: .*web server\n$/);
  });

  it('78 with the words of a homemade server', async () => {
    const { code, stderr } = await against((socket) => socket.end('FILE NOT FOUND'), '-g', 'x');
    expect([code, stderr]).to.deep.equal([78, `127.0.0.1:${peer?.port ?? ''} says FILE NOT FOUND\n`]);
  });

  it('0 with a note when a homemade server verifies nothing, 18 when that was required', async () => {
    const plain = (socket: net.Socket, line: string): void => {
      const data = dialBack(line);
      data.end('hello\n', () => socket.end());
    };
    const taken = await against(plain, '-g', 'x');
    expect([taken.code, visible()]).to.deep.equal([0, ['x']]);
    expect(taken.stderr).to.match(/^ftclient: unverified.*\n$/);
    expect(fs.readFileSync(path.join(here, 'x'), 'utf8')).to.equal('hello\n');
    const required = await client('127.0.0.1', peer?.port ?? '', '-g', 'x', '-o', 'y', '--require-verified');
    expect([required.code, visible()]).to.deep.equal([18, ['x']]);
  });

  it('18 when the server dies half-way, and nothing has the name', async () => {
    const { code, stdout, stderr } = await against(
      (socket, line) => {
        socket.write('150 type=file;size=1000; x\r\n');
        const data = dialBack(line);
        data.write(Buffer.alloc(500), () => {
          data.end();
          socket.end();
        });
      },
      '-g',
      'x',
    );
    expect([code, visible()]).to.deep.equal([18, []]);
    expect(stdout.toString()).to.match(/^Connected .*\nData transfer initiated on .*\n$/);
    expect(stderr).to.match(/^ftclient: /);
  });

  it('10 when the data port is taken', async () => {
    const holder = net.createServer().listen(0);
    await once(holder, 'listening');
    const { port } = holder.address() as net.AddressInfo;
    const { code, stderr } = await against(() => undefined, '-l', String(port));
    holder.close();
    expect(code).to.equal(10);
    expect(stderr).to.match(new RegExp(`^ftclient: .*${port}.*\\n$`));
  });

  it("10 when the data port is the server's own", async () => {
    const server = await serve([], { cwd: here });
    const { code, stderr } = await client('127.0.0.1', server.port, '-l', server.port);
    await server.stop();
    expect(code).to.equal(10);
    expect(stderr).to.match(/^ftclient: port \d+ is the server's own control port .*; choose another data port\n$/);
  });

  /** Half of the file, and then nothing; it answers when the client calls the rest off (`-x`). */
  const half = (socket: net.Socket, line: string): void => {
    socket.write(`150 type=file;size=${8 * MIB}; x\r\n`);
    dialBack(line).write(Buffer.alloc(4 * MIB, 'a'));
    socket.once('data', () => socket.write('426 Aborted.\r\n226 Nothing is running.\r\n'));
  };
  const hidden = (): string[] => fs.readdirSync(here).filter((name) => name.startsWith('.'));

  it('28 when nothing moves any more', async () => {
    const { code, stderr } = await against(half, '-g', 'x', '--timeout', '1');
    expect([code, visible(), hidden().length]).to.deep.equal([28, [], 1]);
    expect(stderr).to.match(/^ftclient: nothing moved.*\nftclient: .*kept.*\n$/);
  });

  it('26 when there is nothing to put', async () => {
    const { code, stderr } = await against(() => undefined, '-p', 'nothing');
    expect(code).to.equal(26);
    expect(stderr).to.match(/^ftclient: .*nothing.*\n$/);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`by ${signal}: half a file is kept, hidden`, async () => {
      peer = await homemade(half);
      const running = start('ftclient', ['127.0.0.1', peer.port, '-g', 'x'], { cwd: here });
      const size = (): number => hidden().reduce((sum, name) => sum + fs.statSync(path.join(here, name)).size, 0);
      const watcher = fs.watch(here);
      try {
        while (size() < MIB) await Promise.race([once(watcher, 'change'), running.ended.then(() => expect.fail())]);
      } finally {
        watcher.close();
      }
      running.signal(signal);
      const ended = await running.ended;
      expect([ended.code, ended.signal]).to.deep.equal([null, signal]);
      expect(ended.stderr).to.match(/^ftclient: what arrived of x is kept, hidden: --resume goes on from it\n$/);
      expect([visible(), hidden().length]).to.deep.equal([[], 1]);
    });
  }

  it('by the signal while it lists', async () => {
    peer = await homemade((_socket, line) => dialBack(line).write('a\n'));
    const running = start('ftclient', ['127.0.0.1', peer.port, '-l'], { cwd: here });
    await running.until(/Data transfer initiated/);
    running.signal('SIGINT');
    expect((await running.ended).signal).to.equal('SIGINT');
  });
});

/** Pipes and devices as Linux has them. */
describeLinux('standard output', function () {
  this.timeout(60_000);
  let store: string;
  let server: Awaited<ReturnType<typeof serve>>;

  beforeEach(async () => {
    store = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-store-'));
    fs.writeFileSync(path.join(store, 'large'), Buffer.alloc(4 * 1024 * 1024, 'x'));
    server = await serve([], { cwd: store });
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(store, { recursive: true });
  });

  /** A shell line in which $FT is the client and its server. */
  const shell = async (line: string): Promise<{ code: number | null; stdout: string; stderr: string }> => {
    const quoted = [process.execPath, ...launcher('ftclient')].map((word) => `'${word}'`).join(' ');
    const child = spawn('bash', ['-c', line.replaceAll('$FT', `${quoted} 127.0.0.1 ${server.port}`)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: store,
      env: { ...process.env, TS_NODE_PROJECT: path.join(ROOT, 'tsconfig.json') },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  };

  it('that is left ends a list as SIGPIPE would, quietly', async () => {
    const { stdout, stderr } = await shell('$FT -l | true; echo ${PIPESTATUS[0]}');
    expect([stdout, stderr]).to.deep.equal(['141\n', '']);
    const head = await shell('set -o pipefail; $FT -l 2>err | head -n 1; cat err');
    expect(head.stdout).to.equal(`Connected to 127.0.0.1 on port ${server.port}...\n`);
  });

  it('that is left ends bytes as SIGPIPE would, quietly', async () => {
    const { stdout, stderr } = await shell('$FT -q -g large -o - | head -c 5; echo " ${PIPESTATUS[0]}"');
    expect([stdout, stderr]).to.deep.equal(['xxxxx 141\n', '']);
  });

  it('that is left does not stop a get to a file', async () => {
    const { stdout, stderr } = await shell('$FT -g large -o copy | true; echo ${PIPESTATUS[0]}; cmp large copy');
    expect([stdout, stderr]).to.deep.equal(['0\n', '']);
  });

  it('that is full is 23 and one sentence', async () => {
    for (const words of ['-l', '-q -g large -o -', '-g large -o copy']) {
      const { code, stderr } = await shell(`$FT ${words} >/dev/full`);
      expect([code, stderr], words).to.deep.equal([
        23,
        'ftclient: cannot write to standard output: no space left on device\n',
      ]);
    }
  });

  it('that is full is told of by a batch, in JSON or not', async () => {
    fs.writeFileSync(path.join(store, 'lines'), 'ls\npwd\nstat large\n');
    for (const words of ['--batch lines', '--json --batch - <lines']) {
      const { code, stderr } = await shell(`$FT ${words} >/dev/full`);
      const why = 'ftclient: cannot write to standard output: no space left on device\n';
      expect([code, stderr], words).to.deep.equal([23, why]);
    }
  });

  it('that is slow still gets everything', async () => {
    const { stdout } = await shell('$FT -q -g large -o - | (read -t 0.2 -N 1 <&2; cat) 2</dev/null | wc -c; ');
    expect(stdout.trim()).to.equal(String(4 * 1024 * 1024));
  });
});
