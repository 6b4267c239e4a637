import { expect } from 'chai';
import type { Command } from '../../lib/cli/command';
import { languageNamed, languages } from '../../lib/cli/dialects';
import { checkTogether, CLIENT_FLAGS, clientOptions } from '../../lib/cli/options';
import { takeApart } from '../../lib/cli/command';
import { parseFlags } from '../../lib/cli/parser';
import { relayNote } from '../../lib/cli/render';
import { UsageError } from '../../lib/cli/usage';
import { TwinportError } from '../../lib/errors';
import { document, rowsOf, section } from '../support/markdown';
import { DATA, DONE, failing, HEAD, outcome, plain, SERVER } from '../support/pretender';

/** A whole command line up to where something is connected to. */
function understand(line: string): Command {
  const { options: tokens, command } = takeApart(line.split(' '), CLIENT_FLAGS);
  const options = clientOptions(parseFlags('ftclient', CLIENT_FLAGS, tokens));
  const wanted = command(options.dialect);
  checkTogether(wanted, options, () => true);
  return wanted;
}

describe('--dialect', () => {
  it('names one of those there are', () => {
    expect(languageNamed(undefined)).to.equal(undefined);
    expect(languageNamed('ft')).to.equal(undefined);
    for (const { name, verbs } of languages()) {
      if (name !== 'ft') expect(languageNamed(name)?.name).to.equal(name);
      expect(verbs).to.not.deep.equal([]);
    }
    for (const odd of ['FT', 'ftp', '', 'constructor', '__proto__', 'auto', 'default']) {
      expect(() => languageNamed(odd), odd).to.throw(UsageError, /^--dialect is one of ft, .*framed.*, not "/);
    }
  });

  it('has a row in README for each of them, with its usual port', () => {
    const rows = rowsOf(section(document('README.md'), 'Other dialects'));
    for (const { name, port, usualPort } of languages()) {
      if (name === 'ft') continue;
      const row = rows.find(([system = '']) => system.includes(`(\`${name}\``) && system !== '') ?? [];
      expect(row.join(' '), name).to.include('ftserver ').and.to.include(`--dialect ${name}`);
      if (usualPort) expect(row[0]).to.include(`port ${port}`);
    }
  });

  it('may stand anywhere', () => {
    for (const line of [
      'localhost 365 get apple.jpg --dialect privateshare',
      '--dialect=privateshare localhost 365 get apple.jpg',
      'localhost --dialect privateshare 365 -g apple.jpg',
      'localhost 365 --dialect privateshare get apple.jpg',
    ]) {
      expect(understand(line), line).to.deep.equal({ verb: 'get', paths: ['apple.jpg'] });
    }
    expect(understand('h 1 --dialect framed put a.txt b.txt')).to.deep.equal({
      verb: 'put',
      names: ['a.txt', 'b.txt'],
    });
  });

  const refused: readonly (readonly [line: string, sentence: RegExp])[] = [
    ['h 1 list --dialect framed', /^framed has no list: it can get, put$/],
    ['h 1 -l docs --dialect privateshare', /^privateshare lists the directory that is served, no other$/],
    ['h 1 -g a 8555 --dialect framed', /^framed has no data connection/],
    ['h 1 -g a --dialect framed --passive', /^--passive is not for framed: it has no data connection$/],
    ['h 1 -g a --dialect framed --data-from any', /^--data-from is not for framed/],
    ['h 1 -g a --dialect framed --digest sha256', /^--digest is not for framed/],
    ['h 1 -g a --dialect framed --resume', /^framed cannot resume/],
    ['h 1 -g a --dialect framed --on-exists resume', /^framed cannot resume/],
    ['h 1 -p a --dialect framed --on-exists overwrite', /^--on-exists overwrite is not for a put in framed/],
    ['h 1 -p a --dialect framed --on-exists skip', /^--on-exists skip is not for a put/],
    ['h 1 -p a --dialect framed --on-exists ask', /^--on-exists ask is not for a put/],
    ['h 1 -g a --dialect framed --accio', /^--accio belongs to --dialect numbered$/],
    ['h 1 -g a --accio', /^--accio belongs to --dialect numbered$/],
    ['h 1 -g a --dialect framed --echo', /^--echo belongs to --dialect colon$/],
    ['h 1 -g a --echo', /^--echo belongs to --dialect colon$/],
    ['h 1 a --dialect framed', /^after the host and the port comes -l, -g or -p, not "a"$/],
    ['h 1 --dialect privateshare', /^what shall be done/],
    ['h --dialect privateshare', /^which port of h/],
    ['h 1 -l --relay h', /^--relay takes HOST:PORT/],
    ['h 1 -l --relay ::1:50000', /^--relay takes HOST:PORT, an IPv6 address in brackets/],
    ['h 1 -l --relay :50000', /^--relay takes HOST:PORT/],
    ['h 1 -l --relay h:0', /^the port of --relay must be/],
    ['h 1 -l --relay h:65536', /^the port of --relay must be/],
    ['h 1 -l --relay h:x', /^--relay takes HOST:PORT/],
  ];
  for (const [line, sentence] of refused) {
    it(`is refused: ftclient ${line}`, () => expect(() => understand(line)).to.throw(UsageError, sentence));
  }

  it('leaves alone what means something', () => {
    for (const line of [
      'h 1 -l -0 --dialect privateshare',
      'h 1 -g a --dialect framed -o b --on-exists overwrite',
      'h 1 -g a --dialect framed --on-exists ask',
      'h 1 -g a --dialect framed --require-verified --timeout 3',
      'h 1 -p a --dialect framed --on-exists fail',
      'h 1 -p a 8555 --passive --dialect ft',
    ]) {
      understand(line);
    }
  });
});

describe('ftclient in another language', () => {
  const unverified = (): typeof DONE => ({ ...DONE, verified: false });

  it('says that nothing vouches for what it moved', async () => {
    for (const words of [
      ['-g', 'a'],
      ['-p', 'a'],
    ]) {
      const { ending, stdout, stderr, connected } = await outcome([...SERVER, ...words, '--dialect', 'framed'], {
        transfers: [unverified],
        files: ['a'],
      });
      expect([ending, stdout, stderr]).to.deep.equal([0, `${HEAD}Transfer complete, unverified.\n`, '']);
      expect(plain(connected ?? {})).to.deep.equal({ blocking: true, host: 'flip1', port: 3555, dialect: 'framed' });
      expect(connected?.settings).to.deep.equal({});
    }
    const native = await outcome([...SERVER, '-g', 'a'], { transfers: [unverified] });
    expect(native.stdout).to.equal(`${HEAD}Transfer complete.\n`);
  });

  it('lists as ever', async () => {
    const words = [...SERVER, 'list', '-q', '-0', '--dialect', 'privateshare'];
    const { ending, stdout } = await outcome(words, { names: ['a', 'b\x1b'] });
    // For programs: with -0 names are what they are, into anything but a terminal.
    expect([ending, stdout]).to.deep.equal([0, 'a\0b\x1b\0']);
  });

  it('gives the words of the server as its words, and our reading of a reset as ours', async () => {
    const words = [...SERVER, '-g', 'a', '--dialect', 'framed'];
    const said = await outcome(words, { transfers: [failing('refused', 'cancel: no such file there')] });
    expect([said.ending, said.stderr]).to.deep.equal([78, 'flip1:3555 says cancel: no such file there\n']);
    const reset = await outcome(words, {
      transfers: [
        () => {
          throw new TwinportError('refused', 'no such file there', { cause: new Error('ECONNRESET') });
        },
      ],
    });
    expect([reset.ending, reset.stderr]).to.deep.equal([78, 'ftclient: flip1:3555: no such file there\n']);
    const put = await outcome([...SERVER, '-p', 'a', '--dialect', 'framed'], {
      transfers: [failing('refused', 'cancel: the name is taken')],
      files: ['a'],
    });
    expect(put.ending).to.equal(25);
  });

  it('that nobody knows is refused before anything is connected to', async () => {
    const { ending, stderr, connected } = await outcome([...SERVER, '-l', '--dialect', 'gopher']);
    expect([ending, connected]).to.deep.equal([64, undefined]);
    expect(stderr).to.match(/^ftclient: --dialect is one of ft.*, not "gopher".*\nTry ftclient --help\.\n$/);
  });
});

describe('--relay', () => {
  it('is connected to, and the server is what is printed', async () => {
    const { ending, stdout, stderr, connected } = await outcome([...SERVER, '-l', '--relay', '[::1]:50000']);
    expect([ending, stdout]).to.deep.equal([0, `${HEAD}${DATA}.\n..\nREADME.md\n`]);
    expect(stderr).to.equal('ftclient: through the relay [::1]:50000\n');
    expect(plain(connected ?? {})).to.deep.equal({ blocking: true, host: '::1', port: 50000 });
  });

  it('leaves the server its words', async () => {
    const { stderr } = await outcome([...SERVER, '-g', 'x', '--relay', 'r:1'], {
      transfers: [failing('refused', 'FILE NOT FOUND', 550)],
    });
    expect(stderr).to.equal('ftclient: through the relay r:1\nflip1:3555 says FILE NOT FOUND\n');
  });

  it('cannot be made to drive a terminal', () => {
    expect(relayNote({ host: 'a\x1b[2J', port: 1 })).to.equal('ftclient: through the relay a\\x1b[2J:1\n');
  });
});
