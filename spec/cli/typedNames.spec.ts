import { expect } from 'chai';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { endAll, serve, type Ran, type RunningServer } from '../support/programs';
import { runTyped } from '../support/typedBytes';

/** Names as latin1, a letter a byte; the programs are given, and asked for, exactly these bytes. */
describe('names that are not UTF-8, on the command line', () => {
  const CAFE = 'caf\xe9.txt';
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 31) & 0xff));
  let base: string;
  let here: string;
  let store: string;
  let server: RunningServer;

  before(function () {
    // Elsewhere there is no /proc, and file systems that take no such names.
    if (process.platform !== 'linux') this.skip();
  });
  beforeEach(async () => {
    base = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-typed-'));
    [here, store] = [path.join(base, 'here'), path.join(base, 'store')];
    fs.mkdirSync(here);
    fs.mkdirSync(store);
    server = await serve(['--host', '127.0.0.1', '--allow', 'list,read,write,delete'], { cwd: store });
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(base, { recursive: true });
  });

  const at = (folder: string, name: string): Buffer =>
    Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
  const write = (folder: string, name: string, content: Uint8Array | string): void =>
    fs.writeFileSync(at(folder, name), content);
  const read = (folder: string, name: string): Buffer => fs.readFileSync(at(folder, name));
  const names = (folder: string): string[] => fs.readdirSync(folder, 'latin1').sort();
  const asked = (...words: string[]): Promise<Ran> => runTyped('ftclient', ['127.0.0.1', server.port, ...words], here);
  /** What it printed, as latin1; fails where it failed. */
  const done = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await asked(...words);
    expect(code, stderr).to.equal(0);
    return stdout.toString('latin1');
  };

  it('are put, listed and got again, byte for byte', async () => {
    write(here, CAFE, bytes);
    await done('-p', CAFE);
    expect(names(store)).to.deep.equal([CAFE]);
    expect(read(store, CAFE).equals(bytes)).to.equal(true);
    expect(await done('-q', '-l')).to.equal(`${CAFE}\n`);
    fs.rmSync(at(here, CAFE));
    await done('-g', CAFE, '--require-verified');
    expect(names(here)).to.deep.equal([CAFE]);
    expect(read(here, CAFE).equals(bytes)).to.equal(true);
    // What is there stays.
    await done('get', CAFE);
    expect(names(here)).to.deep.equal([CAFE, `${CAFE}.1`]);
    await done('get', CAFE, '--on-exists', 'resume');
    expect(names(here)).to.have.length(2);
  });

  it('are each their own: one with U+FFFD is another file', async () => {
    const replaced = 'caf\xef\xbf\xbd.txt';
    for (const name of [CAFE, 'caf\xe8.txt', replaced]) write(store, name, Buffer.from(name, 'latin1'));
    for (const name of [CAFE, 'caf\xe8.txt', replaced]) expect(await done('-q', '-g', name, '-o', '-')).to.equal(name);
  });

  it('are options, directories and patterns as others are', async () => {
    write(store, CAFE, 'coffee');
    write(store, 'th\xe9', 'tea');
    await done('-g', CAFE, '-o', 'o\xff');
    expect(String(read(here, 'o\xff'))).to.equal('coffee');
    await done('-g', CAFE, '--to', 'd\xe9r/in');
    await done('-g', '*\xe9*', '-td\xe9r/all');
    expect(names(path.join(here))).to.deep.equal(['d\xe9r', 'o\xff']);
    expect(fs.readdirSync(at(here, 'd\xe9r/in'), 'latin1')).to.deep.equal([CAFE]);
    expect(fs.readdirSync(at(here, 'd\xe9r/all'), 'latin1').sort()).to.deep.equal([CAFE, 'th\xe9']);
    await done('-p', 'd\xe9r/in/caf\xe9.txt', `o\xff`, '--to', 'n\xe9w/b\xfe');
    expect(fs.readdirSync(at(store, 'n\xe9w/b\xfe'), 'latin1').sort()).to.deep.equal([CAFE, 'o\xff']);
    expect(await done('-q', '-l', 'n\xe9w')).to.equal('b\xfe\n');
  });

  it('are told of, renamed, made and deleted', async () => {
    write(store, CAFE, bytes);
    expect(await done('stat', CAFE))
      .to.include(`path: ${CAFE}\n`)
      .and.include('size: 70000\n');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(await done('digest', CAFE, '--digest', 'sha256')).to.include(sha256);
    await done('rename', CAFE, 'th\xe9');
    await done('mkdir', 'm\xe9');
    expect(names(store)).to.deep.equal(['m\xe9', 'th\xe9']);
    await done('delete', 'm\xe9', 'th\xe9');
    expect(names(store)).to.deep.equal([]);
  });

  it('are named as they are where something is wrong', async () => {
    const local = await runTyped('ftclient', ['127.0.0.1', server.port, '-p', 'no\xe9'], here);
    expect(local.code).to.equal(26);
    expect(local.stderr).to.equal('ftclient: "no\ufffd" was not found\n');
    expect((await asked('-g', 'no\xe9')).code).to.equal(78);
    const json = await asked('--json', '-g', 'no\xe9');
    expect(json.stdout.toString()).to.include('"remoteHex":"6e6fe9"');
    const usage = await asked('-l', 'a', 'no\xe9');
    expect([usage.code, usage.stderr.split('\n')[0]]).to.deep.equal([
      64,
      'ftclient: the data port is a number and comes last, not "no\ufffd"',
    ]);
  });

  it('go to other languages as they are', async () => {
    const framed = await serve(['--host', '127.0.0.1', '--dialect', 'framed'], { cwd: store });
    write(here, CAFE, bytes);
    const words = ['127.0.0.1', framed.port, '--dialect', 'framed'];
    expect((await runTyped('ftclient', [...words, 'put', CAFE], here)).code).to.equal(0);
    expect(read(store, CAFE).equals(bytes)).to.equal(true);
    expect((await runTyped('ftclient', [...words, 'get', CAFE, '-o', '\xff'], here)).code).to.equal(0);
    expect(read(here, '\xff').equals(bytes)).to.equal(true);
  });

  it('are a batch, and the directory that a server serves', async () => {
    write(here, 'b\xe9', 'pwd\n');
    const batch = await asked('--batch', 'b\xe9');
    expect([batch.code, batch.stdout.toString(), batch.stderr]).to.deep.equal([0, '/\n', '']);
    // There, and none.
    const served = await runTyped('ftserver', ['0', '--root', 'b\xe9'], here);
    expect(served.code).to.equal(66);
    expect(served.stderr).to.include('is not a directory');
  });
});
