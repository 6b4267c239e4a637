import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as nodePath from 'node:path';
import { isPartName } from '../lib/storage/partNames';
import { pattern } from './support/bytes';
import { startUntil, whyNotTraced, type FatalCall } from './support/fatalCall';
import { needPeer } from './support/peers';
import { endAll, run, serve, start, type Ran } from './support/programs';

const NEW = pattern(2_500_000);
const OLD = Buffer.from('an old file');
const ALL = ['--allow', 'list,read,write,overwrite,delete'];

const LINK = ['link', 'linkat'];
const RENAME = ['rename', 'renameat', 'renameat2'];
const UNLINK = ['unlink', 'unlinkat'];

/** A moment in the life of a file that is being written: right before one of its calls. */
interface Moment extends FatalCall {
  readonly title: string;
  /** Whether there is a file of that name, which is to be replaced. */
  readonly had: boolean;
  readonly fsync?: boolean;
  /** Whether the name has the new content then. */
  readonly published: boolean;
  readonly only?: 'put' | 'get';
}

const MOMENTS: readonly Moment[] = [
  { title: 'before its part is written to', names: ['pwrite64'], at: 1, had: false, published: false },
  { title: 'in the middle of its bytes', names: ['pwrite64'], at: 2, had: false, published: false },
  { title: 'in the middle of its bytes', names: ['pwrite64'], at: 2, had: true, published: false },
  { title: 'before it has its time', names: ['utimensat'], at: 1, had: true, published: false, only: 'put' },
  { title: 'before its bytes are on the disk', names: ['fsync'], at: 1, had: false, fsync: true, published: false },
  { title: 'before it has its name', names: LINK, at: 1, had: false, published: false },
  // The first is of a part that somebody may have left.
  { title: 'when it has two names', names: UNLINK, at: 2, had: false, published: true },
  { title: 'before it replaces the old one', names: RENAME, at: 1, had: true, published: false },
  { title: 'before its name is on the disk', names: ['fsync'], at: 2, had: true, fsync: true, published: true },
];

/** One directory for each end. */
class Ends {
  readonly base = fs.mkdtempSync(nodePath.join(os.tmpdir(), 'twinport-calls-'));
  readonly served = this.directory('served');
  readonly local = this.directory('local');

  private directory(name: string): string {
    const path = nodePath.join(this.base, name);
    fs.mkdirSync(path);
    return path;
  }

  close(): void {
    fs.rmSync(this.base, { recursive: true, force: true });
  }
}

/** The transfer whose writing side is killed at that call; how that side ended, and the client. */
async function killedAt(verb: 'put' | 'get', moment: Moment, ends: Ends): Promise<{ victim: Ran; client: Ran }> {
  const fsync = moment.fsync === true ? ['--fsync'] : [];
  const words = [`-${verb[0]}`, 'file', ...(moment.had ? ['--on-exists', 'overwrite'] : [])];
  const serving = ['--host', '127.0.0.1', '--root', ends.served, ...ALL];
  if (verb === 'put') {
    const server = startUntil(moment, 'ftserver', ['0', ...serving, ...fsync], ends.base);
    const [, port = ''] = await server.until(/^Server open on (\d+)\n/);
    const client = await start('ftclient', ['127.0.0.1', port, ...words], { cwd: ends.local }).ended;
    // A success would be that of a server that never came to the call, and lives.
    expect(client.code, `${client.stderr}: nobody called ${moment.names.join()}`).to.not.equal(0);
    return { victim: await server.ended, client };
  }
  const { port, stop } = await serve(serving);
  const client = await startUntil(moment, 'ftclient', ['127.0.0.1', port, ...words, ...fsync], ends.local).ended;
  await stop();
  return { victim: client, client };
}

const unreachable = whyNotTraced();

describe('killed right before a call of the kernel', function () {
  // Four programs each, one of them traced, on a machine that may have other work.
  this.timeout(120_000);

  if (unreachable !== undefined) {
    it(`needs strace: ${unreachable}`, function () {
      // A machine that lets nobody trace is no program that somebody has forgotten to install.
      needPeer(this, 'strace');
      this.skip();
    });
    return;
  }

  let ends: Ends;
  beforeEach(() => (ends = new Ends()));
  afterEach(async () => {
    await endAll();
    ends.close();
  });

  for (const verb of ['put', 'get'] as const) {
    for (const moment of MOMENTS.filter(({ only = verb }) => only === verb)) {
      const { title, names, at, had, published } = moment;
      it(`${verb} ${had ? 'over a file' : 'of a new file'}, ${title} (${names[0]} ${at})`, async () => {
        const [from, to] = verb === 'put' ? [ends.local, ends.served] : [ends.served, ends.local];
        const target = nodePath.join(to, 'file');
        fs.writeFileSync(nodePath.join(from, 'file'), NEW);
        if (had) fs.writeFileSync(target, OLD);

        const { victim, client } = await killedAt(verb, moment, ends);
        // Whoever did not come to that call has proved nothing here.
        expect(victim.signal, `${victim.stderr}${client.stderr}`).to.equal('SIGKILL');
        expect(shown(target)).to.equal(published ? 'new' : had ? 'old' : 'none');
        expect(fs.readdirSync(to).filter((name) => name !== 'file' && !isPartName(name))).to.deep.equal([]);

        const server = await serve(['--host', '127.0.0.1', '--root', ends.served, ...ALL]);
        const again = [`-${verb[0]}`, 'file', '--on-exists', had ? 'overwrite' : 'resume'];
        const second = await run('ftclient', ['127.0.0.1', server.port, ...again], { cwd: ends.local });
        expect(second.code, second.stderr).to.equal(0);
        await server.stop();
        expect(shown(target)).to.equal('new');
        expect(shown(nodePath.join(from, 'file'))).to.equal('new');
        expect(fs.readdirSync(to).filter((name) => name !== 'file').length, 'parts').to.be.at.most(1);
      });
    }
  }

  it('is seen to have been missed where nobody makes the call', async () => {
    const missed = { names: ['symlinkat'], at: 1 };
    const { signal, code } = await startUntil(missed, 'ftclient', ['--version'], ends.base).ended;
    expect({ signal, code }).to.deep.equal({ signal: null, code: 0 });
  });
});

function shown(path: string): 'none' | 'old' | 'new' | 'wrong' {
  if (!fs.existsSync(path)) return 'none';
  const bytes = fs.readFileSync(path);
  return bytes.equals(NEW) ? 'new' : bytes.equals(OLD) ? 'old' : 'wrong';
}
