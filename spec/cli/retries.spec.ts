import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ftclient } from '../../lib/cli/ftclient';
import { connect, createRelay, createServer, memoryStorage, TwinportError, type Clock } from '../../lib/index';
import { pattern } from '../support/bytes';
import { fakeClock } from '../support/fakeClock';
import { failing, outcome, SERVER } from '../support/pretender';
import { Captured, saying } from '../support/stdio';

describe('ftclient --retry over a line that breaks', () => {
  it('goes on from where it broke, and nothing is left beside the file', async () => {
    const WHOLE = pattern(3_000_000);
    const here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-retry-'));
    const server = createServer({ storage: memoryStorage({ big: WHOLE }), writable: true });
    const { port } = await server.listen(0, '127.0.0.1');
    const relay = createRelay({ to: { host: '127.0.0.1', port }, cutAfter: 1_000_000 });
    const { port: through } = await relay.listen(0, '127.0.0.1');
    // Nobody waits for the pauses.
    const clock: Clock = {
      now: () => 0,
      after: (_ms, fn) => {
        const soon = setImmediate(fn);
        return { cancel: () => clearImmediate(soon) };
      },
    };
    const [stdout, stderr] = [new Captured(), new Captured()];
    try {
      const words = ['127.0.0.1', `${through}`, '-g', 'big', '-o', path.join(here, 'big'), '--retry', '5'];
      const streams = { stdin: saying('', false), stdout, stderr };
      expect(await ftclient(words, { streams, connect: () => connect, clock })).to.equal(0);
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
