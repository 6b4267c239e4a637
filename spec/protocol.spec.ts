import { expect } from 'chai';
import { examplesOf, parseExample, parseStep, type Example, type Step } from './support/example';
import { byteExamplesOf, isByteExample, parseByteExample, parseByteStep } from './support/exampleBytes';
import type { ByteExample, ByteStep } from './support/exampleBytes';
import { playByteClient } from './support/exampleBytesClient';
import { playByteServer } from './support/exampleBytesServer';
import { playClientExample } from './support/exampleClient';
import { playServerExample } from './support/exampleServer';
import { noLeaks } from './support/leaks';
import { blocksOf, document } from './support/markdown';

const play = (example: Example): Promise<void> =>
  example.kind === 'client' ? playClientExample(example) : playServerExample(example);

const EXAMPLES = examplesOf(document('PROTOCOL.md'));
const BYTE_EXAMPLES = byteExamplesOf(document('PROTOCOL.md'));

/** The same example with one step exchanged, or left out. */
function changed(example: Example, at: number, ...instead: Step[]): Example {
  return { ...example, steps: [...example.steps.slice(0, at), ...instead, ...example.steps.slice(at + 1)] };
}

function fails(example: Example): Promise<string> {
  return failure(play(example));
}

describe('PROTOCOL.md', () => {
  noLeaks();

  describe('its examples, executed', () => {
    it('are all found', () => {
      const count = (kind: string): number => EXAMPLES.filter((example) => example.kind === kind).length;
      // The numbers of the day they were written: a fence that is renamed must not take its example out of the suite.
      expect(count('server')).to.be.at.least(5);
      expect(count('writable-server')).to.be.at.least(4);
      expect(count('tls-server')).to.be.at.least(1);
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

  describe('the examples that show every byte, executed', () => {
    it('are all found', () => {
      const titles = BYTE_EXAMPLES.map(({ dialect, kind, title }) => `${dialect} ${kind}: ${title}`);
      expect(new Set(titles).size).to.equal(titles.length);
      for (const [dialect, server, client] of FEWEST) {
        const count = (kind: string): number =>
          BYTE_EXAMPLES.filter((example) => example.dialect === dialect && example.kind === kind).length;
        expect(count('server'), dialect).to.be.at.least(server);
        expect(count('client'), dialect).to.be.at.least(client);
      }
    });

    for (const example of BYTE_EXAMPLES) {
      it(`line ${example.line}: ${example.dialect} ${example.kind}: ${example.title}`, () => playBytes(example));
    }
  });

  describe('a wrong example of every byte fails:', () => {
    for (const example of BYTE_EXAMPLES) {
      const program = example.kind === 'server' ? 'Ss' : 'Cc';
      const steps = example.steps.flatMap((step, at) => {
        const claims = !('actor' in step) || program.includes(step.actor);
        return claims && !['ask', 'serve', 'open'].includes(step.kind) ? [{ step, at }] : [];
      });
      const name = `${example.dialect} ${example.kind}: ${example.title}`;

      it(`${name}: with another byte, end or claim`, async () => {
        for (const { step, at } of steps) {
          for (const wrong of wrongs(step)) await failsBytes(example, at, wrong);
        }
      });

      it(`${name}: without any of what comes`, async () => {
        for (const { step, at } of steps) {
          // A remark that is left out claims less, but for what a client's example must say.
          if (step.kind === 'holds' && (example.kind === 'server' || !isGet(example))) continue;
          await failsBytes(example, at);
        }
      });
    }

    it('and one that is not understood is not skipped', () => {
      const block = (info: string, text: string): string => `\`\`\`example ${info}\n${text}\n\`\`\``;
      for (const info of ['framd server: x', 'framed sever: x', 'auto client: x', 'ft server: x', 'framed server:']) {
        expect(() => examplesOf(block(info, 'C FIN'))).to.throw('whose example');
      }
      expect(isByteExample('example auto server: x')).to.equal(true);
      expect(() => blocksOf('```example framed server: x\n```').map(parseByteExample)).to.throw('without lines');
      expect(() => byteExamplesOf(block('framed client: x', 'C FIN'))).to.throw('asked once, and first');
      expect(() => byteExamplesOf(block('framed server: x', '$ get a\nC FIN'))).to.throw('asked once');
      expect(() => byteExamplesOf(block('numbered server: x', 'C FIN\n$ --accio'))).to.throw('started once');
      for (const line of [
        'C 9:get a',
        'C "',
        'C ""',
        'C "a" "b"',
        'C1 FIN',
        'c2 "a"',
        'S silence',
        '# good',
        '# "a" holds',
        '# "a"',
        '$ get',
        '$ get a "b"',
        '$ put a',
        '$ list a',
        '$ get a --b=c',
        'Q',
      ]) {
        expect(() => parseByteStep(line), line).to.throw('what does');
      }
      expect(parseByteStep('C2 "a\\"\\n" padded to 5')).to.deep.equal({
        ...{ kind: 'bytes', actor: 'C', conn: 2 },
        text: 'a"\n\0\0',
      });
    });

    it('when what was to be is there too soon, or left over', async () => {
      const [late] = byteExamplesOf('```example framed server: x\nC "1"\nC silence 61 s\nS RST\n```');
      expect(await failure(playBytes(late as ByteExample))).to.match(
        /P is reset where the document says that it is open/,
      );
      const [open] = byteExamplesOf('```example framed server: x\nC "1"\n```');
      expect(await failure(playBytes(open as ByteExample))).to.equal('the example does not say how P ends');
    });
  });
});

/** How many there were of each on the day they were written, at least: server's, client's. */
const FEWEST: readonly [dialect: string, server: number, client: number][] = [
  ['stepwise', 3, 4],
  ['privateshare', 5, 5],
  ['framed', 7, 4],
  ['colon', 7, 5],
  ['numbered', 6, 3],
  ['auto', 4, 0],
  ['default', 2, 0],
];

function playBytes(example: ByteExample): Promise<void> {
  return example.kind === 'client' ? playByteClient(example) : playByteServer(example);
}

function isGet({ steps }: ByteExample): boolean {
  return steps[0]?.kind === 'ask' && steps[0].verb === 'get';
}

/** What a step must not be. */
function wrongs(step: ByteStep): ByteStep[] {
  switch (step.kind) {
    case 'bytes': {
      // Another byte at either end, and one too many. A placeholder's last letter is none of its bytes.
      const { text } = step;
      const others = [`\x01${text.slice(1)}`, `${text.slice(0, -1)}\x01`, `${text}\x01`];
      return others.map((other) => ({ ...step, text: other }));
    }
    case 'end':
      return [{ ...step, kind: 'reset' }];
    case 'reset':
      return [{ ...step, kind: 'end' }];
    case 'silence':
      return [{ ...step, ms: step.ms - 1 }];
    case 'holds':
      return [{ ...step, content: step.content === undefined ? 'x' : `${step.content} ` }];
    case 'lists':
      return [{ ...step, names: [...step.names, 'another'] }];
    case 'outcome':
      return [{ ...step, text: step.text === 'unverified' ? 'verified' : `${step.text} not` }];
    default:
      return [];
  }
}

async function failsBytes(example: ByteExample, at: number, ...instead: ByteStep[]): Promise<void> {
  const steps = [...example.steps.slice(0, at), ...instead, ...example.steps.slice(at + 1)];
  const message = await failure(playBytes({ ...example, steps }));
  const what = `${JSON.stringify(example.steps[at])} as ${JSON.stringify(instead)}`;
  expect(message, what).to.match(/the document says|nobody expected|does not say how|did not|used before/);
}

async function failure(playing: Promise<void>): Promise<string> {
  try {
    await playing;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the wrong example passed');
}
