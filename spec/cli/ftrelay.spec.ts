import { expect } from 'chai';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { FlagValues } from '../../lib/cli/flags';
import { relayCommand } from '../../lib/cli/relayOptions';
import { relayLine } from '../../lib/cli/relayVoice';
import { endAll, run, serve, start, type Running } from '../support/programs';

/** The real relay as its operator sees it. */
describe('ftrelay', function () {
  this.timeout(60_000);
  let store: string;

  beforeEach(() => {
    store = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-store-'));
    fs.writeFileSync(path.join(store, 'a'), 'a'.repeat(5000));
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(store, { recursive: true });
  });

  async function relayTo(port: string, words: readonly string[] = []): Promise<{ relay: Running; port: string }> {
    const relay = start('ftrelay', ['0', '127.0.0.1', port, '--host', '127.0.0.1', ...words], { cwd: store });
    const [, open = ''] = await relay.until(/^Relay open on (\d+), to 127\.0\.0\.1:\d+\n/);
    return { relay, port: open };
  }

  for (const [words, sentence] of [
    [[], /^ftrelay: which port/],
    [['0'], /^ftrelay: which server/],
    [['0', 'host'], /^ftrelay: which server/],
    [['x', 'host', '1'], /^ftrelay: the port to listen on must be/],
    [['0', 'host', '0'], /^ftrelay: the server's port must be/],
    [['0', 'host', '1', '2'], /^ftrelay: "2" is one word too many/],
    [['0', 'host', '1', '--rate', '12q'], /^ftrelay: --rate takes bytes, like 500, 64K .* not "12q"/],
    [['0', 'host', '1', '--rate', '0'], /^ftrelay: --rate takes bytes/],
    [['0', 'host', '1', '--seed', '-1'], /^ftrelay: --seed must be/],
    [['0', 'host', '1', '--corrupt', '41'], /^ftrelay: --corrupt must be/],
    [['0', 'host', '1', '--latency', '1s'], /^ftrelay: --latency must be/],
    [['0', 'host', '1', '--dialect', 'ftp'], /^ftrelay: --dialect is one of auto, ft,/],
    [['0', 'host', '1', '--data', '8000'], /^ftrelay: --data takes two ports/],
    [['0', 'host', '1', '--odd'], /^ftrelay: there is no option --odd/],
  ] as const) {
    it(`64 and one sentence: ftrelay ${words.join(' ')}`, async () => {
      const { code, stdout, stderr } = await run('ftrelay', words, { cwd: store });
      expect([code, stdout.toString()]).to.deep.equal([64, '']);
      expect(stderr)
        .to.match(sentence)
        .and.to.match(/^.*\n(Usage: ftrelay LISTEN HOST PORT \[OPTIONS\]\n)?Try ftrelay --help\.\n$/);
      expect(stderr.includes('Usage:')).to.equal((words as readonly string[]).length === 0);
    });
  }

  it('answers --help and --version', async () => {
    const help = await run('ftrelay', ['--help']);
    expect([help.code, help.stderr]).to.deep.equal([0, '']);
    expect(help.stdout.toString())
      .to.match(/^Usage: ftrelay LISTEN HOST PORT/)
      .and.to.include('--corrupt-control');
    expect((await run('ftrelay', ['--version'])).stdout.toString()).to.match(/^ftrelay \d+\.\d+\.\d+\n$/);
  });

  it('69 when the port is taken, also one of --data', async () => {
    const holder = net.createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const port = String((holder.address() as net.AddressInfo).port);
    for (const words of [
      [port, '127.0.0.1', '1', '--host', '127.0.0.1'],
      ['0', '127.0.0.1', '1', '--host', '127.0.0.1', '--data', `0:5,${port}:1`],
    ]) {
      const { code, stderr } = await run('ftrelay', words, { cwd: store });
      expect(code).to.equal(69);
      expect(stderr).to.match(new RegExp(`^ftrelay: .*${port}.*\\n$`));
    }
    holder.close();
  });

  it('relays a session of ftclient and ftserver, says what it does, and stops at SIGTERM', async () => {
    const server = await serve(['--host', '127.0.0.1'], { cwd: store });
    const { relay, port } = await relayTo(server.port, ['--stammer', '--latency', '5', '--rate', '2M', '--seed', '3']);
    for (const passive of [[], ['--passive']]) {
      const got = await run('ftclient', ['-q', ...passive, '127.0.0.1', port, '-g', 'a', '-o', '-'], { cwd: store });
      expect([got.code, got.stderr, got.stdout.toString()]).to.deep.equal([0, '', 'a'.repeat(5000)]);
    }
    await relay.until(/Connection 2 closed/);
    relay.signal('SIGTERM');
    const { code, stdout, stderr } = await relay.ended;
    expect([code, stderr]).to.deep.equal([0, '']);
    const log = stdout.toString().replace(/:\d+/g, ':*');
    expect(log).to.match(/^Relay open on \d+, to 127\.0\.0\.1:\*\nConnection 1 from 127\.0\.0\.1:\*\.\n/);
    expect(log).to.include('Data connection of 1 from 127.0.0.1:* to 127.0.0.1:*.\n');
    expect(log).to.match(/\nData connection of 2 closed: 16 bytes there, 5000 bytes back\.\n/);
    await server.stop();
  });

  it('prints the seed that was not given, and each fault where it strikes; the client notices', async () => {
    const server = await serve(['--host', '127.0.0.1'], { cwd: store });
    const { relay, port } = await relayTo(server.port, ['--corrupt', '1']);
    const [, seed = ''] = await relay.until(/\nSeed (\d+): --seed \1 repeats these faults\n/);
    const got = await run('ftclient', ['-q', '127.0.0.1', port, '-g', 'a'], { cwd: store });
    expect(got.code).to.equal(18);
    const line = /Flipped byte \d+ of the data connection of 1/;
    const [struck] = await relay.until(line);
    relay.signal('SIGINT');
    expect((await relay.ended).code).to.equal(0);

    const again = await relayTo(server.port, ['--corrupt', '1', '--seed', seed]);
    expect((await run('ftclient', ['-q', '127.0.0.1', again.port, '-g', 'a'], { cwd: store })).code).to.equal(18);
    expect((await again.relay.until(line))[0]).to.equal(struck);
    expect(again.relay.stdout).not.to.include('Seed');
    await server.stop();
  });

  it('says on standard error what it cannot do under TLS, and relays the pairs of ports it is given', async () => {
    const far = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(far, 'listening');
    const target = String((far.address() as net.AddressInfo).port);
    const { relay, port } = await relayTo(target, ['--data', `0:${target}`]);
    const [, data = ''] = await relay.until(/\nData port open on (\d+), to 127\.0\.0\.1:\d+\n/);
    for (const [to, bytes] of [
      [port, '\x16\x03\x01 hello'],
      [data, 'data'],
    ] as const) {
      const socket = net.connect(Number(to), '127.0.0.1').setEncoding('latin1');
      socket.end(bytes, 'latin1');
      expect(String(await once(socket, 'data'))).to.equal(bytes);
      await once(socket, 'close');
    }
    await relay.until(
      /^ftrelay: Connection 1: this is TLS, which the relay cannot read: [^\n]*--data[^\n]*\n$/,
      'stderr',
    );
    await relay.until(/\nData connection closed: 4 bytes there, 4 bytes back\.\n/);
    relay.signal('SIGTERM');
    expect((await relay.ended).code).to.equal(0);
    far.close();
  });

  it('outlives a server that is not there', async () => {
    const { relay, port } = await relayTo('1');
    for (let times = 1; times <= 2; times += 1) {
      const socket = net.connect(Number(port), '127.0.0.1');
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).to.equal('ECONNRESET');
      await relay.until(new RegExp(`ftrelay: Cannot reach 127\\.0\\.0\\.1:1 for connection ${times}: .*\\n`), 'stderr');
    }
    relay.signal('SIGTERM');
    expect((await relay.ended).code).to.equal(0);
  });
});

describe("ftrelay's options", () => {
  it('become what the library takes', () => {
    const flags = new FlagValues({
      stammer: true,
      seed: '7',
      latency: '20',
      'cut-after': '1K',
      corrupt: '2',
      dialect: 'framed',
      data: ['8000:8001,8002:8003', '9000:9000'],
    });
    expect(relayCommand(['0', 'h', '5'], flags)).to.deep.equal({
      port: 0,
      announceSeed: false,
      relay: {
        to: { host: 'h', port: 5 },
        stammer: true,
        corruptControl: false,
        seed: 7,
        latency: 20,
        cutAfter: 1024,
        corrupt: 2,
        dialect: 'framed',
        data: [
          [8000, 8001],
          [8002, 8003],
          [9000, 9000],
        ],
      },
    });
  });
});

describe("ftrelay's lines", () => {
  const to = { address: '::1', port: 5 };
  for (const [event, line] of [
    [{ kind: 'flip', connection: 1, which: 'control', offset: 0, to }, 'Flipped byte 0 of connection 1 to [::1]:5.'],
    [
      { kind: 'cut', connection: 2, which: 'data', offset: 1, to },
      'Cut the data connection of 2 after 1 byte to [::1]:5.',
    ],
    [
      { kind: 'reset', connection: 0, which: 'data', offset: 10, to },
      'Reset the data connection after 10 bytes to [::1]:5.',
    ],
    [
      { kind: 'closed', connection: 3, which: 'control', how: 'lost', there: 1, back: 0 },
      'Connection 3 was reset: 1 byte there, 0 bytes back.',
    ],
    [{ kind: 'note', connection: 4, text: 'a\nb' }, 'Connection 4: a\\x0ab.'],
    [
      { kind: 'unreachable', connection: 4, which: 'data', to, error: new Error('refused.') },
      'Cannot reach [::1]:5 for a data connection of 4: refused.',
    ],
  ] as const) {
    it(line, () => expect(relayLine(event)).to.equal(line));
  }
});
