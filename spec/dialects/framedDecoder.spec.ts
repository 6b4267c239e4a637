import { expect } from 'chai';
import { FrameDecoder, formatFrame, framedServer } from '../../lib/dialects/framed';
import { isTwinportError } from '../../lib/errors';
import { encodeName } from '../../lib/wire/names';
import { caught, countedWork, cuts, expectAtEveryCut } from '../support/splits';
import { HARD_NAMES } from '../support/storageHelpers';

const frame = (payload: string | Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${Buffer.from(payload as string).length}:`), Buffer.from(payload as string)]);
const SYNTAX = [{ threw: 'syntax', reply: undefined }];

describe('a frame', () => {
  for (const [verb, name] of [
    ['get', 'notes.txt'],
    ['put', 'a'],
    ['get', ' two  spaces '],
    ['put', '12:get x'],
    ['get', 'new\nline\0'],
    ['put', 'not utf-8: \udcff'],
  ] as const) {
    it(`${verb} ${JSON.stringify(name)}, whole and at every cut`, () => {
      const bytes = formatFrame({ verb, name });
      const line = bytes.subarray(bytes.indexOf(':') + 1).toString();
      expectAtEveryCut(bytes, () => new FrameDecoder(), [{ request: { verb, name }, line }]);
    });
  }

  it('is what its format makes, for every name that hurts', () => {
    for (const name of HARD_NAMES) {
      const decoder = new FrameDecoder();
      decoder.push(formatFrame({ verb: 'get', name }));
      expect(decoder.next()).to.deep.include({ request: { verb: 'get', name } });
      expect(decoder.rest().length).to.equal(0);
    }
  });

  for (const body of ['', 'x', '13:get another', '\0'.repeat(5000)]) {
    it(`leaves the ${body.length} bytes behind it alone, whichever piece they came in`, () => {
      for (const { how, chunks } of cuts(Buffer.concat([frame('put x'), Buffer.from(body.slice(0, 200))]))) {
        const decoder = new FrameDecoder();
        const got = [];
        for (const chunk of chunks) {
          decoder.push(chunk);
          for (let incoming; (incoming = decoder.next()) !== undefined;) got.push(incoming);
        }
        expect(got, how).to.deep.equal([{ request: { verb: 'put', name: 'x' }, line: 'put x' }]);
        expect(Buffer.from(decoder.rest()).toString(), how).to.equal(body.slice(0, 200));
        expect(decoder.waiting, how).to.equal(false);
        expect(decoder.end(), how).to.equal(undefined);
      }
    });
  }

  it('may have zeros before its length, as long as the length is no longer than any', () => {
    expectAtEveryCut(Buffer.from('007:get abc'), () => new FrameDecoder(), [
      { request: { verb: 'get', name: 'abc' }, line: 'get abc' },
    ]);
    expectAtEveryCut(Buffer.from('0007:get abc'), () => new FrameDecoder(), [
      { request: { verb: 'get', name: 'abc' }, line: 'get abc' },
    ]);
    expectAtEveryCut(Buffer.from('00007:get abc'), () => new FrameDecoder(), SYNTAX);
  });

  it('has at most 4096 bytes, and one more is refused by its head alone', () => {
    const most = formatFrame({ verb: 'get', name: 'x'.repeat(4092) });
    const decoder = new FrameDecoder();
    decoder.push(most);
    expect(decoder.next()).to.deep.include({ request: { verb: 'get', name: 'x'.repeat(4092) } });
    expectAtEveryCut(Buffer.from('4097:'), () => new FrameDecoder(), SYNTAX);
    expect(caught(() => formatFrame({ verb: 'get', name: 'x'.repeat(4093) }))?.threw).to.equal('invalid-name');
    expect(caught(() => formatFrame({ verb: 'get', name: '文'.repeat(1365) }))?.threw).to.equal('invalid-name');
  });

  for (const bad of [
    ':get x',
    '0:',
    '3:get',
    '4:get ',
    '4:put ',
    '5:GET x',
    '5:del x',
    '6:get\tx ',
    ' 5:get x',
    '+5:get x',
    '-5:get x',
    '5 :get x',
    '0x5:get x',
    '1e1:get x',
    '5.0:get x',
    '12345',
    '9999:get x',
    'get x\n',
    '\n',
    '\0',
    '\x16\x03\x01',
    '٥:get x',
  ]) {
    it(`is not ${JSON.stringify(bad)}, at whichever cut`, () => {
      expectAtEveryCut(Buffer.from(bad), () => new FrameDecoder(), SYNTAX);
    });
  }

  it('is refused as soon as nothing can save it', () => {
    for (const head of ['x', ':', '1x', '12345', '4097:', '0:', '3:get']) {
      const decoder = new FrameDecoder();
      decoder.push(Buffer.from(head));
      expect(caught(() => decoder.next())?.threw, head).to.equal('syntax');
    }
    for (const head of ['1', '4096', '4096:', '4096:anything']) {
      const decoder = new FrameDecoder();
      decoder.push(Buffer.from(head));
      expect(decoder.next(), head).to.equal(undefined);
      expect(decoder.waiting, head).to.equal(true);
    }
  });

  it('is not made whole by silence, and its end inside is an error', () => {
    for (const half of ['1', '5:', '5:get ']) {
      const decoder = new FrameDecoder();
      decoder.push(Buffer.from(half));
      expect(decoder.next()).to.equal(undefined);
      expect(decoder.quiet()).to.equal(undefined);
      expect(caught(() => decoder.end())?.threw, half).to.equal('syntax');
    }
    expect(new FrameDecoder().end()).to.equal(undefined);
    expect(new FrameDecoder().waiting).to.equal(false);
  });

  it('costs linear work, byte by byte', () => {
    const bytes = formatFrame({ verb: 'get', name: 'x'.repeat(4092) });
    const decoder = new FrameDecoder();
    const { copied, searched } = countedWork(() => {
      for (const byte of bytes) {
        decoder.push(Uint8Array.of(byte));
        decoder.next();
      }
    });
    expect(copied).to.be.at.most(8 * bytes.length);
    expect(searched).to.be.at.most(8 * bytes.length);
  });

  it('refuses a name that is on no disk', () => {
    try {
      formatFrame({ verb: 'get', name: '\ud800' });
    } catch (error) {
      expect(isTwinportError(error, 'invalid-name')).to.equal(true);
      return;
    }
    throw new Error('nothing was thrown');
  });
});

describe('the first bytes of framed', () => {
  const begins = (first: string | Uint8Array, silent = false): boolean | undefined =>
    framedServer.begins?.(Buffer.from(first as string), silent);

  it('are a length, a colon and a verb: told apart as soon as they can be', () => {
    for (const whole of ['13:get notes.txt', '007:put abc', '4096:get ', `9:put ${'\udcff'}`]) {
      for (let at = 1; at <= whole.length; at += 1) {
        const verb = whole.indexOf(':') + 5;
        expect(begins(whole.slice(0, at)), whole.slice(0, at)).to.equal(at >= verb ? true : undefined);
      }
    }
    expect(begins(Buffer.concat([Buffer.from('5:get '), encodeName('\udcff')]))).to.equal(true);
  });

  for (const other of [
    '-l 8555',
    'list',
    'get,x',
    'put,x',
    '\x16\x03\x01',
    ':get ',
    '12345:get ',
    '5:GET x',
    '5:gut x',
    '5x',
    '5 :get x',
    '\n',
    'GET / HTTP',
  ]) {
    it(`are not ${JSON.stringify(other)}, from where that shows`, () => {
      expect(begins(other)).to.equal(false);
      const shows = Array.from(other, (_, at) => begins(other.slice(0, at + 1)));
      const from = shows.indexOf(false);
      expect(shows.slice(0, from).every((verdict) => verdict === undefined)).to.equal(true);
      expect(shows.slice(from).every((verdict) => verdict === false)).to.equal(true);
    });
  }
});
