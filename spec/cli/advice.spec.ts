import { expect } from 'chai';
import { TwinportError } from '../../lib/errors';
import type { Client } from '../../lib/index';
import { serverOf } from '../../lib/cli/command';
import { failureOf, type Refuser } from '../../lib/cli/failure';
import { clientOptions, CLIENT_FLAGS } from '../../lib/cli/options';
import { parseFlags } from '../../lib/cli/parser';
import { shellContext } from '../../lib/cli/shellContext';
import { Output } from '../../lib/cli/output';
import { UsageError } from '../../lib/cli/usage';

const server = { host: 'host', port: 1 };
const refused = (reply: number, text: string): TwinportError => new TwinportError('refused', text, { reply });
const told = (error: unknown, options: Refuser['options'] = {}) =>
  failureOf(error, { moving: false }, { server, options });

describe('what to do next, told with a failure', () => {
  it('names the option that was missing, and nothing where it was given', () => {
    expect(told(refused(530, 'Log in first (-u).')).advice).to.equal('use --user NAME');
    expect(told(refused(530, 'Log in first (-u).'), { logsIn: true }).advice).to.equal(undefined);
    expect(told(refused(530, 'Login refused.')).advice).to.equal(undefined);
    expect(told(refused(421, 'TLS is required here, closing.')).advice).to.equal('use --tls');
    expect(told(refused(421, 'TLS is required here, closing.'), { tls: {} }).advice).to.equal(undefined);
    const unknown = new TwinportError('certificate', 'the certificate of host is self-signed: nobody vouches for it');
    expect(told(unknown, { tls: {} }).advice).to.match(/--cafile FILE$/);
    expect(told(unknown, { tls: { ca: { file: 'x' } } }).advice).to.equal(undefined);
    expect(told(new TwinportError('certificate', 'the certificate of host expired on 2021-01-01')).advice).to.equal(
      undefined,
    );
  });

  it('leaves nothing in the words of a server that ends a line or turns it around, and of many words the first', () => {
    const { sentence } = told(refused(550, 'a\u202efdp.exe\u2028b\u2066\x1b'));
    expect(sentence).to.equal('host:1 says a\\u202efdp.exe\\u2028b\\u2066\\x1b');
    const pairs = '\u{1f600}'.repeat(15_000);
    expect(told(refused(550, pairs)).sentence).to.equal(`host:1 says ${'\u{1f600}'.repeat(500)}…`);
    expect(told(refused(550, 'x'.repeat(500))).sentence).to.equal(`host:1 says ${'x'.repeat(500)}`);
    expect(told(new TwinportError('not-understood', 'y'.repeat(501))).sentence).to.equal(`${'y'.repeat(500)}…`);
    // What is ours may be a path, which is of use as a whole.
    expect(told(new TwinportError('not-found', 'z'.repeat(900))).sentence).to.equal('z'.repeat(900));
  });

  for (const [logsIn, dials] of [
    [true, 2],
    [undefined, 1],
  ] as const) {
    it(`of an account that has changed is ${logsIn ? 'a new connection, which logs in' : 'no new one without a login'}`, async () => {
      let dialled = 0;
      const client = { alive: true, close: () => Promise.resolve() } as unknown as Client;
      const connect = (): Promise<Client> => {
        dialled += 1;
        return Promise.resolve(client);
      };
      const streams = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr };
      const options = clientOptions(parseFlags('ftclient', CLIENT_FLAGS, []));
      const context = shellContext({
        server,
        options: { ...options, ...(logsIn && { logsIn }) },
        around: { streams, connect: () => connect },
        here: process,
        stderr: new Output(() => process.stderr),
      });
      const { signal } = new AbortController();
      await context.client(signal, undefined);
      context.failure(refused(550, 'not found'));
      await context.client(signal, undefined);
      expect(dialled).to.equal(1);
      context.failure(refused(530, 'Log in first (-u).'));
      await context.client(signal, undefined);
      expect(dialled).to.equal(dials);
      await context.close();
    });
  }
});

describe('a host and a port in one word', () => {
  for (const [word, said] of [
    ['localhost:23555', /^host and port are two words: write localhost 23555$/],
    ['ft://localhost:23555/', /: write localhost 23555$/],
    ['fts://example.org', /: write example\.org 3555 --tls$/],
    ['ft://alice:secret@host', /^a host has no user in front of it: [^@]*$/],
    ['host/path', /^the host is a name or an address alone/],
  ] as const) {
    it(`${word} is told as two`, () => {
      expect(() => serverOf([word])).to.throw(UsageError, said);
      expect(() => serverOf([word, '3555'])).to.throw(UsageError, said);
    });
  }

  it('is no address of IPv6, and no name', () => {
    for (const host of ['::1', 'fe80::1', '[::1]', '127.0.0.1', 'a-b.example'])
      expect(serverOf([host, '3555'])).to.deep.equal({ host, port: 3555 });
  });
});
