import { expect } from 'chai';
import { Output } from '../../../lib/cli/output';
import { jsonLog } from '../../../lib/cli/serve/jsonLog';
import { textLog, type ServerLog } from '../../../lib/cli/serve/log';
import { TwinportError } from '../../../lib/errors';
import type { TransferEvent } from '../../../lib/index';
import { Captured } from '../../support/stdio';

const session = {
  id: 7,
  remote: { address: '::1', port: 41184 },
  local: { address: '127.0.0.1', port: 3555 },
};
const get = { kind: 'get', dialect: 'ft', session, path: 'a', port: 8555 } as const;
const ABOUT = { time: '2026-11-20T14:30:00.123Z', session: 7, remote: '[::1]:41184', local: '127.0.0.1:3555' };

function lines(work: (log: ServerLog) => void): readonly string[] {
  const stdout = new Captured();
  work(jsonLog(new Output(() => stdout), () => new Date('2026-11-20T14:30:00.123Z')));
  return stdout.utf8.split('\n').slice(0, -1);
}
const told = (work: (log: ServerLog) => void): readonly unknown[] =>
  lines(work).map((line): unknown => JSON.parse(line));

describe('the JSON log', () => {
  it('has a line for each event, with what applies to it and nothing else', () => {
    const error = new TwinportError('not-found', '"a" was not found', { reply: 550 });
    expect(
      told((log) => {
        const open = {
          port: 3555,
          address: '::',
          dialect: 'default',
          reach: ['192.0.2.1'],
          command: 'ftclient …',
        } as const;
        log.opened([open]);
        log.session(session);
        log.transfer({ ...get, phase: 'requested' });
        log.transfer({ ...get, phase: 'started', data: { address: '127.0.0.1', port: 8555 } });
        log.transfer({ ...get, phase: 'done', length: 3, unverified: true });
        log.transfer({ ...get, phase: 'failed', error });
        log.change({ phase: 'done', kind: 'rename', dialect: 'ft', session, path: 'a', to: 'b' });
        log.note('a note');
        log.error(error);
        log.error('text');
        log.tell('reload', 'read again');
      }),
    ).to.deep.equal([
      {
        time: ABOUT.time,
        event: 'open',
        port: 3555,
        address: '::',
        dialect: 'default',
        reach: ['192.0.2.1'],
        command: 'ftclient …',
      },
      { ...ABOUT, event: 'session' },
      { ...ABOUT, event: 'requested', dialect: 'ft', verb: 'get', path: 'a', port: 8555 },
      { ...ABOUT, event: 'started', dialect: 'ft', verb: 'get', path: 'a', port: 8555, data: '127.0.0.1:8555' },
      { ...ABOUT, event: 'done', dialect: 'ft', verb: 'get', path: 'a', port: 8555, bytes: 3, unverified: true },
      {
        ...ABOUT,
        event: 'failed',
        dialect: 'ft',
        verb: 'get',
        path: 'a',
        port: 8555,
        error: { code: 'not-found', message: '"a" was not found', reply: 550 },
      },
      { ...ABOUT, event: 'done', dialect: 'ft', verb: 'rename', path: 'a', to: 'b' },
      { time: ABOUT.time, event: 'note', message: 'a note' },
      { time: ABOUT.time, event: 'error', message: '"a" was not found', code: 'not-found' },
      { time: ABOUT.time, event: 'error', message: 'text' },
      { time: ABOUT.time, event: 'reload', message: 'read again' },
    ]);
  });

  const hurting = [
    'a\nb',
    'a\r\n{"event":"open"}',
    '\x1b[2J\x07',
    '\x7f\x85\x9b2J',
    'a\u2028b\u2029c',
    'fdp.\u202eexe\u2066\u200f',
    '"}\\',
    '__proto__',
    '\ud83d\ude00',
    '\udcff\udc80',
    '',
  ];
  for (const path of hurting) {
    it(`keeps ${JSON.stringify(path)} in its place, and gives it back whole`, () => {
      const event: TransferEvent = { ...get, phase: 'requested', path };
      const [line = '', ...more] = lines((log) => log.transfer(event));
      expect(more).to.deep.equal([]);
      expect(line).not.to.match(/[\p{Cc}\u2028-\u202e\u2066-\u2069\u200e\u200f]/u);
      expect(JSON.parse(line)).to.include({ event: 'requested', path });
    });
  }
});

describe('the text log', () => {
  it('begins with what programs wait for, and more beneath it only where it is asked for', () => {
    const [stdout, stderr] = [new Captured(), new Captured()];
    const port = { address: '::', reach: [], command: '' };
    const log = textLog(new Output(() => stdout), new Output(() => stderr), (ports) => [`${ports.length} ports\n`]);
    log.opened([
      { ...port, port: 3555, dialect: 'default' },
      { ...port, port: 50001, dialect: 'framed' },
    ]);
    log.session(session);
    log.tell('reload', 'read\nagain');
    log.error(new Error('wrong'));
    expect(stdout.utf8).to.equal(
      'Server open on 3555\nServer open on 50001\nSpeaking framed.\n2 ports\\x0a\nConnection from ::1.\n',
    );
    expect(stderr.utf8).to.equal('ftserver: read\\x0aagain\nftserver: wrong\n');
  });

  it('escapes what ends lines or turns text around, as JSON does', () => {
    const [stdout, stderr] = [new Captured(), new Captured()];
    const log = textLog(new Output(() => stdout), new Output(() => stderr), () => []);
    const path = 'a\u2028b\u2029fdp.\u202eexe\u2066\u200f\x85é\n';
    log.transfer({ ...get, phase: 'requested', path });
    log.change({ phase: 'done', kind: 'rename', dialect: 'ft', session, path, to: path });
    log.note(path);
    log.tell('reload', path);
    const told = 'a\\u2028b\\u2029fdp.\\u202eexe\\u2066\\u200f\\x85é\\x0a';
    const [requested, renamed, note, ...more] = stdout.utf8.split('\n');
    expect(requested).to.include(`"${told}"`);
    expect(renamed).to.include(`Renamed "${told}" to "${told}"`);
    expect([note, ...more]).to.deep.equal([told, '']);
    expect(stderr.utf8).to.equal(`ftserver: ${told}\n`);
  });
});
