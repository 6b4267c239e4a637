import { expect } from 'chai';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { ftclient } from '../../lib/cli/ftclient';
import { connect } from '../../lib/index';
import { knocks, type Knocks } from '../support/knocks';
import { Captured, saying } from '../support/stdio';
import { makeUnsendable } from '../support/unsendable';

/** A real client, and a listener that only counts who comes. */
describe('a put of a local file that cannot be read', () => {
  let here: string;
  let server: Knocks;

  beforeEach(async () => {
    here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-here-'));
    server = await knocks();
  });
  afterEach(async () => {
    await server.close();
    fs.rmSync(here, { recursive: true });
  });

  const put = async (words: readonly string[], answers = ''): Promise<[ending: unknown, out: string, err: string]> => {
    const [stdout, stderr] = [new Captured(), new Captured()];
    const streams = { stdin: saying(answers, false), stdout, stderr };
    const ending = await ftclient(['127.0.0.1', String(server.port), ...words], { streams, connect: () => connect });
    return [ending, stdout.utf8, stderr.utf8];
  };

  it('says so, 26, and nobody is connected to', async () => {
    for (const [name] of makeUnsendable(here)) {
      const local = path.join(here, name);
      for (const words of [
        ['-p', local],
        ['-p', local, '--on-exists', 'resume'],
        [local, '--dialect', 'numbered'],
        ['put', local, '--dialect', 'framed'],
      ]) {
        const [ending, stdout, stderr] = await put(words);
        expect([ending, stdout], stderr).to.deep.equal([26, '']);
        expect(stderr, name).to.match(/^ftclient: [^\n]+\n$/);
      }
      const asked = await put(['--dialect', 'framed'], `y\nput "${local}"\n`);
      expect(asked.slice(0, 2), name).to.deep.equal([26, '']);
      const batch = await put(['--dialect', 'colon'], `2\n${local}\nput\n${local}\nsend\n`);
      expect(batch.slice(0, 2), name).to.deep.equal([26, '']);
    }
    // Whoever connected before this did is counted now.
    const socket = net.connect(server.port, '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => socket.resume().once('close', resolve));
    expect(server.count).to.equal(1);
  });

  it('says why, where the name that was typed is not the one that arrived', async () => {
    const [ending, , stderr] = await put(['-p', path.join(here, 'caf\ufffd')]);
    expect(ending).to.equal(26);
    expect(stderr).to.match(/^ftclient: ".*caf\ufffd" was not found: .*not UTF-8.*U\+FFFD/);
    const known = path.join(here, 'is \ufffd');
    fs.mkdirSync(known);
    expect((await put(['-p', known]))[2]).to.match(/^ftclient: "is \ufffd" is a directory\n$/);
  });

  it('is connected for when it can be read', async () => {
    const local = path.join(here, 'mine');
    fs.writeFileSync(local, 'abc');
    await put([local, '--dialect', 'numbered']);
    expect(server.count).to.equal(1);
  });
});
