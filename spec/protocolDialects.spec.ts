import { expect } from 'chai';
import { dialects } from '../lib/dialectInfo';
import { DIALECTS } from '../lib/dialects/registry';
import { LIMITS } from '../lib/options';
import { byteExamplesOf } from './support/exampleBytes';
import { codeIn, document, rowsOf, section } from './support/markdown';

const PROTOCOL = document('PROTOCOL.md');
const seconds = (milliseconds: number): string => `${milliseconds / 1000} s`;

describe("PROTOCOL.md's table of dialects", () => {
  const rows = rowsOf(PROTOCOL.slice(0, PROTOCOL.indexOf('\n## ')));

  it('has them all, with their usual ports and what they can do', () => {
    const said = rows.map(([name = '', connections = '', verbs = '', port = '', whole = '']) => ({
      name: codeIn(name)[0],
      port: Number(port),
      verbs: verbs.split(', ').filter((verb) => verb !== 'and more'),
      dataConnection: connections === 'control and data',
      verifies: whole === 'count and digest',
    }));
    const meant = dialects().map(({ name, port, verbs, dataConnection, verifies }) => {
      return { name, port, verbs: [...verbs], dataConnection, verifies };
    });
    const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }): number =>
      String(a.name).localeCompare(String(b.name));
    expect(said.sort(byName)).to.deep.equal(meant.sort(byName));
  });

  for (const name of Object.keys(DIALECTS)) {
    it(`leads to a chapter on ${name}, with examples of what it can do at either end`, () => {
      expect(rows.some(([cell = '']) => cell.includes(`[\`${name}\`](#${name})`))).to.equal(true);
      expect(section(PROTOCOL, `\`${name}\``)).to.match(/^```example /m);
      if (name === 'ft') return;
      const examples = byteExamplesOf(PROTOCOL).filter(({ dialect }) => dialect === name);
      const asked = examples.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'ask' ? [step.verb] : [])));
      const { verbs = [] } = dialects().find((dialect) => dialect.name === name) ?? {};
      expect(asked).to.include.members([...verbs]);
      expect(examples.filter(({ kind }) => kind === 'server')).to.have.length.of.at.least(verbs.length);
    });
  }
});

describe("PROTOCOL.md's limits of the small dialects", () => {
  const limits = (heading: string): Map<string, string> =>
    new Map(rowsOf(section(PROTOCOL, heading)).map(([what = '', much = '']) => [what, much]));

  it('are those that the programs live by', () => {
    const common = limits('The small dialects');
    expect(common.get('from connecting to a whole request')).to.equal(seconds(LIMITS.firstRequest));
    expect(common.get('nothing moves')).to.match(new RegExp(`^${seconds(LIMITS.stall)}, `));
    expect(common.get("after FIN, for the peer's FIN")).to.equal(seconds(LIMITS.linger));
    const numbered = limits('`numbered`');
    expect(numbered.get('silence, before a confirmation too')).to.match(
      new RegExp(`^${seconds(LIMITS.uploadSilence)}, `),
    );
    expect(numbered.get('one upload')).to.equal(`${LIMITS.uploadSize / 1024 ** 2} MiB (\`--max-size\`)`);
    expect(limits('`stepwise`').get('a field')).to.equal(`${LIMITS.requestLine} bytes`);
    expect(section(PROTOCOL, '`framed`')).to.contain(`The length is at most ${LIMITS.requestLine},`);
    expect(section(PROTOCOL, '`colon`')).to.contain(`at most ${LIMITS.requestLine} bytes`);
  });
});

describe("PROTOCOL.md's table of first bytes", () => {
  it('names only languages that a port of several speaks, and shows each', () => {
    const heading = 'Ports that speak several';
    const named = rowsOf(section(PROTOCOL, heading)).map(([, name = '']) => codeIn(name)[0] ?? '');
    const text = section(PROTOCOL, heading);
    // `begins` is what makes a language one of them.
    const meant = (Object.keys(DIALECTS) as (keyof typeof DIALECTS)[]).filter(
      (name) => name === 'ft' || DIALECTS[name].server().begins !== undefined,
    );
    expect(named.sort()).to.deep.equal([...meant].sort());
    for (const title of ['a stepwise client', 'a frame, in two pieces', 'privateshare', 'ft']) {
      expect(text).to.match(new RegExp(`^\`\`\`example (auto|default) server: ${title}$`, 'm'));
    }
  });
});
