import { expect } from 'chai';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { TwinportError } from '../lib/errors';
import { readPipe } from '../lib/net/pipe';
import { readSecretFile } from '../lib/secretFile';
import { fakeClock } from './support/fakeClock';
import { rejects } from './support/storageHelpers';

describe('readSecretFile', () => {
  let dir: string;
  let fifo: string;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-secret-'));
    fifo = path.join(dir, 'fifo');
    expect(spawnSync('mkfifo', ['-m', '600', fifo]).status).to.equal(0);
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'close') : undefined;
      child.kill('SIGKILL');
      await gone;
    }
    fs.rmSync(dir, { recursive: true });
  });

  /** Writes this into the FIFO, as soon as somebody reads it, and keeps it open if it is to stay. */
  function writes(text: string, stays = false): void {
    const script = `exec 3>"$0"; printf '%s' "$1" >&3; ${stays ? 'exec sleep 60' : ':'}`;
    children.push(spawn('/bin/sh', ['-c', script, fifo, text], { stdio: 'ignore' }));
  }
  const textOf = async (...how: Parameters<typeof readSecretFile>): Promise<string> =>
    Buffer.from((await readSecretFile(...how)).bytes).toString();

  it('reads a file whole, and says who else may', async () => {
    fs.writeFileSync(path.join(dir, 'file'), 'secret\nmore', { mode: 0o640 });
    const file = await readSecretFile(path.join(dir, 'file'), 100, { line: true });
    expect(Buffer.from(file.bytes).toString()).to.equal('secret\nmore');
    expect([file.othersRead, file.everybodyReads, file.othersWrite]).to.deep.equal([true, false, false]);
  });

  it('reads a FIFO whose writer is still to come, to its end', async () => {
    const reading = textOf(fifo, 100);
    writes('secret\nmore');
    expect(await reading).to.equal('secret\nmore');
  });

  it('waits for no more than a line, where a line is enough', async () => {
    const reading = textOf(fifo, 100, { line: true });
    writes('secret\nmore', true);
    expect(await reading).to.match(/^secret\n/);
  });

  it('takes no more than what may be', async () => {
    const reading = rejects('too-large', () => textOf(fifo, 100, { line: true }));
    writes('x'.repeat(101), true);
    expect(await reading).to.match(/has more than 100 bytes/);
  });

  it('says who may read a FIFO, as of a file', async () => {
    fs.chmodSync(fifo, 0o644);
    const reading = readSecretFile(fifo, 100);
    writes('secret');
    expect((await reading).othersRead).to.equal(true);
  });

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController();
    const reading = readSecretFile(fifo, 100, { signal: stop.signal }).catch((error: unknown) => error);
    const why = new TwinportError('aborted', 'enough');
    stop.abort(why);
    expect(await reading).to.equal(why);
  });

  it('waits for a minute, and no longer', async () => {
    const clock = fakeClock();
    const fd = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const reading = rejects('timeout', () => readPipe(fd, 'it', 100, { clock, ms: 60_000 }));
    await clock.advance(60_000);
    expect(await reading).to.match(/out of it in 60 s/);
    expect(clock.pending).to.equal(0);
  });

  it('opens nothing else', async () => {
    await rejects('not-a-file', () => textOf(dir, 100));
    expect(await rejects('not-a-file', () => textOf('/dev/null', 100))).to.match(/neither a file nor a pipe/);
    await rejects('not-found', () => textOf(path.join(dir, 'none'), 100));
  });
});
