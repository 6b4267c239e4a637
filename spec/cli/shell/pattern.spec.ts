import { expect } from 'chai';
import { expand, isGlob, isPlain, plain, type Found } from '../../../lib/cli/shell/expand';
import { matcher } from '../../../lib/cli/shell/pattern';

describe('the files of a pattern', () => {
  it('may be more than a call takes arguments, and are named once', async () => {
    const many = Array.from({ length: 300_000 }, (_, at) => ({ name: `f${at % 200_000}` }));
    expect(await expand('f*', () => Promise.resolve(many))).to.have.length(200_000);
  });
});

describe('a pattern', () => {
  const NAMES: readonly [pattern: string, matching: readonly string[], others: readonly string[]][] = [
    ['*', ['a', 'a b', '-rf', '#x', 'a\nb', '日本'], ['', '.a', '..'].filter((name) => name !== '')],
    ['*.txt', ['a.txt', 'b.c.txt'], ['.txt', 'a.txt.gz', 'atxt']],
    ['.*', ['.a', '.'], ['a']],
    ['\\.*', ['.a'], ['a']],
    ['a?c', ['abc', 'a\u{1f600}c', 'a*c'], ['ac', 'abbc']],
    ['[abc]', ['a', 'c'], ['d', 'ab', '[abc]']],
    ['[a-c]x', ['ax', 'cx'], ['dx', '-x']],
    ['[!a-c]', ['d', '!'], ['a']],
    ['[^a-c]', ['d', '^'], ['a']],
    ['[]a]', [']', 'a'], ['b']],
    ['[!]a]', ['b'], [']', 'a']],
    ['[a-]', ['a', '-'], ['b']],
    ['[\\]\\-a]', [']', '-', 'a'], ['\\', 'b']],
    ['[a', ['[a'], ['a']],
    ['a[', ['a['], ['a']],
    ['[]', ['[]'], [']']],
    ['\\*', ['*'], ['a', '\\*']],
    ['\\\\*', ['\\a'], ['a']],
    ['{a,b}*', ['{a,b}c'], ['a', 'b']],
    ['+(a)*', ['+(a)b'], ['a', 'aa']],
    ['!a*', ['!ab'], ['b']],
    ['a|b*', ['a|bc'], ['a']],
    ['^a$*', ['^a$b'], ['a']],
    ['*a*b*', ['ab', 'xaxbx'], ['ba', 'a']],
    ['**', ['a'], ['.a']],
    ['*\u{1f600}', ['a\u{1f600}'], ['\ud83d']],
  ];

  for (const [pattern, matching, others] of NAMES) {
    it(`of ${pattern}`, () => {
      const matches = matcher(pattern);
      for (const name of matching) expect(matches(name), name).to.equal(true);
      for (const name of others) expect(matches(name), name).to.equal(false);
    });
  }

  it('takes no longer than the product of both lengths', () => {
    // The names are a stranger's: as a regular expression this is not done in a lifetime.
    expect(matcher(`${'*a'.repeat(40)}*b`)('a'.repeat(20_000))).to.equal(false);
    expect(matcher(`${'*a'.repeat(40)}*`)('a'.repeat(20_000))).to.equal(true);
  });
});

describe('what a pattern means', () => {
  const TREE: Readonly<Record<string, readonly Found[]>> = {
    '': [
      { name: '.', type: 'dir' },
      { name: '..', type: 'dir' },
      { name: 'docs', type: 'dir' },
      { name: 'data', type: 'dir' },
      { name: 'closed', type: 'dir' },
      { name: 'b.txt', type: 'file' },
      { name: 'a.txt', type: 'file' },
      { name: 'c[1].txt', type: 'file' },
      { name: 'c1.txt', type: 'file' },
      { name: 'pipe', type: 'other' },
      { name: '../evil.txt', type: 'file' },
      { name: 'in/side.txt', type: 'file' },
      { name: '', type: 'file' },
      { name: 'unknown.txt' },
    ],
    docs: [{ name: 'one.md', type: 'file' }],
    data: [{ name: 'two.md', type: 'file' }],
    '/': [{ name: 'top.md', type: 'file' }],
    '/docs': [{ name: 'one.md', type: 'file' }],
    'a b': [{ name: 'x', type: 'file' }],
  };
  const looked: string[] = [];
  const look = async (directory: string): Promise<readonly Found[]> => {
    looked.push(directory);
    const found = TREE[directory];
    if (found === undefined) throw new Error(`closed: ${directory}`);
    return found;
  };
  const found = (glob: string): Promise<readonly string[]> => expand(glob, look);

  it('is files, in byte order, and no path of a server that chooses one', async () => {
    expect(await found('*.txt')).to.deep.equal(['a.txt', 'b.txt', 'c1.txt', 'c[1].txt', 'unknown.txt']);
    expect(await found('*')).to.deep.equal(['a.txt', 'b.txt', 'c1.txt', 'c[1].txt', 'pipe', 'unknown.txt']);
    expect(await found('.*')).to.deep.equal([]);
    expect(await found('nothing*')).to.deep.equal([]);
  });

  it('is the name that is spelled like it', async () => {
    expect(await found('c[1].txt')).to.deep.equal(['c[1].txt']);
    expect(await found('c[1]*')).to.deep.equal(['c1.txt']);
  });

  it('is directories too where they are wanted, and never what leads elsewhere', async () => {
    expect(await expand('d*', look, 'all')).to.deep.equal(['data', 'docs']);
    expect(await expand('d*', look, 'directories')).to.deep.equal(['data', 'docs']);
    expect(await expand('*.txt', look, 'all')).to.deep.equal(await found('*.txt'));
    expect(await expand('d*/*.md', look, 'all'), 'through directories alone').to.deep.equal(await found('d*/*.md'));
    expect((await expand('*', look, 'all')).filter((name) => /^\.|\//.test(name))).to.deep.equal([]);
  });

  it('leads through directories, past those that are closed', async () => {
    expect(await found('d*/*.md')).to.deep.equal(['data/two.md', 'docs/one.md']);
    expect(await found('*/*.md')).to.deep.equal(['data/two.md', 'docs/one.md']);
    expect(await found('docs/*')).to.deep.equal(['docs/one.md']);
    expect(await found('a\\ b/*')).to.deep.equal(['a b/x']);
    expect(await found('/docs/*.md')).to.deep.equal(['/docs/one.md']);
    expect(await found('//*.md')).to.deep.equal(['/top.md']);
  });

  it('is told where nobody can look', async () => {
    const error = await found('closed/*').catch(String);
    expect(error).to.equal('Error: closed: closed');
  });

  it('leads through a thousand directories and no more', async () => {
    const many = Array.from({ length: 3000 }, (_, at) => ({ name: `d${at}`, type: 'dir' as const }));
    let looks = 0;
    await expand('*/*', async (directory) => {
      looks++;
      return directory === '' ? many : [];
    });
    expect(looks).to.equal(1001);
  });

  it('tells patterns from names', () => {
    for (const pattern of ['a*', 'a?', '[a]', '[]]', '[!]]', '[\\]]', 'x/[a-c]/y', '\\[[a]']) {
      expect(isGlob(pattern), pattern).to.equal(true);
    }
    for (const name of [
      'a',
      '\\*',
      '\\[a\\?',
      '\\\\',
      '[',
      'a[',
      '[]',
      '[!]',
      '[^]',
      '[a/b]',
      '[a\\]',
      '\\[a]',
      ']a[',
    ]) {
      expect(isGlob(name), name).to.equal(false);
    }
    expect(plain('\\*a\\\\')).to.equal('*a\\');
    expect(['', '.', '..', 'a/b', 'a\0'].some(isPlain)).to.equal(false);
    expect(isPlain('...')).to.equal(true);
  });
});
