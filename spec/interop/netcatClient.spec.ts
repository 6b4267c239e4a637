import { expect } from 'chai';
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { noLeaks } from '../support/leaks';
import { ENDS_WITH_INPUT, NETCATS, readmeCommands, type Netcat } from '../support/netcat';
import { freePort, type RunningServer } from '../support/programs';
import { listening, withPrograms, workshops, type Workshop } from '../support/thirdParty';

const HELLO = 'hello, world\n';
/** 34 bytes. */
const LISTING = '.\n..\nbig\nhello.txt\ntextfile-large\n';
const BIG = 40 * 1024 * 1024;

/** A directory to serve, apart from where netcat works. */
function shop(workshop: Workshop): string {
  const root = workshop.path('served');
  mkdirSync(root);
  writeFileSync(`${root}/hello.txt`, HELLO);
  writeFileSync(`${root}/textfile-large`, Buffer.alloc(82_500, 'all work and no play\n'));
  writeFileSync(`${root}/big`, '');
  // Sparse: more than all buffers between two sockets hold.
  truncateSync(`${root}/big`, BIG);
  return root;
}

for (const netcat of NETCATS) {
  withPrograms(`${netcat} as a client of ftserver`, [netcat], () => asClient(netcat));
}

function asClient(netcat: Netcat): void {
  const workshop = workshops(netcat);
  noLeaks();
  let server: RunningServer;
  let control: number;
  /**
   * Netcat wants its port told. It was free a moment ago and the system gives it to nobody else soon: free ports
   * are given at random out of thousands.
   */
  let data: number;

  beforeEach(async () => {
    const root = shop(workshop());
    server = await workshop().ftserver(root, '--writable');
    control = Number(server.port);
    data = await freePort();
  });

  /** `nc -l` on the data port; what comes goes to its standard output. */
  const door = async () => {
    const running = workshop().start(netcat, ['-l', '-p', String(data)]);
    await listening(data);
    return running;
  };
  const ask = (input: string | null, ...words: string[]) =>
    workshop().start(netcat, [...words, '127.0.0.1', String(control)], { input });

  it('gets a file with the commands of README', async () => {
    const script = await workshop().script(readmeCommands('get', { control, data })).ended;
    expect(script.code).to.equal(0);
    expect(script.stdout.toString()).to.match(
      /^150 type=file;size=82500;[^ ]* textfile-large\r\n226 length=82500;crc32=[0-9a-f]{8}; .*\r\n221 .*\r\n$/,
    );
    expect(workshop().read('textfile-large').equals(workshop().read('served/textfile-large'))).to.equal(true);
    expect(await server.stop()).to.contain(`Sending "textfile-large" to 127.0.0.1:${data}.\n`);
  });

  it('puts a file with the commands of README', async () => {
    writeFileSync(workshop().path('notes.txt'), Buffer.alloc(200_001, 'notes\n'));
    const script = await workshop().script(readmeCommands('put', { control, data })).ended;
    expect(script.code).to.equal(0);
    expect(script.stdout.toString()).to.match(
      /^150 type=file; notes.txt\r\n226 length=200001;crc32=[0-9a-f]{8}; .*unverified.*\r\n221 .*\r\n$/,
    );
    expect(workshop().read('served/notes.txt').equals(workshop().read('notes.txt'))).to.equal(true);
  });

  it('puts without saying how much, up to FIN, and replaces nothing', async () => {
    const put = async (): Promise<string> => {
      const q = workshop().start(netcat, [...ENDS_WITH_INPUT[netcat], '-l', '-p', String(data)], { input: HELLO });
      await listening(data);
      const { stdout } = await ask(`-p new.txt ${data}\n-q\n`).ended;
      if (stdout.toString().startsWith('553')) q.signal('SIGKILL');
      await q.ended;
      return stdout.toString();
    };
    expect(await put()).to.match(/\r\n226 length=13;crc32=f4247453; Transfer complete, unverified\.\r\n221 /);
    expect(workshop().read('served/new.txt').toString()).to.equal(HELLO);
    writeFileSync(workshop().path('served/new.txt'), 'mine');
    expect(await put()).to.match(/^553 .*\r\n221 /);
    expect(workshop().read('served/new.txt').toString()).to.equal('mine');
  });

  const endings: readonly [how: string, ending: string][] = [
    ['LF', '\n'],
    ['CR LF', '\r\n'],
  ];
  for (const [how, ending] of endings) {
    it(`lists and gets with ${how}`, async () => {
      let q = await door();
      const listed = await ask(`-l ${data}${ending}-q${ending}`).ended;
      expect(listed.stdout.toString()).to.match(/^150 [^\n]*\r\n226 length=34;[^\n]*\r\n221 [^\n]*\r\n$/);
      expect((await q.ended).stdout.toString()).to.equal(LISTING);
      q = await door();
      const got = await ask(`-g hello.txt ${data}${ending}-q${ending}`).ended;
      expect(got.stdout.toString()).to.match(/\r\n226 length=13;crc32=f4247453; /);
      expect((await q.ended).stdout.toString()).to.equal(HELLO);
    });
  }

  it('half-closes instead of ending its line', async () => {
    let q = await door();
    const listed = await ask(`-l ${data}`, ...ENDS_WITH_INPUT[netcat]).ended;
    expect((await q.ended).stdout.toString()).to.equal(LISTING);
    // The traditional one leaves with its input and hears no reply; what it asked for is done all the same.
    if (netcat === 'nc.openbsd') expect(listed.stdout.toString()).to.match(/^150 .*\r\n226 length=34;.*\r\n$/);
    q = await door();
    await ask(`-g big ${data}`, ...ENDS_WITH_INPUT[netcat]).ended;
    const { stdout } = await q.ended;
    expect(stdout.length).to.equal(BIG);
    expect(stdout.equals(Buffer.alloc(BIG))).to.equal(true);
  });

  it('pads its request with NULs, and says no more', async () => {
    const q = await door();
    const p = ask(null);
    p.child.stdin?.write(`-g hello.txt ${data}`.padEnd(1024, '\0'));
    expect((await q.ended).stdout.toString()).to.equal(HELLO);
    await p.until(/\r\n226 length=13;crc32=f4247453; /);
    // The next one in the same session: the padding before it is skipped.
    const again = await door();
    p.child.stdin?.end(`-l ${data}\n-q\n`);
    expect((await again.ended).stdout.toString()).to.equal(LISTING);
    expect((await p.ended).stdout.toString()).to.match(/\r\n226 length=34;.*\r\n221 /);
  });

  it('falls silent instead of ending its line', async () => {
    const q = await door();
    const p = ask(null);
    p.child.stdin?.write(`-l ${data}`);
    expect((await q.ended).stdout.toString()).to.equal(LISTING);
    await p.until(/\r\n226 length=34;/);
    p.child.stdin?.end('\n-q\n');
    expect((await p.ended).stdout.toString()).to.match(/\r\n221 /);
  });

  it('is told in words what cannot be had', async () => {
    const { stdout } = await ask(`-g nothing ${data}\n-l 80\nGIVE\n-g ../../etc/passwd ${data}\n-q\n`).ended;
    expect(stdout.toString()).to.match(/^550 FILE NOT FOUND\r\n501 .*\r\n500 .*\r\n550 FILE NOT FOUND\r\n221 .*\r\n$/);
    expect(existsSync(workshop().path('served/nothing'))).to.equal(false);
  });
}
