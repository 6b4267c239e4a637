import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { bytesFrom } from '../../lib/cli/stdinSource';
import { knocks, type Knocks } from '../support/knocks';
import { endAll, launcher, ROOT, Running } from '../support/programs';
import { cuts } from '../support/splits';
import { withPrograms } from '../support/thirdParty';

describe('standard input as the source of a put', () => {
  it('is all of it, however it comes', async () => {
    const bytes = Buffer.from('one\n\0two\xff');
    for (const { chunks, how } of cuts(bytes)) {
      expect(await buffer(bytesFrom(Readable.from(chunks, { objectMode: false }))), how).to.deep.equal(bytes);
    }
  });

  it('stays whole for the next where nothing was read', async () => {
    const input = new PassThrough();
    input.end('data');
    const unread = bytesFrom(input);
    unread.destroy();
    await once(unread, 'close');
    expect([input.destroyed, (await buffer(bytesFrom(input))).toString()]).to.deep.equal([false, 'data']);
  });

  it('is ended with whoever has begun to read, also while nothing comes', async () => {
    const input = new PassThrough();
    const source = bytesFrom(input);
    const next = source[Symbol.asyncIterator]().next();
    next.catch(() => undefined);
    source.destroy();
    await once(source, 'close');
    expect(input.destroyed).to.equal(true);
    await next.catch(() => undefined);
  });

  it('fails as it does, and not before somebody reads', async () => {
    for (const early of [true, false]) {
      const input = new PassThrough();
      const source = bytesFrom(input);
      const failure = new Error('EIO: the terminal hung up');
      if (early) {
        input.destroy(failure);
        await new Promise((resolve) => input.once('close', resolve));
      }
      const read = buffer(source).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!early) input.destroy(failure);
      expect(await read).to.equal(failure);
    }
  });
});

describe('standard input that nobody can read', function () {
  this.timeout(60_000);
  const SENTENCE = 'standard input cannot be read: it is neither a file, a pipe, a terminal nor a connection\n';
  let server: Knocks;

  before(function () {
    if (process.platform !== 'linux') this.skip();
  });
  beforeEach(async () => {
    server = await knocks();
  });
  afterEach(async () => {
    await endAll();
    await server.close();
  });

  type Command = readonly [program: string, words: readonly string[]];
  const refuses = async (
    stdin: number | 'ignore',
    command = (words: readonly string[]): Command => [process.execPath, words],
  ): Promise<void> => {
    for (const [words, who] of [
      [['-p', '-', 'keep', '--on-exists', 'overwrite'], 'ftclient: '],
      [['put', '-', 'keep', '--retry', '2', '--dialect', 'framed'], 'ftclient: '],
      [['--batch', '-'], ''],
    ] as const) {
      const [program, all] = command([...launcher('ftclient'), '127.0.0.1', String(server.port), ...words]);
      const env = { ...process.env, TS_NODE_PROJECT: path.join(ROOT, 'tsconfig.json') };
      const ran = await new Running(spawn(program, all, { stdio: [stdin, 'pipe', 'pipe'], env })).ended;
      expect([ran.code, String(ran.stdout), ran.stderr], words.join(' ')).to.deep.equal([26, '', `${who}${SENTENCE}`]);
    }
    expect(server.count).to.equal(0);
  };

  it('is no empty file and no empty batch, as a directory', async () => {
    const directory = fs.openSync('/', 'r');
    try {
      await refuses(directory);
    } finally {
      fs.closeSync(directory);
    }
  });

  withPrograms('as a socket of datagrams', ['bash'], () => {
    it('is none either', async () => {
      await refuses('ignore', (words) => [
        'bash',
        ['-c', 'exec "$@" 0<>/dev/udp/127.0.0.1/9', 'bash', process.execPath, ...words],
      ]);
    });
  });
});
