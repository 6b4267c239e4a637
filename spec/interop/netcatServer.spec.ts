import { expect } from 'chai';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect, isTwinportError } from '../../lib';
import { fakeClock } from '../support/fakeClock';
import { noLeaks } from '../support/leaks';
import { ENDS_WITH_INPUT, NETCATS, readmeCommands, type Netcat } from '../support/netcat';
import { freePorts, run } from '../support/programs';
import { hurriedClient, listening, withPrograms, workshops } from '../support/thirdParty';

const UNVERIFIED = 'ftclient: unverified: the server sends no count and digest\n';

for (const netcat of NETCATS) {
  withPrograms(`${netcat} as a server for ftclient`, [netcat], () => asServer(netcat));
}

function asServer(netcat: Netcat): void {
  const workshop = workshops(netcat);
  noLeaks();
  let control: number;
  let data: number;

  beforeEach(async () => {
    // Netcat wants its ports told; these were free a moment ago.
    [control = 0, data = 0] = await freePorts(2);
    mkdirSync(workshop().path('here'));
  });

  /** Gets into a directory where nothing is but what it makes. */
  const get = (...words: string[]) =>
    hurriedClient(
      ...['127.0.0.1', String(control), '-g', 'textfile-large', String(data)],
      ...['-o', workshop().path('here/textfile-large'), ...words],
    );
  const here = () => readdirSync(workshop().path('here'));
  /** Says this on P, and then stays, or leaves. */
  const saying = async (input: string, ...words: readonly string[]) => {
    const running = workshop().start(netcat, [...words, '-l', '-p', String(control)], { input });
    await listening(control);
    return running;
  };
  const readme = async (dial = 'nc -q 0') => {
    const script = readmeCommands('serve', { control, data });
    expect(script).to.contain('\nnc -q 0 127.0.0.1');
    const running = workshop().script(script.replace('\nnc -q 0', `\n${dial}`));
    await listening(control);
    return running;
  };

  it('serves a file with the commands of README', async () => {
    const bytes = Buffer.alloc(82_500, 'all work and no play\n');
    writeFileSync(workshop().path('textfile-large'), bytes);
    const script = await readme();
    // The program itself, as README says it is typed.
    const words = ['127.0.0.1', String(control), '-g', 'textfile-large', String(data)];
    const got = await run('ftclient', words, { cwd: workshop().path('here') });
    expect(got.stderr).to.equal(UNVERIFIED);
    expect(got.code).to.equal(0);
    expect(got.stdout.toString().replace(/, [0-9]+\)/, ', PORT)')).to.equal(
      `Connected to 127.0.0.1 on port ${control}...\nData transfer initiated on ('127.0.0.1', PORT)...\nTransfer complete.\n`,
    );
    expect(workshop().read('request').toString()).to.equal(`-g textfile-large ${data}\n`);
    expect(workshop().read('here/textfile-large').equals(bytes)).to.equal(true);
    expect((await script.ended).code).to.equal(0);
  });

  it('serves a file larger than all buffers', async () => {
    const bytes = Buffer.alloc(20_000_003, 'all work and no play\n');
    writeFileSync(workshop().path('textfile-large'), bytes);
    await readme();
    expect(await get()).to.include({ stderr: UNVERIFIED, ending: 0 });
    expect(workshop().read('here/textfile-large').equals(bytes)).to.equal(true);
  });

  it('serves an empty file: nothing came and nothing was said, which is no file', async () => {
    writeFileSync(workshop().path('textfile-large'), '');
    await readme();
    expect((await get()).ending).to.equal(18);
    expect(here()).to.not.include('textfile-large');
  });

  it('vouches for nothing: --require-verified refuses it', async () => {
    writeFileSync(workshop().path('textfile-large'), 'some bytes');
    await readme();
    const got = await get('--require-verified');
    expect(got.ending).to.equal(18);
    expect(got.stdout).to.not.contain('complete');
    expect(here()).to.not.include('textfile-large');
  });

  it('dials from another address of this machine', async () => {
    writeFileSync(workshop().path('textfile-large'), 'some bytes');
    await readme('nc -q 0 -s 127.0.0.2');
    const got = await get();
    expect(got.stdout).to.contain("\nData transfer initiated on ('127.0.0.2', ");
    expect(workshop().read('here/textfile-large').toString()).to.equal('some bytes');
  });

  it('serves a listing', async () => {
    writeFileSync(workshop().path('textfile-large'), 'one\ntwo\n');
    await readme();
    const got = await hurriedClient('-q', '127.0.0.1', String(control), '-l', String(data));
    expect(workshop().read('request').toString()).to.equal(`-l ${data}\n`);
    expect(got).to.include({ ending: 0, stderr: UNVERIFIED });
    expect(got.stdout).to.equal('one\ntwo\n');
  });

  const errors: readonly [text: string, code: number][] = [
    ['FILE NOT FOUND\n', 78],
    ['FILE NOT FOUND', 78],
    ['go away\r\n', 9],
    ['550 no such thing\r\n', 78],
    ['SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', 8],
    ['HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', 8],
    ['220 mail.example.org ESMTP\r\n500 what?\r\n', 8],
  ];
  for (const [text, code] of errors) {
    const first = text.split(/[\r\n]/, 1)[0] ?? '';
    for (const [how, words] of [
      ['stays', []],
      ['leaves', ENDS_WITH_INPUT[netcat]],
    ] as const) {
      it(`says ${JSON.stringify(first)}${text === first ? ' without a newline' : ''} and ${how}: exit ${code}`, async () => {
        await saying(text, ...words);
        const got = await get();
        expect(got.stderr).to.not.equal('');
        expect(got.ending, got.stderr).to.equal(code);
        expect(got.stdout).to.equal(`Connected to 127.0.0.1 on port ${control}...\n`);
        if (code !== 8) expect(got.stderr).to.contain(` says ${first.replace(/^550 /, '')}\n`);
        expect(here()).to.deep.equal([]);
      });
    }
  }

  it('says nothing and leaves: the connection was lost', async () => {
    await saying('', ...ENDS_WITH_INPUT[netcat]);
    const got = await get();
    expect(got.ending, got.stderr).to.equal(56);
    expect(here()).to.deep.equal([]);
  });

  it('says nothing and stays: given up after 15 s', async () => {
    const server = await saying('');
    const clock = fakeClock();
    const client = await connect({ host: '127.0.0.1', port: control, clock });
    let failure: unknown;
    const got = client
      .get('a', workshop().path('here/a'), { dataPort: data })
      .catch((error: unknown) => (failure = error));
    await server.until(new RegExp(`^-g a ${data}\n`));
    await clock.advance(14_999);
    expect(failure).to.equal(undefined);
    await clock.advance(1);
    await got;
    expect(isTwinportError(failure, 'timeout') && failure.message).to.match(/says nothing/);
    await client.close();
    await server.ended;
    expect(here()).to.deep.equal([]);
  });
}
