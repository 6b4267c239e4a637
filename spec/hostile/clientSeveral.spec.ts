import { expect } from 'chai';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { ftclient } from '../../lib/cli/ftclient';
import { connect, createServer, memoryStorage, systemClock, type Clock } from '../../lib/index';
import * as zlib from 'node:zlib';
import { outlives } from '../support/attacked';
import { Basin, watch } from '../support/ftPlay';
import { Captured, saying } from '../support/stdio';

const CRLF = Buffer.from('\r\n');

interface Meanwhile {
  readonly stdin?: ReturnType<typeof saying>;
  /** Called behind each file. */
  readonly came?: (here: string) => void;
}

/** Gets from a server that has these, into a directory of its own; what is there then, by name. */
async function gets(
  files: Readonly<Record<string, string>>,
  words: readonly string[],
  before: Readonly<Record<string, string>> = {},
  { stdin = saying('', false), came = () => undefined }: Meanwhile = {},
): Promise<Readonly<Record<string, string>>> {
  const here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-several-'));
  const server = createServer({ storage: memoryStorage(files) });
  const { port } = await server.listen(0, '127.0.0.1');
  for (const [name, text] of Object.entries(before)) fs.writeFileSync(path.join(here, name), text);
  try {
    const streams = { stdin, stdout: new Captured(), stderr: new Captured(stdin.isTTY) };
    const ending = await ftclient(['127.0.0.1', `${port}`, ...words, '--to', here], {
      streams,
      connect: () => async (to, password) => {
        const client = await connect(to, password);
        const get = client.get.bind(client);
        return Object.assign(client, {
          get: async (...asked: Parameters<typeof get>) => {
            const result = await get(...asked);
            came(here);
            return result;
          },
        });
      },
    });
    expect(ending, streams.stderr.utf8).to.equal(0);
    return Object.fromEntries(
      fs.readdirSync(here).map((name) => [name, fs.readFileSync(path.join(here, name), 'utf8')]),
    );
  } finally {
    await server.close(0);
    fs.rmSync(here, { recursive: true });
  }
}

/** Pauses are over at once, and nothing else is. */
const soon: Clock = {
  ...systemClock(),
  after: (ms, fn) => systemClock().after(ms === 1000 || ms === 2000 ? 0 : ms, fn),
};

/** What drives a terminal, ends a line or turns it around: as letters, and as bytes that are none. */
const DRIVING = Buffer.concat([
  Buffer.from('\x9b2J \x9d0;title\x9c \x85 \x1b[2J\x1b]0;title\x07 \u2028 \u202e '),
  Buffer.of(0x9b, 0x32, 0x4a, 0xc2),
]);
const SEEN = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]/;
/** Of bytes that are no UTF-8: those that are C1 to a terminal of eight bits. */
const LONE = /\xc2?[\x80-\x9f]/;

describe('hostile: words of servers', () => {
  it('C39 words that drive a terminal, in every reply to every verb', async () => {
    let said: Uint8Array = DRIVING;
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end(said));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as net.AddressInfo;
    const here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-words-'));
    const line = (code: string, mark: string): Buffer => Buffer.concat([Buffer.from(code + mark), DRIVING, CRLF]);
    const replies = ['150', '213', '226', '331', '421', '450', '530', '550', '553'].map((code) =>
      Buffer.concat([line(code, '-'), line('', ' '), line(code, ' ')]),
    );
    try {
      for (const reply of [...replies, line('Oops', ' '), DRIVING]) {
        said = reply;
        for (const words of ['-l', '-g x', 'stat x', 'digest x', '-p FILE x', '-d x']) {
          for (const more of [[], ['--json']]) {
            const [stdout, stderr] = [new Captured(true), new Captured(true)];
            const argv = words.split(' ').map((word) => (word === 'FILE' ? __filename : word));
            // Whatever is waited for does not come: how long makes no difference.
            const asked = [
              '127.0.0.1',
              `${port}`,
              ...argv,
              ...more,
              '--timeout',
              '0.1',
              ...(words === '-g x' ? ['--to', here] : []),
            ];
            const streams = { stdin: saying('', false), stdout, stderr };
            const ending = await ftclient(asked, { streams, connect: () => connect });
            const which = `${asked.join(' ')}: ${JSON.stringify(stderr.utf8 + stdout.utf8)}`;
            expect(ending, which).to.be.a('number');
            for (const { utf8, text } of [stdout, stderr]) {
              expect(utf8, which).to.not.match(SEEN);
              expect(text.replace(/[\xc3-\xf4][\x80-\xbf]+/g, ''), which).to.not.match(LONE);
            }
          }
        }
      }
      expect(fs.readdirSync(here)).to.deep.equal([]);
    } finally {
      server.close();
      await once(server, 'close');
      fs.rmSync(here, { recursive: true });
    }
  }).timeout(60_000);

  it(
    'C40 a data port that is another service',
    outlives({}, async (play) => {
      // Through a tunnel the far end of P is this very machine.
      for (const port of ['1', '22', '25', '631', '1023', '0', '65536', '-1', '2525x']) {
        const got = watch(play.client.get('a.txt', new Basin(), { passive: true }));
        await play.request();
        await play.say(`150 type=file;size=5;port=${port}; a.txt`);
        expect((await play.p.line()).startsWith('-x')).to.equal(true);
        await play.say('426 Aborted', '226 Aborted');
        await got.failure('protocol');
      }
      await play.onlyP();
    }),
  );
});

describe('hostile: servers that are another one the next time', () => {
  it('C42 a server that vouches, and then does not', async () => {
    const WHOLE = Buffer.alloc(100_000, 'w');
    for (const [words, how] of [
      [['x', '--retry', '2', '--timeout', '5'], 'cut'],
      [['x', 'y', '--retry', '2', '--timeout', '5'], 'whole'],
    ] as const) {
      const here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-turns-'));
      let connections = 0;
      const server = net.createServer({ allowHalfOpen: true }, (socket) => {
        connections += 1;
        const honest = connections === 1;
        socket
          .on('error', () => undefined)
          .once('data', (line: Buffer) => {
            const [, name = '', port = ''] = /^-g (\S+) (\d+)\n$/.exec(line.toString()) ?? [];
            if (port === '') {
              socket.end('what?\n');
              return;
            }
            if (honest) socket.write(`150 type=file;size=${WHOLE.length}; ${name}\r\n`);
            const data = net.connect(Number(port), '127.0.0.1').on('error', () => undefined);
            data.end(honest ? WHOLE.subarray(0, how === 'cut' ? 40_000 : undefined) : 'another').resume();
            const crc32 = zlib.crc32(WHOLE).toString(16).padStart(8, '0');
            const done = honest && how === 'whole' ? `226 length=${WHOLE.length};crc32=${crc32}; Done.\r\n` : '';
            data.on('close', () => socket.end(done));
          });
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as net.AddressInfo;
      try {
        const streams = { stdin: saying('', false), stdout: new Captured(), stderr: new Captured() };
        const argv = ['127.0.0.1', `${port}`, '-g', ...words, '--to', here];
        const ending = await ftclient(argv, { streams, connect: () => connect, clock: soon });
        const left = fs.readdirSync(here).map((name) => [name, fs.statSync(path.join(here, name)).size] as const);
        expect(connections, streams.stderr.utf8).to.equal(2);
        // What an honest one has sent stays; nothing of the other is a file, or takes its place.
        if (how === 'cut') {
          expect(ending, streams.stderr.utf8).to.equal(36);
          expect(left).to.have.length(1);
          expect(left[0]?.[0]).to.match(/\.part$/);
          expect(left[0]?.[1]).to.equal(40_000);
          expect(streams.stderr.utf8).to.match(/ is kept, hidden: .*\n$/);
        } else {
          expect(ending, streams.stderr.utf8).to.equal(18);
          expect(left).to.deep.equal([['x', WHOLE.length]]);
        }
      } finally {
        server.close();
        await once(server, 'close');
        fs.rmSync(here, { recursive: true });
      }
    }
  });
});

describe('hostile: names of several files', () => {
  it('C41 files of one get that would have one name', async () => {
    const files = { 'a/x': 'of a', 'b/x': 'of b', 'c/x': 'of c', 'a/y': 'y' };
    for (const policy of [[], ['--on-exists', 'overwrite']]) {
      // What was there is replaced where that was asked for, and none of those that come.
      const got = await gets(files, ['-g', 'a/x', 'a/y', 'b/x', 'c/x', ...policy], { y: 'old' });
      expect([got['x'], got['x.1'], got['x.2']], policy.join(' ')).to.deep.equal(['of a', 'of b', 'of c']);
      expect(got[policy.length === 0 ? 'y.1' : 'y']).to.equal('y');
    }
    // Two names here, one on a file system that takes no notice of case, or of how a letter is put together.
    const alike = { 'é.txt': 'one letter', 'e\u0301.txt': 'two', 'É.TXT': 'capital' };
    expect(await gets(alike, ['-g', '*', '--on-exists', 'overwrite'])).to.deep.equal(alike);
    // What an earlier command has left is replaced under either name; what this one has brought under neither, where the file
    // system has one file for both.
    const cased = { README: 'loud', readme: 'quiet' };
    for (const [policy, said] of [
      ['overwrite', ''],
      ['ask', 'o\no\n'],
    ] as const) {
      const words = ['-g', 'README', 'readme', '--on-exists', policy];
      const old = { README: 'old', readme: 'old, too' };
      expect(await gets(cased, words, old, { stdin: saying(said, true) }), policy).to.deep.equal(cased);
      const asOne = {
        stdin: saying(said, true),
        came: (here: string) => {
          const [name, alike] = [path.join(here, 'README'), path.join(here, 'readme')];
          if (!fs.existsSync(alike)) fs.linkSync(name, alike);
        },
      };
      const both = await gets(cased, words, { README: 'old' }, asOne);
      expect(both, policy).to.deep.equal({ README: 'loud', readme: 'loud', 'readme.1': 'quiet' });
    }
    // A file, and a directory of that name: each is a name here.
    const both = await gets({ 'd/a': 'a', 'd/b/a': 'inner' }, ['-g', 'd/a', 'd/b/a', '--on-exists', 'overwrite']);
    expect(both).to.deep.equal({ a: 'a', 'a.1': 'inner' });
  });
});
