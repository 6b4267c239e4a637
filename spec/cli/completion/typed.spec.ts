import { expect } from 'chai';
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { completionScript } from '../../../lib/cli/completion';
import { PROGRAMS } from '../../../lib/cli/completion/programs';
import { quoted } from '../../../lib/cli/completion/shells';
import { launcher, ROOT } from '../../support/programs';
import { withPrograms, workshops, type Workshop } from '../../support/thirdParty';
import { TypedShell, type ShellName } from '../../support/typedShell';

/** Typed, Tab, Return: the words that the program is given. */
const LINES: readonly (readonly [typed: string, ...words: string[]])[] = [
  ['ftclient --on-exists sk', '--on-exists', 'skip'],
  ['ftclient --on-exists=sk', '--on-exists=skip'],
  ['ftclient h 1 -g x --digest sha', 'h', '1', '-g', 'x', '--digest', 'sha256'],
  ['ftclient --dialect privates', '--dialect', 'privateshare'],
  ['ftclient --require-v', '--require-verified'],
  ['ftclient h 1 li', 'h', '1', 'list'],
  ['ftclient -q h 1 pu', '-q', 'h', '1', 'put'],
  ['ftclient --timeout 3 h 1 ge', '--timeout', '3', 'h', '1', 'get'],
  ['ftclient -qo FILE h 1 li', '-qo', 'FILE', 'h', '1', 'list'],
  ['ftclient --timeout=3 h 1 li', '--timeout=3', 'h', '1', 'list'],
  ['ftclient -- h 1 li', '--', 'h', '1', 'list'],
  ['ftclient h 1 -p spa', 'h', '1', '-p', 'space here.txt'],
  ['ftclient h 1 -p "spa', 'h', '1', '-p', 'space here.txt'],
  ['ftclient h 1 put other.txt spa', 'h', '1', 'put', 'other.txt', 'space here.txt'],
  ['ftclient h 1 -g x -o spa', 'h', '1', '-g', 'x', '-o', 'space here.txt'],
  ['ftclient h 1 -g x --output=oth', 'h', '1', '-g', 'x', '--output=other.txt'],
  ['ftclient h 1 ren', 'h', '1', 'rename'],
  ['ftclient compl', 'completion'],
  ['ftclient completion z', 'completion', 'zsh'],
  ['ftserver completion f', 'completion', 'fish'],
  ['ftrelay completion b', 'completion', 'bash'],
  ['ftserver --root di', '--root', 'dir'],
  ['ftserver 1 --listen fra', '1', '--listen', 'framed:'],
  ['ftserver check oth', 'check', 'other.txt'],
  ['ftserver --config oth', '--config', 'other.txt'],
  ['ftserver passw', 'passwd'],
  ['ftserver passwd --std', 'passwd', '--stdin'],
  ['ftserver passwd alice --del', 'passwd', 'alice', '--delete'],
  ['ftserver passwd --users oth', 'passwd', '--users', 'other.txt'],
  // Those of the server itself are none there, and these none without the word.
  ['ftserver passwd --writ', 'passwd', '--writ'],
  ['ftserver --delet', '--delet'],
  ['ftserver --writ', '--writable'],
  ['ftserver --allow list,ov', '--allow', 'list,overwrite'],
  ['ftserver --dialect au', '--dialect', 'auto'],
  ['ftrelay 1 h 2 --dialect ra', '1', 'h', '2', '--dialect', 'raw'],
];

/** Each of them would do harm in a shell that reads it once too often. */
const NAMES_THAT_HURT: readonly string[] = [
  'My file.txt',
  '$HOME',
  '$(touch HARM)',
  '`touch HARM`',
  "it's",
  '"quoted"',
  'semi;touch HARM',
  '~tilde',
  '#hash',
  '!bang',
  '{a,b}',
  'star*',
  'back\\slash',
  'a:b',
  'x=y',
  'c: d=e',
  '&amp|pipe>HARM',
  'größe',
  'docs/two words',
  "'; touch HARM; '",
  '--output=HARM',
];

/** Trailing spaces and slashes are how each shell says that a name is whole. */
const plain = (words: readonly string[]): readonly string[] => words.map((word) => word.replace(/\/$/, ''));

for (const shell of ['bash', 'zsh', 'fish'] as const satisfies readonly ShellName[]) {
  withPrograms(`completion typed at ${shell}`, [shell, 'script'], function () {
    const workshop = workshops();
    let typed: TypedShell;

    beforeEach(async () => {
      typed = await started(shell, workshop());
    });

    it('gives the words of the option tables, files and directories', async () => {
      for (const [line, ...words] of LINES) expect(plain(await typed.tab(line)), line).to.deep.equal(words);
      await typed.end();
    });

    it('gives names of a server exactly, and evaluates none', async () => {
      for (const name of NAMES_THAT_HURT) {
        writeFileSync(workshop().path('names'), `${name}\n`);
        expect(await typed.tab('ftclient ::1 3555 -g '), name).to.deep.equal(['::1', '3555', '-g', name]);
      }
      await typed.end();
      expect(readdirSync(workshop().dir)).to.not.include('HARM');
      const asked = readFileSync(workshop().path('asked'), 'utf8').trimEnd().split('\n');
      expect(asked).to.have.length(NAMES_THAT_HURT.length);
      expect(new Set(asked)).to.deep.equal(new Set(['completion|remote|::1|3555||']));
    });

    it('asks for what was typed, without its quotes', async () => {
      writeFileSync(workshop().path('names'), 'My file.txt\n');
      for (const beginning of ['My', '"My', "'My", 'My\\ f', '"My f', "'My f"]) {
        expect(await typed.tab(`ftclient h 1 get ${beginning}`), beginning).to.deep.equal([
          'h',
          '1',
          'get',
          'My file.txt',
        ]);
      }
      await typed.end();
      const asked = readFileSync(workshop().path('asked'), 'utf8').trimEnd().split('\n');
      expect(asked).to.deep.equal(
        ['My', 'My', 'My', 'My f', 'My f', 'My f'].map((one) => `completion|remote|h|1|${one}|`),
      );
    });

    it('asks nobody in another language, through a relay, or at a host that is none', async () => {
      writeFileSync(workshop().path('names'), 'name\n');
      for (const line of [
        'ftclient --dialect numbered h 1 -g ',
        'ftclient --relay=h:2 h 1 -g ',
        "ftclient '$(touch HARM)' 1 -g ",
        "ftclient '`touch HARM`' 1 -g ",
        "ftclient -- '-x' 1 -g ",
        "ftclient h '1;touch HARM' -g ",
      ]) {
        expect((await typed.tab(line)).at(-1), line).to.equal('-g');
      }
      await typed.end();
      expect(readdirSync(workshop().dir)).to.not.include('HARM');
      expect(readdirSync(workshop().dir)).to.not.include('asked');
    });
  });
}

withPrograms('completion typed at bash, with our programs', ['bash', 'script'], function () {
  const workshop = workshops();

  it('is printed by ftclient, and completes what ftserver serves', async () => {
    const words = [process.execPath, ...launcher('ftclient')].map(quoted).join(' ');
    const project = `TS_NODE_PROJECT=${quoted(join(ROOT, 'tsconfig.json'))}`;
    writeFileSync(workshop().path('ftclient'), `#!/bin/sh\n${project} exec ${words} "$@"\n`);
    chmodSync(workshop().path('ftclient'), 0o755);
    mkdirSync(workshop().path('served/docs'), { recursive: true });
    writeFileSync(workshop().path("served/docs/it's $HOME.txt"), '');
    const { port } = await workshop().ftserver(workshop().path('served'));
    const printed = await workshop().start('ftclient', ['completion', 'bash']).ended;
    expect([printed.code, printed.stderr]).to.deep.equal([0, '']);
    writeFileSync(workshop().path('printed'), printed.stdout);
    const typed = await TypedShell.start('bash', workshop(), ['./printed']);
    expect(await typed.tab(`ftclient 127.0.0.1 ${port} -g d`)).to.deep.equal(['127.0.0.1', port, '-g', 'docs/']);
    const file = "docs/it's $HOME.txt";
    expect(await typed.tab(`ftclient 127.0.0.1 ${port} -g docs/`)).to.deep.equal(['127.0.0.1', port, '-g', file]);
    await typed.end();
  });
});

/** `ftclient` is a function that tells its words; on the PATH is one that tells what it was asked for. */
async function started(shell: ShellName, workshop: Workshop): Promise<TypedShell> {
  for (const program of PROGRAMS) {
    writeFileSync(workshop.path(`${program}.${shell}`), completionScript(program, shell));
  }
  writeFileSync(workshop.path('ftclient'), `#!/bin/sh\n{ printf '%s|' "$@"; echo; } >> asked\ncat names\n`);
  chmodSync(workshop.path('ftclient'), 0o755);
  writeFileSync(workshop.path('space here.txt'), '');
  writeFileSync(workshop.path('other.txt'), '');
  mkdirSync(workshop.path('dir'));
  return TypedShell.start(
    shell,
    workshop,
    PROGRAMS.map((program) => `./${program}.${shell}`),
  );
}
