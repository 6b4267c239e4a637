import { expect } from 'chai';
import { EXIT, EXIT_MEANINGS, EXIT_OF, exitCodeOf, isTaken, listenExit } from '../../lib/cli/exit';
import { TwinportError, type ErrorCode } from '../../lib/errors';

const CODES = Object.keys(EXIT_OF) as ErrorCode[];
const at = (verb: 'list' | 'get' | 'put', moving = false) => ({ verb, moving });
const refused = (reply: number | undefined, text: string): TwinportError =>
  new TwinportError('refused', text, reply === undefined ? {} : { reply });

describe('exit codes', () => {
  it('exist for every error code, and every one is documented', () => {
    const documented = EXIT_MEANINGS.map(([code]) => code);
    expect(new Set(documented).size).to.equal(documented.length);
    for (const code of CODES) {
      for (const circumstance of [at('list'), at('get'), at('put'), at('get', true), at('put', true)]) {
        const exit = exitCodeOf(new TwinportError(code, 'a sentence'), circumstance);
        expect(documented, `${code} in a ${circumstance.verb}`).to.include(exit);
        expect(exit, code).not.to.be.oneOf([0, EXIT.defect]);
      }
    }
  });

  it('are in ascending order where they are documented', () => {
    const documented = EXIT_MEANINGS.map(([code]) => code);
    expect(documented).to.deep.equal([...documented].sort((a, b) => a - b));
  });

  const rows: readonly (readonly [code: ErrorCode, exit: number])[] = [
    ['cannot-resolve', 6],
    ['cannot-connect', 7],
    ['not-understood', 8],
    ['protocol', 8],
    ['syntax', 8],
    ['cannot-listen', 10],
    ['no-data-connection', 10],
    ['data-timeout', 12],
    ['incomplete', 18],
    ['unverified', 18],
    ['timeout', 28],
    ['cannot-resume', 36],
    ['connection-lost', 56],
    ['too-large', 63],
    ['unsupported', 64],
    ['invalid-argument', 64],
    ['invalid-name', 64],
    ['invalid-port', 64],
  ];
  for (const [code, exit] of rows) {
    it(`${exit} for ${code}, whatever was asked for`, () => {
      for (const verb of ['list', 'get', 'put'] as const) {
        expect(exitCodeOf(new TwinportError(code, 'x'), at(verb))).to.equal(exit);
      }
    });
  }

  it('tell a connection lost half-way from one lost before', () => {
    const lost = new TwinportError('connection-lost', 'x');
    expect(exitCodeOf(lost, at('get'))).to.equal(56);
    expect(exitCodeOf(lost, at('get', true))).to.equal(18);
    expect(exitCodeOf(lost, at('put', true))).to.equal(18);
  });

  it('tell a name taken here from one taken there', () => {
    const taken = new TwinportError('exists', 'x');
    expect(exitCodeOf(taken, at('get'))).to.equal(73);
    expect(exitCodeOf(taken, at('put'))).to.equal(25);
    expect(isTaken(taken, 'get')).to.equal(true);
    expect(isTaken(refused(553, 'x'), 'put')).to.equal(true);
    expect(isTaken(refused(553, 'x'), 'get')).to.equal(false);
    expect(isTaken(refused(550, 'x'), 'put')).to.equal(false);
  });

  it('tell a file that cannot be written from one that cannot be read', () => {
    for (const code of ['denied', 'not-found', 'io-error', 'not-a-file'] as const) {
      expect(exitCodeOf(new TwinportError(code, 'x'), at('get')), code).to.equal(23);
      expect(exitCodeOf(new TwinportError(code, 'x'), at('put')), code).to.equal(26);
    }
    expect(exitCodeOf(new TwinportError('no-space', 'x'), at('get'))).to.equal(23);
  });

  const replies: readonly (readonly [reply: number | undefined, text: string, get: number, put: number])[] = [
    [550, 'FILE NOT FOUND', 78, 25],
    [550, 'FILE NOT FOUND: x', 78, 25],
    [550, '"x" is a directory', 9, 25],
    [553, 'not allowed', 9, 25],
    [450, 'busy', 9, 25],
    [452, 'no space', 9, 25],
    [451, 'it shrank', 18, 25],
    [426, 'aborted', 18, 25],
    [421, 'too many', 7, 7],
    [425, 'no data connection', 10, 10],
    [530, 'log in', 67, 67],
    [554, 'cannot start there', 36, 36],
    [500, 'what?', 8, 25],
    [502, 'not here', 8, 25],
    [504, 'not so', 8, 25],
    [undefined, 'FILE NOT FOUND', 78, 25],
    [undefined, 'file not found!', 78, 25],
    [undefined, 'No such file', 78, 25],
    [undefined, 'go away', 9, 25],
  ];
  for (const [reply, text, get, put] of replies) {
    it(`for ${reply ?? 'no code'} ${text}: ${get} for a get, ${put} for a put`, () => {
      expect(exitCodeOf(refused(reply, text), at('get', true))).to.equal(get);
      expect(exitCodeOf(refused(reply, text), at('put', true))).to.equal(put);
    });
  }

  it('call what nobody foresaw a defect', () => {
    expect(exitCodeOf(new TypeError('x is undefined'), at('get'))).to.equal(70);
    expect(exitCodeOf('a string', at('get'))).to.equal(70);
    expect(listenExit(new TypeError('x is undefined'))).to.equal(70);
  });

  it('of a server that cannot open its port', () => {
    const caused = (code: string): TwinportError =>
      new TwinportError('cannot-listen', 'x', { cause: Object.assign(new Error(code), { code }) });
    expect(listenExit(caused('EADDRINUSE'))).to.equal(69);
    expect(listenExit(caused('EADDRNOTAVAIL'))).to.equal(69);
    expect(listenExit(caused('EACCES'))).to.equal(77);
    expect(listenExit(caused('EPERM'))).to.equal(77);
    expect(listenExit(new TwinportError('not-found', 'x'))).to.equal(66);
    expect(listenExit(new TwinportError('not-a-directory', 'x'))).to.equal(66);
    expect(listenExit(new TwinportError('denied', 'x'))).to.equal(77);
    expect(listenExit(new TwinportError('invalid-argument', 'x'))).to.equal(64);
  });
});
