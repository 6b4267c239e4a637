import { expect } from 'chai';
import { FlagValues, isOption, readOption, sortWords } from '../../lib/cli/flags';
import { CLIENT_FLAGS, clientOptions, checkTogether, POLICIES } from '../../lib/cli/options';
import { helpPage, parseFlags } from '../../lib/cli/parser';
import { Settings } from '../../lib/cli/serve/settings';
import { layerOf } from '../../lib/cli/serve/sources';
import { SERVER_FLAGS, serverCommand } from '../../lib/cli/serverOptions';
import { UsageError } from '../../lib/cli/usage';
import { takeApart } from '../../lib/cli/command';

/** Options as typed, through both parsers, to what the client is told. */
function options(line: string): ReturnType<typeof clientOptions> {
  const taken = takeApart(['host', '3555', '-l', ...line.split(' ').filter((word) => word !== '')], CLIENT_FLAGS);
  return clientOptions(parseFlags('ftclient', CLIENT_FLAGS, taken.options));
}

function server(line: string): ReturnType<typeof serverCommand> {
  const { words, options: tokens } = sortWords(
    line.split(' ').filter((word) => word !== ''),
    SERVER_FLAGS,
  );
  const flags = parseFlags('ftserver', SERVER_FLAGS, tokens);
  return serverCommand(new Settings([layerOf(words, flags, SERVER_FLAGS)]));
}

const DEFAULTS = {
  passive: false,
  quiet: false,
  print0: false,
  long: false,
  human: false,
  json: false,
  glob: true,
  parents: false,
  requireVerified: false,
  progress: true,
};

describe('the options of ftclient', () => {
  it('have defaults, for which yargs is not loaded', () => {
    expect(options('')).to.deep.equal(DEFAULTS);
    expect(parseFlags('ftclient', CLIENT_FLAGS, [])).to.deep.equal(new FlagValues());
  });

  const rows: readonly (readonly [line: string, told: object])[] = [
    ['--passive', { passive: true }],
    ['-q', { quiet: true }],
    ['-q -q', { quiet: true }],
    ['--quiet', { quiet: true }],
    ['-0', { print0: true }],
    ['-q0', { quiet: true, print0: true }],
    ['-0q --passive', { quiet: true, print0: true, passive: true }],
    ['--require-verified', { requireVerified: true }],
    ['--no-progress', { progress: false }],
    ['-o file', { output: 'file' }],
    ['-ofile', { output: 'file' }],
    ['-o -', { output: '-' }],
    ['--output -', { output: '-' }],
    ['--output=-', { output: '-' }],
    ['--output 007', { output: '007' }],
    ['--output=1e3', { output: '1e3' }],
    ['-o true', { output: 'true' }],
    ['-o --quiet', { output: '--quiet' }],
    ['-o a=b', { output: 'a=b' }],
    ['--output a --output b', { output: 'b' }],
    ['--resume', { onExists: 'resume' }],
    ['--resume --on-exists resume', { onExists: 'resume' }],
    ...POLICIES.map((policy) => [`--on-exists ${policy}`, { onExists: policy }] as const),
    ['--data-from any', { dataFrom: 'any' }],
    ['--data-from 127.0.0.1', { dataFrom: '127.0.0.1' }],
    ['--data-from ::1', { dataFrom: '::1' }],
    ['--data-from fe80::1%eth0', { dataFrom: 'fe80::1%eth0' }],
    ['--timeout 30', { timeout: 30_000 }],
    ['--timeout=0.5', { timeout: 500 }],
    ['--connect-timeout 86400', { connectTimeout: 86_400_000 }],
    ['--fsync', { fsync: true }],
    ['--digest sha256', { digest: 'sha256' }],
    ['--digest crc32', { digest: 'crc32' }],
  ];
  for (const [line, told] of rows) {
    it(`are understood: ${line}`, () => expect(options(line)).to.deep.equal({ ...DEFAULTS, ...told }));
  }

  const refused: readonly (readonly [line: string, sentence: RegExp])[] = [
    ['--odd', /^there is no option --odd$/],
    ['--Quiet', /^there is no option --Quiet$/],
    ['--quie', /^there is no option --quie$/],
    ['--progress', /^there is no option --progress$/],
    ['--no-quiet', /^there is no option --no-quiet$/],
    ['-x', /^there is no option -x$/],
    ['-qx', /^there is no option -x$/],
    ['-Psecret', /^there is no option -P$/],
    ['--password:secret', /^there is no option --password$/],
    ['-é', /^there is no option -é$/],
    ['--__proto__=1', /^there is no option/],
    ['--passive=1', /^--passive takes no value$/],
    ['-o', /^--output needs a value: FILE$/],
    ['--output=', /output/],
    ['--timeout', /^--timeout needs a value: SECONDS$/],
    ['--timeout 0', /^--timeout must be seconds/],
    ['--timeout -1', /^--timeout must be seconds/],
    ['--timeout 1e3', /^--timeout must be seconds/],
    ['--timeout 86401', /^--timeout must be seconds/],
    ['--timeout soon', /^--timeout must be seconds.*"soon"$/],
    ['--connect-timeout Infinity', /^--connect-timeout must be seconds/],
    ['--digest md5', /^--digest is one of crc32, sha256, not "md5"$/],
    ['--on-exists ignore', /^--on-exists is one of rename, overwrite, skip, fail, resume, ask, not "ignore"$/],
    ['--resume --on-exists fail', /contradicts/],
    ['--data-from example.org', /^--data-from takes an IP address/],
    ['--data-from 1.2.3', /^--data-from takes an IP address/],
  ];
  for (const [line, sentence] of refused) {
    it(`are refused: ${line}`, () => expect(() => options(line)).to.throw(UsageError, sentence));
  }

  const get = { verb: 'get', paths: ['f'] } as const;
  const list = { verb: 'list', path: '' } as const;
  const put = { verb: 'put', names: ['f'] } as const;
  it('are refused where they could only be ignored', () => {
    expect(() => checkTogether(list, options('-o f'), () => true)).to.throw(UsageError, '--output belongs to a get');
    expect(() => checkTogether(put, options('-o f'), () => true)).to.throw(UsageError, '--output belongs to a get');
    expect(() => checkTogether(get, options('-0'), () => true)).to.throw(UsageError, '--print0 belongs to a list');
    expect(() => checkTogether(put, options('--digest=sha256'), () => true)).to.throw(
      UsageError,
      '--digest belongs to',
    );
    expect(() => checkTogether(put, options('--fsync'), () => true)).to.throw(UsageError, '--fsync belongs to a get');
    expect(() => checkTogether(list, options('--resume'), () => true)).to.throw(UsageError, 'a get or a put');
    expect(() => checkTogether(put, options('--on-exists rename'), () => true)).to.throw(
      UsageError,
      'belongs to a get',
    );
    expect(() => checkTogether(get, options('-o - --resume'), () => true)).to.throw(UsageError, 'exclude each other');
    expect(() => checkTogether(get, options('--on-exists ask'), () => false)).to.throw(UsageError, 'needs a terminal');
  });
  it('are taken where they mean something', () => {
    checkTogether(list, options('-q0'), () => false);
    checkTogether(get, options('-o f --resume'), () => false);
    checkTogether(get, options('--on-exists ask'), () => true);
    checkTogether(put, options('--resume'), () => false);
    checkTogether(put, options('--on-exists overwrite'), () => false);
  });
});

describe('the options of ftserver', () => {
  const plain = { writable: false, active: true, strictPut: false, plainReplies: false };
  const at = (port: number, on: object = {}): object => ({ port, on: { dialect: 'default', ...on } });
  const rows: readonly (readonly [line: string, command: object])[] = [
    ['3555', { ports: [at(3555)], server: plain }],
    ['0', { ports: [at(0)], server: plain }],
    ['65535', { ports: [at(65535)], server: plain }],
    ['-- 3555', { ports: [at(3555)], server: plain }],
    ['3555 --root /srv --writable', { ports: [at(3555)], server: { ...plain, root: '/srv', writable: true } }],
    ['--root 007 3555', { ports: [at(3555)], server: { ...plain, root: '007' } }],
    ['3555 --host ::1 --grace 0', { ports: [at(3555, { host: '::1' })], grace: 0, server: plain }],
    ['3555 --grace=2.5', { ports: [at(3555)], grace: 2500, server: plain }],
    ['3555 --fsync', { ports: [at(3555)], server: { ...plain, fsync: true } }],
    ['3555 --max-sessions 1', { ports: [at(3555)], server: { ...plain, maxSessions: 1 } }],
    ['3555 --idle-timeout 0.2', { ports: [at(3555)], server: { ...plain, idleTimeout: 200 } }],
    ['3555 --limit-rate 10M', { ports: [at(3555)], server: { ...plain, limitRate: 10 * 1024 ** 2 } }],
    ['3555 --limit-session-rate 500k/s', { ports: [at(3555)], server: { ...plain, limitSessionRate: 500 * 1024 } }],
    ['3555 --quota 2G', { ports: [at(3555)], server: { ...plain, quotaBytes: 2 * 1024 ** 3 } }],
    ['3555 --quota-files 1000', { ports: [at(3555)], server: { ...plain, quotaFiles: 1000 } }],
    ['3555 --xferlog x --audit y', { ports: [at(3555)], server: plain, books: { xferlog: 'x', audit: 'y' } }],
    ['3555 --data-ports 8000-8099', { ports: [at(3555)], server: { ...plain, dataPorts: [8000, 8099] } }],
    ['3555 --data-ports 8000-8000', { ports: [at(3555)], server: { ...plain, dataPorts: [8000, 8000] } }],
    [
      '--no-active --strict-put --plain-replies 3555',
      { ports: [at(3555)], server: { ...plain, active: false, strictPut: true, plainReplies: true } },
    ],
  ];
  for (const [line, command] of rows) {
    it(`are understood: ${line}`, () => expect(server(line)).to.deep.equal(command));
  }

  const refused: readonly (readonly [line: string, sentence: RegExp])[] = [
    ['', /^which port/],
    ['--writable', /^which port/],
    ['http', /^the port must be a whole number from 0 to 65535, not "http"$/],
    ['65536', /^the port must be/],
    ['-- -1', /^the port must be/],
    ['-1', /^there is no option -1$/],
    ['3555 3556', /^"3556" is one word too many/],
    ['3555 --quiet', /^there is no option --quiet$/],
    ['3555 --max-sessions 0', /^--max-sessions must be/],
    ['3555 --limit-rate 0', /^--limit-rate takes bytes/],
    ['3555 --limit-session-rate fast', /^--limit-session-rate takes bytes/],
    ['3555 --quota 0', /^--quota takes bytes/],
    ['3555 --quota-files 1.5', /^--quota-files must be a whole number from 1/],
    ['3555 --data-ports 8000', /^--data-ports takes two ports/],
    ['3555 --data-ports 80-90', /^--data-ports must be a whole number from 1024/],
    ['3555 --data-ports 8000-99999', /^--data-ports must be/],
    ['3555 --data-ports 8099-8000', /lower port: 8000-8099$/],
    ['3555 --grace soon', /^--grace must be seconds, from 0/],
    ['3555 --idle-timeout 0', /^--idle-timeout must be/],
    ['3555 --root', /^--root needs a value: DIR$/],
  ];
  for (const [line, sentence] of refused) {
    it(`are refused: ${line}`, () => expect(() => server(line)).to.throw(UsageError, sentence));
  }
});

describe('option words', () => {
  it('are told from names', () => {
    for (const word of ['-q', '-q0', '-o', '-ofile', '--quiet', '--timeout=3', '--output', '-h']) {
      expect(isOption(word, CLIENT_FLAGS), word).to.equal(true);
    }
    for (const word of ['-', '--', 'q', '-rf', '-qr', '--odd', '--quiett', '--odd=1', '', '-0x']) {
      expect(isOption(word, CLIENT_FLAGS), word).to.equal(false);
    }
  });

  it('reach yargs in the long form, values behind =', () => {
    expect(readOption(['-q0o', '-x', 'more'], 0, CLIENT_FLAGS)).to.deep.equal({
      options: ['--quiet', '--print0', '--output=-x'],
      next: 2,
    });
  });

  it('given several times have their last value, or all of them', () => {
    const flags = [...SERVER_FLAGS, { name: 'each', value: 'X', text: 'a value' }];
    const values = parseFlags('ftserver', flags, ['--each=ft:1', '--root=a', '--writable', '--each=2', '--each=007']);
    expect(values.all('each')).to.deep.equal(['ft:1', '2', '007']);
    expect(values.value('each')).to.equal('007');
    expect(values.all('root')).to.deep.equal(['a']);
    expect(values.all('host')).to.deep.equal([]);
    expect(parseFlags('ftserver', flags, ['--writable', '--writable']).has('writable')).to.equal(true);
  });

  it('that yargs does not know are refused by it too', () => {
    expect(() => parseFlags('ftclient', CLIENT_FLAGS, ['--odd'])).to.throw(UsageError, 'odd');
  });
});

describe('the help page', () => {
  it('is 80 columns of the rows that parse the options', async () => {
    const page = await helpPage('ftclient', CLIENT_FLAGS, {
      above: 'Usage: ftclient\n',
      examples: [['ftclient host 3555 -l', 'list']],
      epilogue: 'Exit codes: 0',
    });
    for (const { name } of CLIENT_FLAGS) expect(page).to.include(`--${name}`);
    expect(page)
      .to.match(/^Usage: ftclient\n/)
      .and.to.match(/ftclient host 3555 -l +list\n/);
    expect(page)
      .to.match(/Exit codes: 0\n$/)
      .and.not.to.match(/\[(string|boolean)\]|\x1b/);
    for (const line of page.split('\n')) expect(line.length, line).to.be.at.most(80);
  });
});
