import { expect } from 'chai';
import { sortWords } from '../../../lib/cli/flags';
import { parseFlags } from '../../../lib/cli/parser';
import type { Inherited } from '../../../lib/cli/ports';
import { handedOver } from '../../../lib/cli/serve/activation';
import { Settings } from '../../../lib/cli/serve/settings';
import { layerOf } from '../../../lib/cli/serve/sources';
import { SERVER_FLAGS, serverCommand } from '../../../lib/cli/serverOptions';

describe('sockets that are handed over', () => {
  const given = (LISTEN_PID: string, LISTEN_FDS: string, LISTEN_FDNAMES?: string): NodeJS.ProcessEnv => ({
    ...{ LISTEN_PID, LISTEN_FDS, PATH: '/bin' },
    ...(LISTEN_FDNAMES === undefined ? {} : { LISTEN_FDNAMES }),
  });

  it('are the descriptors from 3 on, with their names, and the children’s no more', () => {
    const env = given('42', '3', 'framed:ftserver.socket');
    expect(handedOver(env, 42)).to.deep.equal([
      { fd: 3, name: 'framed' },
      { fd: 4, name: 'ftserver.socket' },
      { fd: 5, name: '' },
    ]);
    expect(env).to.deep.equal({ PATH: '/bin' });
    expect(handedOver(given('42', '1'), 42)).to.deep.equal([{ fd: 3, name: '' }]);
    expect(handedOver(given('42', '0'), 42)).to.deep.equal([]);
  });

  it('are another process’s where the number is another', () => {
    for (const pid of ['41', '042', '', 'x']) {
      const env = given(pid, '1');
      expect(handedOver(env, 42), pid).to.deep.equal([]);
      expect(env['LISTEN_FDS']).to.equal('1');
    }
    expect(handedOver({}, 42)).to.deep.equal([]);
  });

  for (const count of ['x', '-1', '1.5', '101', '99999999999', '']) {
    it(`are refused where their number is ${JSON.stringify(count)}`, () => {
      expect(() => handedOver(given('42', count), 42)).to.throw(/^LISTEN_FDS must be a whole number from 0 to 100/);
    });
  }

  function ports(line: string, ...sockets: Inherited[]): readonly string[] {
    const { words, options } = sortWords(line.split(' ').filter(Boolean), SERVER_FLAGS);
    const settings = new Settings([layerOf(words, parseFlags('ftserver', SERVER_FLAGS, options), SERVER_FLAGS)]);
    return serverCommand(settings, sockets).ports.map(
      ({ port, on, inherited }) => `${on.dialect}:${port}${inherited === true ? ' inherited' : ''}`,
    );
  }

  for (const [line, sockets, expected] of [
    ['', [{ port: 3555 }], ['default:3555 inherited']],
    ['--dialect auto', [{ port: 3555 }], ['auto:3555 inherited']],
    ['--dialect framed', [{ port: 3555 }], ['framed:3555 inherited']],
    ['', [{ port: 80, dialect: 'framed' }, { port: 81 }], ['framed:80 inherited', 'default:81 inherited']],
    ['', [{ port: 80 }, { port: 80 }], ['default:80 inherited', 'default:80 inherited']],
    ['3555', [{ port: 3555 }], ['default:3555 inherited']],
    ['3555', [{ port: 4000 }], ['default:3555', 'default:4000 inherited']],
    ['--listen colon:5050', [{ port: 5050 }], ['colon:5050 inherited']],
    ['0', [{ port: 4000, dialect: 'colon' }], ['default:0', 'colon:4000 inherited']],
  ] as const) {
    it(`beside "${line}": ${expected.join(', ')}`, () => expect(ports(line, ...sockets)).to.deep.equal(expected));
  }

  it('are refused where two say what is spoken, or the language is not spoken there', () => {
    expect(() => ports('--listen colon:5050', { port: 5050, dialect: 'framed' })).to.throw(
      /^port 5050 is to speak colon, but its socket is named framed$/,
    );
    expect(() => ports('', { port: 80, dialect: 'numbered' })).to.throw(/^the port of numbered must be above 1023/);
  });
});
