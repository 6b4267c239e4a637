import { expect } from 'chai';
import type { Request } from '../../../lib/cli/shell/context';
import { Questions } from '../../../lib/cli/questions';
import { eventually } from '../../support/eventually';
import type { BenchHow } from '../../support/shellBench';
import { Person } from '../../support/shellPerson';

type Get = Extract<Request, { verb: 'get' }>;

/** Transfers of names that are all taken: what is to be done with each is asked, as `perform` does. */
function taking(): { onRun: NonNullable<BenchHow['onRun']>; answers: (string | undefined)[]; stopped: number } {
  const seen = {
    answers: [] as (string | undefined)[],
    stopped: 0,
    onRun: async (request, signal, asker): Promise<number> => {
      const { files, settings } = request as Get;
      if (settings.onExists !== 'ask') return 0;
      const questions = new Questions(asker(), signal);
      for (const { local } of files) {
        const answer = await questions.about('get', local, files.length > 1);
        if (signal.aborted) {
          seen.stopped++;
          return 42;
        }
        seen.answers.push(answer);
      }
      return seen.answers.includes(undefined) ? 73 : 0;
    },
  } satisfies ReturnType<typeof taking>;
  return seen;
}

describe('the shell at a terminal, and a question of a command', () => {
  const QUESTION = ' is there already: (r)ename, (o)verwrite or (s)kip';

  it('is asked where the prompt stands, until it is understood, and is no line to remember', async () => {
    const seen = taking();
    const who = new Person(seen);
    await who.prompts(1);
    who.type('set on-exists ask\rget a.txt\r');
    await who.prompts(1, `a.txt${QUESTION}? `);
    who.type('what\r');
    await who.prompts(2, `a.txt${QUESTION}? `);
    who.type('xo\x1b[D\x7f\r');
    await who.prompts(2);
    expect(seen.answers).to.deep.equal(['overwrite']);
    who.type('history\r');
    await who.sees('1  set on-exists ask\n2  get a.txt\n3  history\n');
    await who.leave();
  });

  it('is asked of each of several, and once where a capital letter answers for all', async () => {
    const seen = taking();
    const who = new Person(seen);
    await who.prompts(1);
    const asks = (name: string): Promise<void> =>
      who.prompts(1, `${name}${QUESTION}, as a capital letter for all that follow? `);
    who.type('get --on-exists ask a b c d\r');
    await asks('a');
    who.type('s\r');
    await asks('b');
    who.type('R\r');
    await who.prompts(2);
    expect(seen.answers).to.deep.equal(['skip', 'rename', 'rename', 'rename']);
    await who.leave();
  });

  it('shows a name harmless', async () => {
    const seen = taking();
    const who = new Person(seen);
    await who.prompts(1);
    who.type("get --on-exists ask $'a\\x1b[2J'\r");
    await who.prompts(1, `a\\x1b[2J${QUESTION}? `);
    who.type('s\r');
    await who.prompts(2);
    await who.leave();
  });

  it('is not answered by what was pasted behind the command; what comes with an answer answers what follows', async () => {
    const seen = taking();
    const who = new Person(seen);
    await who.prompts(1);
    who.type('get --on-exists ask a b\rstat o\rsta');
    await who.prompts(1, `a${QUESTION}, as a capital letter for all that follow? `);
    expect(seen.answers).to.deep.equal([]);
    who.type('s\rr\rstat p\r');
    await eventually(
      'all of it',
      () => who.verbs.length === 3,
      () => who.screen,
    );
    who.type('t q\r');
    await eventually(
      'the begun line',
      () => who.verbs.length === 4,
      () => who.screen,
    );
    expect(seen.answers).to.deep.equal(['skip', 'rename']);
    expect(who.bench.requests.slice(1).map((request) => (request as { path: string }).path)).to.deep.equal([
      'p',
      'o',
      'q',
    ]);
    await who.leave();
  });

  for (const [how, interrupt] of [
    ['as a key', (who: Person): void => who.type('\x03')],
    ['as a signal', (who: Person): void => who.signal('SIGINT')],
  ] as const) {
    it(`is stopped by Ctrl-C ${how}, with its command and not the shell, and what was pasted behind it`, async () => {
      const seen = taking();
      const who = new Person(seen);
      await who.prompts(1);
      who.type('get --on-exists ask a b\rstat x\r');
      await who.sees(QUESTION);
      interrupt(who);
      await who.prompts(2);
      expect([seen.stopped, seen.answers, who.verbs]).to.deep.equal([1, [], ['get']]);
      expect(who.bench.stderr.utf8).to.equal('stopped\n');
      expect(who.screen.match(/\^C/g)).to.have.length(1);
      await who.leave();
    });
  }

  it('is not answered by Ctrl-D, and is asked about the next file again', async () => {
    const seen = taking();
    const who = new Person(seen);
    await who.prompts(1);
    who.type('get --on-exists ask a b\r');
    await who.prompts(1, `a${QUESTION}, as a capital letter for all that follow? `);
    who.type('\x04');
    await who.prompts(1, `b${QUESTION}, as a capital letter for all that follow? `);
    who.type('s\r');
    await who.prompts(2);
    expect(seen.answers).to.deep.equal([undefined, 'skip']);
    await who.leave();
  });

  it('stands again after Ctrl-Z, with what was typed', async () => {
    const seen = taking();
    const kills: unknown[] = [];
    const who = new Person({ ...seen, onKill: (...kill) => kills.push(kill) });
    await who.prompts(1);
    who.type('get --on-exists ask a\r');
    await who.prompts(1, `a${QUESTION}? `);
    who.type('o\x1a');
    await who.prompts(2, `a${QUESTION}? `);
    who.type('\r');
    await who.prompts(2);
    expect([kills, seen.answers]).to.deep.equal([[[0, 'SIGTSTP']], ['overwrite']]);
    expect(who.screen.match(/\^Z/g)).to.have.length(1);
    await who.leave();
  });

  it('ends with the shell that a signal ends, and with the terminal', async () => {
    for (const [end, ending] of [
      [(who: Person): void => who.signal('SIGTERM'), 'SIGTERM'],
      [(who: Person): void => void who.bench.stdin.end(), 0],
    ] as const) {
      const seen = taking();
      const who = new Person(seen);
      await who.prompts(1);
      who.type('get --on-exists ask a\r');
      await who.sees(QUESTION);
      end(who);
      expect(await who.ending).to.equal(ending);
    }
  });
});
