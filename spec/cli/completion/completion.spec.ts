import { expect } from 'chai';
import { VERBS } from '../../../lib/cli/command';
import { completionAsked, completionScript } from '../../../lib/cli/completion';
import { allFlags, completed, PROGRAMS } from '../../../lib/cli/completion/programs';
import { fishQuoted, quoted, SHELLS } from '../../../lib/cli/completion/shells';
import { clusterPattern, valueOf } from '../../../lib/cli/completion/values';
import type { Flag } from '../../../lib/cli/flags';
import { UsageError } from '../../../lib/cli/usage';
import { run } from '../../support/programs';

async function refusal(...argv: string[]): Promise<string> {
  return completionAsked('ftserver', argv).then(
    () => 'none',
    (error: unknown) => (error instanceof UsageError ? error.message : String(error)),
  );
}

describe('PROGRAM completion', () => {
  for (const program of PROGRAMS) {
    for (const shell of SHELLS) {
      it(`${program}: has every option and command for ${shell}`, async () => {
        const script = (await completionAsked(program, ['completion', shell])) ?? '';
        const it = completed(program);
        const { commands, places } = it;
        for (const { name, short, text } of allFlags(it)) {
          const long = shell === 'fish' ? ` -l ${name} ` : `--${name}`;
          expect(script).to.contain(long);
          if (short !== undefined) expect(script).to.contain(shell === 'fish' ? ` -s ${short} ` : `-${short}`);
          // bash shows no descriptions.
          if (shell === 'zsh') expect(script).to.contain(quoted(`--${name}:${text}`).slice(1, -1));
          if (shell === 'fish') expect(script).to.contain(fishQuoted(text));
        }
        for (const [said] of commands) expect(script).to.match(new RegExp(`[ :]${said}[)\\n]`));
        for (const { at } of places) expect(script).to.contain(at);
        expect(script.endsWith('\n')).to.equal(true);
        expect(script).to.not.match(/undefined|\[object/);
      });
    }
  }

  it('knows every command of ftclient', () => {
    expect(Object.fromEntries(completed('ftclient').commands)).to.deep.equal(VERBS);
  });

  it('is printed by each program', async function () {
    this.timeout(60_000);
    for (const program of PROGRAMS) {
      const { code, stdout, stderr } = await run(program, ['completion', 'bash']);
      expect([code, stdout.toString(), stderr]).to.deep.equal([0, completionScript(program, 'bash'), '']);
    }
  });

  it('is taken for what it is, and a host of that name for a host', async () => {
    expect(await completionAsked('ftclient', ['flip1', '3555', '-l'])).to.equal(undefined);
    expect(await completionAsked('ftclient', ['completion', '3555', '-l'])).to.equal(undefined);
    expect(await completionAsked('ftclient', ['completion', '--help'])).to.equal(undefined);
    expect(await completionAsked('ftclient', [])).to.equal(undefined);
  });

  it('gives the values of an option no description in fish, which would be the same for each', () => {
    // What stands behind a tab is the description, here nothing.
    expect(completionScript('ftclient', 'fish')).to.contain(" -l on-exists -x -a 'rename\\\\t overwrite\\\\t skip");
  });

  it('tells which shells there are', async () => {
    expect(await refusal('completion')).to.equal('which shell? There is completion for bash, zsh, fish');
    expect(await refusal('completion', 'tcsh')).to.equal(
      'which shell? There is completion for bash, zsh, fish, none for "tcsh"',
    );
    expect(await refusal('completion', 'remote', 'h', '1', '')).to.contain('none for "remote"');
    expect(await refusal('completion', 'bash', 'x')).to.contain('"x" is one word too many');
  });
});

describe("the values of options, to a shell's completion", () => {
  const value = (flag: Omit<Flag, 'name' | 'text'>): ReturnType<typeof valueOf> =>
    valueOf({ name: 'option', text: 'text', ...flag });

  it('are told by their choices, their kind, or what they are called', () => {
    expect(value({})).to.equal(undefined);
    expect(value({ value: 'FILE' })).to.deep.equal({ kind: 'file', choices: [] });
    expect(value({ value: 'FILE|-' })).to.deep.equal({ kind: 'file', choices: [] });
    expect(value({ value: 'DIR' })).to.deep.equal({ kind: 'dir', choices: [] });
    expect(value({ value: 'DIR', kind: 'text' })).to.deep.equal({ kind: 'text', choices: [] });
    expect(value({ value: 'SECONDS' })).to.deep.equal({ kind: 'text', choices: [] });
    expect(value({ value: 'text|json' })).to.deep.equal({ kind: 'words', choices: ['text', 'json'] });
    expect(value({ value: 'X', choices: ['a'] })).to.deep.equal({ kind: 'words', choices: ['a'] });
    expect(value({ value: 'X', choices: () => ['a'], kind: 'list' })).to.deep.equal({ kind: 'list', choices: ['a'] });
  });

  it('stand behind the last of several letters', () => {
    const flags: Flag[] = [
      { name: 'a', short: 'a', text: '' },
      { name: 'b', short: 'b', value: 'X', text: '' },
    ];
    const pattern = new RegExp(clusterPattern(flags) ?? '$^');
    expect(['-ab', '-aab'].every((word) => pattern.test(word))).to.equal(true);
    expect(['-a', '-ba', '-abX', '--ab', 'ab'].some((word) => pattern.test(word))).to.equal(false);
    expect(clusterPattern([{ name: 'a', short: 'a', text: '' }])).to.equal(undefined);
  });
});
