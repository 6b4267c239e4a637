import { expect } from 'chai';
import * as fc from 'fast-check';
import { colonServer, formatHeader, HeaderDecoder, type ColonRequest } from '../../lib/dialects/colon';
import { LIMITS } from '../../lib/options';
import { encodeName } from '../../lib/wire/names';
import { caught, cuts, type Cut } from '../support/splits';
import { rejects } from '../support/storageHelpers';

/** What comes of chunks, and the body that they began. */
function told(chunks: Cut['chunks'], ended = false): [ColonRequest | string | undefined, string] {
  const decoder = new HeaderDecoder();
  let request: ColonRequest | string | undefined;
  for (const chunk of chunks) {
    const reused = Uint8Array.from(chunk);
    decoder.push(reused);
    reused.fill(0x21);
    if (request !== undefined) continue;
    const threw = caught(() => {
      const incoming = decoder.next();
      if (incoming !== undefined && 'request' in incoming) request = incoming.request;
    });
    if (threw !== undefined) return [threw.threw, ''];
    expect(decoder.quiet()).to.equal(undefined);
  }
  const threw = ended ? caught(() => decoder.end()) : undefined;
  if (threw !== undefined) return [threw.threw, ''];
  expect(decoder.waiting).to.equal(request === undefined && chunks.length > 0);
  return [request, request === undefined ? '' : Buffer.from(decoder.rest()).toString('latin1')];
}

function expectTold(bytes: string | Buffer, request: ColonRequest | string | undefined, body = ''): void {
  for (const { how, chunks } of cuts(Buffer.from(bytes as string))) {
    expect(told(chunks), `${JSON.stringify(bytes.toString())}, ${how}`).to.deep.equal([request, body]);
  }
}

const get = (name: string): ColonRequest => ({ choice: 'get', name });
const put = (name: string): ColonRequest => ({ choice: 'put', name });

describe('colon: headers', () => {
  it('ends with the last letter of the choice: what follows is the file', () => {
    expectTold('a.txt:GET', get('a.txt'));
    expectTold('a.txt:PUT', put('a.txt'));
    expectTold('a.txt:SEND', put('a.txt'));
    expectTold('a.txt:PUThello', put('a.txt'), 'hello');
    expectTold('a.txt:SENDING', put('a.txt'), 'ING');
    expectTold('a:PUT:GET', put('a'), ':GET');
    expectTold('a:PUT\n', put('a'), '\n');
    expectTold('a:PUT b', put('a'), ' b');
    expectTold('a:GET and more', get('a'), ' and more');
  });

  it('tolerates spaces around the colon, and either case', () => {
    for (const [bytes, request] of [
      ['a : GET', get('a')],
      ['a   :PUT', put('a')],
      ['a:    put', put('a')],
      ['a:Send', put('a')],
      ['two  words : get', get('two  words')],
      ['  a : GET', get('  a')],
    ] as const) {
      expectTold(bytes, request);
    }
  });

  it('leaves colons in a name alone', () => {
    for (const name of [
      'a:b',
      'C:',
      ':',
      '::',
      'a: :b',
      '12:30',
      '3:CLIENT',
      'a:GE',
      'a: PU',
      ':b',
      'x:SEN:D',
      '3 x:CLIENTS',
    ]) {
      expectTold(`${name}:GET`, get(name));
      expectTold(`${name} : PUTx`, put(name), 'x');
    }
  });

  it('takes the first choice in the stream', () => {
    expectTold('a:GET.txt:PUT', get('a'), '.txt:PUT');
    expectTold('a:get away.txt:PUT', get('a'), ' away.txt:PUT');
  });

  it('notes how many clients are announced, once', () => {
    expectTold('3:CLIENTSa.txt:GET', { ...get('a.txt'), clients: 3 });
    expectTold('1 : clientsa:PUTbody', { ...put('a'), clients: 1 }, 'body');
    expectTold('1000:CLIENTSa:PUT', { ...put('a'), clients: 1000 });
    expectTold('007:CLIENTSa:PUT', { ...put('a'), clients: 7 });
    expectTold('2:CLIENTS3:CLIENTS:GET', { ...get('3:CLIENTS'), clients: 2 });
    expectTold('3:CLIENTS', undefined);
    for (const count of ['0', '1001', '9'.repeat(400)]) {
      expectTold(`${count}:CLIENTSa:GET`.slice(-60), 'syntax');
    }
    expectTold('-1:CLIENTS:GET', get('-1:CLIENTS'));
  });

  it('refuses an empty name and one with control characters', () => {
    for (const bytes of [':GET', '   :PUT', 'a\nb:GET', '\0:GET', 'a\u0085:PUT', '3:CLIENTS:GET', '3:CLIENTS\na:GET']) {
      expectTold(bytes, 'syntax');
    }
  });

  it('is bounded', () => {
    const longest = 'n'.repeat(LIMITS.requestLine - 4);
    expect(told([Buffer.from(`${longest}:GET`)])).to.deep.equal([get(longest), '']);
    expect(told([Buffer.from(`${longest}x:GET`)])).to.deep.equal(['syntax', '']);
    expect(told([Buffer.from(`9:CLIENTS${longest}:PUTx`)])).to.deep.equal([{ ...put(longest), clients: 9 }, 'x']);
    for (const filler of ['x', ' ', ':', ': ', '1']) {
      const bytes = Buffer.from(filler.repeat(LIMITS.requestLine));
      expect(told([bytes.subarray(0, LIMITS.requestLine - 1)]), filler).to.deep.equal([undefined, '']);
      expect(told([bytes.subarray(0, LIMITS.requestLine)]), filler).to.deep.equal(['syntax', '']);
      // Byte by byte it costs no more than a few searches of a bounded header.
      expect(told([...bytes].map((byte) => Uint8Array.of(byte))), filler).to.deep.equal(['syntax', '']);
    }
  });

  it('does not end inside of a header', () => {
    for (const bytes of ['a', 'a.txt:', 'a.txt:GE', '3:CLIENTS', 'a:CLIENTS']) {
      for (const { how, chunks } of cuts(Buffer.from(bytes))) expect(told(chunks, true)[0], how).to.equal('syntax');
    }
    expect(told([], true)).to.deep.equal([undefined, '']);
    expect(told([Buffer.from('a:GET')], true)).to.deep.equal([get('a'), '']);
  });

  it('says what it writes, or knows that it cannot', () => {
    const piece = fc.oneof(
      fc.constantFrom(':', ' ', '3', 'GET', 'put', 'Send', 'CLIENTS', 'a', 'é', '\udcff', '\n', '', 'T'),
      fc.string({ maxLength: 3 }),
    );
    const names = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(
        names,
        fc.constantFrom('get', 'put'),
        fc.option(fc.integer({ min: 1, max: 1000 })),
        (name, choice, n) => {
          const request: ColonRequest = { choice, name, ...(n !== null && { clients: n }) };
          let header: Buffer;
          try {
            header = formatHeader(request);
          } catch {
            // Then it would not have arrived as it was meant.
            const bytes = Buffer.concat([encodeName(name), Buffer.from(`:${choice.toUpperCase()}`)]);
            expect(told([bytes])[0]).to.not.deep.equal({ choice, name });
            return;
          }
          expect(told([header])).to.deep.equal([request, '']);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('says in a sentence what it cannot ask for', async () => {
    for (const [name, why] of [
      ['', /empty/],
      ['a\nb', /control/],
      ['a ', /ends with a space/],
      ['a:PUT', /holds ":PUT", ":SEND" or ":GET"/],
      ['a: getaway', /holds/],
      ['3:CLIENTS', /announcement/],
      ['n'.repeat(LIMITS.requestLine - 3), /too long/],
    ] as const) {
      expect(await rejects('invalid-name', () => formatHeader(get(name))), name).to.match(why);
    }
    for (const clients of [0, 1001, 1.5]) {
      await rejects('invalid-argument', () => formatHeader({ ...get('a'), clients }));
    }
  });

  it('cannot be told by its first words, and so has a port of its own', () => {
    expect(colonServer.begins).to.equal(undefined);
  });
});
