import { expect } from 'chai';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import * as zlib from 'node:zlib';
import { ftclient } from '../../lib/cli/ftclient';
import {
  connect,
  createRelay,
  createServer,
  memoryStorage,
  systemClock,
  TwinportError,
  type Clock,
} from '../../lib/index';
import type { GetOptions } from '../../lib/transfers';
import { pattern } from '../support/bytes';
import { fakeClock } from '../support/fakeClock';
import { failing, outcome, SERVER } from '../support/pretender';
import { Captured, saying } from '../support/stdio';

describe('what is left of a get that failed', () => {
  const kept =
    (moving = true) =>
    (options: GetOptions): never => {
      if (moving) options.onKept?.('half is kept\x1b');
      throw new TwinportError('incomplete', 'only half arrived');
    };
  const REASON = 'ftclient: only half arrived\n';
  const KEPT = 'ftclient: half is kept\\x1b\n';

  it('is told behind the reason, in every manner of telling', async () => {
    expect((await outcome([...SERVER, '-g', 'x'], { transfers: [kept()] })).stderr).to.equal(REASON + KEPT);
    const two = await outcome([...SERVER, '-g', 'x', 'y'], { transfers: [kept(), kept()] });
    expect(two.stderr).to.equal([`x: ${REASON}`, `x: ${KEPT}`, `y: ${REASON}`, `y: ${KEPT}`].join(''));
    const json = await outcome([...SERVER, '-g', 'x', '--json'], { transfers: [kept()] });
    expect(json.stdout.match(/"(error|note)"/g)).to.deep.equal(['"error"', '"note"']);
  });

  it('is told once, when no try is left, and not where it was thrown away', async () => {
    const script = { transfers: [kept(), kept(false)] };
    const tried = await outcome([...SERVER, '-g', 'x', '--retry', '1'], script, {}, soon);
    expect(tried.stderr.split('\n')).to.deep.equal([
      'ftclient: only half arrived; trying again in 1 s (1 of 1)',
      ...[REASON.trimEnd(), KEPT.trimEnd(), ''],
    ]);
    const wrong = { transfers: [kept(), failing('corrupt', 'digests differ')] };
    expect((await outcome([...SERVER, '-g', 'x', '--retry', '1'], wrong, {}, soon)).stderr).to.not.include('is kept');
  });

  it('is not told where a later try started over and brought nothing', async () => {
    const here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-kept-'));
    const crc32 = zlib.crc32('another beginning').toString(16).padStart(8, '0');
    const HALF = 50_000;
    let connections = 0;
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      const first = (connections += 1) === 1;
      socket
        .on('error', () => undefined)
        .on('data', (line: Buffer) => {
          const port = /^-g .*x (\d+)\n$/.exec(line.toString())?.[1];
          if (port === undefined) socket.write(`213 length=${HALF};crc32=${crc32}; x\r\n`);
          else if (!first) socket.end();
          else {
            socket.write(`150 type=file;size=${2 * HALF}; x\r\n`);
            const data = net.connect(Number(port), '127.0.0.1').on('error', () => undefined);
            data.end(Buffer.alloc(HALF)).resume();
            data.on('close', () => socket.end());
          }
        });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as net.AddressInfo;
    try {
      const streams = { stdin: saying('', false), stdout: new Captured(), stderr: new Captured() };
      const argv = ['127.0.0.1', `${port}`, '-g', 'x', '--to', here, '--retry', '1', '--timeout', '5'];
      const soonAgain: Clock = { ...systemClock(), after: (ms, fn) => systemClock().after(ms === 1000 ? 0 : ms, fn) };
      const ending = await ftclient(argv, { streams, connect: () => connect, clock: soonAgain });
      const lines = streams.stderr.utf8.split('\n');
      expect([ending, connections, lines.length], streams.stderr.utf8).to.deep.equal([18, 2, 4]);
      expect(lines[1]).to.match(/starting over$/);
      expect(streams.stderr.utf8).to.not.include('is kept');
      expect(fs.readdirSync(here)).to.deep.equal([]);
    } finally {
      server.close();
      await once(server, 'close');
      fs.rmSync(here, { recursive: true });
    }
  });

  it('says why it is tried again in as many words as anybody reads', async () => {
    const script = { transfers: [failing('refused', 'busy '.repeat(3000), 450)] };
    const { stderr } = await outcome([...SERVER, '-g', 'x', '--retry', '1'], script, {}, soon);
    expect(stderr).to.match(/^ftclient: busy .*…; trying again in 1 s \(1 of 1\)\n$/);
    expect(stderr.length).to.be.below(600);
  });
});

/** Nobody waits for the pauses. */
const soon: Clock = {
  now: () => 0,
  after: (_ms, fn) => {
    const next = setImmediate(fn);
    return { cancel: () => clearImmediate(next) };
  },
};

describe('ftclient --retry over a line that breaks', () => {
  it('goes on from where it broke, and nothing is left beside the file', async () => {
    const WHOLE = pattern(3_000_000);
    const here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-retry-'));
    const server = createServer({ storage: memoryStorage({ big: WHOLE }), writable: true });
    const { port } = await server.listen(0, '127.0.0.1');
    const relay = createRelay({ to: { host: '127.0.0.1', port }, cutAfter: 1_000_000 });
    const { port: through } = await relay.listen(0, '127.0.0.1');
    const [stdout, stderr] = [new Captured(), new Captured()];
    try {
      const words = ['127.0.0.1', `${through}`, '-g', 'big', '-o', path.join(here, 'big'), '--retry', '5'];
      const streams = { stdin: saying('', false), stdout, stderr };
      expect(await ftclient(words, { streams, connect: () => connect, clock: soon })).to.equal(0);
      expect(fs.readFileSync(path.join(here, 'big')).equals(WHOLE)).to.equal(true);
      expect(fs.readdirSync(here)).to.deep.equal(['big']);
      const told = stderr.utf8.split('\n').filter((line) => line.includes('trying again'));
      expect(told).to.deep.equal([
        'ftclient: only 1000000 of 3000000 bytes arrived; trying again in 1 s (1 of 5)',
        'ftclient: only 2000000 of 3000000 bytes arrived; trying again in 2 s (2 of 5)',
      ]);
    } finally {
      await relay.close();
      await server.close(0);
      fs.rmSync(here, { recursive: true });
    }
  });
});

describe('ftclient --retry', () => {
  const lost = failing('connection-lost', 'the connection was lost', undefined, true);
  const sayings = (words: readonly string[], transfers: Parameters<typeof outcome>[1]) => {
    const clock = fakeClock();
    const working = outcome([...SERVER, ...words], transfers, {}, clock);
    return { clock, working };
  };

  it('goes on from what it has, after a pause, over a new connection', async () => {
    const { clock, working } = sayings(['-g', 'x', '--retry', '2'], { transfers: [lost, lost] });
    await clock.advance(1000);
    await clock.advance(2000);
    const { ending, client, stderr, stdout, connections } = await working;
    expect(ending).to.equal(0);
    expect(client.asked.map((asked) => asked.at(-1))).to.deep.equal([
      { onExists: 'rename', specialFiles: false },
      { onExists: 'rename', specialFiles: false, resume: true },
      { onExists: 'rename', specialFiles: false, resume: true },
    ]);
    expect(connections).to.have.length(3);
    expect(stderr).to.equal(
      'ftclient: the connection was lost; trying again in 1 s (1 of 2)\n' +
        'ftclient: the connection was lost; trying again in 2 s (2 of 2)\n',
    );
    expect(stdout.match(/Connected to/g)).to.have.length(1);
    expect(stdout.match(/Transfer complete/g)).to.have.length(1);
  });

  it('tries to connect again, too', async () => {
    const { clock, working } = sayings(['-l', '--retry', '1'], {
      connectError: new TwinportError('cannot-connect', 'flip1:3555 refused the connection'),
    });
    await clock.advance(1000);
    const { ending, connections } = await working;
    expect([ending, connections.length]).to.deep.equal([7, 2]);
  });

  it('does not try again what was refused for good', async () => {
    const { working } = sayings(['-g', 'x', '--retry', '5'], {
      transfers: [failing('refused', 'FILE NOT FOUND', 550)],
    });
    const { ending, connections } = await working;
    expect([ending, connections.length]).to.deep.equal([78, 1]);
  });

  it('does not send standard input twice, nor what a server may have kept', async () => {
    const stdin = sayings(['-p', '-', 'x', '--retry', '5'], { transfers: [lost] });
    const ended = await stdin.working;
    expect(ended.ending).to.equal(18);
    expect(ended.stderr).to.contain('ftclient: what went through standard input cannot go again: no retry\n');
    const kept = sayings(['x', '--retry', '5', '--dialect', 'numbered'], { transfers: [lost], files: ['x'] });
    expect((await kept.working).ending).to.equal(18);
  });

  it('does not ask again for a change that may have been made', async () => {
    const { working } = sayings(['rename', 'a', 'b', '--retry', '5'], {
      changeError: new TwinportError('connection-lost', 'x'),
    });
    const { ending, client } = await working;
    expect([ending, client.asked.length]).to.deep.equal([56, 1]);
  });

  it('begins anew where the server knows no resuming', async () => {
    const { clock, working } = sayings(['-g', 'x', '--retry', '3'], {
      transfers: [lost, failing('cannot-resume', 'the server does not know how to resume')],
    });
    await clock.advance(1000);
    const { ending, client } = await working;
    expect(ending).to.equal(0);
    expect(client.asked.map((asked) => (asked.at(-1) as { resume?: boolean }).resume)).to.deep.equal([
      undefined,
      true,
      undefined,
    ]);
  });

  it('hands on the limit of the rate', async () => {
    const { client } = await outcome([...SERVER, '-g', 'x', '--limit-rate', '64K']);
    expect(client.asked[0]?.at(-1)).to.include({ limitRate: 65_536 });
  });
});
