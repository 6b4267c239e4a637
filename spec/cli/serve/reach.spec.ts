import { expect } from 'chai';
import type { NetworkInterfaceInfo } from 'node:os';
import { clientCommand, reachLines, reachOf } from '../../../lib/cli/serve/reach';

function address(text: string, internal = false): NetworkInterfaceInfo {
  const shared = { address: text, netmask: '', mac: '', internal, cidr: null };
  return text.includes(':') ? { ...shared, family: 'IPv6', scopeid: 0 } : { ...shared, family: 'IPv4' };
}

const INTERFACES = {
  lo: [address('127.0.0.1', true), address('::1', true)],
  docker0: [address('172.17.0.1')],
  wg0: [address('fd00::9')],
  eth0: [address('fe80::1'), address('2001:db8::5'), address('192.0.2.20'), address('169.254.3.4')],
  wlan0: [address('192.0.2.21')],
};

describe('where a server can be reached', () => {
  for (const [bound, found] of [
    ['::', ['192.0.2.20', '192.0.2.21', '2001:db8::5', '172.17.0.1', 'fd00::9']],
    ['0.0.0.0', ['192.0.2.20', '192.0.2.21', '172.17.0.1']],
    ['192.0.2.21', ['192.0.2.21']],
    ['2001:db8::5', ['2001:db8::5']],
    ['127.0.0.1', []],
    ['127.8.8.8', []],
    ['::1', []],
  ] as const) {
    it(`when it listens on ${bound}`, () => expect(reachOf(bound, INTERFACES)).to.deep.equal(found));
  }

  it('is nowhere on a machine without a network', () => {
    expect(reachOf('::', { lo: INTERFACES.lo })).to.deep.equal([]);
    expect(reachOf('::', {})).to.deep.equal([]);
  });

  it('is told once, where several ports share it', () => {
    const on = (address: string, reach: readonly string[]) => (command: string, port: number) => ({
      ...{ port, dialect: 'default' as const, command, address, reach },
    });
    expect(reachLines(['ONE', 'TWO', 'THREE'].map(on('::', ['192.0.2.20', '::5'])))).to.deep.equal([
      ...['At 192.0.2.20 and [::5]. On another machine:', 'ONE', 'TWO', 'THREE'],
    ]);
    expect(reachLines(['ONE', 'TWO'].map(on('127.0.0.1', [])))).to.deep.equal([
      ...['For this machine alone (127.0.0.1):', 'ONE', 'TWO'],
    ]);
  });

  it('is told in lines', () => {
    const port = { port: 3555, dialect: 'default', command: 'COMMAND' } as const;
    expect(
      reachLines([
        { ...port, address: '::', reach: ['192.0.2.20', '2001:db8::5', '::5'] },
        { ...port, address: '::', reach: ['192.0.2.20'] },
        { ...port, address: '::1', reach: [] },
        { ...port, address: '::', reach: [] },
      ]),
    ).to.deep.equal([
      'At 192.0.2.20, [2001:db8::5] and [::5]. On another machine: COMMAND',
      'At 192.0.2.20. On another machine: COMMAND',
      'For this machine alone ([::1]): COMMAND',
      'No other machine can reach this one: COMMAND',
    ]);
  });
});

describe('the line to paste', () => {
  const ALL = ['list', 'read', 'write', 'overwrite'] as const;
  for (const [dialect, rights, words] of [
    ['default', ALL, '-l'],
    ['auto', ALL, '-l'],
    ['ft', ['read'], '-g FILE'],
    ['ft', ['write'], '-p FILE'],
    ['stepwise', ALL, '-l --dialect stepwise'],
    ['privateshare', ALL, '-l --dialect privateshare'],
    ['framed', ALL, '--dialect framed'],
    ['colon', ALL, '--dialect colon'],
    ['numbered', ALL, 'FILE --dialect numbered'],
  ] as const) {
    it(`of ${dialect}, to ${rights.join()}`, () => {
      expect(clientCommand('192.0.2.20', 3555, dialect, rights)).to.equal(`ftclient 192.0.2.20 3555 ${words}`);
    });
  }

  it('brings what nobody is served without', () => {
    const line = (dialect: 'default' | 'framed' | 'privateshare', wanted: object): string =>
      clientCommand('h', 1, dialect, ALL, wanted);
    expect(line('default', { tls: true })).to.equal('ftclient h 1 -l --tls');
    expect(line('default', { login: true })).to.equal('ftclient h 1 -l --user NAME');
    expect(line('default', { tls: true, login: true })).to.equal('ftclient h 1 -l --user NAME --tls');
    expect(line('framed', { tls: true, login: true })).to.equal('ftclient h 1 --dialect framed --tls');
    expect(line('privateshare', { tls: true })).to.equal('ftclient h 1 -l --dialect privateshare --tls');
  });
});
