import { expect } from 'chai';
import { FlagValues } from '../../../lib/cli/flags';
import { environmentOf } from '../../../lib/cli/serve/environment';
import { SettingError, Settings } from '../../../lib/cli/serve/settings';
import { gather, layerOf } from '../../../lib/cli/serve/sources';
import { SERVER_FLAGS, serverCommand, type ServerCommand } from '../../../lib/cli/serverOptions';
import { UsageError } from '../../../lib/cli/usage';

const FLAGS = SERVER_FLAGS;
const command = (env: Record<string, string>): ServerCommand =>
  serverCommand(new Settings([environmentOf(env, FLAGS).layer]));

describe('the environment', () => {
  it('can say whatever the options can', () => {
    const { ports, server, logFormat } = command({
      FTSERVER_PORT: '3555',
      FTSERVER_LISTEN: 'framed:50001, colon:5050 ft:0',
      FTSERVER_ROOT: '/srv',
      FTSERVER_WRITABLE: '1',
      FTSERVER_NO_ACTIVE: 'off',
      FTSERVER_STRICT_PUT: 'YES',
      FTSERVER_MAX_SESSIONS: '7',
      FTSERVER_LOG_FORMAT: 'json',
      PATH: '/bin',
    });
    expect(ports.map(({ port, on }) => `${on.dialect}:${port}`)).to.deep.equal([
      'default:3555',
      'framed:50001',
      'colon:5050',
      'ft:0',
    ]);
    expect(server).to.deep.include({ root: '/srv', writable: true, active: true, strictPut: true, maxSessions: 7 });
    expect(logFormat).to.equal('json');
    expect(command({ FTSERVER_PORT: '1', FTSERVER_ALLOW: 'delete,list' }).server.allow).to.deep.equal([
      'list',
      'delete',
    ]);
  });

  it('has given nothing where a variable is empty', () => {
    const { layer, config, warnings } = environmentOf(
      { FTSERVER_ROOT: '', FTSERVER_X: '', FTSERVER_CONFIG: '' },
      FLAGS,
    );
    expect([[...layer], config, warnings]).to.deep.equal([[], undefined, []]);
  });

  for (const [env, sentence] of [
    [{ FTSERVER_PORT: 'x' }, 'FTSERVER_PORT must be a whole number from 0 to 65535, not "x"'],
    [{ FTSERVER_WRITABLE: 'maybe' }, 'FTSERVER_WRITABLE takes true or false, not "maybe"'],
    [{ FTSERVER_PORT: '1', FTSERVER_LISTEN: 'ft' }, 'FTSERVER_LISTEN takes NAME:PORT, like framed:50001, not "ft"'],
    [{ FTSERVER_PORT: '1', FTSERVER_ACCIO: '1' }, 'FTSERVER_ACCIO belongs to numbered, which no port speaks here'],
    [{ FTSERVER_PORT: '1', FTSERVER_ROOT: 'a\nb' }, 'FTSERVER_ROOT holds a control character'],
    [
      { FTSERVER_PORT: '1', FTSERVER_WRITABLE: '1', FTSERVER_READ_ONLY: '1' },
      'FTSERVER_READ_ONLY and FTSERVER_WRITABLE exclude each other',
    ],
  ] as const) {
    it(`is told of by the name of the variable: ${sentence}`, () => {
      expect(() => command(env))
        .to.throw(SettingError)
        .with.property('message', sentence);
    });
  }

  it('is told of a variable that is no setting, and goes on', () => {
    const { layer, warnings } = environmentOf(
      {
        FTSERVER_MAX_SESSION: '3',
        FTSERVER_PORT: 'tcp://10.0.0.1:3555',
        FTSERVER_SERVICE_HOST: '10.0.0.1',
        ftserver_root: '/',
      },
      FLAGS,
    );
    expect([...layer]).to.deep.equal([]);
    expect(warnings).to.deep.equal([
      'FTSERVER_MAX_SESSION is no setting and is left aside; did you mean FTSERVER_MAX_SESSIONS?',
      'FTSERVER_PORT is "tcp://10.0.0.1:3555", which is not for us, and is left aside',
      'FTSERVER_SERVICE_HOST is no setting and is left aside',
    ]);
  });
});

describe('the strength of sources', () => {
  const file = new Map([
    ['root', [{ text: '/file', origin: { source: 'file' as const, name: 'root', file: 'f', line: 1 } }]],
    ['writable', [{ text: 'true', origin: { source: 'file' as const, name: 'writable', file: 'f', line: 2 } }]],
    ['grace', [{ text: '1', origin: { source: 'file' as const, name: 'grace', file: 'f', line: 3 } }]],
    [
      'listen',
      ['framed:1', 'colon:2'].map((text) => ({
        text,
        origin: { source: 'file' as const, name: 'listen', file: 'f', line: 4 },
      })),
    ],
  ]);
  const flags = (values: Record<string, unknown>, ...words: string[]): ReturnType<typeof layerOf> =>
    layerOf(words, new FlagValues(values), FLAGS);

  it('is file, environment, command line; a setting is replaced whole', () => {
    const { layer } = environmentOf({ FTSERVER_ROOT: '/env', FTSERVER_GRACE: '2' }, FLAGS);
    const settings = new Settings([file, layer, flags({ grace: '3', listen: ['ft:9'] }, '80')]);
    expect(['root', 'grace', 'port'].map((key) => settings.get(key)?.text)).to.deep.equal(['/env', '3', '80']);
    expect(settings.all('listen').map(({ text }) => text)).to.deep.equal(['ft:9']);
    expect(settings.has('writable')).to.equal(true);
  });

  it('goes for the three ways to say who may do what together', () => {
    const both = new Settings([file, flags({ 'read-only': true }, '80')]);
    expect([both.has('read-only'), both.has('writable')]).to.deep.equal([true, false]);
    const off = new Settings([file, environmentOf({ FTSERVER_WRITABLE: 'no' }, FLAGS).layer, flags({}, '80')]);
    expect(serverCommand(off).server.writable).to.equal(false);
    const allow = new Settings([file, flags({ allow: 'list' }, '80')]);
    expect(serverCommand(allow).server).to.deep.include({ writable: false, allow: ['list'] });
  });

  it('decides which usage stands beneath an error', () => {
    const wrong = environmentOf({ FTSERVER_GRACE: 'x' }, FLAGS).layer;
    expect(() => serverCommand(new Settings([wrong, flags({}, '80')]))).to.throw(SettingError, /^FTSERVER_GRACE/);
    expect(() => serverCommand(new Settings([wrong, flags({ grace: 'y' }, '80')]))).to.throw(UsageError, /^--grace/);
  });

  it('loads nothing that nobody asked for', async () => {
    const { settings, config, warnings } = await gather({ words: ['80'], flags: new FlagValues(), env: {} }, FLAGS);
    expect([settings.get('port')?.text, config, warnings]).to.deep.equal(['80', undefined, []]);
  });
});
