import { expect } from 'chai';
import { JsonReporter, type JsonReporterHow } from '../../../lib/cli/report/jsonReporter';
import { Output } from '../../../lib/cli/output';
import type { Failure, FileJob } from '../../../lib/cli/reporter';
import { TwinportError, type ErrorCode, type ErrorDetails } from '../../../lib/errors';
import { EVENTS, EXAMPLES, expectDocumented, objectsOf } from '../../support/jsonPage';
import { Captured } from '../../support/stdio';

const MODIFIED = Date.UTC(2026, 10, 20, 14, 30);
const GOT = { crc32: '0a1b2c3d', verified: true, skipped: false };

const job = (index: number, name: string): FileJob => ({ verb: 'get', remote: name, local: name, index, count: 2 });
const failure = (exit: number, code: ErrorCode, message: string, details: ErrorDetails = {}): Failure => ({
  ...{ error: new TwinportError(code, message, details), exit, sentence: 'for people' },
});

/** What is told of a list, of two files and of everything else, in the order of the examples. */
async function list(reporter: JsonReporter): Promise<void> {
  reporter.connected('localhost', 3555);
  reporter.data({ address: '::ffff:127.0.0.1', port: 41184 });
  const entries = [
    { name: '.' },
    { name: '..' },
    { name: 'notes.txt', type: 'file', size: 82500, modified: MODIFIED + 123 },
    { name: 'sub', type: 'dir', modified: MODIFIED },
    { name: 'caf\udce9', type: 'file', size: 0, modified: Date.UTC(1999, 11, 31, 23, 59, 59) },
  ] as const;
  await reporter.listed({ path: 'docs', list: { entries, verified: true } });
  await reporter.end(0);
}

async function files(reporter: JsonReporter, clock: { now: number }): Promise<void> {
  reporter.begin(job(1, 'big.iso'), true);
  reporter.connected('localhost', 3555);
  reporter.data({ address: '127.0.0.1', port: 41185 });
  reporter.note('big.iso is there already, saved as big.iso.1');
  clock.now += 250;
  for (const quarter of [1, 2, 4]) reporter.progress({ bytes: quarter << 20, total: 4 << 20 });
  const sizes = { size: 4 << 20, length: 4 << 20, localPath: 'big.iso.1' };
  reporter.complete(job(1, 'big.iso'), { ...GOT, ...sizes });
  reporter.begin(job(2, 'missing'));
  reporter.failed(failure(78, 'refused', 'FILE NOT FOUND', { reply: 550 }), job(2, 'missing'));
  await reporter.end(78);
}

async function rest(make: (how: JsonReporterHow) => JsonReporter): Promise<void> {
  const reporter = make({});
  reporter.result('stat', { path: 'docs', type: 'dir', size: 4096, modified: MODIFIED });
  reporter.result('digest', { path: 'notes.txt', length: 82500, crc32: '0a1b2c3d', version: '1-2-3' });
  reporter.result('mkdir', { path: 'docs/new' });
  reporter.result('delete', { path: 'notes.txt' });
  reporter.result('rename', { from: 'a', to: 'b' });
  reporter.result('ping', { milliseconds: 0.4 });
  make({ line: 2 }).result('pwd', { path: 'docs' });
  reporter.failed({ ...failure(9, 'refused', 'the directory is not empty', { reply: 550 }), path: 'full' });
  reporter.message(Buffer.from('hello\x1b'));
  await make({ line: 3 }).end(9);
  make({ client: 2 }).failed(failure(7, 'cannot-connect', 'connection refused'));
}

describe('docs/JSON.md', () => {
  const printed = async (
    tell: (make: (how: JsonReporterHow) => JsonReporter, clock: { now: number }) => Promise<void>,
  ) => {
    const captured = new Captured();
    const stdout = new Output(() => captured);
    const clock = { now: 0 };
    await tell((how) => new JsonReporter(stdout, { now: () => clock.now, ...how }), clock);
    await stdout.flushed();
    return captured.utf8;
  };

  it('has examples that are exactly what is printed', async () => {
    expect(EXAMPLES).to.have.length(3);
    expect(await printed((make) => list(make({})))).to.equal(EXAMPLES[0]);
    expect(await printed((make, clock) => files(make({}), clock))).to.equal(EXAMPLES[1]);
    expect(await printed((make) => rest(make))).to.equal(EXAMPLES[2]);
  });

  const objects = EXAMPLES.flatMap(objectsOf);

  for (const { event } of EVENTS) {
    it(`has examples of ${event}`, () => {
      expect(objects.filter((object) => object['event'] === event)).not.to.deep.equal([]);
    });
  }

  it('names every event and member of its examples', () => {
    for (const object of objects) expectDocumented(object);
  });

  it('takes nothing that it does not name', () => {
    const entry = { event: 'entry', name: 'a' };
    expectDocumented({ ...entry, nameHex: '61', line: 3 });
    for (const wrong of [
      { event: 'entry' },
      { ...entry, event: 'item' },
      { ...entry, odd: 1 },
      { ...entry, xHex: '61' },
    ])
      expect(() => expectDocumented(wrong), JSON.stringify(wrong)).to.throw();
    expect(() => expectDocumented({ event: 'result', command: 'stat', odd: 1 })).to.throw();
  });
});
