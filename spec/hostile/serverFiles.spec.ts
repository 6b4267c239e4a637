import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { pooledIo, type Io } from '../../lib/storage/io';
import { RIGHTS } from '../../lib/wire/rights';
import { answers, attackOnDisk } from '../support/attack';

const open = { allow: RIGHTS };
/** Linux: a handle to name things with, which opens nothing (open(2)). */
const O_PATH = 0o10000000;

describe('hostile: files', () => {
  it('S110 a FIFO that a local program waits to write into, and a device that begins when it is opened', async function () {
    if (process.platform !== 'linux') this.skip();
    const opened: string[] = [];
    const watching: Io = {
      ...pooledIo,
      open: (place, flags, mode) => {
        if ((flags & O_PATH) === 0) opened.push(place.toString());
        return pooledIo.open(place, flags, mode);
      },
    };
    await attackOnDisk(
      open,
      (house) => {
        // Only root may make a device; to a look it is as little a file as a FIFO is.
        for (const name of ['fifo', 'device']) execFileSync('mkfifo', [house.at(name).toString()]);
      },
      async (attacking) => {
        for (const name of ['fifo', 'device', './fifo'])
          for (const verb of ['-g # 0', '-h #', '-l # 0', '-d #', '-r #\tx', '-m --parents #/x'])
            expect(await answers(attacking, `${verb.replace('#', name)}\n`), verb).to.match(/^55\d [^\r\n]*\r\n$/);
        expect(opened).to.deep.equal([]);
      },
      (house) => house.open({}, watching),
    )();
    expect(opened, 'the honest file').to.have.length(1);
  });
});
