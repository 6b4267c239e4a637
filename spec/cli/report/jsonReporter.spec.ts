import { expect } from 'chai';
import { jsonLine } from '../../../lib/cli/report/jsonLine';
import { JsonReporter } from '../../../lib/cli/report/jsonReporter';
import { Output } from '../../../lib/cli/output';
import type { FileJob } from '../../../lib/cli/reporter';
import { UsageError } from '../../../lib/cli/usage';
import { TwinportError } from '../../../lib/errors';
import type { ListEntry } from '../../../lib/index';
import { decodeName, encodeName } from '../../../lib/wire/names';
import { Captured, Failing } from '../../support/stdio';

const JOB: FileJob = { verb: 'put', remote: 'there', local: 'here', index: 2, count: 3 };
const DONE = { size: 3, length: 3, crc32: '352441c2', verified: true, skipped: false };

interface Bench {
  readonly reporter: JsonReporter;
  readonly stdout: Output;
  readonly objects: () => Record<string, unknown>[];
  readonly wait: (ms: number) => void;
}

function bench(): Bench {
  const captured = new Captured();
  const stdout = new Output(() => captured);
  let now = 1000;
  return {
    reporter: new JsonReporter(stdout, { now: () => now }),
    stdout,
    objects: () =>
      captured.utf8
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    wait: (ms) => (now += ms),
  };
}

describe('a line of JSON', () => {
  it('is one line that strict readers take, whatever is in it', () => {
    const texts = [
      'a\nb',
      '\x1b[31m',
      '\x7f\x9b',
      '\u2028\u2029',
      '"\\',
      'ünï',
      '🎉',
      'caf\udce9',
      '\ud800',
      'x\udfff',
    ];
    for (const text of texts) {
      const line = jsonLine({ text });
      expect(line.slice(0, -1)).not.to.match(/[\p{Cc}\u2028\u2029\p{Surrogate}]/u);
      // As an escape half a pair would be as wrong.
      expect(line).not.to.match(/\\u[dD][89a-fA-F]/);
      const parsed = JSON.parse(line) as { text: string };
      expect(parsed.text).to.equal(text.toWellFormed());
    }
  });

  it('has the bytes of what is not UTF-8, for each text', () => {
    for (const bytes of ['ff', '636166e9', 'e282', 'c3a980', '80'.repeat(300)]) {
      const name = decodeName(Buffer.from(bytes, 'hex'));
      const parsed = JSON.parse(jsonLine({ name, path: 'ok', local: name })) as Record<string, string>;
      expect([parsed['nameHex'], parsed['localHex']]).to.deep.equal([bytes, bytes]);
      expect(parsed).not.to.have.property('pathHex');
      expect(encodeName(name).toString('hex')).to.equal(bytes);
    }
    // No bytes mean it, so there are none to tell.
    expect(JSON.parse(jsonLine({ name: '\ud800' }))).to.deep.equal({ name: '\ufffd' });
  });

  it('leaves out what is not there, and has times in UTC', () => {
    expect(jsonLine({ a: undefined, b: new Date(0), c: false, d: 0 })).to.equal(
      '{"b":"1970-01-01T00:00:00.000Z","c":false,"d":0}\n',
    );
  });
});

describe('the JSON reporter', () => {
  it('tells of progress four times a second at most, and of the last', () => {
    const { reporter, objects, wait } = bench();
    reporter.begin(JOB);
    for (let bytes = 1; bytes <= 1000; bytes++) {
      wait(1);
      reporter.progress({ bytes, total: 1001 });
    }
    reporter.progress({ bytes: 1001, total: 1001 });
    reporter.complete(JOB, { ...DONE, size: 1001 });
    const told = objects();
    expect(told.map(({ event }) => event)).to.deep.equal(['begin', ...Array<string>(5).fill('progress'), 'complete']);
    expect(told.slice(1, -1).map(({ bytes }) => bytes)).to.deep.equal([250, 500, 750, 1000, 1001]);
  });

  it('tells of an empty file that all of it has come, and nothing of one that was skipped', () => {
    const { reporter, objects } = bench();
    for (const [skipped, size] of [
      [false, 0],
      [true, 0],
      // A part that was whole already.
      [false, 7],
    ] as const) {
      reporter.begin(JOB);
      reporter.complete(JOB, { ...DONE, size, length: 0, skipped });
    }
    expect(
      objects().map(({ event, bytes, total }) => [event, bytes, total].filter((one) => one !== undefined)),
    ).to.deep.equal([
      ...[['begin'], ['progress', 0, 0], ['complete']],
      ...[['begin'], ['complete']],
      ...[['begin'], ['progress', 7, 7], ['complete']],
    ]);
  });

  it('tells the last progress before a failure, once', () => {
    const { reporter, objects, wait } = bench();
    reporter.begin(JOB);
    wait(300);
    reporter.progress({ bytes: 5 });
    reporter.failed({ error: new Error('x'), exit: 70, sentence: 'a defect' }, JOB);
    reporter.begin(JOB);
    reporter.progress({ bytes: 6 });
    reporter.failed({ error: new UsageError('no such thing'), exit: 64, sentence: 'no such thing' }, JOB);
    const told = objects();
    expect(told.map(({ event }) => event)).to.deep.equal(['begin', 'progress', 'error', 'begin', 'progress', 'error']);
    expect([told[2]?.['code'], told[2]?.['message']]).to.deep.equal(['defect', 'a defect']);
    expect([told[5]?.['code'], told[5]?.['remote'], told[5]?.['file']]).to.deep.equal(['invalid-argument', 'there', 2]);
  });

  it('shows of a server’s words what anybody reads, and nothing that could drive whatever prints them', () => {
    const { reporter, objects } = bench();
    const words = `no\x1b[2J\x9b\u2028\u202e${'x'.repeat(16_000)}`;
    reporter.failed({ error: new TwinportError('refused', words, { reply: 550 }), exit: 9, sentence: '' });
    reporter.note('made directory \x1b]0;a\x07\u202e');
    const [error, note] = objects() as [Record<string, unknown>, Record<string, unknown>];
    expect(error['message']).to.match(/^no\\x1b\[2J\\x9b\\u2028\\u202ex{400,}…$/);
    expect(String(error['message']).length).to.be.below(600);
    expect(note['message']).to.equal('made directory \\x1b]0;a\\x07\\u202e');
  });

  it('tells what is kept behind the reason, of the same file', () => {
    const { reporter, objects } = bench();
    reporter.begin(JOB);
    reporter.failed({ error: new TwinportError('timeout', 'silence'), exit: 28, sentence: '', kept: 'kept' }, JOB);
    expect(objects().map(({ event, file, message }) => [event, file, message])).to.deep.equal([
      ['begin', 2, undefined],
      ['error', 2, 'silence'],
      ['note', 2, 'kept'],
    ]);
  });

  it('says nothing of a list’s progress, and no file with what is about none', () => {
    const { reporter, objects } = bench();
    reporter.progress({ bytes: 5 });
    reporter.begin(JOB);
    reporter.complete(JOB, DONE);
    reporter.note('a note');
    reporter.data({ address: '::1', port: 5 });
    expect(objects().slice(3)).to.deep.equal([
      { event: 'note', message: 'a note' },
      { event: 'data', address: '::1', port: 5 },
    ]);
  });

  it('tells of a connection before the file that it is made for, and of a second one not at all', () => {
    const { reporter, objects } = bench();
    reporter.begin(JOB, true);
    reporter.note('refused; trying again');
    expect(objects()).to.deep.equal([{ event: 'note', message: 'refused; trying again' }]);
    reporter.connected('flip1', 3555);
    reporter.note('a note');
    reporter.complete(JOB, DONE);
    reporter.begin(JOB, true);
    const told = objects().slice(1);
    expect(told.map(({ event }) => event)).to.deep.equal([
      'connected',
      'begin',
      'note',
      'progress',
      'complete',
      'begin',
    ]);
    expect(told[2]).to.include({ file: 2 });
  });

  it('tells how much all of the files are, where that is known', () => {
    const { reporter, objects } = bench();
    reporter.begin({ ...JOB, overall: { total: 4000, before: 1000, size: 500 } });
    expect(objects()).to.deep.equal([
      { event: 'begin', file: 2, count: 3, verb: 'put', remote: 'there', local: 'here', overall: 4000 },
    ]);
  });

  it('tells that a file began whose connection, or whose own end, failed', () => {
    const { reporter, objects } = bench();
    for (const code of ['cannot-connect', 'not-found'] as const) {
      reporter.begin(JOB, true);
      reporter.failed({ error: new TwinportError(code, code), exit: 7, sentence: code }, JOB);
    }
    const told = objects();
    expect(told.map(({ event, file }) => [event, file])).to.deep.equal([
      ['begin', 2],
      ['error', 2],
      ['begin', 2],
      ['error', 2],
    ]);
    expect(told[1]).to.include({ code: 'cannot-connect', remote: 'there', local: 'here', verb: 'put' });
  });

  it('does not measure progress from before the connection', () => {
    const { reporter, objects, wait } = bench();
    reporter.begin(JOB, true);
    wait(5000);
    reporter.connected('flip1', 3555);
    reporter.progress({ bytes: 1 });
    expect(objects().map(({ event }) => event)).to.deep.equal(['connected', 'begin']);
  });

  it('keeps what a server says to one line, byte by byte', () => {
    const { reporter, objects } = bench();
    reporter.message(Buffer.from([0x68, 0x0a, 0xff, 0x00]));
    expect(objects()).to.deep.equal([{ event: 'message', text: 'h\n\ufffd\0', textHex: '680aff00' }]);
  });

  it('lists by the hundred thousand in chunks', async () => {
    const { reporter, stdout, objects } = bench();
    const entries: ListEntry[] = Array.from({ length: 100_000 }, (_, at) => ({ name: `name-${at}` }));
    await reporter.listed({ path: '', list: { entries, verified: false } });
    await stdout.flushed();
    const told = objects();
    expect(told).to.have.length(100_001);
    expect(told[99_999]).to.deep.equal({ event: 'entry', name: 'name-99999' });
    expect(told.at(-1)).to.deep.equal({ event: 'listed', path: '', entries: 100_000, verified: false });
  });

  it('ends when the reader has left', async () => {
    const stream = new Failing(200_000, 'EPIPE');
    const stdout = new Output(() => stream);
    const reporter = new JsonReporter(stdout);
    let read = 0;
    const entry = {
      get name(): string {
        return `name-${read++}`;
      },
    };
    const entries = new Array<ListEntry>(1_000_000).fill(entry);
    await reporter.listed({ path: '', list: { entries, verified: true } });
    await reporter.end(0);
    expect(stdout.abandoned).to.equal(true);
    expect(read).to.be.below(50_000);
    expect(stream.taken).to.be.below(500_000);
  });
});
