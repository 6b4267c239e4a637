import { expect } from 'chai';
import { ftserver } from '../../../lib/cli/ftserver';
import { Output } from '../../../lib/cli/output';
import { createServer } from '../../../lib/server';
import { eventually } from '../../support/eventually';
import { Captured } from '../../support/stdio';

/** The program in this process, with streams in memory. */
describe('the start of ftserver', () => {
  async function started(terminal: boolean, ...words: string[]): Promise<string> {
    const [stdout, stderr] = [new Captured(terminal), new Captured()];
    const before = ['SIGTERM', 'SIGINT', 'SIGHUP'].map((signal) => process.listenerCount(signal));
    const ended = ftserver(
      ['0', '--host', '127.0.0.1', ...words],
      new Output(() => stdout),
      new Output(() => stderr),
      () => createServer,
      {},
    );
    await eventually('it is open', () => stdout.text.includes('\n'));
    process.emit('SIGTERM', 'SIGTERM');
    expect([await ended, stderr.text]).to.deep.equal([0, '']);
    expect(['SIGTERM', 'SIGINT', 'SIGHUP'].map((signal) => process.listenerCount(signal))).to.deep.equal(before);
    return stdout.utf8;
  }

  it('is one line in a pipe: programs compare it', async () => {
    expect(await started(false)).to.match(/^Server open on \d+\n$/);
    expect(await started(false, '--listen', 'framed:0')).to.match(
      /^Server open on \d+\nServer open on \d+\nSpeaking framed\.\n$/,
    );
  });

  it('tells on a terminal where it is, and what to type, beneath that line', async () => {
    const [, port, typed] =
      /^Server open on (\d+)\nFor this machine alone \(127\.0\.0\.1\): ftclient 127\.0\.0\.1 (\d+) -l\n$/.exec(
        await started(true),
      ) ?? [];
    expect(port).to.match(/^\d+$/);
    expect(typed).to.equal(port);
    expect(await started(true, '--listen', 'framed:0', '--allow', 'read')).to.match(
      /^Server open on \d+\nServer open on \d+\nSpeaking framed\.\nFor this machine alone \(127\.0\.0\.1\):\nftclient 127\.0\.0\.1 \d+ -g FILE\nftclient 127\.0\.0\.1 \d+ --dialect framed\n$/,
    );
  });
});
