import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { endAll, freePort, ROOT, run, serve, start, type Ran, type RunningServer } from '../support/programs';

/** The usual command lines of the other dialects, both ends real, over loopback. */
describe('the usual command lines', function () {
  this.timeout(120_000);
  const apple = fs.readFileSync(path.join(ROOT, 'testfiles/apple.jpg'));
  let here: string;
  let store: string;

  beforeEach(() => {
    here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-here-'));
    store = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-store-'));
    fs.writeFileSync(path.join(store, 'apple.jpg'), apple);
    fs.writeFileSync(path.join(store, 'empty'), '');
    fs.writeFileSync(path.join(here, 'mine'), 'mine\n');
  });
  afterEach(async () => {
    await endAll();
    fs.rmSync(here, { recursive: true });
    fs.rmSync(store, { recursive: true });
  });

  const speaking = (dialect: string, ...words: string[]): Promise<RunningServer> =>
    serve(['--host', '127.0.0.1', '--dialect', dialect, ...words], { cwd: store });
  const client = (...words: string[]): Promise<Ran> => run('ftclient', words, { cwd: here });
  /** With answers on standard input, which stays open until the program is done: `exit` must do. */
  const answering = async (answers: string, words: readonly string[], open = false): Promise<Ran> => {
    const running = start('ftclient', words, { cwd: here, stdio: ['pipe', 'pipe', 'pipe'] });
    if (open) running.child.stdin?.write(answers);
    else running.child.stdin?.end(answers);
    return running.ended;
  };
  const read = (folder: string, name: string): string => fs.readFileSync(path.join(folder, name), 'latin1');
  const fixed = (stdout: Buffer): string => stdout.toString('latin1').replace(/', \d+\)\.\.\.$/gm, "', PORT)...");
  const head = (port: string, host = '127.0.0.1'): string =>
    `Connected to ${host} on port ${port}...\nData transfer initiated on ('127.0.0.1', PORT)...\n`;
  const COMPLETE = 'Transfer complete, unverified.\n';
  /** What the server printed, without what varies. */
  const log = async (server: RunningServer): Promise<string[]> =>
    (await server.stop())
      .replace(/127\.0\.0\.1:\d+/g, 'HERE')
      .replace(/on port \d+/g, 'on port PORT')
      .trimEnd()
      .split('\n');

  it('stepwise: list and get, on the default port too, with a data port and without', async () => {
    const own = await speaking('stepwise');
    const shared = await serve(['--host', '127.0.0.1'], { cwd: store });
    for (const { port } of [own, shared]) {
      const dataPort = String(await freePort());
      const listed = await client('127.0.0.1', port, '-l', dataPort, '--dialect', 'stepwise');
      expect([listed.code, fixed(listed.stdout), listed.stderr]).to.deep.equal([
        0,
        `${head(port)}.\n..\napple.jpg\nempty\n`,
        '',
      ]);
      const got = await client('127.0.0.1', port, 'get', 'apple.jpg', '-o', port, '--dialect', 'stepwise');
      expect([got.code, fixed(got.stdout), got.stderr]).to.deep.equal([0, head(port) + COMPLETE, '']);
      expect(read(here, port)).to.equal(apple.toString('latin1'));
      const missing = await client('127.0.0.1', port, '-g', 'missing', dataPort, '--dialect', 'stepwise');
      expect([missing.code, fs.existsSync(path.join(here, 'missing'))]).to.deep.equal([78, false]);
      expect(missing.stderr).to.match(new RegExp(`^127\\.0\\.0\\.1:${port} says File not found\\..*\\n$`));
    }
    for (const [words, sentence] of [
      [['-p', 'mine'], /^ftclient: stepwise has no put: it can list, get\n/],
      [['-l', '0'], /^ftclient: --passive is not for stepwise: its server dials\n/],
      [['-l', 'sub'], /^ftclient: stepwise lists the directory that is served, no other\n/],
    ] as const) {
      const refused = await client('127.0.0.1', own.port, ...words, '--dialect', 'stepwise');
      expect(refused.code).to.equal(64);
      expect(refused.stderr).to.match(sentence);
    }
    expect((await log(own)).slice(0, 5)).to.deep.equal([
      'Speaking stepwise.',
      'Connection from 127.0.0.1.',
      'List directory requested on port PORT.',
      'Sending directory contents to HERE.',
      'Sent directory contents: 21 bytes, unverified.',
    ]);
  });

  it('privateshare: list, get, put', async () => {
    const server = await speaking('privateshare');
    const { port } = server;
    const listed = await client('127.0.0.1', port, 'list', '--dialect', 'privateshare');
    expect([listed.code, fixed(listed.stdout), listed.stderr]).to.deep.equal([
      0,
      `${head(port)}apple.jpg\nempty\n`,
      '',
    ]);
    const got = await client('localhost', port, 'get', 'apple.jpg', '--dialect', 'privateshare');
    expect([got.code, fixed(got.stdout), got.stderr]).to.deep.equal([0, head(port, 'localhost') + COMPLETE, '']);
    expect(read(here, 'apple.jpg')).to.equal(apple.toString('latin1'));
    const put = await client('127.0.0.1', port, 'put', 'mine', '--dialect', 'privateshare');
    expect([put.code, fixed(put.stdout), put.stderr]).to.deep.equal([0, head(port) + COMPLETE, '']);
    expect(read(store, 'mine')).to.equal('mine\n');

    const missing = await client('127.0.0.1', port, 'get', 'missing', '--dialect', 'privateshare');
    expect([missing.code, missing.stdout.toString().split('\n').length]).to.deep.equal([78, 2]);
    expect(missing.stderr).to.match(new RegExp(`^127\\.0\\.0\\.1:${port} says cancel: .*\\n$`));
    const taken = await client('127.0.0.1', port, 'put', 'mine', '--dialect', 'privateshare');
    expect([taken.code, taken.stderr.split('\n').length]).to.deep.equal([25, 2]);
    const long = await client('127.0.0.1', port, 'get', 'x'.repeat(29), '--dialect', 'privateshare');
    expect(long.code).to.equal(64);
    expect(long.stderr).to.match(/^ftclient: privateshare cannot ask for this name: .*28.*\n$/);
    const unsure = await client('127.0.0.1', port, '-g', 'empty', '--dialect', 'privateshare', '--require-verified');
    expect([unsure.code, fs.existsSync(path.join(here, 'empty'))]).to.deep.equal([18, false]);

    expect((await log(server)).filter((line) => !line.startsWith('Connection from'))).to.deep.equal([
      'Speaking privateshare.',
      'List directory requested.',
      'Sending directory contents to HERE.',
      'Sent directory contents: 18 bytes, unverified.',
      'File "apple.jpg" requested.',
      'Sending "apple.jpg" to HERE.',
      `Sent "apple.jpg": ${apple.length} bytes, unverified.`,
      'File "mine" offered.',
      'Receiving "mine" from HERE.',
      'Received "mine": 5 bytes, unverified.',
      'File "missing" requested.',
      'File not found. Sending error message to HERE.',
      'File "mine" offered.',
      'Request refused: "mine" exists already. Sending error message to HERE.',
    ]);
  });

  it('framed: put under another name, get, and what is refused', async () => {
    const server = await speaking('framed');
    const { port } = server;
    const put = await client('127.0.0.1', port, '--dialect', 'framed', 'put', 'mine', 'b.txt');
    expect([put.code, fixed(put.stdout), put.stderr]).to.deep.equal([0, head(port) + COMPLETE, '']);
    expect(read(store, 'b.txt')).to.equal('mine\n');
    const got = await client('127.0.0.1', port, '-g', 'b.txt', '-o', '-', '-q', '--dialect=framed');
    expect([got.code, got.stdout.toString(), got.stderr]).to.deep.equal([0, 'mine\n', '']);
    fs.writeFileSync(path.join(store, '007'), 'agent');
    expect((await client('127.0.0.1', port, 'get', '007', '--dialect', 'framed')).code).to.equal(0);
    expect(read(here, '007')).to.equal('agent');

    const missing = await client('127.0.0.1', port, 'get', 'missing', '--dialect', 'framed');
    expect([missing.code, fs.existsSync(path.join(here, 'missing'))]).to.deep.equal([78, false]);
    expect(missing.stdout.toString()).to.equal(`Connected to 127.0.0.1 on port ${port}...\n`);
    expect(missing.stderr).to.match(new RegExp(`^ftclient: 127\\.0\\.0\\.1:${port}: no such file there.*\\n$`));
    const taken = await client('127.0.0.1', port, 'put', 'mine', 'b.txt', '--dialect', 'framed');
    expect([taken.code, taken.stderr.split('\n').length]).to.deep.equal([25, 2]);
    const printed = await log(server);
    expect(printed).to.include('File not found. Resetting the connection from HERE.');
    expect(printed).to.include('Request refused: "b.txt" exists already. Resetting the connection from HERE.');
  });

  it('framed: a client that asks, and needs no end of input to exit', async () => {
    const server = await speaking('framed');
    const words = ['127.0.0.1', server.port, '--dialect', 'framed'];
    const done = await answering('y\nput mine\nget apple.jpg\n/put mine\nexit\n', words, true);
    expect(done.code).to.equal(25);
    expect(fixed(done.stdout)).to.equal(`${head(server.port)}${COMPLETE}`.repeat(2) + head(server.port));
    expect(done.stderr.replace(/127.*/, '…')).to.equal(
      'Direct? [Y/n] y\n> put mine\n> get apple.jpg\n> /put mine\nftclient: …\n> exit\n',
    );
    expect(read(store, 'mine')).to.equal('mine\n');
    expect(read(here, 'apple.jpg')).to.equal(apple.toString('latin1'));
    const again = await answering('\nget apple.jpg', words);
    expect([again.code, read(here, 'apple.jpg.1')]).to.deep.equal([0, apple.toString('latin1')]);
  });

  it('framed: a client that asks dies of the signal', async () => {
    const server = await speaking('framed');
    const words = ['127.0.0.1', server.port, '--dialect', 'framed'];
    const running = start('ftclient', words, { cwd: here, stdio: ['pipe', 'pipe', 'pipe'] });
    await running.until(/Direct\? \[Y\/n\] $/, 'stderr');
    running.signal('SIGINT');
    expect((await running.ended).signal).to.equal('SIGINT');
  });

  it('colon: a batch, all at once, echoed', async () => {
    const server = await speaking('colon');
    const { port } = server;
    fs.writeFileSync(path.join(store, 'hello'), 'hello\n');
    const answers = '4\napple.jpg\nget\nmine\nput\nhello\nget\nnothing\nsend\n';
    const done = await answering(answers, ['127.0.0.1', port, '--dialect', 'colon', '--echo']);
    expect(done.code).to.equal(26);
    const lines = done.stdout.toString('latin1').split('\n');
    for (const number of [1, 2, 3]) expect(lines).to.include(`${number}: ${COMPLETE.trimEnd()}`);
    expect(lines).to.include('3: Received: hello\\x0a');
    expect(done.stderr).to.match(/^4: ftclient: .*nothing.*$/m);
    expect(read(here, 'apple.jpg')).to.equal(apple.toString('latin1'));
    expect(read(here, 'hello')).to.equal('hello\n');
    expect(read(store, 'mine')).to.equal('mine\n');
    expect(
      fs
        .readdirSync(store)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    ).to.deep.equal(['apple.jpg', 'empty', 'hello', 'mine']);
    const printed = await log(server);
    expect(printed).to.include('3 clients expected.');
    expect(printed.slice(0, 1)).to.deep.equal(['Speaking colon.']);
  });

  it('colon: one command, a missing file and one that is taken', async () => {
    const { port } = await speaking('colon');
    expect((await client('127.0.0.1', port, 'get', 'apple.jpg', '--dialect', 'colon')).code).to.equal(0);
    const missing = await client('127.0.0.1', port, 'get', 'missing', '--dialect', 'colon');
    expect([missing.code, missing.stderr]).to.deep.equal([78, `127.0.0.1:${port} says File not found.\n`]);
    fs.writeFileSync(path.join(here, 'empty'), 'not empty');
    const taken = await client('127.0.0.1', port, 'put', 'empty', '--dialect', 'colon');
    expect([taken.code, taken.stderr]).to.deep.equal([25, `127.0.0.1:${port} says File exists already.\n`]);
    expect(read(store, 'empty')).to.equal('');
  });

  it('numbered: any file, bare or put, into a directory that is made', async () => {
    const server = await speaking('numbered', '--root', 'made/here');
    const { port } = server;
    for (const name of ['-rf', '007', '--odd']) fs.writeFileSync(path.join(here, name), `I am ${name}`);
    for (const words of [['-rf'], ['put', '007'], ['--odd'], ['mine']]) {
      const { code, stdout, stderr } = await client('127.0.0.1', port, ...words, '--dialect', 'numbered');
      expect([code, fixed(stdout), stderr], words.join(' ')).to.deep.equal([0, head(port) + COMPLETE, '']);
    }
    const made = path.join(store, 'made/here');
    expect(fs.readdirSync(made).sort()).to.deep.equal(['1.file', '2.file', '3.file', '4.file']);
    expect(['1.file', '2.file', '3.file', '4.file'].map((name) => read(made, name))).to.deep.equal([
      'I am -rf',
      'I am 007',
      'I am --odd',
      'mine\n',
    ]);
    expect((await log(server)).slice(-4)).to.deep.equal([
      'Connection from 127.0.0.1.',
      'File "4.file" offered.',
      'Receiving "4.file" from HERE.',
      'Received "4.file": 5 bytes, unverified.',
    ]);
  });

  it('numbered: ten at once, and one that is too much', async () => {
    const server = await speaking('numbered', '--root', 'all', '--max-size', '1K');
    const { port } = server;
    fs.writeFileSync(path.join(here, 'large'), Buffer.alloc(4 * 1024 * 1024));
    const send = (file: string): Promise<Ran> => client('127.0.0.1', port, file, '--dialect', 'numbered');
    const all = await Promise.all(Array.from({ length: 10 }, () => send('mine')));
    expect(all.map(({ code }) => code)).to.deep.equal(Array(10).fill(0));
    const large = await send('large');
    expect([large.code, large.stderr.split('\n').length]).to.deep.equal([25, 2]);
    const made = path.join(store, 'all');
    for (let n = 1; n <= 10; n++) expect(read(made, `${n}.file`)).to.equal('mine\n');
    expect(read(made, '11.file')).to.equal('ERROR');
    expect((await log(server)).at(-1)).to.match(/^Receiving "11\.file" failed: .*1024 bytes\.$/);
  });

  it('numbered: with both greetings', async () => {
    const { port } = await speaking('numbered', '--accio');
    const sent = await client('127.0.0.1', port, 'mine', '--dialect', 'numbered', '--accio');
    expect([sent.code, fixed(sent.stdout), sent.stderr]).to.deep.equal([0, head(port) + COMPLETE, '']);
    expect(read(store, '1.file')).to.equal('mine\n');
  });

  it('several ports of one server, each in its language', async () => {
    const running = start(
      'ftserver',
      ['--listen', 'auto:0', '--listen', 'framed:0', '--listen', 'ft:0', '--host', '127.0.0.1', '--read-only'],
      { cwd: store },
    );
    const [, auto = '', framed = '', native = ''] = await running.until(
      /^Server open on (\d+)\nSpeaking auto\.\nServer open on (\d+)\nSpeaking framed\.\nServer open on (\d+)\nSpeaking ft\.\n/,
    );
    for (const [port, dialect] of [
      [auto, 'framed'],
      [auto, 'privateshare'],
      [auto, 'ft'],
      [framed, 'framed'],
      [native, 'ft'],
    ] as const) {
      const { code, stdout } = await client(
        '127.0.0.1',
        port,
        '-g',
        'apple.jpg',
        '-q',
        '-o',
        '-',
        '--dialect',
        dialect,
      );
      expect([code, stdout.equals(apple)], dialect).to.deep.equal([0, true]);
    }
    expect((await client('127.0.0.1', framed, '-p', 'mine', '--dialect', 'framed')).code).to.equal(25);
    expect(fs.existsSync(path.join(store, 'mine'))).to.equal(false);
    running.signal('SIGTERM');
    expect((await running.ended).code).to.equal(0);
  });
});
