import { expect } from 'chai';
import fc from 'fast-check';
import { hostPort, isLoopback, networkOf, plainAddress, sameAddress } from '../../lib/wire/addresses';

describe('wire/addresses', () => {
  const plain: [address: string, shown: string][] = [
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::FFFF:10.1.2.3', '10.1.2.3'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['::ffff:c0a8:ff', '192.168.0.255'],
    ['0:0:0:0:0:ffff:128.193.54.168', '128.193.54.168'],
    ['0000:0000:0000:0000:0000:ffff:0a01:0203', '10.1.2.3'],
    ['::1', '::1'],
    ['FE80::1%eth0', 'fe80::1%eth0'],
    ['fe80::1%Eth0', 'fe80::1%Eth0'],
    ['2001:DB8::A', '2001:db8::a'],
    // Not mapped, however alike they look.
    ['::ffff:0:127.0.0.1', '::ffff:0:127.0.0.1'],
    ['1::ffff:127.0.0.1', '1::ffff:127.0.0.1'],
    ['::127.0.0.1', '::127.0.0.1'],
    // Not addresses: left alone.
    ['localHost', 'localHost'],
    ['::ffff:300.1.1.1', '::ffff:300.1.1.1'],
    ['1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8:9'],
    ['1:::2', '1:::2'],
    ['', ''],
  ];
  for (const [address, shown] of plain) {
    it(`shows ${JSON.stringify(address)} as ${JSON.stringify(shown)}`, () => {
      expect(plainAddress(address)).to.equal(shown);
    });
  }

  it('knows loopback addresses', () => {
    for (const address of ['127.0.0.1', '127.0.1.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1']) {
      expect(isLoopback(address), address).to.equal(true);
    }
    for (const address of ['::1%lo', '0:0:0:0:0:0:0:1', '0::0001']) expect(isLoopback(address), address).to.equal(true);
  });

  it('takes nothing else for loopback', () => {
    for (const address of ['128.0.0.1', '0.0.0.0', '::', '::2', '1::1', '::ffff:8.8.8.8', 'fe80::1', 'localhost', '']) {
      expect(isLoopback(address), address).to.equal(false);
    }
    for (const name of ['127.evil.example', '127.0.0.1.example', '127.0.0.256', '127.1', 'x::1']) {
      expect(isLoopback(name), name).to.equal(false);
    }
  });

  it('compares addresses however they are written', () => {
    for (const [a, b] of [
      ['::ffff:127.0.0.1', '127.0.0.1'],
      ['::1', '0:0:0:0:0:0:0:1'],
      ['2001:DB8::1', '2001:0db8:0::0001'],
      ['fe80::1%eth0', 'FE80:0::1%eth0'],
      ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
      ['::ffff:7f00:1', '::ffff:127.0.0.1'],
    ] as const) {
      expect(sameAddress(a, b), `${a} ${b}`).to.equal(true);
    }
  });

  it('keeps hosts apart, and zones', () => {
    for (const [a, b] of [
      ['127.0.0.1', '127.0.0.2'],
      ['127.0.0.1', '::1'],
      ['fe80::1%eth0', 'fe80::1%eth1'],
      ['fe80::1%eth0', 'fe80::1'],
      ['fe80::1%eth0', 'fe80::1%Eth0'],
      ['::1', '::1:0'],
      ['1:2:3:4:5:6:7:8::', '1:2:3:4:5:6:7:8'],
      ['1::2::3', '1::2:3'],
    ] as const) {
      expect(sameAddress(a, b), `${a} ${b}`).to.equal(false);
    }
  });

  it('agrees with every way to write an IPv4 address as IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const hex = `::ffff:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        expect(plainAddress(hex)).to.equal(address);
        expect(plainAddress(`::ffff:${address}`)).to.equal(address);
        expect(isLoopback(hex)).to.equal(a === 127);
      }),
    );
  });

  it('never throws, and is settled after once', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.string(), fc.stringMatching(/^[0-9a-f:.%]{0,20}$/)), (address) => {
        expect(plainAddress(plainAddress(address))).to.equal(plainAddress(address));
        expect(sameAddress(address, plainAddress(address))).to.equal(true);
      }),
    );
  });

  it('writes host and port, IPv6 in brackets', () => {
    expect(hostPort('flip1', 3555)).to.equal('flip1:3555');
    expect(hostPort('127.0.0.1', 0)).to.equal('127.0.0.1:0');
    expect(hostPort('::1', 3555)).to.equal('[::1]:3555');
    expect(hostPort('fe80::1%eth0', 3555)).to.equal('[fe80::1%eth0]:3555');
    expect(hostPort('[::1]', 3555)).to.equal('[::1]:3555');
  });

  it('counts a /64 as one, and each IPv4 address, however it is written', () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).to.equal('2001:db8:1:2::/64');
    expect(networkOf('2001:DB8:1:2::')).to.equal('2001:db8:1:2::/64');
    expect(networkOf('2001:db8:1:3::')).to.equal('2001:db8:1:3::/64');
    expect(networkOf('::1')).to.equal('0:0:0:0::/64');
    expect(networkOf('fe80::1%eth0')).to.equal('fe80:0:0:0::/64%eth0');
    expect(networkOf('192.0.2.7')).to.equal('192.0.2.7');
    expect(networkOf('::ffff:192.0.2.7')).to.equal('192.0.2.7');
    expect(networkOf('::ffff:c000:207')).to.equal('192.0.2.7');
  });
});
