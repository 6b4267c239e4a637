import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as nodePath from 'node:path';
import { configurationOf } from '../lib/cli/serve/configuration';
import { environmentOf } from '../lib/cli/serve/environment';
import { Settings, type Layer } from '../lib/cli/serve/settings';
import { SERVER_FLAGS, serverCommand } from '../lib/cli/serverOptions';
import { connect, type Client } from '../lib/client';
import { createServer } from '../lib/server';
import { pooledIo, type Io } from '../lib/storage/io';
import { memoryNetwork } from './support/memoryNetwork';
import { endAll, run, serve } from './support/programs';

/** Loaded before a program: tells on standard error when it waits for the disk, on either of its threads. */
const TELLING = `
const fs = require('node:fs');
for (const name of ['fsync', 'fsyncSync']) {
  const real = fs[name];
  fs[name] = (...words) => {
    process.stderr.write('waits for the disk\\n');
    return real(...words);
  };
}`;

/** The server and the client as they are, and how often the disk was waited for. */
describe('fsync', () => {
  const io = pooledIo as { fsync: Io['fsync'] };
  const { fsync } = io;
  let base: string;
  let waits = 0;

  beforeEach(() => {
    base = fs.mkdtempSync(nodePath.join(os.tmpdir(), 'twinport-fsync-'));
    fs.mkdirSync(nodePath.join(base, 'served'));
    fs.writeFileSync(nodePath.join(base, 'file'), 'text');
    waits = 0;
    io.fsync = (fd) => {
      waits += 1;
      return fsync(fd);
    };
  });
  afterEach(() => {
    io.fsync = fsync;
    fs.rmSync(base, { recursive: true });
  });

  /** What this costs in waits for the disk. */
  async function cost(work: () => Promise<unknown>): Promise<number> {
    const before = waits;
    await work();
    return waits - before;
  }

  it('is what the owner of the server wants for puts, for as long', async () => {
    const network = memoryNetwork();
    const server = createServer({ root: nodePath.join(base, 'served'), writable: true, fsync: true, network });
    let client: Client | undefined;
    try {
      const { port } = await server.listen();
      const mine = (client = await connect({ host: '127.0.0.1', port, network }));
      const put = (name: string): Promise<unknown> => mine.put(nodePath.join(base, 'file'), name);
      expect(await cost(() => put('a')), 'the bytes and the name').to.equal(2);
      expect(await cost(() => mine.makeDirectory('dir'))).to.equal(1);
      await server.reload({ writable: true });
      expect(await cost(() => put('b'))).to.equal(0);
      await server.reload({ writable: true, fsync: true });
      expect(await cost(() => put('c'))).to.equal(2);
      expect(fs.readdirSync(nodePath.join(base, 'served')).sort()).to.deep.equal(['a', 'b', 'c', 'dir']);
      expect(await cost(() => mine.get('a', nodePath.join(base, 'got'))), "a get's own to say").to.equal(0);
      expect(await cost(() => mine.get('a', nodePath.join(base, 'safe'), { fsync: true }))).to.equal(2);
      expect(fs.readFileSync(nodePath.join(base, 'safe'), 'utf8')).to.equal('text');
    } finally {
      await client?.close();
      await server.close(0);
    }
  });

  it('is what the programs do when they are told to', async function () {
    this.timeout(60_000);
    const telling = nodePath.join(base, 'telling.js');
    fs.writeFileSync(telling, TELLING);
    const options = { cwd: base, env: { NODE_OPTIONS: `--require ${telling}` } };
    const waitsIn = (text: string): number => text.split('waits for the disk').length - 1;
    try {
      for (const words of [[], ['--fsync']]) {
        const name = `put${words.join('')}`;
        const { server, port, stop } = await serve(['--root', 'served', '--writable', ...words], options);
        const put = await run('ftclient', ['127.0.0.1', port, '-p', 'file', name], options);
        const got = await run('ftclient', ['127.0.0.1', port, ...words, '-g', name], options);
        await stop();
        expect([put.code, got.code], put.stderr + got.stderr).to.deep.equal([0, 0]);
        const expected = words.length === 0 ? 0 : 2;
        expect([waitsIn(server.stderr), waitsIn(put.stderr), waitsIn(got.stderr)]).to.deep.equal([
          expected,
          0,
          expected,
        ]);
      }
    } finally {
      await endAll();
    }
  });

  it('can be said in a file and in the environment, and is off where nothing says it', () => {
    const meaning = (layer: Layer): boolean | undefined => serverCommand(new Settings([layer])).server.fsync;
    const file = (text: string): Layer => configurationOf(text, '/etc/f.yaml', SERVER_FLAGS);
    expect(meaning(file('port: 1\nfsync: true'))).to.equal(true);
    expect(meaning(file('port: 1\nfsync: off'))).to.equal(undefined);
    expect(meaning(file('port: 1'))).to.equal(undefined);
    const environment = environmentOf({ FTSERVER_PORT: '1', FTSERVER_FSYNC: 'yes' }, SERVER_FLAGS);
    expect(meaning(environment.layer)).to.equal(true);
  });
});
