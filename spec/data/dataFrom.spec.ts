import { expect } from 'chai';
import { mayDial } from '../../lib/data/dataFrom';
import { memoryNetwork } from '../support/memoryNetwork';

const network = memoryNetwork({ addresses: ['10.0.0.1', 'fd00::1'] });
const at = (address: string): { address: string; port: number } => ({ address, port: 4000 });
const may = (server: string, from: string, dataFrom?: string): boolean =>
  mayDial(network, at(server), at(from), dataFrom);

describe('whose data connections a client takes', () => {
  it("the server's own, however it is spelt", () => {
    expect(may('10.0.0.9', '10.0.0.9')).to.equal(true);
    expect(may('::ffff:10.0.0.9', '10.0.0.9')).to.equal(true);
    expect(may('10.0.0.9', '::ffff:10.0.0.9')).to.equal(true);
    expect(may('fe80::1%eth0', 'fe80::1%eth0')).to.equal(true);
  });

  it('no third machine, and not this one either when the server is elsewhere', () => {
    for (const from of ['10.0.0.8', '127.0.0.1', '::1', '10.0.0.1', 'fd00::1', 'fe80::1%eth1'])
      expect(may('10.0.0.9', from), from).to.equal(false);
    expect(may('fe80::1%eth0', 'fe80::1%eth1')).to.equal(false);
  });

  it('any of its own addresses when the server is on this very machine, and nobody else', () => {
    for (const server of ['127.0.0.1', '127.0.1.1', '::1', '10.0.0.1', 'fd00::1']) {
      for (const from of ['127.0.0.1', '127.0.1.1', '::1', '10.0.0.1', 'fd00::1'])
        expect(may(server, from), `${server} ${from}`).to.equal(true);
      expect(may(server, '10.0.0.8'), server).to.equal(false);
    }
  });

  it('one address more, or any', () => {
    expect(may('10.0.0.9', '10.0.0.8', '10.0.0.8')).to.equal(true);
    expect(may('10.0.0.9', '::ffff:10.0.0.8', '10.0.0.8')).to.equal(true);
    expect(may('10.0.0.9', '10.0.0.9', '10.0.0.8')).to.equal(true);
    expect(may('10.0.0.9', '10.0.0.7', '10.0.0.8')).to.equal(false);
    expect(may('10.0.0.9', '192.0.2.1', 'any')).to.equal(true);
  });
});
