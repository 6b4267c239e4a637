import { expect } from 'chai';
import { changeLine, sessionLine, TransferVoice } from '../../lib/cli/voice';
import { TwinportError } from '../../lib/errors';
import type { ChangeEvent, SessionInfo, TransferEvent } from '../../lib/index';

const session = (address = '127.0.0.1', id = 1): SessionInfo => ({
  id,
  remote: { address, port: 50123 },
  local: { address, port: 3555 },
});

const event = (more: Partial<TransferEvent>): TransferEvent => ({
  phase: 'requested',
  kind: 'get',
  dialect: 'ft',
  session: session(),
  path: 'textfile-large',
  port: 8555,
  ...more,
});

const data = { address: '127.0.0.1', port: 8555 };
const failed = (code: 'not-found' | 'denied', message = 'it is not here'): Partial<TransferEvent> => ({
  phase: 'failed',
  error: new TwinportError(code, message),
});

/** The lines for these steps of one session. */
function lines(...events: readonly Partial<TransferEvent>[]): (string | undefined)[] {
  const voice = new TransferVoice();
  return events.map((more) => voice.line(event(more)));
}

describe('what the server prints', () => {
  it('for a session', () => {
    expect(sessionLine(session())).to.equal('Connection from 127.0.0.1.');
    expect(sessionLine(session('::1'))).to.equal('Connection from ::1.');
  });

  it('for a list', () => {
    const list = { kind: 'list', path: '' } as const;
    expect(lines(list, { ...list, phase: 'started', data }, { ...list, phase: 'done' })).to.deep.equal([
      'List directory requested on port 8555.',
      'Sending directory contents to 127.0.0.1:8555.',
      undefined,
    ]);
  });

  it('for a list of another directory, and passively', () => {
    expect(lines({ kind: 'list', path: 'a b' }, { kind: 'list', path: '', port: 0 })).to.deep.equal([
      'List directory "a b" requested on port 8555.',
      'List directory requested in passive mode.',
    ]);
  });

  it('for a get', () => {
    expect(lines({}, { phase: 'started', data }, { phase: 'done' })).to.deep.equal([
      'File "textfile-large" requested on port 8555.',
      'Sending "textfile-large" to 127.0.0.1:8555.',
      undefined,
    ]);
  });

  it('for a get that fails before and after it began', () => {
    expect(lines({}, failed('not-found'))[1]).to.equal('File not found. Sending error message to 127.0.0.1:3555.');
    expect(lines({}, failed('denied', 'not for you.'))[1]).to.equal(
      'Request refused: not for you. Sending error message to 127.0.0.1:3555.',
    );
    expect(lines({}, { phase: 'started', data }, failed('not-found', 'it went away'))[2]).to.equal(
      'Sending "textfile-large" failed: it went away.',
    );
  });

  it('for a directory that is not there', () => {
    const list = { kind: 'list', path: 'x' } as const;
    expect(lines(list, { ...list, ...failed('not-found') })[1]).to.equal(
      'Directory not found. Sending error message to 127.0.0.1:3555.',
    );
  });

  it('for a put, verified and not', () => {
    const put = { kind: 'put', path: 'new' } as const;
    const done = { ...put, phase: 'done', length: 173 } as const;
    expect(lines(put, { ...put, phase: 'started', data }, done, { ...done, unverified: true })).to.deep.equal([
      'File "new" offered on port 8555.',
      'Receiving "new" from 127.0.0.1:8555.',
      'Received "new": 173 bytes.',
      'Received "new": 173 bytes, unverified.',
    ]);
    expect(lines(put, { ...put, phase: 'started', data }, { ...put, ...failed('denied', 'disk full') })[2]).to.equal(
      'Receiving "new" failed: disk full.',
    );
  });

  it('for languages of one connection', () => {
    const { port: _port, ...rest } = event({ dialect: 'framed', data: { address: '127.0.0.1', port: 50123 } });
    const inband = (...steps: readonly Partial<TransferEvent>[]): (string | undefined)[] => {
      const voice = new TransferVoice();
      return steps.map((more) => voice.line({ ...rest, ...more }));
    };
    const done = { phase: 'done', length: 5, unverified: true } as const;
    expect(inband({}, { phase: 'started' }, done)).to.deep.equal([
      'File "textfile-large" requested.',
      'Sending "textfile-large" to 127.0.0.1:50123.',
      'Sent "textfile-large": 5 bytes, unverified.',
    ]);
    const put = { kind: 'put', path: '3.file' } as const;
    expect(inband(put, { ...put, phase: 'started' }, { ...put, ...done })).to.deep.equal([
      'File "3.file" offered.',
      'Receiving "3.file" from 127.0.0.1:50123.',
      'Received "3.file": 5 bytes, unverified.',
    ]);
    const list = { kind: 'list', path: '' } as const;
    expect(inband(list, { ...list, phase: 'started' }, { ...list, ...done })).to.deep.equal([
      'List directory requested.',
      'Sending directory contents to 127.0.0.1:50123.',
      'Sent directory contents: 5 bytes, unverified.',
    ]);
  });

  it('for a refusal in a language that has words for it, and in one that has none', () => {
    const words = { ...failed('not-found') };
    expect(lines({ ...words, dialect: 'colon' })).to.deep.equal([
      'File not found. Sending error message to 127.0.0.1:3555.',
    ]);
    expect(lines({ ...words, dialect: 'framed' })).to.deep.equal([
      'File not found. Resetting the connection from 127.0.0.1:50123.',
    ]);
    expect(lines({ ...failed('denied', 'full'), kind: 'put', dialect: 'numbered' })).to.deep.equal([
      'Request refused: full. Resetting the connection from 127.0.0.1:50123.',
    ]);
  });

  it('with IPv6 addresses in brackets', () => {
    const far = { address: 'fe80::1%eth0', port: 8555 };
    expect(lines({ phase: 'started', data: far })[0]).to.equal('Sending "textfile-large" to [fe80::1%eth0]:8555.');
    expect(lines({ session: session('::1'), ...failed('not-found') })[0]).to.match(/ to \[::1\]:3555\.$/);
  });

  it('keeps sessions apart', () => {
    const voice = new TransferVoice();
    voice.line(event({ phase: 'started', data }));
    expect(voice.line(event({ session: session('127.0.0.1', 2), ...failed('not-found') }))).to.match(/^File not found/);
    expect(voice.line(event(failed('not-found')))).to.match(/^Sending/);
  });

  it('with nothing that could forge a line or drive a terminal', () => {
    const path = 'x\nConnection from 6.6.6.6.\r\x1b[2J\x9b';
    for (const kind of ['list', 'get', 'put'] as const) {
      for (const line of lines(
        { kind, path },
        { kind, path, phase: 'started', data },
        { kind, path, ...failed('denied', `no ${path}`) },
        { kind, path, ...failed('denied', `no ${path}`) },
        { kind, path, phase: 'done', length: 1 },
      )) {
        expect(line ?? '').not.to.match(/[\x00-\x1f\x7f-\x9f]/);
      }
    }
  });

  describe('for what was changed', () => {
    const change = (more: Partial<ChangeEvent>): string =>
      changeLine({ phase: 'done', kind: 'mkdir', dialect: 'ft', session: session(), path: 'docs', ...more });

    it('says what, and for whom', () => {
      expect(change({})).to.equal('Made directory "docs" for 127.0.0.1.');
      expect(change({ kind: 'delete', path: 'a/b c' })).to.equal('Deleted "a/b c" for 127.0.0.1.');
      expect(change({ kind: 'rename', path: 'a', to: 'b', session: session('::1') })).to.equal(
        'Renamed "a" to "b" for ::1.',
      );
    });

    it('says what was refused, and why', () => {
      const error = new TwinportError('denied', 'deleting is not allowed here.');
      expect(change({ phase: 'failed', kind: 'delete', error })).to.equal(
        'Request refused: deleting is not allowed here. Sending error message to 127.0.0.1:3555.',
      );
    });

    it('is one line, whatever the names are', () => {
      const evil = 'a\nServer open on 80\x1b[2J';
      const line = change({ kind: 'rename', path: evil, to: evil });
      expect(line).to.match(/^Renamed "a\\x0aServer open on 80\\x1b\[2J" to "a\\x0a[^\n\x1b]*" for 127\.0\.0\.1\.$/);
    });
  });
});
