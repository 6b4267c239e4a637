import { expect } from 'chai';
import type { Incoming } from '../../../lib/control/dialect';
import { StepDecoder, stepwiseServer, type Step } from '../../../lib/dialects/stepwise/server';
import { LIMITS } from '../../../lib/options';
import { caught, cuts, expectAtEveryCut, feed } from '../../support/splits';

const field = (line: string, half?: 'silence' | 'end'): object => ({ request: {}, line, ...(half && { half }) });
const last = (line: string, request: object, half?: 'silence' | 'end'): object => ({
  request: { request },
  line,
  ...(half && { half }),
});
const list = (port: number, address: string): object => ({ kind: 'list', port, address, name: '' });
const get = (port: number, address: string, name: string): object => ({ kind: 'get', port, address, name });

/** Each field in pieces of its own, and then a silence, or after the last of them FIN. */
function said(fields: readonly (string | Uint8Array)[], ending: 'quiet' | 'end' = 'quiet'): unknown[] {
  const decoder = new StepDecoder();
  const out: unknown[] = [];
  for (const [i, each] of fields.entries()) {
    const fed = feed(decoder, [Buffer.from(each as string)]);
    out.push(...fed);
    if (fed.some((one) => 'threw' in one)) return out;
    const how = ending === 'end' && i === fields.length - 1 ? 'end' : 'quiet';
    const threw = caught(() => {
      for (let more: Incoming<Step> | undefined; (more = decoder[how]()) !== undefined;) out.push(more);
    });
    if (threw) return [...out, threw];
  }
  return out;
}

const SYNTAX = { threw: 'syntax', reply: undefined };

describe("stepwise's fields", () => {
  it('are whole when they cannot grow, at every cut', () => {
    const bytes = Buffer.from('-l49152127.000.000.001');
    const request = list(49152, '127.000.000.001');
    expectAtEveryCut(bytes, () => new StepDecoder(), [field('-l'), field('49152'), last('127.000.000.001', request)]);
  });

  for (const [how, end] of Object.entries({ LF: '\n', 'CR LF': '\r\n', NUL: '\0', 'many NULs': '\0'.repeat(30) })) {
    it(`are whole at ${how}, at every cut`, () => {
      const bytes = Buffer.from(['-g', '8555', '10.0.0.2', 'two words, é'].join(end) + end);
      const request = get(8555, '10.0.0.2', 'two words, é');
      expectAtEveryCut(bytes, () => new StepDecoder(), [
        field('-g'),
        field('8555'),
        field('10.0.0.2'),
        last('two words, é', request),
      ]);
    });
  }

  it('are whole after silence', () => {
    expect(said(['-l', '8555', '10.0.0.2'])).to.deep.equal([
      field('-l'),
      field('8555', 'silence'),
      last('10.0.0.2', list(8555, '10.0.0.2'), 'silence'),
    ]);
    expect(said(['-g', '8555', '10.0.0.200', '-l'])).to.deep.equal([
      field('-g'),
      field('8555', 'silence'),
      field('10.0.0.200'),
      last('-l', get(8555, '10.0.0.200', '-l'), 'silence'),
    ]);
  });

  it('are whole at FIN, which is none of half a verb', () => {
    expect(said(['-g', '8555', '10.0.0.2', 'name'], 'end').at(-1)).to.deep.equal(
      last('name', get(8555, '10.0.0.2', 'name'), 'end'),
    );
    expect(said(['-l', '8555'], 'end').at(-1)).to.deep.equal(field('8555', 'end'));
    expect(said(['-'], 'end')).to.deep.equal([SYNTAX]);
    expect(said([''], 'end')).to.deep.equal([]);
  });

  it('a verb is never whole by silence', () => {
    const decoder = new StepDecoder();
    decoder.push(Buffer.from('-'));
    expect(decoder.waiting).to.equal(true);
    expect(decoder.quiet()).to.equal(undefined);
    expect(feed(decoder, [Buffer.from('g')])).to.deep.equal([field('-g')]);
    expect(decoder.waiting).to.equal(false);
  });

  it('are waited for half a second', () => {
    expect(new StepDecoder().patience).to.equal(500);
  });

  it('a name that is not UTF-8 is the bytes that it is', () => {
    const out = said(['-g', '8555', '10.0.0.2', Buffer.from([0x61, 0xff, 0x80])]);
    expect(out.at(-1)).to.deep.include({ line: 'a\udcff\udc80' });
  });

  it('what comes behind the last is nobody’s', () => {
    const decoder = new StepDecoder();
    expect(feed(decoder, [Buffer.from('-l\n8555\n10.0.0.2\n-l\n9000\n10.0.0.2\n')])).to.have.length(3);
    decoder.push(Buffer.alloc(1 << 20, 'a'));
    expect([decoder.next(), decoder.quiet(), decoder.end(), decoder.waiting]).to.deep.equal([
      undefined,
      undefined,
      undefined,
      false,
    ]);
  });

  const nonsense: Readonly<Record<string, readonly string[]>> = {
    'another verb': ['-p'],
    'no verb': ['GET / HTTP/1.1\r\n'],
    'half a verb and a newline': ['-\n'],
    'a line of ft': ['-l 8555\n'],
    'a privileged port': ['-l', '1023'],
    'a privileged port with zeros before': ['-l', '00080'],
    'a port of three digits': ['-l', '855'],
    'a port too high': ['-l', '65536'],
    'port 0': ['-l', '0\n'],
    'a negative port': ['-l', '-8555'],
    'a port that is no number': ['-l', '8e3\n'],
    'a number in other digits': ['-l', '１０２４'],
    'an address of three numbers': ['-l', '8555', '10.0.0\n'],
    'an address of five': ['-l', '8555', '1.2.3.4.5'],
    'an address with a number too high': ['-l', '8555', '10.0.0.256'],
    'an IPv6 address': ['-l', '8555', '::1'],
    'a host name': ['-l', '8555', 'localhost'],
    'a name with a control character': ['-g', '8555', '10.0.0.2', 'a\tb'],
    'a name with a C1 control character': ['-g', '8555', '10.0.0.2', 'a\u009bb'],
  };
  for (const [what, fields] of Object.entries(nonsense)) {
    it(`${what} is refused, however it is cut`, () => {
      expect(said(fields).at(-1)).to.deep.equal(SYNTAX);
      const before = fields.slice(0, -1);
      for (const { how, chunks } of cuts(Buffer.from(fields.at(-1) as string))) {
        const decoder = new StepDecoder();
        for (const each of before) {
          feed(decoder, [Buffer.from(each)]);
          decoder.quiet();
        }
        const out = feed(decoder, chunks);
        const end = out.some((each) => 'threw' in each) ? out.at(-1) : caught(() => decoder.quiet());
        expect(end, how).to.deep.equal(SYNTAX);
      }
    });
  }

  it('a name has as many bytes as a line may have, and no more', () => {
    const asked = ['-g', '8555', '10.0.0.2'];
    const longest = 'n'.repeat(LIMITS.requestLine);
    expect(said([...asked, longest]).at(-1)).to.deep.include({ line: longest });
    expect(said([...asked, `${longest}n`]).at(-1)).to.deep.equal(SYNTAX);
  });

  it('a flood of anything is refused or forgotten at once', () => {
    expect(said(['1'.repeat(1 << 20)])).to.deep.equal([SYNTAX]);
    expect(said(['-l', '1'.repeat(1 << 20)])).to.deep.equal([field('-l'), SYNTAX]);
    const decoder = new StepDecoder();
    expect(feed(decoder, [Buffer.alloc(1 << 20)])).to.deep.equal([]);
    expect(decoder.waiting).to.equal(false);
  });
});

describe('what sounds like stepwise', () => {
  const begins = (text: string, silent: boolean): boolean | undefined =>
    stepwiseServer.begins?.(Buffer.from(text), silent);

  it('is exactly -l or -g, and silence or NULs', () => {
    for (const verb of ['-l', '-g']) {
      expect(begins(verb, true), verb).to.equal(true);
      expect(begins(verb, false), verb).to.equal(undefined);
    }
    for (const padded of ['-l\0', `-g${'\0'.repeat(98)}`]) expect(begins(padded, false), padded).to.equal(true);
    expect(begins('-', false)).to.equal(undefined);
    expect(begins('-', true)).to.equal(false);
  });

  it('is nothing else', () => {
    for (const text of [
      '-l ',
      '-l\n',
      '-l8555',
      '-g\0x',
      '-p\0',
      '-p',
      '-q',
      '--',
      'l',
      'list',
      '3:get',
      '\n-l',
      ' -l',
    ]) {
      for (const silent of [false, true]) expect(begins(text, silent), text).to.equal(false);
    }
  });
});
