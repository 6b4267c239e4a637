import { createServer } from 'node:net';
import { openSync, closeSync } from 'node:fs';
import { expect } from 'chai';
import { withoutLeaks } from './leaks';

async function complaint(work: () => Promise<unknown>): Promise<string> {
  try {
    await withoutLeaks(work, 100);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'none';
}

describe('the leak check', () => {
  it('names a listener left open', async () => {
    const server = createServer();
    const listening = (): Promise<void> => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    expect(await complaint(listening)).to.match(/^leaked: TCPServerWrap/);
    server.close();
  });

  it('names a timer left running', async () => {
    let timer: NodeJS.Timeout | undefined;
    expect(await complaint(async () => void (timer = setTimeout(() => undefined, 1e6)))).to.equal('leaked: Timeout');
    clearTimeout(timer);
  });

  it('names a file left open, where the system tells', async function () {
    if (process.platform !== 'linux') this.skip();
    let file = -1;
    expect(await complaint(async () => void (file = openSync(__filename, 'r')))).to.equal(
      `leaked: descriptor of ${__filename}`,
    );
    closeSync(file);
  });

  it('has nothing to say of what was released', async () => {
    const orderly = async (): Promise<void> => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      server.close();
      closeSync(openSync(__filename, 'r'));
    };
    expect(await complaint(orderly)).to.equal('none');
  });
});
