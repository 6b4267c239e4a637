import { expect } from 'chai';
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noLeaks } from '../support/leaks';
import { hurriedClient, withPrograms, workshops } from '../support/thirdParty';

/** Names and bytes that a program of one afternoon gets wrong first. */
const FILES: Readonly<Record<string, Buffer>> = {
  'hello.txt': Buffer.from('hello, world\n'),
  empty: Buffer.alloc(0),
  'two  spaces and ünïcode': Buffer.from('x'),
  every: Buffer.from(Array.from({ length: 200_003 }, (_, at) => (at * 31) % 256)),
};
const NAMES = Object.keys(FILES).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

function fill(root: string): string {
  mkdirSync(root);
  for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(root, name), bytes);
  return root;
}

withPrograms('a client in Python', ['python3'], () => {
  const workshop = workshops();
  noLeaks();
  const client = (port: string, how: string, ...requests: string[]) =>
    workshop().start('python3', [join(__dirname, 'client.py'), port, how, ...requests]).ended;

  for (const how of ['lines', 'crlf', 'bytes', 'padded', 'silent']) {
    it(`lists and gets every file, sending ${how}`, async () => {
      const { port } = await workshop().ftserver(fill(workshop().path('served')));
      // A second of silence for each request is enough with one of them.
      const names = how === 'silent' ? ['every'] : NAMES;
      const { code, stdout, stderr } = await client(port, how, '-l DATA', ...names.map((name) => `-g ${name} DATA`));
      expect(code, stderr).to.equal(0);
      const listing = Buffer.from(['.', '..', ...NAMES].map((name) => `${name}\n`).join(''));
      expect(stdout.equals(Buffer.concat([listing, ...names.map((name) => FILES[name] as Buffer)]))).to.equal(true);
      expect(stderr.match(/^226 length=/gm)).to.have.length(1 + names.length);
    });
  }

  it('half-closes after its only request', async () => {
    const { port } = await workshop().ftserver(fill(workshop().path('served')));
    const { code, stdout } = await client(port, 'half-close', '-g every DATA');
    expect(code).to.equal(0);
    expect(stdout.equals(FILES['every'] as Buffer)).to.equal(true);
  });

  it('is told what cannot be had, and goes on', async () => {
    const { port } = await workshop().ftserver(fill(workshop().path('served')));
    const { stdout, stderr } = await client(
      port,
      'lines',
      '-g nothing 1025',
      '-g hello.txt 80',
      'GET',
      '-g hello.txt DATA',
    );
    expect(stdout.toString()).to.equal('hello, world\n');
    expect(stderr).to.match(/^550 FILE NOT FOUND\r\n501 .*\r\n500 .*\r\n150 .*\r\n226 .*\r\n$/);
  });

  it('takes any text for an error, and gets none with --plain-replies', async () => {
    const { port } = await workshop().ftserver(fill(workshop().path('served')), '--plain-replies');
    // It waits for a final reply, which only an error is.
    const { stdout, stderr } = await client(port, 'lines', '-g nothing 1025');
    expect(stdout.toString()).to.equal('');
    expect(stderr).to.equal('550 FILE NOT FOUND\r\n');
    const script = `
import socket
door = socket.socket(); door.bind(("127.0.0.1", 0)); door.listen(1)
control = socket.create_connection(("127.0.0.1", ${port}))
control.sendall(b"-g every %d" % door.getsockname()[1]); control.shutdown(socket.SHUT_WR)
data, _ = door.accept()
print(len(data.makefile("rb").read())); data.close(); print(control.recv(1000))`;
    const quiet = await workshop().start('python3', ['-c', script]).ended;
    expect(quiet.stdout.toString()).to.equal("200003\nb''\n");
  });
});

withPrograms('a server in Python', ['python3'], () => {
  const workshop = workshops();
  noLeaks();

  const serving = async (how = '') => {
    const root = fill(workshop().path('served'));
    mkdirSync(workshop().path('here'));
    const server = workshop().start('python3', [join(__dirname, 'server.py'), how], { cwd: root, input: null });
    const [, port = ''] = await server.until(/^(\d+)\n/);
    const get = (name: string, ...words: string[]) =>
      hurriedClient(
        '127.0.0.1',
        port,
        '-g',
        name,
        ...words,
        '-o',
        workshop().path('here/file'),
        '--on-exists',
        'overwrite',
      );
    return { server, port, get };
  };
  const here = () => readdirSync(workshop().path('here'));

  for (const how of ['', 'stays', 'slow', 'other', 'other+stays']) {
    it(`serves every file${how === '' ? '' : `: ${how}`}`, async () => {
      const { port, get } = await serving(how);
      const listed = await hurriedClient('-q', '127.0.0.1', port, '-l');
      expect(listed).to.include({ ending: 0, stdout: NAMES.map((name) => `${name}\n`).join('') });
      // Byte by byte 200,003 of them would take a minute.
      for (const name of NAMES.filter((each) => how !== 'slow' || each !== 'every')) {
        const got = await get(name);
        if (name === 'empty') {
          expect(got.ending, name).to.equal(18);
          continue;
        }
        expect(got, name).to.include({
          ending: 0,
          stderr: 'ftclient: unverified: the server sends no count and digest\n',
        });
        expect(got.stdout).to.contain(
          `\nData transfer initiated on ('${how.startsWith('other') ? '127.0.0.2' : '127.0.0.1'}', `,
        );
        expect(
          workshop()
            .read('here/file')
            .equals(FILES[name] as Buffer),
          name,
        ).to.equal(true);
      }
    });
  }

  for (const how of ['', 'padded', 'other']) {
    it(`says its error in words, without a newline, and closes${how === '' ? '' : `: ${how}`}`, async () => {
      const { port, get } = await serving(how);
      const got = await get('nothing');
      expect(got).to.include({ ending: 78, stderr: `127.0.0.1:${port} says FILE NOT FOUND\n` });
      expect(got.stdout).to.equal(`Connected to 127.0.0.1 on port ${port}...\n`);
      expect(here()).to.deep.equal([]);
    });
  }

  it('serves many at once', async () => {
    const { port } = await serving('other');
    const gets = Array.from({ length: 8 }, (_, at) =>
      hurriedClient('127.0.0.1', port, '-g', 'every', '-o', workshop().path(`here/${at}`)),
    );
    expect((await Promise.all(gets)).map(({ ending }) => ending)).to.deep.equal(gets.map(() => 0));
    for (const name of here())
      expect(
        workshop()
          .read(`here/${name}`)
          .equals(FILES['every'] as Buffer),
      ).to.equal(true);
    expect(here()).to.have.length(8);
  });

  it('sends half a file: nobody can know, so it is never called verified', async () => {
    const { get } = await serving('short');
    expect((await get('every')).stderr).to.match(/unverified/);
    expect((await get('every', '--require-verified')).ending).to.equal(18);
  });

  it('resets in the middle: partial', async () => {
    const { get } = await serving('resets');
    // Half of it is more than the buffers between two sockets hold: the reset finds the client reading.
    writeFileSync(workshop().path('served/big'), '');
    truncateSync(workshop().path('served/big'), 64 * 1024 * 1024);
    expect((await get('big')).ending).to.equal(18);
    expect(here()).to.not.include('file');
  });

  it('is asked for a put or a passive transfer, which it does not know', async () => {
    const { port } = await serving();
    writeFileSync(workshop().path('mine'), 'mine');
    const put = await hurriedClient('127.0.0.1', port, '-p', workshop().path('mine'), 'theirs');
    expect(put.ending, put.stderr).to.be.equal(25);
    const passive = await hurriedClient(
      '127.0.0.1',
      port,
      '-g',
      'hello.txt',
      '--passive',
      '-o',
      workshop().path('here/x'),
    );
    expect(passive.ending, passive.stderr).to.be.equal(78);
    expect(here()).to.deep.equal([]);
  });
});
