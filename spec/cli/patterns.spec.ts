import { expect } from 'chai';
import { expandPattern, isPattern, matcher, type Found } from '../../lib/cli/patterns';

const TREE: Readonly<Record<string, readonly Found[]>> = {
  '': [
    { name: '.', type: 'dir' },
    { name: '..', type: 'dir' },
    { name: 'b.log', type: 'file' },
    { name: 'a.log', type: 'file' },
    { name: '.hidden.log', type: 'file' },
    { name: 'old.log', type: 'dir' },
    { name: '[x].txt', type: 'file' },
    { name: 'x.txt', type: 'file' },
    { name: 'one two.txt', type: 'file' },
    { name: 'ü\udce9.txt', type: 'file' },
    { name: '../up.log', type: 'file' },
    { name: '{a,b}.md', type: 'file' },
    { name: '!no', type: 'file' },
    { name: 'logs', type: 'dir' },
    { name: 'lost', type: 'dir' },
  ],
  logs: [
    { name: '1.log', type: 'file' },
    { name: '2.log', type: 'file' },
  ],
  'old.log': [{ name: 'x', type: 'file' }],
};

const expand = (pattern: string): Promise<readonly string[]> =>
  expandPattern(pattern, (directory) => Promise.resolve(TREE[directory.replace(/^\//, '')]));

describe('patterns', () => {
  it('are words with a star, a question mark or a bracket', () => {
    for (const word of ['*', 'a?', '[a', '*.log']) expect(isPattern(word), word).to.equal(true);
    for (const word of ['', 'a', '{a,b}', '!a', '+(a)', '-rf', 'a b']) expect(isPattern(word), word).to.equal(false);
  });

  it('match as in sh, without the inventions of later shells', () => {
    expect(['a.log', '.a.log', 'é.log', '\udce9.log', 'a\nb.log'].map(matcher('*.log'))).to.deep.equal([
      true,
      false,
      true,
      true,
      true,
    ]);
    expect(['.a.log', 'a.log'].map(matcher('.*.log'))).to.deep.equal([true, false]);
    expect(['{a,b}c', 'ac'].map(matcher('{a,b}*'))).to.deep.equal([true, false]);
    expect(['!a', 'b'].map(matcher('!*'))).to.deep.equal([true, false]);
    expect(['(a|b)c', 'ac'].map(matcher('(a|b)?'))).to.deep.equal([true, false]);
    expect(['a+b.c$', 'aab.c$', 'a+bxc$'].map(matcher('a+b.c*'))).to.deep.equal([true, false, false]);
    expect(['a*b', 'axb'].map(matcher('a\\*?'))).to.deep.equal([true, false]);
    expect(['a1', 'b1', 'd1', '1'].map(matcher('[a-c]?'))).to.deep.equal([true, true, false, false]);
    expect(['a', 'x'].map(matcher('[!a]'))).to.deep.equal([false, true]);
  });

  it('mean files in byte order, no directories, nothing hidden, and no name that is a path', async () => {
    expect(await expand('*.log')).to.deep.equal(['a.log', 'b.log']);
    expect(await expand('*.txt')).to.deep.equal(['[x].txt', 'one two.txt', 'x.txt', 'ü\udce9.txt']);
    expect(await expand('.*')).to.deep.equal(['.hidden.log']);
    expect(await expand('*.none')).to.deep.equal([]);
  });

  it('mean the name that is spelled like them, where there is one', async () => {
    expect(await expand('[x].txt')).to.deep.equal(['[x].txt']);
    expect(await expand('[x-z].txt')).to.deep.equal(['x.txt']);
  });

  it('may stand anywhere in a path; directories that cannot be listed have nothing', async () => {
    expect(await expand('logs/*')).to.deep.equal(['logs/1.log', 'logs/2.log']);
    expect(await expand('/lo*/[1]*')).to.deep.equal(['/logs/1.log']);
    expect(await expand('l*/?.log')).to.deep.equal(['logs/1.log', 'logs/2.log']);
    expect(await expand('*/x')).to.deep.equal(['old.log/x']);
    expect(await expand('nowhere/*')).to.deep.equal([]);
  });

  it('take whatever has no type for a file', async () => {
    const look = (): Promise<readonly Found[]> => Promise.resolve([{ name: 'a' }, { name: 'b' }]);
    expect(await expandPattern('*', look)).to.deep.equal(['a', 'b']);
  });

  it('lead through a bounded number of directories', async () => {
    const many = Array.from({ length: 3000 }, (_, at): Found => ({ name: `d${at}`, type: 'dir' }));
    let looks = 0;
    const look = (directory: string): Promise<readonly Found[]> => {
      looks++;
      return Promise.resolve(directory === '' ? many : [{ name: 'x', type: 'file' }]);
    };
    expect(await expandPattern('*/x', look)).to.have.length(1000);
    expect(looks).to.equal(1001);
  });
});
