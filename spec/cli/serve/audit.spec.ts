import { expect } from 'chai';
import { Auditor } from '../../../lib/cli/serve/audit';
import { xferLine, type Xfer } from '../../../lib/cli/serve/xferlog';
import { TwinportError } from '../../../lib/errors';
import { createServer, type TransferEvent } from '../../../lib/index';

const session = {
  id: 7,
  remote: { address: '192.0.2.2', port: 40000 },
  local: { address: '192.0.2.1', port: 3555 },
};
const get = { kind: 'get', dialect: 'ft', session, path: 'docs/a b' } as const;

/** What is written while the time is told by hand. */
function kept(): { auditor: Auditor; audit: string[]; xferlog: string[]; pass: (ms: number) => void } {
  let now = new Date(2026, 10, 1, 9, 8, 7).getTime();
  const [audit, xferlog]: [string[], string[]] = [[], []];
  const books = {
    audit: { say: (line: string) => audit.push(line) },
    xferlog: { say: (line: string) => xferlog.push(line) },
  };
  return { auditor: new Auditor(books, () => new Date(now)), audit, xferlog, pass: (ms) => void (now += ms) };
}

const entry = (line: string | undefined): unknown => {
  const { time, ...rest } = JSON.parse(line ?? '{}') as Record<string, unknown>;
  expect(time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  return rest;
};

describe('the logs that are kept', () => {
  it('have a line for what is over, with how much it was and how long it took', () => {
    const { auditor, audit, xferlog, pass } = kept();
    auditor.session(session);
    auditor.transfer({ ...get, phase: 'requested' });
    pass(1000);
    auditor.transfer({ ...get, phase: 'started' });
    pass(2500);
    auditor.transfer({ ...get, phase: 'done', length: 1234, unverified: false });
    pass(500);
    auditor.end(session);
    const who = { session: 7, address: '192.0.2.2' };
    expect(audit.map(entry)).to.deep.equal([
      { ...who, what: 'connect', outcome: 'ok' },
      {
        ...who,
        what: 'get',
        outcome: 'ok',
        dialect: 'ft',
        path: 'docs/a b',
        bytes: 1234,
        seconds: 2.5,
        unverified: false,
      },
      { ...who, what: 'disconnect', outcome: 'ok', seconds: 4 },
    ]);
    expect(xferlog).to.deep.equal([
      'Sun Nov  1 09:08:10 2026 3 192.0.2.2 1234 /docs/a_b b _ o a anonymous twinport 0 * c',
    ]);
  });

  it('tell what was refused, what failed and what was aborted', () => {
    const { auditor, audit, xferlog } = kept();
    const failing = (error: TwinportError, ...phases: TransferEvent['phase'][]): void => {
      for (const phase of phases) auditor.transfer({ ...get, kind: 'put', user: 'ann', phase });
      auditor.transfer({ ...get, kind: 'put', user: 'ann', phase: 'failed', error, moved: 5 });
    };
    failing(new TwinportError('denied', 'not here'), 'requested');
    failing(new TwinportError('quota', 'too much'), 'requested', 'started');
    failing(new TwinportError('aborted', 'stopped'), 'requested', 'started');
    const about = {
      session: 7,
      address: '192.0.2.2',
      user: 'ann',
      what: 'put',
      dialect: 'ft',
      path: 'docs/a b',
      bytes: 5,
    };
    expect(audit.map(entry)).to.deep.equal([
      { ...about, outcome: 'refused', seconds: 0, code: 'denied', message: 'not here' },
      { ...about, outcome: 'failed', seconds: 0, code: 'quota', message: 'too much' },
      { ...about, outcome: 'aborted', seconds: 0, code: 'aborted', message: 'stopped' },
    ]);
    expect(xferlog.map((line) => line.split(' ').slice(-10).join(' '))).to.deep.equal(
      Array<string>(2).fill('/docs/a_b b _ i r ann twinport 0 * i'),
    );
  });

  it('tell of changes, of logins that are refused too, and of notes', () => {
    const { auditor, audit, xferlog } = kept();
    auditor.login({ session, name: 'ann', ok: false });
    auditor.change({ phase: 'done', kind: 'delete', dialect: 'ft', session, path: 'a' });
    auditor.change({ phase: 'done', kind: 'rename', dialect: 'ft', session, path: 'a', to: 'b' });
    const error = new TwinportError('exists', 'there already');
    auditor.change({ phase: 'failed', kind: 'mkdir', dialect: 'ft', session, path: 'a', error });
    const who = { session: 7, address: '192.0.2.2' };
    expect(audit.map(entry)).to.deep.equal([
      { ...who, user: 'ann', what: 'login', outcome: 'refused' },
      { ...who, what: 'delete', outcome: 'ok', dialect: 'ft', path: 'a' },
      { ...who, what: 'rename', outcome: 'ok', dialect: 'ft', path: 'a', to: 'b' },
      { ...who, what: 'mkdir', outcome: 'refused', dialect: 'ft', path: 'a', code: 'exists', message: 'there already' },
    ]);
    expect(xferlog.map((line) => line.split(' ').slice(-10).join(' '))).to.deep.equal([
      '/a b _ d a anonymous twinport 0 * c',
    ]);
  });

  it('have outcome and address of who was not served', () => {
    const { auditor, audit } = kept();
    const server = createServer();
    auditor.follow(server);
    server.emit('note', 'TLS failed.', { outcome: 'failed', address: '192.0.2.2', session: 7 });
    server.emit('note', 'Turned away.', { outcome: 'refused', address: '192.0.2.2' });
    server.emit('note', 'Expecting 2 clients.');
    const note = { what: 'note', address: '192.0.2.2' };
    expect(audit.map(entry)).to.deep.equal([
      { ...note, outcome: 'failed', session: 7, message: 'TLS failed.' },
      { ...note, outcome: 'refused', message: 'Turned away.' },
      { what: 'note', outcome: 'ok', message: 'Expecting 2 clients.' },
    ]);
  });

  /** Every byte, as what is no UTF-8 too, and letters that end lines or turn text around. */
  const HURTING = [
    ...Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)),
    ...Array.from({ length: 128 }, (_, byte) => String.fromCharCode(0xdc80 + byte)),
    '\ud800',
    '\udfff',
    '\u2028',
    '\u2029',
    '\u202e',
    '\u2066',
    '\u00a0',
    '\u3000',
    '\ufeff',
    '\u200b',
    '\u061c',
    '\uffff',
    '🙂',
  ];

  it('take no line, field or letter from a client, whatever is in a name', () => {
    for (const letter of HURTING) {
      const { auditor, audit, xferlog } = kept();
      const name = `x${letter}", "outcome": "ok"${letter}y`;
      auditor.login({ session, name, ok: false, why: name });
      auditor.change({ phase: 'done', kind: 'delete', dialect: 'ft', session, path: name, user: name });
      const hint = JSON.stringify(letter);
      for (const line of audit) {
        expect(line, hint).to.match(/^[\x20-\x7e\u00a0-\u167f\u3000-\ud7ff\u200b\u{10000}-\u{10ffff}\uffff]*$/u);
        expect(Object.values(JSON.parse(line) as object), hint).to.include(name);
      }
      const [line = ''] = xferlog;
      expect(line.split(/\s/u).filter((field) => field !== '').length, hint).to.equal(18);
      expect(line, hint).to.not.match(/[\p{Cc}\p{Surrogate}\u2028\u2029\u202e\u2066]/u);
      expect(line, hint).to.match(/ b _ d r \S+ twinport 0 \* c$/);
    }
  });

  it('have fields that nothing leaves empty', () => {
    const line: Xfer = {
      at: new Date(2026, 0, 31, 23, 59, 59),
      seconds: 0.2,
      address: 'fe80::1%eth 0',
      bytes: 0,
      path: '',
      direction: 'o',
      user: '',
      complete: false,
    };
    expect(xferLine(line)).to.equal('Sat Jan 31 23:59:59 2026 1 fe80::1%eth_0 0 / b _ o r ? twinport 0 * i');
  });
});
