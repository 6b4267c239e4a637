import { expect } from 'chai';
import { lineCommand } from '../../lib/cli/lineCommand';
import { UsageError } from '../../lib/cli/usage';

describe('a line at the prompt', () => {
  const put = (local: string, remote?: string): object => ({
    verb: 'put',
    names: remote === undefined ? [local] : [local, remote],
  });
  const get = (path: string): object => ({ verb: 'get', paths: [path] });
  const rows: readonly (readonly [line: string, meaning: unknown])[] = [
    ['', 'nothing'],
    ['  \t ', 'nothing'],
    ['exit', 'exit'],
    ['/exit', 'exit'],
    [' EXIT ', 'exit'],
    ['quit', 'exit'],
    ['/quit', 'exit'],
    ['exit now', 'exit'],
    ['put a.txt', put('a.txt')],
    ['/put a.txt', put('a.txt')],
    ['  put   a.txt  ', put('a.txt')],
    ['put a.txt b.txt', put('a.txt', 'b.txt')],
    ['put "a b" \'c "d\'', put('a b', 'c "d')],
    ["put it's", put("it's")],
    ['put a"b', put('a"b')],
    ['put -rf --odd', put('-rf', '--odd')],
    ['put 007', put('007')],
    ['get a/b', get('a/b')],
    ['/get exit', get('exit')],
    ['GET a', get('a')],
    ['get "two  blanks"', get('two  blanks')],
    ['get "\\"', get('\\')],
    ['get ünïcödé', get('ünïcödé')],
  ];
  for (const [line, meaning] of rows) {
    it(`means something: ${JSON.stringify(line)}`, () => expect(lineCommand(line)).to.deep.equal(meaning));
  }

  const refused: readonly (readonly [line: string, sentence: RegExp])[] = [
    ['foo', /^"foo" is not understood: put NAME/],
    ['list', /^"list" is not understood/],
    ['//get a', /^"\/\/get" is not understood/],
    ['"put" a "', /^a name in quotes/],
    ['put', /^put NAME, or put LOCAL REMOTE/],
    ['/put', /^\/put NAME/],
    ['put a b c', /^put NAME/],
    ['get', /^get NAME; a name with blanks/],
    ['get a b', /^get NAME/],
    ['get "a', /^a name in quotes/],
    ['get "a"b', /^a name in quotes/],
    ["get 'a", /^a name in quotes/],
    ['get ""', /^a name cannot be empty/],
    ['get a\0b', /NUL/],
  ];
  for (const [line, sentence] of refused) {
    it(`is refused: ${JSON.stringify(line)}`, () => {
      expect(() => lineCommand(line)).to.throw(UsageError, sentence);
    });
  }
});
