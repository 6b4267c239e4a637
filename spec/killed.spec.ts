import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, isTwinportError, type Client, type Storage } from '../lib';
import { localStorage } from '../lib/storage/local';
import { pattern } from './support/bytes';
import { noLeaks } from './support/leaks';

const MIB = 1024 * 1024;
/** Far more than sockets and rings can hold, so that whoever is killed on the way is killed in the middle. */
const SIZE = 48 * MIB;
const MOMENTS = [1, 3 * MIB + 1, 17 * MIB];

describe('either side killed in the middle', function () {
  this.timeout(60_000);
  noLeaks();

  const bytes = pattern(SIZE);
  let base: string;
  let served: string;
  let local: string;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'twinport-killed-'));
    served = join(base, 'served');
    local = join(base, 'local');
    await mkdir(served);
    await mkdir(local);
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  for (const moment of MOMENTS) {
    it(`a server killed ${moment} bytes into a get leaves no file, and the old one; a resume completes`, async () => {
      await writeFile(join(served, 'big'), bytes);
      await writeFile(join(local, 'old'), 'old');
      for (const name of ['new', 'old']) {
        const first = await serve();
        await failsWhenKilled(first, (client, onProgress) =>
          client.get('big', join(local, name), { onExists: 'overwrite', onProgress: past(moment, onProgress) }),
        );
        expect(await content(join(local, name))).to.equal(name === 'old' ? 'old' : undefined);

        const second = await serve();
        await rm(join(local, name), { force: true });
        await using(second, async (client) => {
          const result = await client.get('big', join(local, name), { onExists: 'resume' });
          expect(result).to.include({ size: SIZE, verified: true });
          expect(result.length, 'nothing was resumed').to.be.lessThan(SIZE);
        });
        expect((await readFile(join(local, name))).equals(bytes)).to.equal(true);
      }
      expect(await leftovers(local)).to.deep.equal([]);
    });

    it(`a server killed ${moment} bytes into a put leaves no file, and the old one; a resume completes`, async () => {
      await writeFile(join(local, 'big'), bytes);
      await writeFile(join(served, 'old'), 'old');
      for (const name of ['new', 'old']) {
        const first = await serve();
        await failsWhenKilled(first, (client, onProgress) =>
          client.put(join(local, 'big'), name, { onExists: 'overwrite', onProgress: past(moment, onProgress) }),
        );
        expect(await content(join(served, name))).to.equal(name === 'old' ? 'old' : undefined);

        const second = await serve();
        await rm(join(served, name), { force: true });
        await using(second, async (client) => {
          const result = await client.put(join(local, 'big'), name, { onExists: 'resume' });
          expect(result).to.include({ size: SIZE, verified: true });
        });
        expect((await readFile(join(served, name))).equals(bytes)).to.equal(true);
      }
      expect(await leftovers(served)).to.deep.equal([]);
    });

    for (const verb of ['get', 'put'] as const) {
      it(`a client killed ${moment} bytes into a ${verb} leaves no file; a resume completes`, async () => {
        const [from, to] = verb === 'get' ? [served, local] : [local, served];
        await writeFile(join(from, 'big'), bytes);
        const storage = await localStorage({ root: served, writable: true });
        let child: ChildProcess | undefined;
        const server = createServer({
          storage: watched(storage, moment, () => child?.kill('SIGKILL')),
          writable: true,
        });
        const { port } = await server.listen(0, '127.0.0.1');
        const ask = (...more: string[]): ChildProcess =>
          program('ftclient', ['127.0.0.1', String(port), verb, 'big', ...more], local);

        child = ask();
        expect(await ended(child)).to.equal('SIGKILL');
        child = undefined;
        expect(await content(join(to, 'big'))).to.equal(undefined);

        expect(await ended(ask('--resume'))).to.equal(0);
        expect((await readFile(join(to, 'big'))).equals(bytes)).to.equal(true);
        expect(await leftovers(to)).to.deep.equal([]);
        await server.close(0);
        await storage.close();
      });
    }
  }

  /** A server of its own process; resolves once it listens. */
  async function serve(): Promise<{ child: ChildProcess; port: number }> {
    const child = program('ftserver', ['0', '--writable', '--root', served], base);
    let said = '';
    for (;;) {
      const [text] = (await once(child.stdout!, 'data')) as [Buffer];
      said += text.toString();
      const port = /Server open on (\d+)/.exec(said)?.[1];
      if (port !== undefined) return { child, port: Number(port) };
    }
  }
});

type Work = (client: Client, kill: () => void) => Promise<unknown>;

/** Calls `then` once, when more than `moment` bytes have gone. */
function past(moment: number, then: () => void): (progress: { bytes: number }) => void {
  let done = false;
  return ({ bytes }) => {
    if (done || bytes < moment) return;
    done = true;
    then();
  };
}

async function failsWhenKilled(server: { child: ChildProcess; port: number }, work: Work): Promise<void> {
  const client = await connect({ host: '127.0.0.1', port: server.port });
  const outcome = await work(client, () => server.child.kill('SIGKILL')).catch((error: unknown) => error);
  expect(isTwinportError(outcome, 'incomplete'), String(outcome)).to.equal(true);
  expect(await ended(server.child)).to.equal('SIGKILL');
  await client.close();
}

async function using(server: { child: ChildProcess; port: number }, work: Work): Promise<void> {
  const client = await connect({ host: '127.0.0.1', port: server.port });
  await work(client, () => undefined);
  await client.close();
  server.child.kill('SIGTERM');
  expect(await ended(server.child)).to.equal(0);
}

function program(name: string, words: string[], cwd: string): ChildProcess {
  return spawn(process.execPath, [join(__dirname, '..', 'bin', name), ...words], {
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

async function ended(child: ChildProcess): Promise<number | string | null> {
  child.stdout?.resume();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return child.signalCode ?? child.exitCode;
}

async function content(path: string): Promise<string | undefined> {
  return readFile(path, 'latin1').catch(() => undefined);
}

async function leftovers(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith('.'));
}

/** The storage, and a call when a read or write goes past `moment`. */
function watched(storage: Storage, moment: number, reached: () => void): Storage {
  const look = (end: number): void => {
    if (end >= moment) reached();
  };
  return {
    features: storage.features,
    stat: (...args) => storage.stat(...args),
    list: (...args) => storage.list(...args),
    partLength: (...args) => storage.partLength(...args),
    makeDirectory: (path) => storage.makeDirectory(path),
    remove: (path) => storage.remove(path),
    rename: (from, to) => storage.rename(from, to),
    read: async (path) => {
      const source = await storage.read(path);
      return {
        stat: source.stat,
        restat: () => source.restat(),
        close: () => source.close(),
        read: (into, position) => {
          look(position);
          return source.read(into, position);
        },
      };
    },
    write: async (path, options) => {
      const target = await storage.write(path, options);
      return {
        offset: target.offset,
        read: (into, position) => target.read(into, position),
        commit: (...args) => target.commit(...args),
        keep: () => target.keep(),
        discard: () => target.discard(),
        write: (chunks, position) => {
          look(position + 1);
          return target.write(chunks, position);
        },
      };
    },
  };
}
