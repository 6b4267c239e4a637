import { expect } from 'chai';
import { configurationOf, settingsOf } from '../../../lib/cli/serve/configuration';
import { SettingError, Settings } from '../../../lib/cli/serve/settings';
import { SERVER_FLAGS, serverCommand, type ServerCommand } from '../../../lib/cli/serverOptions';

const FILE = '/etc/tp/f.yaml';
const command = (text: string): ServerCommand =>
  serverCommand(new Settings([configurationOf(text, FILE, SERVER_FLAGS)]));

describe('a configuration', () => {
  it('says whose passwords are taken in clear text, in one way', () => {
    const rule = (text: string): unknown => command(`port: 1\nusers: u\n${text}`).server.clearPasswords;
    expect(rule('')).to.equal(undefined);
    expect(rule('clear-passwords: true')).to.equal(true);
    expect(rule('no-clear-passwords: true\nclear-passwords: false')).to.equal('never');
    expect(() => rule('clear-passwords: true\nno-clear-passwords: true')).to.throw(
      `${FILE}:3: clear-passwords and no-clear-passwords (line 4) exclude each other`,
    );
    expect(() => command('port: 1\nno-clear-passwords: true')).to.throw(
      'no-clear-passwords means nothing without users',
    );
  });

  it('can say whatever the options can', () => {
    const { ports, grace, server, logFormat, user } = command(`
# A comment, and then everything there is.
port: 3555
dialect: auto
listen:
  - framed:50001
  - { dialect: numbered, port: 5000 }
  - port: 0
host: "::1"
root: /srv/files
allow: [read, list]
max-size: 1.5M
accio: true
max-sessions: 12
idle-timeout: 0.5
data-ports: 8000-8099
no-active: true
strict-put: TRUE
plain-replies: yes
grace: 3
log-format: json
user: ftserver:nogroup
`);
    const on = { host: '::1', create: true };
    expect(ports).to.deep.equal([
      { port: 3555, on: { dialect: 'auto', ...on } },
      { port: 50001, on: { dialect: 'framed', ...on } },
      { port: 5000, on: { dialect: 'numbered', ...on, maxSize: 1.5 * 1024 * 1024, accio: true } },
      { port: 0, on: { dialect: 'default', ...on } },
    ]);
    expect({ grace, logFormat, user }).to.deep.equal({
      grace: 3000,
      logFormat: 'json',
      user: { name: 'ftserver', group: 'nogroup' },
    });
    expect(server).to.deep.equal({
      root: '/srv/files',
      allow: ['list', 'read'],
      writable: false,
      maxSessions: 12,
      idleTimeout: 500,
      dataPorts: [8000, 8099],
      active: false,
      strictPut: true,
      plainReplies: true,
    });
  });

  it('has a name for every option but those about the command line', () => {
    const names = settingsOf(SERVER_FLAGS).map(({ name }) => name);
    expect(names).to.have.length(SERVER_FLAGS.length - 2);
    expect(names).to.include.members(['port', 'listen', 'user']).and.not.include.members(['config', 'help', 'version']);
  });

  it('finds a relative root from where it lies itself', () => {
    for (const [root, found] of [
      ['files', '/etc/tp/files'],
      ['../../srv', '/srv'],
      ['.', '/etc/tp'],
      ['/srv', '/srv'],
      ['007', '/etc/tp/007'],
    ]) {
      expect(command(`port: 1\nroot: ${root}`).server.root).to.equal(found);
    }
  });

  it('takes a value quoted or not, as a command line does', () => {
    for (const port of ['3555', '"3555"', "'3555'", '>-\n  3555']) {
      expect(command(`port: ${port}`).ports[0]?.port, port).to.equal(3555);
    }
    for (const [word, on] of [
      ['true', true],
      ['"True"', true],
      ['yes', true],
      ['On', true],
      ['no', false],
      ['off', false],
      ['false', false],
    ] as const) {
      expect(command(`port: 1\nwritable: ${word}`).server.writable, word).to.equal(on);
    }
    expect(command('{port: 3555, listen: framed:7000}').ports.map(({ port }) => port)).to.deep.equal([3555, 7000]);
    expect(command('\ufeffport: 3555\r\nroot: /srv\r\n').server.root).to.equal('/srv');
  });

  it('leaves reading alone where it is read-only, in languages made for uploads too', () => {
    const { ports, server } = command('port: 1\ndialect: framed\nread-only: true');
    expect(server.allow).to.deep.equal(['list', 'read']);
    expect(ports).to.deep.equal([{ port: 1, on: { dialect: 'framed' } }]);
  });

  it('may be empty, or comments alone', () => {
    for (const text of ['', '\n', '# nothing\n', '---\n', '---\n...\n', '\ufeff']) {
      expect([...configurationOf(text, FILE, SERVER_FLAGS)], JSON.stringify(text)).to.deep.equal([]);
    }
  });
});

describe('a configuration that is wrong', () => {
  const rows: readonly (readonly [text: string, sentence: string | RegExp])[] = [
    // Names.
    ['port: 1\nroots: /srv', '2: there is no setting "roots"; did you mean root?'],
    ['max_sessions: 3', '1: there is no setting "max_sessions"; did you mean max-sessions?'],
    ['maxSessions: 3', '1: there is no setting "maxSessions"; did you mean max-sessions?'],
    ['--port: 3', '1: there is no setting "--port"; did you mean port?'],
    ['Writeable: true', '1: there is no setting "Writeable"; did you mean writable?'],
    ['config: other.yaml', '1: there is no setting "config"'],
    ['<<: {port: 1}', '1: there is no setting "<<"'],
    ['__proto__: 1', '1: there is no setting "__proto__"'],
    ['constructor: 1', '1: there is no setting "constructor"'],
    ['root: /a\nport: 1\nroot: /a', '3: root is given twice, first in line 1'],
    ['? [port]\n: 1', '1: the name of a setting is a word'],
    [': 1', '1: the name of a setting is a word'],
    [`${'x'.repeat(500)}: 1`, `1: there is no setting "${'x'.repeat(60)}…"`],
    // Types.
    [`root: /${'x'.repeat(4096)}`, '1: root has more than 4096 characters'],
    ['root: [/a, /b]', '1: root takes one value, not a list'],
    ['root: {a: b}', '1: root takes one value, and no settings beneath it'],
    ['root:\n  path: /a', '1: root takes one value, and no settings beneath it'],
    ['port: 1\nroot:', '2: root has no value: give it one, or leave the line out'],
    ['root: ~', '1: root has no value: give it one, or leave the line out'],
    ['root: ""', '1: root has no value: give it one, or leave the line out'],
    ['host: null', '1: host has no value: give it one, or leave the line out'],
    ['writable: 3', '1: writable takes true or false, not "3"'],
    ['writable: [true]', '1: writable takes one value, not a list'],
    ...['[]', '', '""', '~'].map(
      (none) =>
        [
          `port: 1\nallow: ${none}`,
          '2: allow names no right, and a server that allows nothing serves nobody: stop it, or name one',
        ] as const,
    ),
    ['listen: []', '1: listen is an empty list: leave the line out'],
    ['listen: [[framed:1]]', '1: listen is a list of places to listen, not of lists'],
    ['allow: {list: true}', '1: allow takes one value, and no settings beneath it'],
    ['allow: [[list]]', '1: allow takes words, and this is none'],
    ['- port: 1', '1: settings are lines like "root: /srv/files"'],
    ['just text', '1: settings are lines like "root: /srv/files"'],
    // Values.
    ['port: http', '1: port must be a whole number from 0 to 65535, not "http"'],
    ['port: 65536', '1: port must be a whole number from 0 to 65535, not "65536"'],
    ['port: -1', '1: port must be a whole number from 0 to 65535, not "-1"'],
    ['port: 3555.0', '1: port must be a whole number from 0 to 65535, not "3555.0"'],
    ['port: 1e3', '1: port must be a whole number from 0 to 65535, not "1e3"'],
    ['port: 0x50', '1: port must be a whole number from 0 to 65535, not "0x50"'],
    ['port: 0777', '1: port: 0777 would be octal to some, write 777'],
    ['port: 1\nmax-sessions: 0', '2: max-sessions must be a whole number from 1 to 1000000, not "0"'],
    ['port: 1\nidle-timeout: 5m', '2: idle-timeout must be seconds, from 0.001 to 86400, not "5m"'],
    ['port: 1\ndata-ports: 8000', '2: data-ports takes two ports, like 8000-8099, not "8000"'],
    ['port: 1\nlog-format: xml', '2: log-format is text or json, not "xml"'],
    ['port: 1\nuser: a b', '2: user takes NAME or NAME:GROUP, not "a b"'],
    [
      'port: 1\nallow: [list, raed]',
      '2: allow takes list, read, write, overwrite, delete, not "raed"; did you mean read?',
    ],
    ['port: 1\ndialect: gopher', /^2: dialect: a dialect is one of default, auto, .*, not "gopher"$/],
    ['port: 1\nroot: "a\\0b"', '2: root holds a line break or another control character'],
    ['port: 1\nroot: |\n  a\n  b\n', '2: root holds a line break or another control character'],
    ['listen:\n  - framed:50001\n  - gopher:70', /^3: listen: a dialect is one of .*, not "gopher"$/],
    ['listen:\n  - framed:99999', '2: the port of listen must be a whole number from 0 to 65535, not "99999"'],
    ['listen:\n  - framed', '2: listen takes NAME:PORT, like framed:50001, not "framed"'],
    ['listen:\n  - {dialect: framed}', '2: listen: which port shall framed be on?'],
    [
      'listen:\n  - {dialect: framed, prot: 1}',
      /^2: listen takes NAME:PORT or \{dialect: NAME, port: PORT\}, and no "prot"; did you mean port\?$/,
    ],
    ['listen:\n  - {port: 1, port: 2}', '2: listen: port is given twice'],
    ['listen:\n  - framed: 50001', /^2: listen takes .*, and no "framed"; write framed:50001, without a blank$/],
    // Together.
    ['port: 1\nlisten: [framed:1]', '2: port 1 is given twice'],
    ['port: 1\nwritable: true\nread-only: true', '3: read-only and writable (line 2) exclude each other'],
    ['port: 1\nwritable: true\nallow: list', '3: allow says it all: writable (line 2) adds nothing to it'],
    ['port: 1\nmax-size: 100M', '2: max-size belongs to numbered, which no port speaks here'],
    ['dialect: ft', '1: which port shall ft be on? It has no usual one; 0 for any free one'],
    ['port: 80\ndialect: numbered', '1: the port of numbered must be above 1023, not 80 (0: any free one)'],
    [
      'port: 3555\ndata-ports: 3555-3555',
      "2: data-ports: 3555 would be the server's own port, and leaves none for data",
    ],
    [
      'data-ports: 5000-5001\nport: 5000\nlisten: [framed:5001]',
      "1: data-ports: 5000-5001 would be the server's own ports, and leaves none for data",
    ],
    // YAML.
    ['port: 1\nlisten:\n\t- framed:1', '3: a tab cannot indent in YAML, only blanks can (at "listen")'],
    ['port: 1\nroot: a: b', '2: a value that holds ": ", or ends in ":", stands in quotes (at "root")'],
    ['host: *', '1: what begins with "*" is an alias in YAML: put it in quotes (at "host")'],
    [
      'port: 1\nroot: "/srv',
      /^2: this is not YAML: a quote " was opened, and nothing closes it \(at "root", column 12\)$/,
    ],
    ['port: 1\nroot: "\\q"', /^2: .*: \\q means nothing between double quotes: .* \(at "root", column 8\)$/],
    ['port: 1\nroot: "a" b', /^2: .*: there is more behind the value: put all of it in quotes \(at "root", /],
    ['port: 1\nroot', /^2: this is not YAML: a setting is a name, a colon and a value, and there is no colon \(/],
    ['port: 1\n}', /^2: this is not YAML: } closes what nothing has opened \(/],
    ['port: 1\nroot: [', /^2: this is not YAML: what was opened with \[ wants its \] \(at "root", column 8\)$/],
    ['port: 1\nroot: @a', /^2: this is not YAML: a value that begins with @ stands in quotes \(at "root", column 7\)$/],
    [' port: 1\nroot: /a', '1: "port" is indented: a setting begins where its line begins'],
    ['port: 3555\n  root: root', '2: "root" is indented: a setting begins where its line begins'],
    ['# x\nport: 1\n  # y\n\n  root: a\n  host: b', '5: "root" is indented: a setting begins where its line begins'],
    ['root: "/a"\n  port: 1', '2: "port" is indented: a setting begins where its line begins'],
    ['listen:\n  - ft:1\n root: a', '3: "root" is indented: a setting begins where its line begins'],
    [`${'x'.repeat(10_000)}: @`, new RegExp(`^1: this is not YAML: .{1,200}"x{60}…", column [0-9]+\\)$`)],
    [`${'x'.repeat(10_000)}: *`, /^1: .{1,200}x{60}…", column [0-9]+\)$/],
    [`a: &a 1\n${'x'.repeat(900)}: *a`, /^2: x{60}…: aliases are not taken here/],
    [
      `port: 1\n  ${'x'.repeat(10_000)}: 1`,
      `2: "${'x'.repeat(60)}…" is indented: a setting begins where its line begins`,
    ],
    [`listen: [{${'x'.repeat(10_000)}: 1}]`, /^1: listen takes .{1,200}$/],
    [`port: 1\n"${'x'.repeat(10_000)}`, /^2: .{1,300}$/],
    [`port: 1 "${'x'.repeat(10_000)}"`, /^1: .{1,300}$/],
    [`port: 1\n"a" ${'x'.repeat(10_000)}`, /^2: .{1,300}$/],
    [`writable: ${'x'.repeat(4000)}`, `1: writable takes true or false, not "${'x'.repeat(60)}…"`],
    ['port: 1\n---\nroot: /a', '2: a second document begins here, and only one is taken'],
    ['root: !!python/object x', /^1: (a tag \("!…"\) means nothing here|this is not YAML: .*)/],
    ['root: !secret x', '1: a tag ("!…") means nothing here (at "root")'],
    ['root: &a /srv\nhost: *a', '2: host: aliases are not taken here, write the value out'],
  ];

  for (const [text, expected] of rows) {
    it(`is one sentence with its line: ${JSON.stringify(text).slice(0, 70)}`, () => {
      let error: unknown;
      try {
        command(text);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).to.be.instanceOf(SettingError);
      const { message } = error as SettingError;
      expect(message.startsWith(`${FILE}:`), message).to.equal(true);
      const told = message.slice(FILE.length + 1);
      if (typeof expected === 'string') expect(told).to.equal(expected);
      else expect(told).to.match(expected);
      expect(message).not.to.include('\n');
    });
  }

  it('cannot blow up: aliases of aliases, and nesting deeper than the stack', () => {
    const nine = (what: string): string => Array<string>(9).fill(what).join(',');
    const levels = Array.from({ length: 20 }, (_, level) => `  - &a${level + 1} [${nine(`*a${level}`)}]`);
    expect(() => command(`listen:\n  - &a0 [${nine('x')}]\n${levels.join('\n')}`)).to.throw(
      SettingError,
      /:3: listen: aliases are not taken here/,
    );
    for (const deep of ['[', '{', '- ', '? ', '[{']) {
      expect(() => command(`root: ${deep.repeat(30_000)}`), deep).to.throw(
        SettingError,
        ':1: this is nested too deeply',
      );
      expect(() => command(`root: ${deep.repeat(400)}`), deep).to.throw(SettingError);
    }
    const stairs = Array.from({ length: 350 }, (_, level) => `${' '.repeat(level)}root:`).join('\n');
    expect(() => command(stairs)).to.throw(SettingError, /root takes one value/);
  });

  it('is told by the end of it too: every beginning of a right one is right or one sentence', () => {
    const text = 'port: 3555\nlisten:\n  - framed:50001\n  - {dialect: ft, port: 0}\nroot: "/srv"\nwritable: true\n';
    for (let length = 0; length <= text.length; length++) {
      try {
        configurationOf(text.slice(0, length), FILE, SERVER_FLAGS);
      } catch (error) {
        expect(error, text.slice(0, length)).to.be.instanceOf(SettingError);
      }
    }
  });
});
