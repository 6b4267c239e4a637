import { expect } from 'chai';
import { serverOf, takeApart, type Command, type Manner } from '../../lib/cli/command';
import { CLIENT_FLAGS } from '../../lib/cli/options';
import { UsageError } from '../../lib/cli/usage';

const list = (path: string, dataPort?: number): Command => ({
  verb: 'list',
  path,
  ...(dataPort === undefined ? {} : { dataPort }),
});
const get = (path: string, dataPort?: number): Command => gets([path], dataPort);
const gets = (paths: readonly string[], dataPort?: number): Command => ({
  verb: 'get',
  paths,
  ...(dataPort === undefined ? {} : { dataPort }),
});
const put = (local: string, remote?: string, dataPort?: number): Command =>
  puts(remote === undefined ? [local] : [local, remote], dataPort);
const puts = (names: readonly string[], dataPort?: number): Command => ({
  verb: 'put',
  names,
  ...(dataPort === undefined ? {} : { dataPort }),
});

/** The command line after `ftclient host 3555`, one word an element of the split. */
const COMMANDS: readonly (readonly [words: string, command: Command, ...options: string[]])[] = [
  ['-l', list('')],
  ['list', list('')],
  ['-l 8555', list('', 8555)],
  ['list 8555', list('', 8555)],
  ['-l 0', list('', 0)],
  ['-l 1024', list('', 1024)],
  ['-l 65535', list('', 65535)],
  ['-l 08555', list('', 8555)],
  ['-l docs', list('docs')],
  ['-l docs 8555', list('docs', 8555)],
  ['-l 2024 8555', list('2024', 8555)],
  ['-l ./2024', list('./2024')],
  ['-l 1e3', list('1e3')],
  ['-l true 8555', list('true', 8555)],
  ['-l . 8555', list('.', 8555)],
  ['-l - 8555', list('-', 8555)],
  ['-l list 8555', list('list', 8555)],
  ['-l -rf 8555', list('-rf', 8555)],
  ['-l --odd 8555', list('--odd', 8555)],
  ['-l --odd=1 8555', list('--odd=1', 8555)],
  ['-l -- -q 8555', list('-q', 8555)],
  ['-l -- 8555', list('', 8555)],
  ['-l ./-q 8555', list('./-q', 8555)],
  ['-l 8555 -q', list('', 8555), '--quiet'],
  ['-l -q', list(''), '--quiet'],
  ['-l -q 8555', list('', 8555), '--quiet'],
  ['-l -q docs 8555', list('docs', 8555), '--quiet'],
  ['-l docs -q 8555', list('docs', 8555), '--quiet'],
  ['-l -q0', list(''), '--quiet', '--print0'],
  ['-l --passive', list(''), '--passive'],
  ['-l --timeout 30 8555', list('', 8555), '--timeout=30'],
  ['-l --timeout 8555', list(''), '--timeout=8555'],
  ['-l --timeout=30 docs', list('docs'), '--timeout=30'],

  ['-g file', get('file')],
  ['get file', get('file')],
  ['-g file 8555', get('file', 8555)],
  ['-g file 0', get('file', 0)],
  ['-g 8555', get('8555')],
  ['-g 007 8555', get('007', 8555)],
  ['-g 007', get('007')],
  ['-g 1e3 8555', get('1e3', 8555)],
  ['-g 0x10', get('0x10')],
  ['-g true 8555', get('true', 8555)],
  ['-g false', get('false')],
  ['-g null', get('null')],
  ['-g -rf 8555', get('-rf', 8555)],
  ['-g -rf', get('-rf')],
  ['-g --odd 8555', get('--odd', 8555)],
  ['-g --odd', get('--odd')],
  ['-g -q 8555', get('-q', 8555)],
  ['-g -q', get('-q')],
  ['-g -q0', get('-q0')],
  ['get --quiet', get('--quiet')],
  ['get --help', get('--help')],
  ['get --output=x', get('--output=x')],
  ['get --timeout', get('--timeout')],
  ['-g --help -q', get('--help'), '--quiet'],
  ['-g -- 8555', get('--', 8555)],
  ['-g -- -x', get('-x')],
  ['-g -- --quiet 8555', get('--quiet', 8555)],
  ['-g - 8555', get('-', 8555)],
  ['-g -g 8555', get('-g', 8555)],
  ['-g -l', get('-l')],
  ['-g --output=x 8555', get('--output=x', 8555)],
  ['-g a/b 8555', get('a/b', 8555)],
  ['-g file -o -', get('file'), '--output=-'],
  ['-g file 8555 -o out', get('file', 8555), '--output=out'],
  ['-g file -o out 8555', get('file', 8555), '--output=out'],
  ['-g file -oout 8555', get('file', 8555), '--output=out'],
  ['-g file -o -rf', get('file'), '--output=-rf'],
  ['-g file -o 007', get('file'), '--output=007'],
  ['-g file -qo 8555', get('file'), '--quiet', '--output=8555'],
  ['-g file --resume -- 8555', get('file', 8555), '--resume'],

  ['-p a', put('a')],
  ['-p -- -x', put('-x')],
  ['-p -- -x -y 8555', put('-x', '-y', 8555)],
  ['-p -- 8555', put('--', undefined, 8555)],
  ['put a', put('a')],
  ['-p a 8555', put('a', undefined, 8555)],
  ['-p a b 8555', put('a', 'b', 8555)],
  ['-p a b', put('a', 'b')],
  ['-p 007 8555', put('007', undefined, 8555)],
  ['-p 8555', put('8555')],
  ['-p 2024 2025 8555', put('2024', '2025', 8555)],
  ['-p -rf --odd 8555', put('-rf', '--odd', 8555)],
  ['-p --odd -rf 8555', put('--odd', '-rf', 8555)],
  ['-p -q 8555', put('-q', undefined, 8555)],
  ['-p a -q 8555', put('a', undefined, 8555), '--quiet'],
  ['-p a -q b 8555', put('a', 'b', 8555), '--quiet'],
  ['-p a -- -q 8555', put('a', '-q', 8555)],
  ['-p a ./007', put('a', './007')],
  ['-p a --timeout 30 b', put('a', 'b'), '--timeout=30'],

  ['-g a b', gets(['a', 'b'])],
  ['-g a b 8555', gets(['a', 'b'], 8555)],
  ['-g a -q b 8555', gets(['a', 'b'], 8555), '--quiet'],
  ['-g *.log 2024 8555', gets(['*.log', '2024'], 8555)],
  ['-g a ./2024', gets(['a', './2024'])],
  ['-g a -- -q b', gets(['a', '-q', 'b'])],
  ['-g --timeout 8555', get('--timeout', 8555)],
  ['-p a b c', puts(['a', 'b', 'c'])],
  ['-p a b c/ 8555', puts(['a', 'b', 'c/'], 8555)],
  ['-p - name', put('-', 'name')],

  ['stat a', { verb: 'stat', paths: ['a'] }],
  ['stat 007', { verb: 'stat', paths: ['007'] }],
  ['digest -q', { verb: 'digest', paths: ['-q'] }],
  ['-d a 8555 -q', { verb: 'delete', paths: ['a', '8555'] }, '--quiet'],
  ['delete -- -x y', { verb: 'delete', paths: ['-x', 'y'] }],
  ['rename -- -a -b', { verb: 'rename', from: '-a', to: '-b' }],
  ['delete -rf', { verb: 'delete', paths: ['-rf'] }],
  ['-m a b', { verb: 'mkdir', paths: ['a', 'b'] }],
  ['mkdir list', { verb: 'mkdir', paths: ['list'] }],
  ['-r a b', { verb: 'rename', from: 'a', to: 'b' }],
  ['rename -q --odd', { verb: 'rename', from: '-q', to: '--odd' }],
  ['rename 1 2 -q', { verb: 'rename', from: '1', to: '2' }, '--quiet'],
  ['ping', { verb: 'ping' }],
  ['ping -q', { verb: 'ping' }, '--quiet'],
];

/** Whole command lines that make no sense, with what is said about them. */
const NONSENSE: readonly (readonly [line: string, sentence: RegExp])[] = [
  ['', /^which host/],
  ['-q', /^which host/],
  ['host', /^which port of host/],
  ['host 3555', /^what shall be done.* the shell needs a terminal, and --batch - /],
  ['host 3555 -q', /^what shall be done/],
  ['host 3555 file', /^after the host and the port comes list, .*, rename, stat, digest, ping, not "file"$/],
  ['host 3555 ls', /, not "ls"; did you mean list\?$/],
  ['host 3555 RM x', /; did you mean delete\?$/],
  ['host 3555 renmae a b', /; did you mean rename\?$/],
  ['host x', /^the port must be a whole number .*"x"/],
  ['host 99999', /^the port must be a whole number .*"99999"/],
  ['host ls docs', /^the port must be a whole number .*"ls"/],
  ['host 3555 LIST', /not "LIST"/],
  ['-l 8555 host 3555', /^the host and the port come before -l/],
  ['host -g file', /^the host and the port come before -g/],
  ['host 3555 -g', /^-g needs the name of a file/],
  ['host 3555 get', /^get needs the name of a file/],
  ['host 3555 -p', /^-p needs the name of a file/],
  ['host 3555 get --dialect framed', /^get needs a name before --dialect \(.* \.\/--dialect\)$/],
  ['host 3555 -p --output x', /^-p needs a name before --output/],
  ['host 3555 -g file x 80', /from 1024 to 65535, or 0 for passive, not 80$/],
  ['host 3555 stat', /^stat needs a name/],
  ['host 3555 -d', /^-d needs a name/],
  ['host 3555 mkdir', /^mkdir needs a name/],
  ['host 3555 rename a', /^rename needs two names, OLD and NEW/],
  ['host 3555 -r a b c', /^"c" is one word too many/],
  ['host 3555 ping 8555', /^"8555" is one word too many/],
  ['host 3555 -l a b', /a number and comes last, not "b"/],
  ['host 3555 -l 8555 a', /a number and comes last, not "a"/],
  ['host 3555 -l a 8555 b', /a number and comes last, not "8555"/],
  ['host 3555 -l -g file', /^one command at a time: -l, then -g/],
  ['host 3555 -g file -l', /^one command at a time: -g, then -l/],
  ['host 3555 -l 1', /from 1024 to 65535, or 0 for passive, not 1$/],
  ['host 3555 -l 1023', /not 1023$/],
  ['host 3555 -l 65536', /not 65536$/],
  ['host 3555 -l 99999999999999999999', /not 9+$/],
  ['host 3555 -p a 007', /not 007$/],
  ['host 3555 -g file -8555', /^there is no option -8$/],
  ['host 3555 -l -rf', /^there is no option -r$/],
  ['host 3555 -Psecret', /^there is no option -P$/],
  ['host 3555 -Psecret -l', /^there is no option -P$/],
  ['-Psecret host 3555 -l', /^there is no option -P$/],
  ['host 3555 -l -Psecret', /^there is no option -P$/],
  ['host 3555 -g a -qPsecret', /^there is no option -P$/],
  ['host 3555 --password:secret -l', /^there is no option --password$/],
  ['host 3555 --password:secret', /^there is no option --password$/],
  ['host 3555 -l --odd docs', /^there is no option --odd/],
  ['host 3555 -g file --odd 8555', /^there is no option --odd/],
  ['host 3555 -l -q --odd 8555', /^there is no option --odd/],
  ['--odd host 3555 -l', /^there is no option --odd/],
  ['host 3555 -l8555', /^-l is a command: a blank stands between it and what follows$/],
  ['host 3555 -l --timeout', /^--timeout needs a value: SECONDS/],
  ['host 3555 -l --quiet=no', /^--quiet takes no value/],
  ['host 0 -l', /^the port must be a whole number from 1 to 65535, not "0"/],
  ['host 65536 -l', /^the port must be/],
  ['host x -l', /^the port must be/],
  ['host 35.5 -l', /^the port must be/],
  ['host -- -3555 -l', /^the port must be/],
];

const wordsOf = (line: string): string[] => (line === '' ? [] : line.split(' '));

/** As the program asks: the command first, then the server. */
function understand(argv: readonly string[]): void {
  const { command, words } = takeApart(argv, CLIENT_FLAGS);
  command();
  serverOf(words);
}

describe('a command line', () => {
  for (const [words, command, ...options] of COMMANDS) {
    it(`host 3555 ${words}`, () => {
      const taken = takeApart(['host', '3555', ...wordsOf(words)], CLIENT_FLAGS);
      expect(taken.command()).to.deep.equal(command);
      expect(taken.options).to.deep.equal(options);
      expect(serverOf(taken.words)).to.deep.equal({ host: 'host', port: 3555 });
    });
  }

  for (const line of [
    '-q host 3555 -g -rf 8555',
    'host -q 3555 -g -rf 8555',
    'host 3555 -q -g -rf 8555',
    'host 3555 -g -rf -q 8555',
    'host 3555 -g -rf 8555 -q',
  ]) {
    it(`has options anywhere: ${line}`, () => {
      const taken = takeApart(wordsOf(line), CLIENT_FLAGS);
      expect(taken.command()).to.deep.equal(get('-rf', 8555));
      expect(taken.options).to.deep.equal(['--quiet']);
      expect(taken.words).to.deep.equal(['host', '3555']);
    });
  }

  it('does not take the value of an option for a command or a host', () => {
    const taken = takeApart(wordsOf('-o -l --digest get host 3555 -g list'), CLIENT_FLAGS);
    expect(taken.options).to.deep.equal(['--output=-l', '--digest=get']);
    expect(taken.command()).to.deep.equal(get('list'));
  });

  it('takes hosts named like commands and hosts behind --', () => {
    expect(takeApart(wordsOf('list 3555 -l'), CLIENT_FLAGS).words).to.deep.equal(['list', '3555']);
    const dashed = takeApart(wordsOf('-- -host 3555 -g f'), CLIENT_FLAGS);
    expect(dashed.words).to.deep.equal(['-host', '3555']);
    expect(dashed.command()).to.deep.equal(get('f'));
  });

  it('keeps spaces, newlines and emptiness inside words', () => {
    expect(takeApart(['h', '1', '-g', ' a\nb ', '8555'], CLIENT_FLAGS).command()).to.deep.equal(get(' a\nb ', 8555));
    expect(() => takeApart(['h', '1', '-g', ''], CLIENT_FLAGS).command()).to.throw(UsageError, 'needs the name');
    expect(() => takeApart(['h', '1', '-p', 'a', '', '8555'], CLIENT_FLAGS).command()).to.throw(UsageError, 'empty');
    expect(() => understand(['', '1', '-l'])).to.throw(UsageError, 'the host is empty');
  });

  it('complains about words only when asked for the command, so that --help is heard', () => {
    const taken = takeApart(wordsOf('host -l --help'), CLIENT_FLAGS);
    expect(taken.options).to.deep.equal(['--help']);
    expect(taken.command).to.throw(UsageError);
  });

  it('says whether nothing was asked for', () => {
    for (const line of ['', 'host', 'host 3555', '-q host', '-q -- host 3555', '--dialect framed host 3555']) {
      expect(takeApart(wordsOf(line), CLIENT_FLAGS).nothing, line).to.equal(true);
    }
    for (const line of ['host 3555 -l', 'host 3555 file', 'host -l', 'host 3555 -rf']) {
      expect(takeApart(wordsOf(line), CLIENT_FLAGS).nothing, line).to.equal(false);
    }
    expect(serverOf([], 50001)).to.deep.equal({ host: 'localhost', port: 50001 });
    expect(serverOf(['host'], 50001)).to.deep.equal({ host: 'host', port: 50001 });
    expect(serverOf(['host', '1'], 50001)).to.deep.equal({ host: 'host', port: 1 });
  });

  for (const [line, sentence] of NONSENSE) {
    it(`is refused: ftclient ${line}`, () => {
      expect(() => understand(wordsOf(line))).to.throw(UsageError, sentence);
    });
  }
});

describe('a command line of a language with one connection', () => {
  const manner: Manner = { name: 'framed', takesFile: false, dataConnection: false };
  const inband = (line: string): Command => takeApart(['host', '3555', ...wordsOf(line)], CLIENT_FLAGS).command(manner);

  it('keeps names that are numbers, and has no data port', () => {
    expect(inband('get 007')).to.deep.equal(get('007'));
    expect(inband('-g 8555')).to.deep.equal(get('8555'));
    expect(inband('put 007')).to.deep.equal(put('007'));
    expect(inband('put a ./007')).to.deep.equal(put('a', './007'));
    expect(inband('put a b')).to.deep.equal(put('a', 'b'));
    expect(inband('-l')).to.deep.equal(list(''));
    const none = /^framed has no data connection, and so no data port: "(\d+)" is one word too many; .* \.\/\1$/;
    for (const line of ['-l 8555', 'get a 8555', 'put a 8555', 'put a b 8555', 'put a 007', 'get a 0']) {
      expect(() => inband(line), line).to.throw(UsageError, none);
    }
    expect(inband('get a b')).to.deep.equal(gets(['a', 'b']));
    expect(inband('put a b c/')).to.deep.equal(puts(['a', 'b', 'c/']));
  });
});

describe('a command line that may be a file alone', () => {
  const manner: Manner = { name: 'numbered', takesFile: true, dataConnection: false };
  const bare = (...words: string[]): Command => takeApart(['host', '3555', ...words], CLIENT_FLAGS).command(manner);

  it('takes a file that looks like anything', () => {
    for (const file of ['a.txt', '007', '1e3', 'true', '-rf', '--odd', '--odd=1', '-', 'a b', 'LIST', '-3555']) {
      expect(bare(file), file).to.deep.equal(put(file));
      expect(bare('put', file), file).to.deep.equal(put(file));
      expect(bare('-q', file, '--no-progress'), file).to.deep.equal(put(file));
    }
    for (const file of ['-q', '--quiet', '--', 'list', '-l']) expect(bare('put', file), file).to.deep.equal(put(file));
    expect(bare('--', '-q')).to.deep.equal(put('-q'));
  });

  it('takes the options beside it', () => {
    const taken = takeApart(wordsOf('host 3555 --timeout 3 -rf --dialect numbered -q'), CLIENT_FLAGS);
    expect(taken.options).to.deep.equal(['--timeout=3', '--dialect=numbered', '--quiet']);
    expect(taken.command(manner)).to.deep.equal(put('-rf'));
    expect(taken.command).to.throw(UsageError, '-r is a command');
  });

  it('is refused without one, and with more', () => {
    expect(() => bare()).to.throw(UsageError, 'numbered needs the name of a file');
    expect(() => bare('')).to.throw(UsageError, 'numbered needs the name of a file');
    expect(() => bare('a', 'b')).to.throw(UsageError, '"b" is one word too many');
    expect(() => bare('a', 'put')).to.throw(UsageError, '"put" is one word too many');
    expect(() => bare('a', '-l')).to.throw(UsageError, '"-l" is one word too many');
    expect(() => bare('a', '--odd')).to.throw(UsageError, 'there is no option --odd');
    expect(() => takeApart(['host'], CLIENT_FLAGS).command(manner)).to.throw(UsageError, 'which port of host?');
  });
});
