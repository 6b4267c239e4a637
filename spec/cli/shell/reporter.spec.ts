import { expect } from 'chai';
import { Output } from '../../../lib/cli/output';
import type { FileJob } from '../../../lib/cli/reporter';
import { inColumns, wrapped } from '../../../lib/cli/shell/layout';
import { ShellReporter, type ShellReporterHow } from '../../../lib/cli/shell/reporter';
import { decodeName } from '../../../lib/wire/names';
import type { ListEntry, TransferResult } from '../../../lib/index';
import { Captured } from '../../support/stdio';

const DONE: TransferResult = { size: 3, length: 3, crc32: '352441c2', verified: true, skipped: false };
const JOB: FileJob = { verb: 'get', remote: 'docs/a', local: 'a', index: 1, count: 1 };
const EVIL = 'evil\x1b]0;owned\x07\nname';
const SHOWN = 'evil\\x1b]0;owned\\x07\\x0aname';

interface Told {
  readonly stdout: string;
  readonly stderr: string;
}

async function told(
  work: (reporter: ShellReporter) => void | Promise<void>,
  how: Partial<ShellReporterHow> = {},
): Promise<Told> {
  const [stdout, stderr] = [new Captured(), new Captured()];
  const outputs = [new Output(() => stdout), new Output(() => stderr)] as const;
  const reporter = new ShellReporter(...outputs, { long: false, human: false, ...how });
  await work(reporter);
  await reporter.end();
  return { stdout: stdout.text, stderr: stderr.text };
}

describe('what the shell tells', () => {
  it('is whom it is connected to, at the prompt alone', async () => {
    const connected = (reporter: ShellReporter): void => reporter.connected('flip1', 3555);
    expect((await told(connected)).stdout).to.equal('Connected to flip1 on port 3555.\n');
    expect((await told(connected, { where: { file: 'x', line: 1 } })).stdout).to.equal('');
    expect((await told(connected, { quiet: true })).stdout).to.equal('');
  });

  it('is what became of each file', async () => {
    const complete = (job: FileJob, result = DONE, how = {}): Promise<Told> =>
      told((reporter) => {
        reporter.begin(job);
        reporter.data({ address: '::1', port: 1 });
        reporter.progress({ bytes: 1 });
        reporter.complete(job, result);
      }, how);
    expect((await complete(JOB)).stdout).to.equal('Got docs/a, 3 bytes.\n');
    const elsewhere = { ...DONE, localPath: 'a.1' };
    expect((await complete(JOB, elsewhere)).stdout).to.equal('Got docs/a as a.1, 3 bytes.\n');
    expect((await complete({ ...JOB, local: 'd/a' })).stdout).to.equal('Got docs/a as d/a, 3 bytes.\n');
    expect((await complete({ ...JOB, local: 'b' }, { ...DONE, localPath: `b${EVIL}` })).stdout).to.equal(
      `Got docs/a as b${SHOWN}, 3 bytes.\n`,
    );
    expect((await complete(JOB, { ...DONE, size: 1 })).stdout).to.equal('Got docs/a, 1 byte.\n');
    expect((await complete({ ...JOB, verb: 'put' })).stdout).to.equal('Put a to /docs/a, 3 bytes.\n');
    expect((await complete(JOB, { ...DONE, skipped: true })).stdout).to.equal('');
    const unverified = { ...DONE, verified: false };
    expect((await complete(JOB, unverified, { saysUnverified: true })).stdout).to.equal(
      'Got docs/a, 3 bytes, unverified.\n',
    );
    expect((await complete(JOB, DONE, { quiet: true })).stdout).to.equal('');
    expect((await complete({ ...JOB, remote: EVIL, local: EVIL })).stdout).to.equal(`Got ${SHOWN}, 3 bytes.\n`);
  });

  it('begins with the line in a batch, and names the file where there are several', async () => {
    const failure = { error: new Error(), exit: 78, sentence: 'it was not there' };
    const several = { ...JOB, count: 2 };
    const where = { file: 'night\x1b.txt', line: 7 };
    const tell = async (how: Partial<ShellReporterHow>, job?: FileJob, path?: string): Promise<string> => {
      const { stderr } = await told((reporter) => {
        if (job !== undefined) reporter.begin(job);
        reporter.note('a note');
        reporter.failed(path === undefined ? failure : { ...failure, path }, job);
      }, how);
      return stderr;
    };
    expect(await tell({})).to.equal('a note\nit was not there\n');
    expect(await tell({}, JOB)).to.equal('a note\nit was not there\n');
    expect(await tell({}, several)).to.equal('docs/a: a note\ndocs/a: it was not there\n');
    expect(await tell({ where })).to.equal('night\\x1b.txt:7: a note\nnight\\x1b.txt:7: it was not there\n');
    expect(await tell({ where }, several)).to.equal(
      'night\\x1b.txt:7: docs/a: a note\nnight\\x1b.txt:7: docs/a: it was not there\n',
    );
    expect(await tell({ where }, undefined, EVIL)).to.include(`night\\x1b.txt:7: ${SHOWN}: it was not there\n`);
  });

  it('says which path the server speaks of, which its words do not', async () => {
    const failure = { error: new Error(), exit: 78, sentence: 'h:1 says FILE NOT FOUND', quoted: true };
    const tell = async (
      path: string | undefined,
      job?: FileJob,
      how: Partial<ShellReporterHow> = {},
    ): Promise<string> =>
      (await told((reporter) => reporter.failed(path === undefined ? failure : { ...failure, path }, job), how)).stderr;
    expect(await tell('docs/x')).to.equal('docs/x: h:1 says FILE NOT FOUND\n');
    expect(await tell('')).to.equal('/: h:1 says FILE NOT FOUND\n');
    expect(await tell(undefined)).to.equal('h:1 says FILE NOT FOUND\n');
    expect(await tell(undefined, JOB)).to.equal('docs/a: h:1 says FILE NOT FOUND\n');
    expect(await tell(undefined, { ...JOB, verb: 'put', local: 'b' }, { where: { file: 'x', line: 2 } })).to.equal(
      'x:2: docs/a: h:1 says FILE NOT FOUND\n',
    );
  });

  it('is what was asked for', async () => {
    const facts = await told((reporter) => {
      reporter.result('stat', { path: EVIL, type: 'file', size: 3, modified: 0 });
      reporter.result('mkdir', { path: EVIL });
      reporter.message(Buffer.from('hello\x1b[2J'));
    });
    expect(facts.stdout).to.include(`path: ${SHOWN}\ntype: file\nsize: 3\n`).and.include(`Created ${SHOWN}.\n`);
    expect(facts.stdout).to.include('Received: hello\\x1b[2J\n');
  });

  it('is a listing: one a line for programs, in columns for people', async () => {
    const list = (entries: readonly ListEntry[], how: Partial<ShellReporterHow>): Promise<Told> =>
      told((reporter) => reporter.listed({ path: '', list: { entries, verified: true } }), how);
    const entries: ListEntry[] = [
      { name: 'docs', type: 'dir' },
      { name: 'a.txt' },
      { name: EVIL },
      { name: decodeName(Buffer.of(0xff)) },
    ];
    expect((await list(entries, {})).stdout).to.equal(`docs\na.txt\n${SHOWN}\n\xff\n`);
    expect(Buffer.from((await list(entries, { columns: 80 })).stdout, 'latin1').toString()).to.equal(
      `docs/  a.txt  ${SHOWN}  \ufffd\n`,
    );
    const turned = [{ name: 'txt\u202eexe.\u2066gpj\u200f\u2028' }, { name: '\u05e9\u05dc\u05d5\u05dd' }];
    const shownTurned = Buffer.from((await list(turned, { columns: 80 })).stdout, 'latin1').toString();
    expect(shownTurned).to.equal('txt\\u202eexe.\\u2066gpj\\u200f\\u2028  \u05e9\u05dc\u05d5\u05dd\n');
    const longTurned = await list(turned, { columns: 80, long: true });
    expect(Buffer.from(longTurned.stdout, 'latin1').toString()).to.include('txt\\u202eexe');
    // A program is given the name.
    expect(Buffer.from((await list(turned, {})).stdout, 'latin1').toString()).to.include('txt\u202eexe');
    expect((await list([], { columns: 80 })).stdout).to.equal('');
    const heading = ['', `${EVIL}:`];
    expect((await list([{ name: 'a' }], { heading })).stdout).to.equal(`\n${SHOWN}:\na\n`);
    const refused = await told((reporter) => reporter.failed({ error: 0, exit: 78, sentence: 'no' }), { heading });
    expect(refused.stdout).to.equal('');
    const long = await list([{ name: 'docs', type: 'dir', size: 1, modified: 0 }], { columns: 80, long: true });
    expect(long.stdout).to.match(/^d - \d{4}-\d\d-\d\d \d\d:\d\d docs\/\n$/);
    expect((await list(entries.slice(1), { long: true })).stderr).to.equal('the server tells names only\n');
    const many = Array.from({ length: 6000 }, (_, at) => ({ name: `n${at}` }));
    expect((await list(many, { columns: 80 })).stdout.split('\n')).to.have.length(6001);
  });
});

describe('columns', () => {
  const width = (text: string): number => text.length;

  it('hold names downwards, as many as fit, and never reach the last column', () => {
    expect(inColumns(['a', 'b', 'c'], 80, width)).to.deep.equal(['a  b  c']);
    expect(inColumns(['a', 'b', 'c', 'd', 'e'], 8, width)).to.deep.equal(['a  c  e', 'b  d']);
    expect(inColumns(['a', 'b', 'c', 'd', 'e'], 7, width)).to.deep.equal(['a  d', 'b  e', 'c']);
    expect(inColumns(['long name', 'b'], 5, width)).to.deep.equal(['long name', 'b']);
    expect(inColumns([], 80, width)).to.deep.equal([]);
  });

  it('lose no name, at any width', () => {
    const names = Array.from({ length: 97 }, (_, at) => 'x'.repeat((at * 7) % 23) + String(at));
    for (let columns = 1; columns < 200; columns++) {
      const lines = inColumns(names, columns, width);
      expect(lines.join(' ').split(/ +/).sort()).to.deep.equal([...names].sort());
      if (columns > 30) for (const line of lines) expect(line.length).to.be.below(columns);
    }
  });

  it('hold a text beside a name, or beneath it where there is no room', () => {
    const two = ['get   bring files from the', '      server'];
    expect(wrapped('get', 'bring files from the server', 6, 27)).to.deep.equal(two);
    expect(wrapped('get', 'bring files', 6, 20)).to.deep.equal(['get', '  bring files']);
    expect(wrapped('', 'a b', 0, 80)).to.deep.equal(['a b']);
    expect(wrapped('  ', 'a b', 2, 80)).to.deep.equal(['  a b']);
    for (let columns = 20; columns < 100; columns++) {
      for (const line of wrapped('rename', 'give a file or a directory another name', 10, columns)) {
        expect(line.length).to.be.below(columns);
      }
    }
  });
});
