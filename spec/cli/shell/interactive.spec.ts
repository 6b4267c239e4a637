import { expect } from 'chai';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Request } from '../../../lib/cli/shell/context';
import { runShell } from '../../../lib/cli/shell/interactive';
import { TwinportError } from '../../../lib/errors';
import { eventually } from '../../support/eventually';
import { ShellBench, type BenchHow } from '../../support/shellBench';
import { Person, PROMPT } from '../../support/shellPerson';

/** A request that goes on until it is stopped. */
function endless(): { onRun: NonNullable<BenchHow['onRun']>; started: number; stopped: number } {
  const seen = {
    started: 0,
    stopped: 0,
    onRun: (_request: Request, signal: AbortSignal) =>
      new Promise<number>((resolve) => {
        seen.started++;
        signal.addEventListener('abort', () => {
          seen.stopped++;
          resolve(42);
        });
      }),
  };
  return seen;
}

describe('the shell at a terminal', () => {
  let state: string;
  let env: NodeJS.ProcessEnv;
  before(async () => {
    state = await fs.mkdtemp(path.join(tmpdir(), 'twinport-prompt-'));
    env = { XDG_STATE_HOME: state };
  });
  after(() => fs.rm(state, { recursive: true }));
  beforeEach(() => fs.rm(path.join(state, 'twinport'), { recursive: true, force: true }));
  const person = (how: BenchHow = {}): Person => new Person({ env, ...how });

  it('connects, asks, does, asks again, and leaves at Ctrl-D with a newline', async () => {
    const who = person();
    await who.prompts(1);
    expect(who.bench.told).to.deep.equal(['connected flip1 3555']);
    who.type('ping\r');
    await who.prompts(2);
    expect(who.verbs).to.deep.equal(['ping']);
    await who.leave();
    expect(who.screen.endsWith(`${PROMPT}\x1b[10G\n`)).to.equal(true);
  });

  it('takes no control character for a letter', async () => {
    const who = person();
    await who.prompts(1);
    // Key by key.
    for (const key of 'get a|\x1c|\x1cb\x1d.txt|\x1b[D|\x1b[D|\x1c|\x1b[D|\x1d|X|\u009b|\r'.split('|')) who.type(key);
    await eventually('the command', () => who.bench.requests.length === 1);
    expect(JSON.stringify(who.bench.requests[0])).to.include('"remote":"ab.Xtxt"');
    await who.leave();
  });

  it('leaves at quit, exit and bye', async () => {
    for (const word of ['quit', 'exit', 'bye']) {
      const who = person();
      await who.prompts(1);
      who.type(`${word}\r`);
      expect(await who.ending).to.equal(0);
    }
  });

  it('is a success whatever failed, and asks again after an empty line', async () => {
    const who = person();
    await who.prompts(1);
    who.type('\r');
    await who.prompts(2);
    who.type('frob\r');
    await who.prompts(3);
    expect(who.bench.told.at(-1)).to.equal('64 there is no command frob; help shows them');
    await who.leave();
  });

  it('ends at once where nobody answers', async () => {
    const bench = new ShellBench({ env });
    bench.server.connectError = new TwinportError('cannot-connect', 'nobody there');
    expect(await runShell(bench.context)).to.equal(7);
    expect(bench.told).to.deep.equal(['7 nobody there']);
  });

  it('connects again for the next command after the server has gone away', async () => {
    const who = person();
    await who.prompts(1);
    who.bench.alive = false;
    who.type('cd docs\r');
    await who.prompts(1, 'flip1:/docs> ');
    expect(who.bench.told).to.deep.equal(['connected flip1 3555', 'connected flip1 3555', 'note connected again']);
    who.bench.alive = false;
    who.bench.server.connectError = new TwinportError('cannot-connect', 'nobody there');
    who.type('cd ..\rcd docs\r');
    await who.prompts(2);
    expect(who.bench.told.at(-1)).to.equal('7 nobody there');
    await who.leave();
  });

  it('edits: the arrows bring back what was typed, also in the shell before', async () => {
    const one = person();
    await one.prompts(1);
    one.type('stat a\rstat b\r');
    await one.prompts(2);
    await one.leave();
    const two = person();
    await two.prompts(1);
    two.type('\x1b[A\x1b[A\x1b[D\x1b[Cx\r');
    await eventually('it was done', () => two.verbs.length === 1);
    expect(two.bench.requests).to.deep.equal([{ verb: 'stat', path: 'ax' }]);
    two.type('history\r');
    await two.sees('1  stat a\n2  stat b\n3  stat ax\n4  history\n');
    await two.leave();
  });

  it('says once that it will not remember', async () => {
    await fs.writeFile(path.join(state, 'twinport'), 'in the way');
    const who = person();
    const notes = (): readonly string[] => who.bench.told.filter((line) => line.startsWith('note'));
    let count = 1;
    const again = async (): Promise<void> => {
      await who.prompts(count++);
      who.type(`stat ${count}\r`);
    };
    while (notes().length === 0) await again();
    for (let more = 0; more < 3; more++) await again();
    await who.prompts(count);
    await who.leave();
    expect(notes()).to.deep.equal(['note the lines typed here will not be remembered: the history cannot be written']);
    await fs.rm(path.join(state, 'twinport'));
  });

  it('does pasted lines one after another, and keeps the beginning of the last', async () => {
    const who = person();
    await who.prompts(1);
    who.type('stat a\rstat b\r\rstat c\rstat d');
    await eventually(
      'three',
      () => who.verbs.length === 3,
      () => who.screen,
    );
    who.type('e\r');
    await eventually(
      'four',
      () => who.verbs.length === 4,
      () => who.screen,
    );
    const paths = who.bench.requests.map((request) => (request as { path: string }).path);
    expect(paths).to.deep.equal(['a', 'b', 'c', 'de']);
    await who.leave();
  });

  describe('and Ctrl-C', () => {
    it('clears the line, wherever the cursor stands in it', async () => {
      const who = person();
      await who.prompts(1);
      who.type('stat something\x1b[D\x1b[D\x03');
      await who.prompts(2);
      who.type('ping\r');
      await who.prompts(3);
      expect(who.verbs).to.deep.equal(['ping']);
      expect(who.screen).to.include('^C\n');
      await who.leave();
    });

    it('as a signal does the same', async () => {
      const who = person();
      await who.prompts(1);
      who.type('stat x');
      await who.sees('stat x');
      who.signal('SIGINT');
      await who.prompts(2);
      await who.leave();
      expect(who.verbs).to.deep.equal([]);
    });

    it('stops the command and not the shell, and what was pasted behind it', async () => {
      const seen = endless();
      const who = person({ onRun: seen.onRun });
      await who.prompts(1);
      who.type('get a.txt\rget b.txt\rget c');
      await eventually('it began', () => seen.started === 1);
      who.signal('SIGINT');
      await who.prompts(2);
      expect([seen.stopped, who.verbs]).to.deep.equal([1, ['get']]);
      expect(who.bench.stderr.utf8).to.equal('stopped\n');
      expect(who.screen).to.include('\r\x1b[J^C\n');
      expect(who.bench.told.slice(1)).to.deep.equal([]);
      await who.leave();
    });

    it('stops a cd that nobody answers, and gives its session up', async () => {
      const who = person();
      await who.prompts(1);
      let asked = false;
      const { server } = who.bench;
      server.stat = () => {
        asked = true;
        return new Promise((_resolve, reject) => {
          const { drop } = who.bench.context;
          Object.assign(who.bench.context, {
            drop: () => {
              drop();
              reject(new TwinportError('aborted', 'given up'));
            },
          });
        });
      };
      who.type('cd docs\r');
      await eventually('it asked', () => asked);
      who.signal('SIGINT');
      await who.prompts(2);
      expect([server.drops, who.bench.told.slice(1)]).to.deep.equal([1, []]);
      await who.leave();
    });

    it('ends the program, the third time, where a command does not stop', async () => {
      const who = person({ onRun: () => new Promise(() => undefined) });
      await who.prompts(1);
      who.type('ping\r');
      await eventually('it began', () => who.verbs.length === 1);
      who.signal('SIGINT');
      who.signal('SIGINT');
      expect(who.bench.stderr.utf8).to.equal('still stopping; once more ends ftclient\n');
      who.signal('SIGINT');
      expect(await who.ending).to.equal('SIGINT');
      // Its session waits for the command too.
      expect([who.bench.server.drops, who.bench.server.closed]).to.deep.equal([1, 0]);
    });

    it('while it connects at first leaves, as of the signal', async () => {
      const bench = new ShellBench({ env });
      let connecting = false;
      const context = {
        ...bench.context,
        client: (signal: AbortSignal): Promise<never> =>
          new Promise((_resolve, reject) => {
            connecting = true;
            signal.addEventListener('abort', () => reject(new TwinportError('aborted', 'stopped')));
          }),
      };
      const ending = runShell(context);
      await eventually('it connects', () => connecting);
      bench.here.emit('SIGINT');
      expect(await ending).to.equal('SIGINT');
      expect(bench.told).to.deep.equal([]);
    });
  });

  describe('and Ctrl-Z', () => {
    it('stops the whole job, with the terminal as it was, and goes on with the line and the cursor where they were', async () => {
      const kills: unknown[] = [];
      const who: Person = person({
        onKill: (...kill) => kills.push([...kill, who.bench.here.listenerCount('SIGTSTP'), who.bench.stdin.isPaused()]),
      });
      await who.prompts(1);
      who.type('stat ac\x1b[D\x1a');
      await who.prompts(2);
      expect(kills).to.deep.equal([[0, 'SIGTSTP', 0, true]]);
      expect(who.screen).to.include('^Z');
      who.type('b\r');
      await who.prompts(3);
      who.type('\x1a');
      await who.prompts(4);
      who.type('stat d\r');
      await eventually('both', () => who.verbs.length === 2);
      expect(who.bench.requests.map((request) => (request as { path: string }).path)).to.deep.equal(['abc', 'd']);
      expect(who.bench.here.listenerCount('SIGTSTP')).to.equal(1);
      await who.leave();
    });

    it('asks once when it is continued, and again where the system has ignored it', async () => {
      let continues = true;
      const who = person({ onKill: () => continues });
      await who.prompts(1);
      who.type('stat a\x1a');
      await who.prompts(2);
      // Later than any signal.
      await who.bench.clock.advance(1000);
      const drawn = who.screen.length;
      continues = false;
      who.type('\x1a');
      await eventually('it waits for the signal', () => who.bench.clock.pending > 0);
      expect(who.screen.slice(drawn)).to.equal('^Z');
      await who.bench.clock.advance(120);
      await who.prompts(3);
      who.type('b\r');
      await who.prompts(4);
      expect(who.bench.requests).to.deep.equal([{ verb: 'stat', path: 'ab' }]);
      expect([who.bench.here.listenerCount('SIGTSTP'), who.bench.clock.pending]).to.deep.equal([1, 0]);
      await who.leave();
    });

    it('as a signal stops this program alone, at the prompt and in a command, whose bar is wiped away', async () => {
      const kills: unknown[] = [];
      const seen = endless();
      const who = person({ onRun: seen.onRun, onKill: (...kill) => kills.push(kill) });
      await who.prompts(1);
      who.signal('SIGTSTP');
      await who.prompts(2);
      who.type('get a.txt\r');
      await eventually('it began', () => seen.started === 1);
      who.signal('SIGTSTP');
      expect(kills).to.deep.equal([
        [4711, 'SIGTSTP'],
        [4711, 'SIGTSTP'],
      ]);
      expect(who.screen.endsWith('\r\x1b[J^Z')).to.equal(true);
      expect(seen.stopped).to.equal(0);
      who.signal('SIGINT');
      await who.prompts(3);
      await who.leave();
    });

    it('from elsewhere: whoever is continued makes the terminal its own again', async () => {
      const who = person();
      await who.prompts(1);
      who.type('stat a');
      await who.sees('stat a');
      who.signal('SIGCONT');
      await who.prompts(2);
      who.type('b\r');
      await who.prompts(3);
      expect(who.bench.requests).to.deep.equal([{ verb: 'stat', path: 'ab' }]);
      await who.leave();
    });
  });

  describe('and whoever ends it', () => {
    for (const [signal, ending] of [
      ['SIGTERM', 'SIGTERM'],
      ['SIGHUP', 'SIGHUP'],
    ] as const) {
      it(`leaves at ${signal} at the prompt`, async () => {
        const who = person();
        await who.prompts(1);
        who.type('half a li');
        await who.sees('half a li');
        who.signal(signal);
        expect([await who.ending, who.bench.server.closed]).to.deep.equal([ending, 1]);
      });

      it(`leaves at ${signal} during a command, which is stopped`, async () => {
        const seen = endless();
        const who = person({ onRun: seen.onRun });
        await who.prompts(1);
        who.type('get a.txt\rping\r');
        await eventually('it began', () => seen.started === 1);
        who.signal(signal);
        expect([await who.ending, seen.stopped, who.verbs]).to.deep.equal([ending, 1, ['get']]);
        expect([who.bench.server.closed, who.bench.clock.pending]).to.deep.equal([1, 0]);
      });

      it(`leaves at ${signal} during a command that does not end, after a second or at the next one`, async () => {
        for (const waits of [true, false]) {
          const who = person({ onRun: () => new Promise(() => undefined) });
          await who.prompts(1);
          who.type('get a.txt\r');
          await eventually('it began', () => who.verbs.length === 1);
          who.signal(signal);
          await who.bench.clock.advance(999);
          expect(who.bench.server.drops).to.equal(0);
          if (waits) await who.bench.clock.advance(1);
          else who.signal(signal);
          expect([await who.ending, who.bench.server.drops, who.bench.clock.pending]).to.deep.equal([ending, 1, 0]);
        }
      });
    }

    it('leaves where the terminal hangs up, at the prompt and during a command', async () => {
      const one = person();
      await one.prompts(1);
      one.bench.stdin.end();
      expect(await one.ending).to.equal(0);

      let finish = (): void => undefined;
      const two = person({ onRun: () => new Promise((resolve) => (finish = () => resolve(0))) });
      await two.prompts(1);
      two.type('ping\r');
      await eventually('it began', () => two.verbs.length === 1);
      two.bench.stdin.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' }));
      finish();
      expect(await two.ending).to.equal(0);
    });
  });
});
