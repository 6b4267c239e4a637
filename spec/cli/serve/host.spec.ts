import { expect } from 'chai';
import * as fs from 'node:fs';
import { assertHost } from '../../../lib/cli/serve/host';
import { TwinportError } from '../../../lib/errors';

/** What a server could listen on, told without listening. */
describe('the address of a server', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', '0.0.0.0', '::', '0:0:0:0:0:0:0:1', 'localhost']) {
    it(`can be ${host}`, () => assertHost(host));
  }

  for (const host of ['192.0.2.1', '2001:db8::1', '999.1.1.1', 'x::y', ':']) {
    it(`is none of this machine: ${host}`, () => {
      expect(() => assertHost(host)).to.throw(TwinportError, `this machine has no address ${host} to listen on`);
    });
  }

  it('is nobody’s where the name has none', function () {
    // The only one to ask.
    if (!fs.existsSync('/usr/bin/getent')) this.skip();
    // Longer than a label may be (RFC 1035 §2.3.4): no server of names is asked.
    const host = 'x'.repeat(64);
    expect(() => assertHost(host)).to.throw(TwinportError, `cannot find the host "${host}" to listen on`);
  });
});
