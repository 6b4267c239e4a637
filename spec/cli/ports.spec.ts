import { expect } from 'chai';
import { sortWords } from '../../lib/cli/flags';
import { ftserver } from '../../lib/cli/ftserver';
import { Output } from '../../lib/cli/output';
import { parseFlags } from '../../lib/cli/parser';
import { blamed, portDialects, withAdvice } from '../../lib/cli/ports';
import { configurationOf } from '../../lib/cli/serve/configuration';
import { Settings } from '../../lib/cli/serve/settings';
import { layerOf } from '../../lib/cli/serve/sources';
import type { PortCommand } from '../../lib/cli/ports';
import { rightsOn, SERVER_FLAGS, serverCommand } from '../../lib/cli/serverOptions';
import { UsageError } from '../../lib/cli/usage';
import { takesPuts } from '../../lib/dialects/registry';
import { TwinportError } from '../../lib/errors';
import type { createServer, PortDialect } from '../../lib/index';
import { Captured } from '../support/stdio';

function ports(line: string): readonly PortCommand[] {
  const { words, options } = sortWords(
    line.split(' ').filter((word) => word !== ''),
    SERVER_FLAGS,
  );
  const flags = parseFlags('ftserver', SERVER_FLAGS, options);
  return serverCommand(new Settings([layerOf(words, flags, SERVER_FLAGS)])).ports;
}

const MIB = 1024 * 1024;

describe('the ports of ftserver', () => {
  const rows: readonly (readonly [line: string, ...ports: object[]])[] = [
    ['3555 --dialect framed', { port: 3555, on: { dialect: 'framed' } }],
    ['--dialect=ft 0', { port: 0, on: { dialect: 'ft' } }],
    ['--dialect framed', { port: 50001, on: { dialect: 'framed' } }],
    ['--dialect privateshare', { port: 365, on: { dialect: 'privateshare' } }],
    ['--dialect colon', { port: 5050, on: { dialect: 'colon' } }],
    ['3555 --dialect auto', { port: 3555, on: { dialect: 'auto' } }],
    ['3555 --dialect default', { port: 3555, on: { dialect: 'default' } }],
    ['--listen auto:0', { port: 0, on: { dialect: 'auto' } }],
    [
      '--listen framed:50001 3555 --listen auto:0 --listen colon:0 --host ::1',
      { port: 3555, on: { dialect: 'default', host: '::1' } },
      { port: 50001, on: { dialect: 'framed', host: '::1' } },
      { port: 0, on: { dialect: 'auto', host: '::1' } },
      { port: 0, on: { dialect: 'colon', host: '::1' } },
    ],
    ['--dialect framed --listen ft:1', { port: 50001, on: { dialect: 'framed' } }, { port: 1, on: { dialect: 'ft' } }],
    ['3555 --dialect framed --read-only', { port: 3555, on: { dialect: 'framed' } }],
  ];
  for (const [line, ...expected] of rows) {
    it(`are understood: ${line}`, () => expect(ports(line)).to.deep.equal(expected));
  }

  const refused: readonly (readonly [line: string, sentence: RegExp])[] = [
    ['--dialect ft', /^which port shall ft be on\?/],
    ['--dialect auto', /^which port shall auto be on\?/],
    ['3555 --dialect gopher', /^--dialect: a dialect is one of default, auto, ft, .*framed.*, not "gopher"$/],
    ['--listen 3555', /^--listen takes NAME:PORT, like framed:50001, not "3555"$/],
    ['--listen framed', /^--listen takes NAME:PORT/],
    ['--listen framed:', /^--listen takes NAME:PORT/],
    ['--listen framed:x', /^--listen takes NAME:PORT/],
    ['--listen :50001', /^--listen takes NAME:PORT/],
    ['--listen framed:1:2', /^--listen takes NAME:PORT/],
    ['--listen gopher:70', /^--listen: a dialect is one of/],
    ['--listen framed:65536', /^the port of --listen must be/],
    ['3555 --listen framed:3555', /^port 3555 is given twice$/],
    ['--listen framed:1 --listen ft:1', /^port 1 is given twice$/],
    ['3555 --max-size 2G', /^--max-size belongs to numbered/],
    ['3555 --dialect framed --accio', /^--accio belongs to numbered/],
    ['3555 --writable --read-only', /^--read-only and --writable exclude each other$/],
    ['3555 --allow read --read-only', /^--read-only and --allow exclude each other$/],
    ['3555 --allow read --writable', /^--allow says it all: --writable adds nothing to it$/],
    ['3555 --allow reed', /^--allow takes list, read, write, overwrite, delete, not "reed"; did you mean read\?$/],
    ['3555 --allow list,,read', /^--allow takes .*, not ""$/],
    ['3555 --allow list,overwrite', /^--allow: the right to overwrite means nothing without the right to write$/],
    ['3555 --log-format xml', /^--log-format is text or json, not "xml"$/],
    ['3555 --user a:b:c', /^--user takes NAME or NAME:GROUP, not "a:b:c"$/],
  ];
  for (const [line, sentence] of refused) {
    it(`are refused: ${line}`, () => expect(() => ports(line)).to.throw(UsageError, sentence));
  }
});

describe('the port of a collector', () => {
  it('makes its directory, and may be told how much it takes', () => {
    const on = { dialect: 'numbered', create: true };
    expect(ports('5000 --dialect numbered')).to.deep.equal([{ port: 5000, on }]);
    expect(ports('0 --dialect numbered --accio')).to.deep.equal([{ port: 0, on: { ...on, accio: true } }]);
    for (const [size, maxSize] of [
      ['2G', 2048 * MIB],
      ['100m', 100 * MIB],
      ['4096', 4096],
      ['1K', 1024],
      ['1T', MIB * MIB],
    ] as const) {
      const [first] = ports(`5000 --dialect numbered --max-size ${size}`);
      expect(first?.on, size).to.deep.equal({ ...on, maxSize });
    }
    expect(ports('3555 --listen numbered:5000 --max-size 1').map((one) => one.on)).to.deep.equal([
      { dialect: 'default', create: true },
      { ...on, maxSize: 1 },
    ]);
  });

  for (const [line, sentence] of [
    ['--dialect numbered', /^which port shall numbered be on\? It has no usual one/],
    ['1023 --dialect numbered', /^the port of numbered must be above 1023, not 1023/],
    ['--listen numbered:80', /^the port of numbered must be above 1023, not 80/],
    ['5000 --dialect numbered --max-size 0', /^--max-size takes bytes/],
    ['5000 --dialect numbered --max-size 2Gi', /^--max-size takes bytes.*not "2Gi"$/],
    ['5000 --dialect numbered --max-size 9999999T', /^--max-size takes bytes/],
    ['5000 --dialect numbered --read-only', /^--read-only leaves numbered nothing to do/],
  ] as const) {
    it(`is refused: ${line}`, () => expect(() => ports(line)).to.throw(UsageError, sentence));
  }
});

describe('the rights on a port', () => {
  const WRITABLE = ['list', 'read', 'write', 'overwrite'];
  const rights = (line: string, dialect: PortDialect): readonly string[] => {
    const { words, options } = sortWords(['1', ...line.split(' ').filter(Boolean)], SERVER_FLAGS);
    const flags = parseFlags('ftserver', SERVER_FLAGS, options);
    return rightsOn(dialect, serverCommand(new Settings([layerOf(words, flags, SERVER_FLAGS)])));
  };

  const everything = ['list', 'read', 'write', 'overwrite', 'delete'];
  const WORDS: Readonly<Record<PortDialect, readonly string[]>> = {
    default: everything,
    auto: everything,
    ft: everything,
    stepwise: ['list', 'read'],
    framed: ['read', 'write'],
    privateshare: ['list', 'read', 'write'],
    colon: ['read', 'write'],
    numbered: ['write'],
  };

  for (const dialect of portDialects()) {
    it(`of ${dialect} are those that its server gives and that it has words for`, () => {
      const some = (given: readonly string[]): readonly string[] =>
        given.filter((right) => WORDS[dialect].includes(right));
      expect(rights('', dialect)).to.deep.equal(some(takesPuts(dialect) ? WRITABLE : ['list', 'read']));
      expect(rights('--writable', dialect)).to.deep.equal(some(WRITABLE));
      expect(rights('--read-only', dialect)).to.deep.equal(some(['list', 'read']));
      expect(rights('--allow write,read', dialect)).to.deep.equal(some(['read', 'write']));
      expect(rights('--allow delete', dialect)).to.deep.equal(some(['delete']));
    });
  }
});

describe('a port that cannot be had', () => {
  const refusal = (code: string): TwinportError =>
    new TwinportError('cannot-listen', 'port 365 cannot be had', { cause: Object.assign(new Error(code), { code }) });

  it('below 1024 comes with what can be done', () => {
    const error = withAdvice(refusal('EACCES'), 365) as TwinportError;
    expect(error.message)
      .to.match(/^port 365 cannot be had: take a port above 1023, or /)
      .and.to.include('sysctl net.ipv4.ip_unprivileged_port_start=365')
      .and.to.include('setcap cap_net_bind_service=+ep');
    for (const [other, port] of [
      [refusal('EADDRINUSE'), 365],
      [refusal('EACCES'), 3555],
      [new Error('x'), 365],
    ] as const) {
      expect(withAdvice(other, port)).to.equal(other);
    }
  });

  it('is told with where the port, or the address, was given', () => {
    const text = 'listen: [framed:50001]\nhost: 192.0.2.1\nport: 365\n';
    const settings = new Settings([configurationOf(text, 'f.yaml', SERVER_FLAGS)]);
    const told = (code: string, port: number): string =>
      (blamed(refusal(code), port, settings) as TwinportError).message;
    expect(told('EADDRINUSE', 365)).to.equal('f.yaml:3: port 365 cannot be had');
    expect(told('EADDRINUSE', 50001)).to.equal('f.yaml:1: listen: port 365 cannot be had');
    expect(told('EACCES', 365)).to.match(/^f\.yaml:3: port 365 cannot be had: take a port above 1023, or /);
    for (const code of ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL']) {
      expect(told(code, 365), code).to.equal('f.yaml:2: host: port 365 cannot be had');
    }
    const named = new Settings([configurationOf('dialect: privateshare', 'f.yaml', SERVER_FLAGS)]);
    expect((blamed(refusal('EADDRINUSE'), 365, named) as TwinportError).message).to.match(/^f\.yaml:1: dialect: /);
    const other = new Error('x');
    expect(blamed(other, 365, settings)).to.equal(other);
  });

  it('is 77 and that sentence, and the ports opened before it are closed', async () => {
    const did: string[] = [];
    const listeners = process.listenerCount('SIGTERM');
    const pretended = {
      on: () => undefined,
      listen: (port: number) => {
        did.push(`listen ${port}`);
        return port === 365 ? Promise.reject(refusal('EACCES')) : Promise.resolve({ address: '::', port });
      },
      close: () => Promise.resolve(void did.push('close')),
    };
    const [stdout, stderr] = [new Captured(), new Captured()];
    const code = await ftserver(
      ['3555', '--listen', 'privateshare:365'],
      new Output(() => stdout),
      new Output(() => stderr),
      () => (() => pretended) as unknown as typeof createServer,
    );
    expect(process.listenerCount('SIGTERM')).to.equal(listeners);
    expect([code, stdout.text]).to.deep.equal([77, '']);
    expect(did).to.deep.equal(['listen 3555', 'listen 365', 'close']);
    expect(stderr.text).to.match(/^ftserver: port 365 cannot be had: take a port above 1023, or .*sysctl.*setcap.*\n$/);
  });
});
