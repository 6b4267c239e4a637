import { expect } from 'chai';
import type { Ending } from '../../lib/cli/run';
import { TwinportError, type ErrorCode } from '../../lib/errors';
import type { GetOptions, TransferResult } from '../../lib/index';
import { decodeName } from '../../lib/wire/names';
import { DATA, DONE, failing, HEAD, outcome, plain, REMOTE, SERVER } from '../support/pretender';
import { Captured } from '../support/stdio';

describe('ftclient', () => {
  it('prints the transcript of a list', async () => {
    const { ending, stdout, stderr, client } = await outcome([...SERVER, '-l', '8555']);
    expect([ending, stdout, stderr]).to.deep.equal([0, `${HEAD}${DATA}.\n..\nREADME.md\n`, '']);
    expect(client.asked).to.deep.equal([['list', '', { dataPort: 8555 }]]);
    expect(client.closed).to.equal(1);
  });

  it('prints the transcripts of a get and a put', async () => {
    const got = await outcome([...SERVER, '-g', 'a/b', '8555']);
    expect([got.ending, got.stdout, got.stderr]).to.deep.equal([0, `${HEAD}${DATA}Transfer complete.\n`, '']);
    expect(got.client.asked).to.deep.equal([
      ['get', 'a/b', 'b', { dataPort: 8555, onExists: 'rename', specialFiles: false }],
    ]);
    const put = await outcome([...SERVER, '-p', 'a/b', '8555'], { files: ['a/b'] });
    expect([put.ending, put.stdout, put.stderr]).to.deep.equal([0, `${HEAD}${DATA}Transfer complete.\n`, '']);
    expect(put.client.asked).to.deep.equal([
      ['put', 'a/b', 'b', { dataPort: 8555, onExists: 'fail', makeDirectories: true }],
    ]);
  });

  it('passes options on', async () => {
    const words = '--timeout 3 --connect-timeout 2 --data-from any --require-verified';
    const all = [...words.split(' '), '[::1]', '3555', '-p', 'a', 'c/d', '0'];
    const { client, connected } = await outcome(all, { files: ['a'] });
    expect(plain(connected ?? {})).to.deep.equal({
      blocking: true,
      host: '::1',
      port: 3555,
      passive: true,
      requireVerified: true,
      dataFrom: 'any',
      timeout: 3000,
      connectTimeout: 2000,
    });
    expect(client.asked).to.deep.equal([
      ['put', 'a', 'c/d', { passive: true, onExists: 'fail', makeDirectories: true }],
    ]);
    const resumed = await outcome([...SERVER, '-g', 'a', '--resume', '-o', '007', '--passive', '--digest=sha256']);
    expect(resumed.client.asked).to.deep.equal([
      ['get', 'a', '007', { passive: true, digest: 'sha256', onExists: 'resume', specialFiles: true }],
    ]);
  });

  it('with -q prints the data alone, with -0 ends names with NUL', async () => {
    expect((await outcome([...SERVER, '-l', '-q'])).stdout).to.equal('README.md\n');
    expect((await outcome([...SERVER, '-l', '-q0'])).stdout).to.equal('README.md\0');
    expect((await outcome([...SERVER, '-l', '-0'])).stdout).to.equal(`${HEAD}${DATA}.\0..\0README.md\0`);
    expect((await outcome([...SERVER, '-g', 'x', '-q'])).stdout).to.equal('');
    expect((await outcome([...SERVER, '-l', '-q'], { names: [] })).stdout).to.equal('');
  });

  it('escapes what could drive a terminal, and keeps bytes that are not UTF-8', async () => {
    const names = ['\x1b]0;x\x07', 'caf\udce9', decodeName(Buffer.from([0x9b, 0x41])), 'ü\u009b'];
    const stdout = new Captured();
    await outcome([...SERVER, '-l', '-q'], { names }, { stdout });
    expect(stdout.text).to.equal('\\x1b]0;x\\x07\ncaf\xe9\n\\x9bA\n\xc3\xbc\\x9b\n');
  });

  it('prints long listings whole', async () => {
    const names = Array.from({ length: 30_000 }, (_, at) => `name-${at}`);
    expect((await outcome([...SERVER, '-l', '-q'], { names })).stdout).to.equal(names.map((n) => `${n}\n`).join(''));
  });

  it('with -o - prints the bytes alone to standard output, the transcript to standard error', async () => {
    const { ending, stdout, stderr } = await outcome([...SERVER, '-g', 'x', '-o', '-']);
    expect([ending, stdout, stderr]).to.deep.equal([0, 'abc', `${HEAD}${DATA}Transfer complete.\n`]);
    const quiet = await outcome([...SERVER, '-q', '-g', 'x', '-o', '-']);
    expect([quiet.ending, quiet.stdout, quiet.stderr]).to.deep.equal([0, 'abc', '']);
  });

  it('prints the data address once when a request is asked again', async () => {
    const again = (options: GetOptions): TransferResult => {
      options.onData?.(REMOTE);
      options.onNote?.('trying passive\nmode');
      options.onData?.({ ...REMOTE, port: 1 });
      return DONE;
    };
    const { stdout, stderr } = await outcome([...SERVER, '-g', 'x'], { transfers: [again] });
    expect(stdout).to.equal(`${HEAD}${DATA}Transfer complete.\n`);
    expect(stderr).to.equal('ftclient: trying passive\\x0amode\n');
  });

  it('says nothing of a transfer that was skipped', async () => {
    const { ending, stdout } = await outcome([...SERVER, '-g', 'x', '--on-exists', 'skip'], {
      transfers: [() => ({ ...DONE, skipped: true })],
    });
    expect([ending, stdout]).to.deep.equal([0, HEAD]);
  });

  it('shows an error reply as what the server says, and nothing after Connected', async () => {
    const { ending, stdout, stderr, client } = await outcome([...SERVER, '-g', 'x'], {
      transfers: [failing('refused', 'FILE NOT FOUND', 550)],
    });
    expect([ending, stdout, stderr]).to.deep.equal([78, HEAD, 'flip1:3555 says FILE NOT FOUND\n']);
    expect(client.closed).to.equal(1);
    const six = await outcome(['::1', '3555', '-g', 'x'], { transfers: [failing('refused', 'NO\x1b[2J')] });
    expect(six.stderr).to.equal('[::1]:3555 says NO\\x1b[2J\n');
  });

  it('ends with the code of every failure', async () => {
    const rows: readonly (readonly [ErrorCode, boolean, Ending])[] = [
      ['connection-lost', false, 56],
      ['connection-lost', true, 18],
      ['incomplete', true, 18],
      ['exists', false, 73],
      ['no-space', true, 23],
      ['timeout', true, 28],
      ['data-timeout', false, 12],
    ];
    for (const [code, moving, ending] of rows) {
      const failed = await outcome([...SERVER, '-g', 'x'], { transfers: [failing(code, 'why', undefined, moving)] });
      expect([failed.ending, failed.stdout, failed.stderr]).to.deep.equal([
        ending,
        HEAD + (moving ? DATA : ''),
        'ftclient: why\n',
      ]);
    }
    const never = await outcome([...SERVER, '-l'], { connectError: new TwinportError('cannot-connect', 'refused') });
    expect([never.ending, never.stdout, never.stderr]).to.deep.equal([7, '', 'ftclient: refused\n']);
  });

  it('reports a defect with its stack, 70', async () => {
    const { ending, stderr } = await outcome([...SERVER, '-l'], {
      transfers: [
        () => {
          throw new TypeError('x is not a function');
        },
      ],
    });
    expect(ending).to.equal(70);
    expect(stderr).to.match(/^ftclient: this is a defect of ours.*TypeError: x is not a function\n +at /);
  });

  it('judges names before it connects', async () => {
    for (const words of [
      ['-g', '..'],
      ['-p', '.'],
      ['-g', 'a/.', '8555'],
      ['-l', '80'],
      ['-g', 'x', '--on-exists', 'ask'],
    ]) {
      const { ending, stdout, stderr, connected } = await outcome([...SERVER, ...words]);
      expect([ending, stdout, connected]).to.deep.equal([64, '', undefined]);
      expect(stderr).to.match(/^ftclient: .+\nTry ftclient --help\.\n$/);
    }
  });

  it('answers --help and --version on standard output, whatever stands beside them', async () => {
    const help = await outcome(['--help', 'x', 'y', 'z']);
    expect([help.ending, help.stderr]).to.deep.equal([0, '']);
    expect(help.stdout)
      .to.match(/^Usage: ftclient .*\n +ftclient .*-g FILE/)
      .and.to.include('  78  no such remote file');
    expect(help.stdout).to.include('ftclient flip1 3555 -l 8555');
    expect((await outcome(['--version'])).stdout).to.match(/^ftclient \d+\.\d+\.\d+\n$/);
  });
});
