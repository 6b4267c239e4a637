import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ftclient } from '../../lib/cli/ftclient';
import { connect, createServer, memoryStorage, type Server } from '../../lib/index';
import { outcome, SERVER } from '../support/pretender';
import { Captured, saying } from '../support/stdio';

/** What a pipeline into `xargs -0` reads. */
describe('names that end with NUL', () => {
  const FILES = { 'esc\x1b[31mred': 'red', 'two\nlines': 'lines', 'what?': 'asked', plain: 'plain', 'del\x7f': 'del' };
  let server: Server;
  let port: number;
  let here: string;

  before(async () => {
    server = createServer({ storage: memoryStorage({ ...FILES, 'none/of these': '' }) });
    ({ port } = await server.listen(0, '127.0.0.1'));
    here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-exact-'));
  });
  after(async () => {
    await server.close(0);
    fs.rmSync(here, { recursive: true });
  });
  const run = async (words: readonly string[], stdout = new Captured()): Promise<string> => {
    const streams = { stdin: saying('', false), stdout, stderr: new Captured() };
    expect(await ftclient(['127.0.0.1', `${port}`, ...words], { streams, connect: () => connect })).to.equal(0);
    return stdout.utf8;
  };

  it('are those of the files, to the byte, and can be got', async () => {
    const listed = (await run(['-q', '-0', '-l'])).split('\0');
    expect(listed.pop()).to.equal('');
    expect(listed).to.have.members([...Object.keys(FILES), 'none']);
    const names = listed.filter((name) => name !== 'none');
    await run(['-q', '--no-glob', '--to', here, '-g', ...names]);
    const got = fs.readdirSync(here).map((name) => [name, fs.readFileSync(path.join(here, name), 'utf8')]);
    expect(Object.fromEntries(got)).to.deep.equal(FILES);
  });

  it('are so with facts, and where a pattern means them, but never on a terminal', async () => {
    expect((await run(['-q', '-0', '-l', '--long'])).match(/(?<= )\S+\x1b\S+(?=\0)/g)).to.deep.equal([
      'esc\x1b[31mred',
    ]);
    expect(await run(['-q', '-0', '-l', 'esc*'])).to.equal('esc\x1b[31mred\0');
    expect(await run(['-q', '-0', '-l', 'esc*'], new Captured(true))).to.equal('esc\\x1b[31mred\0');
  });

  it('leave the transcript and the list without -0 as they were', async () => {
    const [transcript = '', ...names] = (await run(['-0', '-l'])).split('\0');
    expect(transcript.replace(/\d{4,5}/g, 'N')).to.equal(
      "Connected to 127.0.0.1 on port N...\nData transfer initiated on ('127.0.0.1', N)...\n.",
    );
    expect(names).to.include('..').and.include('two\nlines');
    expect((await run(['-q', '-l'])).split('\n')).to.include.members(['del?', 'esc?[31mred', 'two?lines']);
  });

  it('cost a question more where a name may hide something, and none elsewhere', async () => {
    const asked = async (names: readonly string[], ...words: string[]): Promise<unknown[]> =>
      (await outcome([...SERVER, '-q', '-l', ...words], { names })).client.asked;
    expect(await asked(['a', 'b?'], '-0')).to.deep.equal([
      ['list', '', {}],
      ['list', '', { facts: true }],
    ]);
    expect(await asked(['a', 'b'], '-0')).to.deep.equal([['list', '', {}]]);
    expect(await asked(['a', 'b?'])).to.deep.equal([['list', '', {}]]);
  });
});
