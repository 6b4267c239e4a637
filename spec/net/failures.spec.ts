import { expect } from 'chai';
import { TwinportError } from '../../lib/errors';
import { dialFailure, listenFailure, lossFailure, reasonOf } from '../../lib/net/failures';

function errno(code: string): Error {
  return Object.assign(new Error(`syscall ${code}`), { code });
}

describe('what failures of the network say', () => {
  const dialled: Record<string, string> = {
    ECONNREFUSED: 'flip1:3555 refused the connection',
    EHOSTUNREACH: 'no route to flip1:3555',
    ENETUNREACH: 'the network of flip1:3555 cannot be reached',
    ETIMEDOUT: 'flip1:3555 does not answer',
    ECONNRESET: 'flip1:3555 dropped the connection as it was made',
    EACCES: 'not permitted to connect to flip1:3555',
    EADDRNOTAVAIL: 'no free local port to connect to flip1:3555',
    EMFILE: 'too many open files to connect to flip1:3555',
    EPROTO: 'cannot connect to flip1:3555: syscall EPROTO',
  };
  for (const [code, sentence] of Object.entries(dialled)) {
    it(`dialling, ${code}`, () => {
      const cause = errno(code);
      const error = dialFailure('flip1', 3555, undefined, cause);
      expect(error.code).to.equal('cannot-connect');
      expect(error.message).to.equal(sentence);
      expect(error.cause).to.equal(cause);
    });
  }

  for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']) {
    it(`dialling, ${code}`, () => {
      const error = dialFailure('flip1', 3555, undefined, errno(code));
      expect(error.code).to.equal('cannot-resolve');
      expect(error.message).to.equal('cannot find the host "flip1"');
    });
  }

  it('says no two different things alike', () => {
    const sentences = Object.values(dialled);
    expect(new Set(sentences).size).to.equal(sentences.length);
  });

  it('puts an IPv6 address in brackets', () => {
    expect(dialFailure('::1', 3555, undefined, errno('ECONNREFUSED')).message).to.equal(
      '[::1]:3555 refused the connection',
    );
  });

  it('prefers the refusal among the addresses that were tried', () => {
    const refused = errno('ECONNREFUSED');
    const both = new AggregateError([errno('ENETUNREACH'), refused]);
    expect(dialFailure('flip1', 3555, undefined, both).cause).to.equal(refused);
    const unreachable = errno('EHOSTUNREACH');
    expect(dialFailure('flip1', 3555, undefined, new AggregateError([unreachable])).cause).to.equal(unreachable);
  });

  const listened: Record<string, string> = {
    EADDRINUSE: 'port 80 is already in use',
    EACCES: 'not permitted to listen on port 80 (ports below 1024 need privileges)',
    EADDRNOTAVAIL: 'this machine has no address 192.0.2.1 to listen on',
    ENOTFOUND: 'cannot find the host "192.0.2.1" to listen on',
    EMFILE: 'too many open files to listen on port 80',
    EPROTO: 'cannot listen on port 80: syscall EPROTO',
  };
  for (const [code, sentence] of Object.entries(listened)) {
    it(`listening, ${code}`, () => {
      const error = listenFailure('192.0.2.1', 80, errno(code));
      expect(error.code).to.equal('cannot-listen');
      expect(error.message).to.equal(sentence);
    });
  }

  it('does not blame privileges for a high port', () => {
    expect(listenFailure(undefined, 8555, errno('EACCES')).message).to.equal('not permitted to listen on port 8555');
  });

  it('tells a connection that timed out from one that was lost', () => {
    expect(lossFailure('10.0.0.5:20', errno('ETIMEDOUT')).message).to.equal('the connection to 10.0.0.5:20 timed out');
    expect(lossFailure('10.0.0.5:20', errno('EPIPE')).message).to.equal('the connection to 10.0.0.5:20 was lost');
  });

  it('hands on our own reason, and wraps any other', () => {
    const own = new TwinportError('timeout', 'took too long');
    expect(reasonOf(AbortSignal.abort(own))).to.equal(own);
    const other = new Error('whatever');
    expect(reasonOf(AbortSignal.abort(other))).to.include({ code: 'aborted', cause: other });
  });
});
