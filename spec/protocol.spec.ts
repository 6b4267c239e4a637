import { expect } from 'chai';
import { examplesOf, parseExample, parseStep, type Example, type Step } from './support/example';
import { playClientExample } from './support/exampleClient';
import { playServerExample } from './support/exampleServer';
import { noLeaks } from './support/leaks';
import { blocksOf, document } from './support/markdown';

const play = (example: Example): Promise<void> =>
  example.kind === 'client' ? playClientExample(example) : playServerExample(example);

const EXAMPLES = examplesOf(document('PROTOCOL.md'));

/** The same example with one step exchanged, or left out. */
function changed(example: Example, at: number, ...instead: Step[]): Example {
  return { ...example, steps: [...example.steps.slice(0, at), ...instead, ...example.steps.slice(at + 1)] };
}

async function fails(example: Example): Promise<string> {
  try {
    await play(example);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the wrong example passed');
}

describe('PROTOCOL.md', () => {
  noLeaks();

  describe('its examples, executed', () => {
    it('are all found', () => {
      const count = (kind: string): number => EXAMPLES.filter((example) => example.kind === kind).length;
      // The numbers of the day they were written: a fence that is renamed must not take its example out of the suite.
      expect(count('server')).to.be.at.least(5);
      expect(count('writable-server')).to.be.at.least(2);
      expect(count('client')).to.be.at.least(2);
      const titles = EXAMPLES.map(({ title }) => title);
      expect(new Set(titles).size).to.equal(titles.length);
    });

    for (const example of EXAMPLES) it(`line ${example.line}: ${example.kind}: ${example.title}`, () => play(example));
  });

  describe('a wrong example fails:', () => {
    const lines = (example: Example, actors: string): [at: number, text: string][] =>
      example.steps.flatMap((step, at) =>
        step.kind === 'line' && actors.includes(step.actor) ? [[at, step.text] as [number, string]] : [],
      );

    for (const example of EXAMPLES.filter(({ kind }) => kind !== 'client')) {
      const { title } = example;
      it(`${title}: with another word in any line of the server`, async () => {
        for (const [at, text] of lines(example, 'Ss')) {
          const step = example.steps[at] as Step & { kind: 'line' };
          expect(await fails(changed(example, at, { ...step, text: `${text} not so` }))).to.match(
            /^came .* where the document/,
          );
        }
      });

      it(`${title}: without any line of the server`, async () => {
        for (const [at] of lines(example, 'Ss')) {
          expect(await fails(changed(example, at))).to.match(/where the document|nobody expected|used before/);
        }
      });
    }

    for (const example of EXAMPLES.filter(({ kind }) => kind === 'client')) {
      const { title } = example;
      it(`${title}: with another request or another outcome`, async () => {
        const [at, text] = lines(example, 'C')[0] ?? [-1, ''];
        const step: Step = { kind: 'line', actor: 'C', text: text.replace(' ', ' --hex ') };
        expect(await fails(changed(example, at, step))).to.match(/^came .* where the document/);
        const last = example.steps.length - 1;
        expect(await fails(changed(example, last, { kind: 'remark', text: 'good' }))).to.contain('says "good"');
        expect(await fails(changed(example, last))).to.contain('does not say how it ends');
      });
    }

    it('when the server ends what goes on, and goes on where it ends', async () => {
      const example = examplesOf('```example server: bye\nC -q\nS 221 Goodbye.\nC -f\nS FIN\n```')[0];
      expect(await fails(example as Example)).to.equal('P is ended already');
      const talk = examplesOf('```example server: no bye\nC -s notes\nC FIN\nS FIN\n```')[0];
      expect(await fails(talk as Example)).to.match(/nobody expected/);
    });

    it('when the server dials although no Q is shown', async () => {
      const [example] = examplesOf('```example server: a dial\nC -l DATA\nS 150 type=dir;modify=TIME; \n```');
      expect(await fails(example as Example)).to.match(/dialled 1 times, not 0/);
    });

    it('and one that is not understood is not skipped', () => {
      expect(() => examplesOf('```Example server: x\nC -q\n```')).to.throw('whose example');
      expect(() => examplesOf('```example sever: x\nC -q\n```')).to.throw('whose example');
      expect(() => examplesOf('```example server: x\n```')).to.throw('without lines');
      expect(() => examplesOf('```example server: x\nC -q\n')).to.throw('never closed');
      expect(() => parseStep('S226 x')).to.throw('what does');
      expect(() => parseStep('Q <-> x')).to.throw('what does');
      expect(parseStep('S  ft 1')).to.deep.equal({ kind: 'line', actor: 'S', text: ' ft 1' });
      expect(() => blocksOf('```x\n').map(parseExample)).to.throw('never closed');
    });
  });
});
