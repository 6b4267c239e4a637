import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { PassThrough } from 'node:stream';
import { loggingIn } from '../../lib/cli/credentials';
import { ExitError } from '../../lib/cli/failure';
import { loginAsked, type LoginAsked } from '../../lib/cli/loginFlags';
import { netrcEntryFor, parseNetrc } from '../../lib/cli/netrc';
import { CLIENT_FLAGS } from '../../lib/cli/options';
import { parseFlags } from '../../lib/cli/parser';
import type { Client, ConnectOptions } from '../../lib/client';
import { TwinportError } from '../../lib/errors';
import { encodeName } from '../../lib/wire/names';

describe('cli/netrc', () => {
  it('is read as ftp and curl read it', () => {
    const text = [
      '# machine commented login no password no',
      'machine Host.Example login alice password "pass word\\"1" account x',
      'machine other',
      '  login bob',
      '\tpassword #hash',
      'macdef init',
      'machine inside login no password no',
      '',
      'machine third password alone',
      'default login anonymous password me@here',
    ].join('\n');
    expect(parseNetrc(text)).to.deep.equal([
      { machine: 'host.example', login: 'alice', password: 'pass word"1' },
      { machine: 'other', login: 'bob', password: '#hash' },
      { machine: 'third', password: 'alone' },
      { login: 'anonymous', password: 'me@here' },
    ]);
    expect(netrcEntryFor(text, 'HOST.example', undefined)?.login).to.equal('alice');
    expect(netrcEntryFor(text, 'host.example', 'alice')?.password).to.equal('pass word"1');
    expect(netrcEntryFor(text, 'host.example', 'bob')).to.equal(undefined);
    expect(netrcEntryFor(text, 'third', 'carol')?.password).to.equal('alone');
    expect(netrcEntryFor(text, 'elsewhere', undefined)?.login).to.equal('anonymous');
  });

  it('knows what stands behind a backslash in quotes, and the mark that editors begin with', () => {
    const text = '\ufeffmachine h login "a\\\\b" password "x\\ty\\nz\\r\\q"';
    expect(parseNetrc(text)).to.deep.equal([{ machine: 'h', login: 'a\\b', password: 'x\ty\nz\rq' }]);
  });

  it('takes any text for something, or nothing', () => {
    for (const text of [
      '',
      'machine',
      'login x',
      'machine a login',
      '"',
      'macdef x',
      'default default',
      '\0\xff "unclosed',
    ]) {
      expect(parseNetrc(text)).to.be.an('array');
    }
  });
});

describe('cli/loginFlags', () => {
  const asked = (...words: string[]): LoginAsked | undefined => loginAsked(parseFlags('ftclient', CLIENT_FLAGS, words));
  it('means a login only where somebody asks for one', () => {
    expect(asked('--quiet')).to.equal(undefined);
    expect(asked('--user=alice')).to.deep.equal({ user: 'alice', clearPasswords: false });
    expect(asked('--netrc')).to.deep.equal({ netrc: true, clearPasswords: false });
    expect(asked('--netrc-file=x')).to.deep.equal({ netrc: true, netrcFile: 'x', clearPasswords: false });
    expect(() => asked('--password-file=x')).to.throw('--password-file belongs to --user');
    expect(() => asked('--clear-passwords')).to.throw('--clear-passwords belongs to');
    expect(() => asked('--user=a', '--netrc', '--password-file=x')).to.throw('exclude each other');
    expect(() => loginAsked(parseFlags('ftclient', CLIENT_FLAGS, ['--user=a']), 'colon')).to.throw('colon has no word');
  });
});

describe('cli/credentials', () => {
  let home: string;
  const at = (name: string): string => path.join(home, name);
  const secret = (name: string, text: string, mode = 0o600): void => fs.writeFileSync(at(name), text, { mode });
  beforeEach(() => (home = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-home-'))));
  afterEach(() => fs.rmSync(home, { recursive: true }));

  /** Connects twice: what was sent as a login, or why nothing was. `typed`: on the terminal there is. */
  /** On the terminal. */
  const said: string[] = [];

  async function logins(
    asked: Partial<LoginAsked>,
    typed?: string,
    fails?: TwinportError,
    to: { readonly host?: string; readonly relayed?: boolean; readonly tls?: boolean } = {},
  ): Promise<unknown> {
    const sent: unknown[] = [];
    let asks = 0;
    const terminal = (): { input: PassThrough; say: (text: string) => void; close: () => void } | undefined => {
      if (typed === undefined) return undefined;
      asks += 1;
      const input = new PassThrough();
      input.write(typed);
      return { input, say: (text: string) => void said.push(text), close: () => undefined };
    };
    const fake = ({ login, clearPasswords }: ConnectOptions): Promise<Client> => {
      sent.push({ ...login, clear: clearPasswords });
      return fails === undefined ? Promise.resolve({} as Client) : Promise.reject(fails);
    };
    const { host = 'host', relayed = false, tls = false } = to;
    const connect = loggingIn(fake as never, { clearPasswords: false, ...asked }, { host, home, terminal, relayed });
    const server = { host: relayed ? 'localhost' : host, port: 1, ...(tls && { tls }) };
    try {
      await connect(server);
      await connect(server);
    } catch (error) {
      if (!(error instanceof ExitError)) throw error;
      return [error.exit, error.message];
    }
    expect(asks).to.be.at.most(1);
    expect(sent[1]).to.deep.equal(sent[0]);
    return sent[0];
  }

  it('takes the password from a file, from .netrc, or from the terminal, in this order, and once', async () => {
    secret('.netrc', 'machine host login alice password fromnetrc');
    secret('pw', 'fromfile\r\nmore\n');
    const alice = { name: 'alice', clear: false };
    expect(await logins({ user: 'alice', passwordFile: at('pw') }, 'typed\r')).to.deep.equal({
      ...alice,
      password: 'fromfile',
    });
    expect(await logins({ user: 'alice' }, 'typed\r')).to.deep.equal({ ...alice, password: 'fromnetrc' });
    expect(await logins({})).to.deep.equal({ ...alice, password: 'fromnetrc' });
    expect(await logins({ user: 'bob' }, 'typed\r')).to.deep.equal({ name: 'bob', clear: false, password: 'typed' });
    secret('other', 'default login carol password c');
    expect(await logins({ netrcFile: at('other'), clearPasswords: true })).to.deep.equal({
      name: 'carol',
      clear: true,
      password: 'c',
    });
  });

  it('says, with 67, why there is none', async () => {
    const none = async (asked: Partial<LoginAsked>, why: RegExp, typed?: string): Promise<void> => {
      const [exit, message] = (await logins(asked, typed)) as [number, string];
      expect(exit).to.equal(67);
      expect(message).to.match(why);
    };
    await none({ user: 'alice' }, /^there is no password for alice/);
    await none({ user: 'alice' }, /^no password was given$/, '\x04');
    await none({ netrc: true }, /\.netrc was not found$/);
    secret('.netrc', 'machine other login alice password x');
    await none({ netrc: true }, /\.netrc has no login for host$/);
    secret('.netrc', 'machine host login alice');
    await none({ netrc: true }, /\.netrc has no password for alice$/);
    await none({ netrcFile: at('none') }, /none was not found$/);
    await none({ user: 'a', passwordFile: at('none') }, /none was not found$/);
    secret('empty', '\n');
    await none({ user: 'a', passwordFile: at('empty') }, /^there is no password in /);
    for (const mode of [0o640, 0o604, 0o644, 0o620]) {
      secret('.netrc', 'machine host login alice password hunter2');
      fs.chmodSync(at('.netrc'), mode);
      await none({ user: 'alice', netrc: true }, /chmod 600 it first$/, 'typed\r');
      await none({ user: 'alice', netrcFile: at('.netrc') }, /chmod 600 it first$/, 'typed\r');
      await none({ user: 'alice' }, /chmod 600 it first$/);
      // Nobody has asked for that file: it is told of, and the password asked for.
      said.length = 0;
      expect(await logins({ user: 'alice' }, 'typed\r')).to.include({ password: 'typed' });
      expect(said.join('')).to.match(/^ftclient: .*\.netrc can be read by others .*\nPassword of alice at host: \n$/);
    }
    secret('pw', 'hunter2');
    fs.chmodSync(at('pw'), 0o644);
    await none({ user: 'a', passwordFile: at('pw') }, /chmod 600 it first$/);
  });

  it('is 67 where it would go in clear text, and no other failure is', async () => {
    secret('pw', 'x');
    const how = { user: 'a', passwordFile: at('pw') };
    const [exit, message] = (await logins(how, undefined, new TwinportError('tls', 'not sent in clear text'))) as [
      number,
      string,
    ];
    expect([exit, message]).to.deep.equal([67, 'not sent in clear text: use --tls, or insist with --clear-passwords']);
    const lost = new TwinportError('connection-lost', 'lost');
    expect(await logins(how, undefined, lost).catch((error: unknown) => error)).to.equal(lost);
  });

  it('sends nothing in clear text to a relay on this machine that leads to another one', async () => {
    secret('.netrc', 'default login alice password x');
    const relayed = { relayed: true };
    const refused = (await logins({}, undefined, undefined, relayed)) as [number, string];
    expect(refused[0]).to.equal(67);
    expect(refused[1]).to.match(/through a relay to another machine: use --tls/);
    // Nobody is asked for what will not be sent.
    expect(((await logins({ user: 'bob' }, 'typed\r', undefined, relayed)) as [number, string])[0]).to.equal(67);
    const alice = { name: 'alice', password: 'x', clear: false };
    for (const host of ['localhost', '127.0.0.1', '::1']) {
      expect(await logins({}, undefined, undefined, { ...relayed, host })).to.deep.equal(alice);
    }
    expect(await logins({}, undefined, undefined, { ...relayed, tls: true })).to.deep.equal(alice);
    const insisted = { ...alice, clear: true };
    expect(await logins({ clearPasswords: true }, undefined, undefined, relayed)).to.deep.equal(insisted);
  });

  it('keeps each byte of a password that is no UTF-8', async () => {
    fs.writeFileSync(at('pw'), Buffer.from('caf\xe9\n', 'latin1'), { mode: 0o600 });
    const { password } = (await logins({ user: 'a', passwordFile: at('pw') })) as { password: string };
    expect(encodeName(password)).to.deep.equal(Buffer.from('caf\xe9', 'latin1'));
  });
});
