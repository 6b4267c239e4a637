import { expect } from 'chai';
import { formatMessage, privateshareServer, ShareDecoder, type ShareRequest } from '../../lib/dialects/privateshare';
import { caught, cuts, type Cut } from '../support/splits';
import { rejects } from '../support/storageHelpers';

type Told = ShareRequest | 'more' | 'syntax';
type Then = 'nothing' | 'quiet' | 'end';

/** What comes of chunks and what follows them, and what of it is the first of a put's data. */
function told(chunks: Cut['chunks'], then: Then): [Told, string] {
  const decoder = new ShareDecoder();
  let request = 'more' as Told;
  const ask = (how: 'next' | 'quiet' | 'end'): void => {
    if (request !== 'more') return;
    const threw = caught(() => {
      const incoming = decoder[how]();
      if (incoming !== undefined && 'request' in incoming) request = incoming.request;
    });
    if (threw !== undefined) request = threw.threw as 'syntax';
  };
  for (const chunk of chunks) {
    const reused = Uint8Array.from(chunk);
    decoder.push(reused);
    reused.fill(0x21);
    ask('next');
  }
  if (then !== 'nothing') ask(then);
  if (request !== 'more') expect(decoder.waiting && request !== 'syntax').to.equal(false);
  return [request, request === 'syntax' ? '' : Buffer.from(decoder.rest()).toString('latin1')];
}

/** However it is cut, the same comes of it. */
function expectTold(bytes: string | Buffer, then: Then, request: Told, rest = ''): void {
  for (const { how, chunks } of cuts(Buffer.from(bytes as string))) {
    expect(told(chunks, then), `${JSON.stringify(bytes.toString())}, ${how}`).to.deep.equal([request, rest]);
  }
}

const get = (name: string): ShareRequest => ({ verb: 'get', name });
const put = (name: string): ShareRequest => ({ verb: 'put', name });
const list: ShareRequest = { verb: 'list', name: '' };
const LONGEST = 'n'.repeat(28);

describe('privateshare: messages', () => {
  it('ends a message by silence or by the end of the stream, not before', () => {
    for (const [bytes, request] of [
      ['get,a b.txt', get('a b.txt')],
      ['put,ünï', put('ünï')],
      [`get,${LONGEST}`, get(LONGEST)],
      [`put,${LONGEST}`, put(LONGEST)],
      ['get,a,b', get('a,b')],
      ['get, a ', get(' a ')],
      ['get,list', get('list')],
    ] as const) {
      expectTold(bytes, 'nothing', 'more', bytes === 'put,ünï' ? Buffer.from(bytes).toString('latin1') : bytes);
      expectTold(bytes, 'quiet', request);
      // Whoever puts must still hear `pass` and send: behind FIN he can do neither, and half a name would be a file.
      expectTold(bytes, 'end', request.verb === 'put' ? 'syntax' : request);
    }
  });

  it('knows list with its last byte, and minds no newline or padding behind it', () => {
    for (const padding of ['', '\n', '\r\n', '\0', '\0'.repeat(28), '\n\0']) {
      const bytes = Buffer.from(`list${padding}`);
      for (const { how, chunks } of cuts(bytes)) expect(told(chunks, 'nothing')[0], how).to.deep.equal(list);
    }
    expect(told([Buffer.from('list\r')], 'quiet')[0]).to.deep.equal(list);
  });

  it('takes LF, CR LF or NUL for the end', () => {
    for (const end of ['\n', '\r\n', '\0', '\r\0']) {
      for (const [name, more] of [
        ['a', ''],
        [LONGEST, ''],
        ['a', 'rubbish'],
      ] as const) {
        for (const { how, chunks } of cuts(Buffer.from(`get,${name}${end}${more}`))) {
          expect(told(chunks, 'nothing')[0], how).to.deep.equal(get(name));
        }
      }
    }
    expectTold('get,a\r', 'quiet', get('a'));
    expectTold(`get,${LONGEST}\r`, 'end', get(LONGEST));
  });

  it('drops NULs that fill a put up to 32 bytes, and keeps every other byte behind its end as data', () => {
    const padded = (message: string): string => message.padEnd(32, '\0');
    expectTold(padded('put,a'), 'nothing', put('a'));
    expectTold(padded('put,a\n'), 'nothing', put('a'));
    expectTold(padded('put,a\r\n'), 'nothing', put('a'));
    expectTold(`${padded('put,a')}\0data`, 'nothing', put('a'), '\0data');
    // Padded to less, and then nothing.
    for (const then of ['quiet', 'end'] as const) expectTold('put,a\n\0\0', then, put('a'));
    expectTold('put,a\n', 'quiet', put('a'));
    expectTold('put,a\n', 'nothing', 'more', 'put,a\n');

    for (const end of ['\n', '\r\n', '\0']) {
      expectTold(`put,a${end}data`, 'nothing', put('a'), 'data');
      // What an MP4 begins with, from somebody who does not wait.
      expectTold(`put,a${end}\0\0\0\x18ftyp`, 'nothing', put('a'), '\0\0\0\x18ftyp');
      expectTold(`put,a${end}\n\ndata\n`, 'nothing', put('a'), '\n\ndata\n');
      expectTold(`put,${LONGEST}${end}\0\0data`, 'nothing', put(LONGEST), '\0\0data');
    }
  });

  it('gives what comes behind the request later to the data, too', () => {
    const decoder = new ShareDecoder();
    decoder.push(Buffer.from('put,a\nfirst '));
    expect(decoder.next()).to.deep.include({ request: put('a') });
    decoder.push(Buffer.from('put,b\n'));
    expect(decoder.next()).to.equal(undefined);
    expect(decoder.end()).to.equal(undefined);
    expect(Buffer.from(decoder.rest()).toString()).to.equal('first put,b\n');
  });

  it('refuses what is no message', () => {
    for (const bytes of ['HELLO', 'GET / HTTP/1.1\r\n', 'get a', 'got,a', 'x', '\n', '\0', '\r\n', 'LIST\n', 'lis\n']) {
      expectTold(bytes, 'end', 'syntax');
    }
    for (const bytes of ['l', 'lis', 'get', 'get,', 'put,', '\r', 'get,\r']) {
      expectTold(bytes, 'nothing', bytes === '\r' ? 'syntax' : 'more', bytes === '\r' ? '' : bytes);
      expectTold(bytes, 'quiet', 'syntax');
      expectTold(bytes, 'end', 'syntax');
    }
    for (const bytes of ['get,\n', 'put,\0', 'get,\r\n']) expectTold(bytes, 'quiet', 'syntax');
    for (const bytes of ['listen', 'list,a', 'list a\n', 'list\ra']) {
      expect(told([Buffer.from(bytes)], 'quiet')[0]).to.equal('syntax');
    }
    for (const bytes of ['get,a\tb', 'get,\x7f', 'put,\x1b[2J', 'get,a\u0085']) expectTold(bytes, 'quiet', 'syntax');
  });

  it('refuses one that is too long instead of cutting it to another name', () => {
    for (const end of ['', '\n', '\0', '\r\n']) {
      expectTold(`get,${LONGEST}x${end}`, 'quiet', 'syntax');
      expectTold(`put,${'n'.repeat(5000)}${end}`.slice(0, 400), 'nothing', 'syntax');
    }
    expectTold(`get,${LONGEST}\rx`, 'nothing', 'syntax');
  });

  it('hears nothing in nothing', () => {
    const decoder = new ShareDecoder();
    expect([decoder.waiting, decoder.next(), decoder.quiet(), decoder.end()]).to.deep.equal([
      false,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('keeps names that are not UTF-8', () => {
    expectTold(Buffer.from('get,\xff\x80', 'latin1'), 'quiet', get('\udcff\udc80'));
  });

  it('says what it writes, and knows what it cannot', async () => {
    for (const name of ['a', LONGEST, 'ö'.repeat(14), ' ', 'list', 'a,b', '\udcff']) {
      expectTold(formatMessage('get,', name), 'quiet', get(name));
      expectTold(formatMessage('put,', name), 'quiet', put(name));
    }
    for (const [name, why] of [
      ['', /empty/],
      ['a\nb', /control/],
      ['a\0', /control/],
      [`${LONGEST}x`, /29 bytes, and a message has room for 28/],
      ['ö'.repeat(15), /30 bytes/],
      ['\ud800', /surrogate/],
    ] as const) {
      expect(await rejects('invalid-name', () => formatMessage('get,', name)), name).to.match(why);
    }
  });

  it('is told by its first words from others', () => {
    const begins = (first: string): unknown => privateshareServer.begins?.(Buffer.from(first), false);
    for (const first of ['list', 'list\n', 'get,', 'get,a', 'put,', 'put,abc']) {
      expect(begins(first), first).to.equal(true);
      for (let at = 1; at < 4; at += 1) expect(begins(first.slice(0, at)), first.slice(0, at)).to.equal(undefined);
    }
    for (const first of ['-', 'x', 'ge_', 'get ', 'put ', 'LIST', '5:get ', '\x16', 'lisp', 'pass']) {
      expect(begins(first), first).to.equal(false);
    }
  });
});
