import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ftclient } from '../../lib/cli/ftclient';
import { connect, createServer, memoryStorage, type Server } from '../../lib/index';
import { expectDocumented, objectsOf, type JsonObject } from '../support/jsonPage';
import { Captured, saying } from '../support/stdio';

/** The whole program over loopback: whatever it does, each line is an object that docs/JSON.md tells of. */
describe('ftclient --json', () => {
  const FILES = {
    'a.txt': 'abc',
    'caf\udce9': 'latin',
    'line\nfeed \x9b': 'x',
    'docs/inner': 'inner',
    'big.iso': Buffer.alloc(1 << 20),
  };
  let here: string;
  let server: Server;
  let port: string;

  beforeEach(async () => {
    here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-json-'));
    const storage = memoryStorage(FILES);
    server = createServer({ storage, allow: ['list', 'read', 'write', 'overwrite', 'delete'] });
    port = String((await server.listen(0, '127.0.0.1')).port);
  });
  afterEach(async () => {
    await server.close();
    fs.rmSync(here, { recursive: true });
  });

  interface Ran {
    readonly ending: unknown;
    readonly objects: readonly JsonObject[];
    readonly events: readonly unknown[];
  }

  /** Every object is documented, and the last one tells the exit code. */
  async function run(...words: string[]): Promise<Ran> {
    const stdout = new Captured();
    const stderr = new Captured(true);
    const ending = await ftclient(['127.0.0.1', port, ...words, '--json'], {
      streams: { stdin: saying('', false), stdout, stderr },
      connect: () => connect,
    });
    const objects = objectsOf(stdout.utf8);
    for (const object of objects) expectDocumented(object);
    expect(stderr.text).to.equal('');
    expect(objects.at(-1)).to.deep.equal({ event: 'end', exit: ending });
    return { ending, objects, events: objects.map(({ event }) => event) };
  }

  it('lists, with all facts and names of every kind', async () => {
    const { ending, objects, events } = await run('-l');
    expect(ending).to.equal(0);
    expect(events).to.deep.equal(['connected', 'data', ...Array<string>(5).fill('entry'), 'listed', 'end']);
    const entries = new Map(objects.filter(({ event }) => event === 'entry').map((entry) => [entry['name'], entry]));
    expect([...entries.keys()]).to.have.members(['a.txt', 'caf\ufffd', 'line\nfeed \x9b', 'docs', 'big.iso']);
    expect(entries.get('caf\ufffd')?.['nameHex']).to.equal('636166e9');
    expect(entries.get('a.txt')).to.include({ type: 'file', size: 3 });
    expect(entries.get('docs')).to.include({ type: 'dir' });
    expect(entries.get('a.txt')?.['modified']).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('lists a directory, long or not', async () => {
    const { objects } = await run('-l', 'docs', '--long');
    expect(objects[2]).to.include({ event: 'entry', name: 'inner', type: 'file', size: 5 });
    expect(objects[3]).to.deep.equal({ event: 'listed', path: 'docs', entries: 1, verified: true });
  });

  it('gets several, one of which is not there', async () => {
    const { ending, objects, events } = await run('-g', 'big.iso', 'missing', 'a.txt', '--to', here);
    expect(ending).to.equal(78);
    expect(events).to.deep.equal([
      ...['connected', 'begin', 'data', 'progress', 'complete'],
      ...['begin', 'error', 'begin', 'data', 'progress', 'complete', 'end'],
    ]);
    expect(objects[3]).to.include({ file: 1, bytes: 1 << 20 });
    expect(objects[4]).to.include({ file: 1, size: 1 << 20, verified: true, localPath: path.join(here, 'big.iso') });
    expect(objects[6]).to.include({ file: 2, code: 'refused', reply: 550, exit: 78, message: 'FILE NOT FOUND' });
    expect(fs.readFileSync(path.join(here, 'a.txt'), 'utf8')).to.equal('abc');
  });

  it('puts', async () => {
    const local = path.join(here, 'mine');
    fs.writeFileSync(local, 'mine');
    const put = await run('-p', local, 'docs/mine');
    expect([put.ending, put.events]).to.deep.equal([0, ['connected', 'begin', 'data', 'progress', 'complete', 'end']]);
    expect(put.objects[4]).to.include({ verb: 'put', local, remote: 'docs/mine', size: 4, crc32: '69a8d393' });
  });

  it('tells what commands without data gave', async () => {
    const given = async (...words: string[]): Promise<JsonObject | undefined> =>
      (await run(...words)).objects.find(({ event }) => event === 'result');
    expect(await given('stat', 'a.txt')).to.include({ command: 'stat', path: 'a.txt', type: 'file', size: 3 });
    expect(await given('digest', 'a.txt')).to.include({ command: 'digest', length: 3, crc32: '352441c2' });
    expect(await given('mkdir', 'new')).to.include({ command: 'mkdir', path: 'new' });
    expect(await given('rename', 'a.txt', 'b.txt')).to.include({ command: 'rename', from: 'a.txt', to: 'b.txt' });
    expect(await given('delete', 'b.txt')).to.include({ command: 'delete', path: 'b.txt' });
    expect((await given('--ping'))?.['milliseconds']).to.be.at.least(0);
  });

  it('tells which of several paths failed', async () => {
    const { objects, ending } = await run('delete', 'a.txt', 'nowhere');
    expect(ending).to.equal(78);
    expect(objects.find(({ event }) => event === 'error')).to.include({ path: 'nowhere', reply: 550, exit: 78 });
  });

  it('tells that there is nobody', async () => {
    await server.close();
    const { ending, objects } = await run('-l');
    expect(ending).to.equal(7);
    expect(objects).to.have.length(2);
    expect(objects[0]).to.include({ event: 'error', code: 'cannot-connect', exit: 7 });
  });
});
