import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, type Program } from '../support/programs';
import { withPrograms } from '../support/thirdParty';

const PAGES = readdirSync(join(ROOT, 'man'));
const source = (page: string): string => readFileSync(join(ROOT, 'man', page), 'utf8');
const mandoc = (...words: readonly string[]): string => {
  const { stdout, stderr } = spawnSync('mandoc', words, { cwd: ROOT, encoding: 'utf8', timeout: 15_000 });
  return stdout + stderr;
};

describe('the manual', function () {
  this.timeout(60_000);

  it('is what npm run man would make', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/man.js'), '--check'], {
      encoding: 'utf8',
      timeout: 50_000,
    });
    expect([status, stdout, stderr]).to.deep.equal([0, '', '']);
  });

  it('is what npm installs', () => {
    const { man, files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, string[]>;
    expect([...(man ?? [])].sort()).to.deep.equal(PAGES.map((page) => `./man/${page}`).sort());
    expect(files).to.include('man');
  });

  it('tells of no variable that nobody reads', () => {
    const code = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(ROOT, 'lib', name), 'utf8'))
      .join('\n');
    const said = PAGES.flatMap((page) => [...source(page).matchAll(/^\.(?:It )?Ev (.+)$/gm)])
      .flatMap(([, names = '']) => names.split(/[ ,]+/))
      .filter((name) => /^[A-Z_]+$/.test(name) && !name.startsWith('FTSERVER_'));
    expect(said).to.include.members(['DEBUG', 'XDG_STATE_HOME']);
    for (const name of said) expect(code, name).to.match(new RegExp(`\\[?['"]${name}['"]\\]?|env\\.${name}\\b`));
  });

  const SECTIONS: readonly (readonly [Program, string])[] = [
    ['ftclient', '1'],
    ['ftserver', '8'],
    ['ftrelay', '1'],
  ];
  for (const [program, section] of SECTIONS) {
    it(`has every option, command line and exit code that ${program} --help knows`, async () => {
      const help = (await run(program, ['--help'])).stdout.toString();
      const [, options = ''] = /\nOptions:\n([^]*?)\n\n/.exec(help) ?? [];
      const helped = [...options.matchAll(/^ +(?:-\w, +)?--([a-z0-9-]+) /gm)].map(([, name]) => name);
      expect(helped).to.include.members(['help', 'version']);
      const page = source(`${program}.${section}`);
      const described = [...page.matchAll(/^\.It .*Fl Fl (\S+)/gm)].map(([, name]) => name?.replaceAll('\\', ''));
      expect(described).to.deep.equal(helped);
      const [, codes = ''] = /\nExit codes:\n([^]*?)\n(?! )/.exec(help) ?? [];
      const [, exits = ''] = /\n\.Sh EXIT STATUS\n([^]*?)\n\.Sh /.exec(page) ?? [];
      expect([...exits.matchAll(/^\.It ([0-9]+)$/gm)].map(([, code]) => code)).to.deep.equal(
        [...codes.matchAll(/^ +([0-9]+) /gm)].map(([, code]) => code),
      );
    });
  }
});

withPrograms('the manual, to mandoc', ['mandoc'], () => {
  // What is not installed here is no fault of the page, and the system is ours to name.
  const NO_FAULT = /referenced manual not found|operating system explicitly specified|outdated mandoc\.db/;

  for (const page of PAGES) {
    it(`${page} is without fault`, () => {
      const faults = mandoc('-Tlint', `man/${page}`).split('\n');
      expect(faults.filter((line) => line !== '' && !NO_FAULT.test(line))).to.deep.equal([]);
    });

    it(`${page} fits into 80 columns, and its options can be copied`, () => {
      const text = mandoc('-Tascii', '-Owidth=78', `man/${page}`).replace(/.\x08/g, '');
      expect(text.split('\n').filter((line) => line.length > 80)).to.deep.equal([]);
      expect(text).to.contain(`${page.split('.')[0]?.toUpperCase()}(${page.split('.')[1]})`);
      expect(text).to.not.match(/undefined|<\?>/);
      for (const [, name = ''] of source(page).matchAll(/^\.It .*Fl Fl (\S+)/gm)) {
        expect(text).to.contain(`--${name.replaceAll('\\', '')}`);
      }
    });
  }
});
