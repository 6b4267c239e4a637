import { expect } from 'chai';
import { formatRequest, parseRequest, type FtRequest, type RequestParts } from '../../../lib/dialects/ft/grammar';
import { RequestDecoder, type Incoming } from '../../../lib/dialects/ft/requests';
import { LIMITS } from '../../../lib/options';
import { caught, cuts, feed, type Threw } from '../../support/splits';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('dialects/ft/grammar: changes', () => {
  const good: [line: string, request: Partial<FtRequest>][] = [
    ['-m a', { verb: 'm', path: 'a', named: 'a' }],
    ['-m  a b ', { verb: 'm', path: ' a b ', named: ' a b ' }],
    ['-m --parents a/./b//c', { verb: 'm', options: { parents: true }, path: 'a/b/c', named: 'a/./b//c' }],
    ['-m -- --parents', { verb: 'm', path: '--parents', named: '--parents' }],
    ['-m .', { verb: 'm', path: '', named: '.' }],
    ['-d -rf /', { verb: 'd', path: '-rf ', named: '-rf /' }],
    ['-d ../../etc', { verb: 'd', path: 'etc', named: '../../etc' }],
    ['-d --hex 6109', { verb: 'd', options: { hex: true }, path: 'a\t', named: 'a\t' }],
    ['-r a\tb', { verb: 'r', path: 'a', named: 'a', to: { path: 'b', named: 'b' } }],
    ['-r a \t b c', { verb: 'r', path: 'a ', named: 'a ', to: { path: ' b c', named: ' b c' } }],
    ['-r -- --hex\t--b', { verb: 'r', path: '--hex', named: '--hex', to: { path: '--b', named: '--b' } }],
    ['-r ./a/../b\t/c/', { verb: 'r', path: 'b', named: './a/../b', to: { path: 'c', named: '/c/' } }],
    [
      '-r --hex 6109\t09E9',
      { verb: 'r', options: { hex: true }, path: 'a\t', named: 'a\t', to: { path: '\t\udce9', named: '\t\udce9' } },
    ],
  ];
  for (const [line, request] of good) {
    it(`reads ${JSON.stringify(line)}`, () => {
      expect(parseRequest(bytes(line))).to.deep.equal({ options: {}, port: 0, length: 0, crc32: '', ...request });
    });
  }

  const bad: [reply: number, lines: string[]][] = [
    [501, ['-m', '-m ', '-m --parents', '-m --', '-d', '-d ', '-d -- ', '-r', '-r ', '-r --']],
    [501, ['-r a', '-r a b', '-r \t', '-r a\t', '-r \tb', '-r a\tb\t', '-r a\t\tb']],
    [501, ['-m a\tb', '-d a\tb', '-d a\r', '-m a\0', '-r a\0\tb', '-r a\tb\x1b', '-r \xff\tb', '-d \xe9']],
    [501, ['-d --hex 6', '-d --hex a\t61', '-r --hex 61\t6', '-r --hex 61\t6200', '-r --hex 6109 62', '-r --hex 61']],
    [501, ['-m --parents --parents a', '-m --parents=1 a', '-d --hex --hex 61']],
    [
      504,
      ['-d --parents a', '-d --recursive a', '-r --if-exists=overwrite a\tb', '-r --\ta', '-r --a\tb', '-m --mode=7 a'],
    ],
  ];
  for (const [reply, lines] of bad) {
    for (const line of lines) {
      it(`refuses ${JSON.stringify(line)} with ${reply}`, () => {
        expect(caught(() => parseRequest(bytes(line)))).to.deep.equal({ threw: 'syntax', reply });
      });
    }
  }

  const written: [request: RequestParts, line: string][] = [
    [{ verb: 'm', path: 'a b', options: { parents: true } }, '-m --parents a b\n'],
    [{ verb: 'm', path: '' }, '-m .\n'],
    [{ verb: 'd', path: '--parents' }, '-d -- --parents\n'],
    [{ verb: 'd', path: 'a\n-q' }, '-d --hex 610a2d71\n'],
    [{ verb: 'r', path: 'a', to: 'b c' }, '-r a\tb c\n'],
    [{ verb: 'r', path: '--a', to: '--b' }, '-r -- --a\t--b\n'],
    [{ verb: 'r', path: 'a', to: 'b\tc' }, '-r --hex 61\t620963\n'],
    [{ verb: 'r', path: 'a\t', to: 'b' }, '-r --hex 6109\t62\n'],
    [{ verb: 'r', path: 'a', to: '\udcff' }, '-r --hex 61\tff\n'],
    [{ verb: 'r', path: '', to: '' }, '-r .\t.\n'],
  ];
  for (const [request, line] of written) {
    it(`writes ${JSON.stringify(line)}`, () => {
      expect(formatRequest(request).toString('latin1')).to.equal(line);
    });
  }

  const misused: [threw: string, request: RequestParts][] = [
    ['invalid-name', { verb: 'r', path: 'a', to: 'b\0' }],
    ['invalid-name', { verb: 'd', path: 'a\0b' }],
    ['invalid-name', { verb: 'r', path: 'x'.repeat(2100), to: 'y'.repeat(2100) }],
    ['invalid-argument', { verb: 'd', path: 'a', to: 'b' }],
    ['invalid-argument', { verb: 'd', path: 'a', options: { parents: true } }],
  ];
  for (const [threw, request] of misused) {
    it(`does not write ${JSON.stringify(request).slice(0, 60)}`, () => {
      expect(caught(() => formatRequest(request))?.threw).to.equal(threw);
    });
  }

  it('fills a line exactly to the limit', () => {
    const to = 'x'.repeat(LIMITS.requestLine - '-r a\t\n'.length);
    const line = formatRequest({ verb: 'r', path: 'a', to });
    expect(line).to.have.length(LIMITS.requestLine);
    expect(parseRequest(line.subarray(0, -1)).to?.path).to.equal(to);
  });
});

describe('dialects/ft/requests: changes', () => {
  const word = (each: Incoming | Threw): string => {
    if ('threw' in each) return `threw ${each.threw}`;
    if ('refusal' in each) return `${each.refusal.reply} ${each.line}`;
    const { verb, path, to } = each.request;
    return `${verb}:${path}${to === undefined ? '' : `>${to.path}`}${each.half === undefined ? '' : ` (${each.half})`}`;
  };

  const table: [what: string, text: string, heard: string[]][] = [
    ['one of each', '-m a b\n-d a\r\n-r a\tb c\n-m --parents x/y\n', ['m:a b', 'd:a', 'r:a>b c', 'm:x/y']],
    ['hexadecimal', '-r --hex 6109\t620a\n-d --hex 09\n', ['r:a\t>b\n', 'd:\t']],
    ['a rename without its TAB', '-r a b\n-q\n', ['501 -r a b', 'q:']],
    ['none that a NUL ends', '-d a\0\n-m a\0\n-r a\tb\0\n', ['501 -d a\0', '501 -m a\0', '501 -r a\tb\0']],
  ];
  for (const [what, text, heard] of table) {
    it(`hears ${what}, at every cut`, () => {
      for (const { how, chunks } of cuts(bytes(text))) {
        expect(feed(new RequestDecoder(), chunks).map(word), how).to.deep.equal(heard);
      }
    });
  }

  it('takes no half line, ended by FIN or by silence', () => {
    for (const text of ['-m a', '-d dir', '-r a\tb', '-m --parents a\r', '-d --hex 61']) {
      for (const { how, chunks } of cuts(bytes(text))) {
        const decoder = new RequestDecoder();
        expect(feed(decoder, chunks), how).to.deep.equal([]);
        expect(decoder.waiting, how).to.equal(false);
        expect(decoder.quiet(), how).to.equal(undefined);
        const last = decoder.end();
        expect(last !== undefined && 'refusal' in last && last.refusal.reply, how).to.equal(501);
        expect(decoder.end(), how).to.equal(undefined);
      }
    }
  });
});
