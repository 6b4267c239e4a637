import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRequest, VERBS, type Verb } from '../lib/dialects/ft/grammar';
import { OPTIONS } from '../lib/dialects/ft/grammarOptions';
import { createServer, isTwinportError } from '../lib';
import { LIMITS } from '../lib/options';
import { memoryStorage } from '../lib/storage/memory';
import { examplesOf } from './support/example';
import { literalsOf, repliesIn } from './support/literals';
import { codeIn, document, ROOT, rowsOf, section } from './support/markdown';
import { connectRaw } from './support/peer';
import { run, type Program } from './support/programs';

const PROTOCOL = document('PROTOCOL.md');
const README = document('README.md');
const ARCHITECTURE = document('ARCHITECTURE.md');
const source = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const sources = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);
const grouped = (count: number): string => count.toLocaleString('en');

describe("PROTOCOL.md's table of replies", () => {
  const rows = rowsOf(section(PROTOCOL, 'Replies')).map(([code = '', , proof = '']) => ({
    code: /[0-9]{3}/.exec(code)?.[0] ?? '',
    proof,
  }));

  it('has one row for each code that the server sends', () => {
    const sent = new Set<string>();
    for (const file of ['lib/dialects/ft', 'lib/control', 'lib/data'].flatMap(sources)) {
      for (const code of repliesIn(source(file))) sent.add(code);
    }
    expect(rows.map(({ code }) => code)).to.deep.equal([...sent].sort());
  });

  for (const { code, proof } of rows) {
    it(`${code} is proved where it says: ${proof}`, () => {
      if (proof === 'spec/protocol.spec.ts') {
        const lines = examplesOf(PROTOCOL)
          .filter(({ kind }) => kind !== 'client')
          .flatMap(({ steps }) => steps.map((step) => (step.kind === 'line' && step.actor === 'S' ? step.text : '')));
        expect(lines.some((line) => line.startsWith(`${code} `))).to.equal(true);
        return;
      }
      expect(existsSync(join(ROOT, proof)), proof).to.equal(true);
      const begins = new RegExp(`^[^0-9a-z]*${code}(?![0-9])`);
      expect(literalsOf(source(proof)).filter((literal) => begins.test(literal))).to.not.deep.equal([]);
    });
  }
});

describe('what a source asserts and sends', () => {
  it('is told from what it only mentions', () => {
    const text =
      '// 425\nfail(`${x} 425`, /^426 /, "450 x"); bad(501, y); other(502); const t = { aborted: 426, reply: 553 };';
    expect(literalsOf(text)).to.deep.equal(['', ' 425', '/^426 /', '450 x', '501', '502', '426', '553']);
    expect([...repliesIn(text)]).to.deep.equal(['501', '426', '553']);
  });
});

describe("PROTOCOL.md's table of requests", () => {
  const rows = rowsOf(section(PROTOCOL, 'Requests'));
  const wire = (verb: Verb): string[] => VERBS[verb].options.map((key) => `--${OPTIONS[key].wire}`);
  const ARGUMENTS = {
    'maybe-path-port': '[PATH] PORT',
    'path-port': 'PATH PORT',
    path: 'PATH',
    'two-paths': 'OLD<TAB>NEW',
    login: 'NAME<TAB>PASSWORD',
    count: 'LENGTH CRC32',
    nothing: undefined,
  } as const;

  it('has a row for each verb, with its arguments and options', () => {
    const said = rows.map(([verb = '', words = '', options = '']) => [
      codeIn(verb)[0]?.slice(1),
      codeIn(words)[0],
      (codeIn(options)[0] ?? '').split(' ').filter(Boolean).sort(),
    ]);
    const meant = (Object.keys(VERBS) as Verb[]).map((verb) => [verb, ARGUMENTS[VERBS[verb].shape], wire(verb).sort()]);
    const byVerb = (a: unknown[], b: unknown[]): number => String(a[0]).localeCompare(String(b[0]));
    expect(said.sort(byVerb)).to.deep.equal(meant.sort(byVerb));
  });

  it('means it: any other option is 504', () => {
    for (const verb of Object.keys(VERBS) as Verb[]) {
      for (const { wire: option } of Object.values(OPTIONS)) {
        let reply: number | undefined;
        try {
          parseRequest(Buffer.from(`-${verb} --${option}=x a 0`));
        } catch (error) {
          if (isTwinportError(error)) reply = error.reply;
        }
        expect(reply === 504, `-${verb} --${option}`).to.equal(!wire(verb).includes(`--${option}`));
      }
    }
  });
});

describe("PROTOCOL.md's limits", () => {
  const seconds = (milliseconds: number): string => `${milliseconds / 1000} s`;
  const TABLE: readonly [what: string, begins: string][] = [
    ['request line', `${LIMITS.requestLine} bytes`],
    ['TLS handshake on P, from its first byte', seconds(LIMITS.handshake)],
    ['requests waiting', `${LIMITS.queuedRequests}`],
    ['wrong lines in a row', '10, then `421`'],
    ['first request after connecting', `${seconds(LIMITS.firstRequest)}, then \`421\``],
    ['between requests', `${seconds(LIMITS.idle)} (\`--idle-timeout\`), then \`421\``],
    ['sessions', `${LIMITS.sessions}, ${LIMITS.sessionsPerAddress} of one address (\`--max-sessions\`)`],
    ['active dial', `${seconds(LIMITS.dial)} in all`],
    ['waiting for Q', seconds(LIMITS.awaitData)],
    ['token', `${LIMITS.candidates} connections, ${seconds(LIMITS.candidate)} each`],
    ['nothing moves on Q, or replies are not read', seconds(LIMITS.stall)],
    ["after FIN, for the peer's FIN", seconds(LIMITS.linger)],
    ['`-c`', seconds(LIMITS.confirm)],
    ['`120` while a file is digested', `every ${seconds(LIMITS.signOfLife)}`],
    ['silence that ends a half line', seconds(LIMITS.halfLine)],
    ['uncoded error text, no Q', `${seconds(LIMITS.plainQuiet)} of quiet`],
    ['end of Q, nothing ever said', seconds(LIMITS.plainEnd)],
    ['reply line, lines of a reply', `${LIMITS.replyLine} bytes, ${LIMITS.replyLines} lines`],
  ];

  it('are those of the table', () => {
    const rows = rowsOf(section(PROTOCOL, 'Timers and limits'));
    expect(rows.map(([what = '', much = ''], at) => [what, much.slice(0, TABLE[at]?.[1].length)])).to.deep.equal(TABLE);
    // What follows a number must not be a digit of it.
    for (const [at, [, much = '']] of rows.entries()) expect(much.slice(TABLE[at]?.[1].length)).to.match(/^(?![0-9.])/);
  });

  it('are the same in the text', () => {
    const text = PROTOCOL.replaceAll('\n', ' ').replace(/ +/g, ' ');
    for (const sentence of [
      `A line is at most **${LIMITS.requestLine} bytes** with its terminator`,
      `or by **${seconds(LIMITS.halfLine)} of silence**`,
      `up to ${LIMITS.queuedRequests} may wait`,
      `at most **${seconds(LIMITS.dial)}** in all`,
      `and waits **${seconds(LIMITS.awaitData)}**, then \`425\``,
      `no more than **${LIMITS.candidates}** connections for **${seconds(LIMITS.candidate)}** each`,
      `waits for the peer's FIN up to **${seconds(LIMITS.linger)}**`,
      `If nothing moves on Q for **${seconds(LIMITS.stall)}**`,
      `The client waits at least ${seconds(LIMITS.awaitData)} for Q`,
      `TCP keep-alive is on after ${seconds(LIMITS.keepAlive)}`,
      `at most ${LIMITS.listDepth} deep; at most ${grouped(LIMITS.listEntries)} entries`,
      `If no \`-c\` comes within **${seconds(LIMITS.confirm)}**`,
      `keeps its part, hidden, for ${LIMITS.partLifetime / 3_600_000} h`,
      `or after **${seconds(LIMITS.plainQuiet)}** of quiet`,
      `waits until P ends, or **${seconds(LIMITS.plainEnd)}**`,
    ]) {
      expect(text).to.contain(sentence);
    }
  });

  it('and the eleventh wrong line is not answered', async () => {
    const server = createServer({ storage: memoryStorage() });
    const { port } = await server.listen(0, '127.0.0.1');
    const peer = await connectRaw(port);
    await peer.end('what?\n'.repeat(11));
    const lines = (await peer.untilEnd()).toString().trimEnd().split('\r\n');
    expect(lines.map((line) => line.slice(0, 4))).to.deep.equal([...Array<string>(10).fill('500 '), '421 ']);
    await server.close(0);
  });
});

for (const program of ['ftclient', 'ftserver', 'ftrelay'] as const) {
  describe(`README.md and ${program} --help`, () => {
    let help = '';
    before(async () => {
      help = (await run(program, ['--help'])).stdout.toString();
    });

    it('name the same options', () => {
      const [, options = ''] = /\nOptions:\n([^]*?)\n\n/.exec(help) ?? [];
      const helped = [...options.matchAll(/^ +(?:(-\w), +)?(--[a-z0-9-]+) /gm)].flatMap(([, short, long]) => [
        ...(short === undefined ? [] : [short]),
        long ?? '',
      ]);
      expect(helped).to.include.members(['-h', '--help', '--version']);
      const cells = rowsOf(section(README, `Options of ${program}`)).map(([names = '']) => names);
      const said = cells.flatMap(codeIn).map((code) => code.split(' ', 1)[0] ?? '');
      expect([...new Set(said)].sort()).to.deep.equal(helped.sort());
    });

    it('give the same exit codes, with the same meanings', () => {
      const [, codes = ''] = /\nExit codes:\n([^]*?)\n(?! )/.exec(help) ?? [];
      const helped = new Map([...codes.matchAll(/^ +([0-9]+) +(.+)$/gm)].map(([, code, text]) => [code, text]));
      expect(helped.size).to.be.at.least(5);
      const said = exitRows(program);
      expect([...said.keys()]).to.have.members([...helped.keys()]);
      // README may leave the end of a sentence out, never say another.
      for (const [code, meaning] of said)
        expect(helped.get(code)?.startsWith(meaning), `${code} ${meaning}`).to.equal(true);
    });
  });
}

/** Rows like `| 6 · 7 | no such host · cannot connect |`. */
function exitRows(program: Program): Map<string, string> {
  const [, table = ''] =
    new RegExp(`\\n(\\| ${program} \\|[^]*?)(?:\\n\\n|$)`).exec(section(README, 'Exit codes')) ?? [];
  const pairs = rowsOf(table).flatMap(([codes = '', meanings = '']) => {
    const words = meanings.replaceAll('`', '').split(' · ');
    expect(codes.split(' · ')).to.have.length(words.length);
    return codes.split(' · ').map((code, at): [string, string] => [code, words[at] ?? '']);
  });
  expect(new Set(pairs.map(([code]) => code)).size).to.equal(pairs.length);
  return new Map(pairs);
}

describe('README.md', () => {
  it('gives the numbers that the programs live by', () => {
    const rows = rowsOf(README).map((cells) => cells.join(' '));
    const row = (option: string): string => rows.find((text) => text.startsWith(`\`${option}`)) ?? '';
    expect(row('--max-sessions')).to.contain(`(${LIMITS.sessions}; half of them from one address)`);
    expect(LIMITS.sessionsPerAddress).to.equal(LIMITS.sessions / 2);
    expect(row('--idle-timeout')).to.contain(`(${LIMITS.idle / 1000})`);
    expect(row('--grace')).to.contain(`(${LIMITS.grace / 1000})`);
    expect(row('--timeout')).to.match(new RegExp(`\\(${LIMITS.stall / 1000}\\).*\\(${LIMITS.connect / 1000}\\)`));
  });

  it('links to pages that exist', () => {
    for (const page of ['README.md', 'PROTOCOL.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'SECURITY.md']) {
      for (const [, target = ''] of document(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        expect(existsSync(join(ROOT, target)), `${page}: ${target}`).to.equal(true);
      }
    }
  });
});

describe('ARCHITECTURE.md', () => {
  const mapped = rowsOf(section(ARCHITECTURE, 'The map')).flatMap(([names = '']) => codeIn(names));

  it('maps exactly the folders of lib/', () => {
    const folders = new Set(sources('lib').map((file) => file.slice(0, file.lastIndexOf('/'))));
    folders.delete('lib');
    const said = mapped.filter((name) => /^lib\/[a-z/]+$/.test(name));
    expect(said.sort()).to.deep.equal([...folders].sort());
  });

  it('names only files and folders that exist', () => {
    for (const name of mapped) {
      expect(existsSync(join(ROOT, name)) || existsSync(join(ROOT, 'lib', name)), name).to.equal(true);
    }
    const modules = codeIn(section(ARCHITECTURE, 'The journey of one get')).filter((code) =>
      /^[a-z]+(\/[a-zA-Z]+)+$/.test(code),
    );
    expect(modules.length).to.be.at.least(10);
    for (const module of modules) {
      // `dialects/ft/client.transfer` names a method of it, which the pattern above leaves out.
      const places = [`lib/${module}.ts`, `lib/${module}`, module];
      expect(
        places.some((place) => existsSync(join(ROOT, place))),
        module,
      ).to.equal(true);
    }
  });
});
