import { expect } from 'chai';
import fc from 'fast-check';
import { formatEntry, formatFacts, formatTime, parseEntry, parseFacts, parseTime } from '../../lib/wire/facts';
import { decodeName } from '../../lib/wire/names';
import { caught } from '../support/splits';

const misuse = { threw: 'invalid-argument', reply: undefined };
const protocol = { threw: 'protocol', reply: undefined };

describe('wire/facts', () => {
  describe('formatFacts', () => {
    it('writes facts in the order given, keys in lower case, undefined left out', () => {
      expect(formatFacts({})).to.equal('');
      expect(formatFacts({ size: 1, crc32: '0a1b2c3d' })).to.equal('size=1;crc32=0a1b2c3d;');
      expect(formatFacts({ Size: 0, version: undefined, 'UNIX.mode': '0644', empty: '' })).to.equal(
        'size=0;unix.mode=0644;empty=;',
      );
    });

    it('refuses a value that would end the fact or the facts early', () => {
      for (const value of ['a;b', 'a b', 'a\nb', 'a\0', '\x7f', '\x9b', 1.5, -1, NaN, Infinity, 2 ** 53]) {
        expect(
          caught(() => formatFacts({ a: value })),
          String(value),
        ).to.deep.equal(misuse);
      }
    });

    it('refuses a name that is no fact name', () => {
      for (const key of ['', 'a=b', 'a;', 'a b', '1a', 'é']) {
        expect(
          caught(() => formatFacts({ [key]: 1 })),
          key,
        ).to.deep.equal(misuse);
      }
    });
  });

  describe('parseFacts', () => {
    const table: [text: string, facts: Record<string, string>, rest: string][] = [
      ['size=1;crc32=0a1b2c3d; Transfer complete.', { size: '1', crc32: '0a1b2c3d' }, 'Transfer complete.'],
      ['size=1;', { size: '1' }, ''],
      ['size=1; ', { size: '1' }, ''],
      ['size=1;  two spaces ', { size: '1' }, ' two spaces '],
      ['Size=1;TYPE=File; a', { size: '1', type: 'File' }, 'a'],
      ['a=b=c;d=; n', { a: 'b=c', d: '' }, 'n'],
      ['size=1;size=2; n', { size: '1' }, 'n'],
      ['size=1; a;b=c;', { size: '1' }, 'a;b=c;'],
      ['Transfer complete.', {}, 'Transfer complete.'],
      ['', {}, ''],
      [' name', {}, ' name'],
      ['a;b c', {}, 'a;b c'],
      ['size=1 name', {}, 'size=1 name'],
      ['size=1;x name', {}, 'size=1;x name'],
      ['=1; name', {}, '=1; name'],
      [';', {}, ';'],
      ['size=1;;', {}, 'size=1;;'],
      ['__proto__=1; n', { ['__proto__']: '1' }, 'n'],
    ];
    for (const [text, facts, rest] of table) {
      it(`reads ${JSON.stringify(text)}`, () => {
        const parsed = parseFacts(text);
        expect([...parsed.facts]).to.deep.equal(Object.entries(facts));
        expect(parsed.rest).to.equal(rest);
      });
    }

    it('reads back what formatFacts writes', () => {
      const facts = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/), fc.stringMatching(/^[!-:<-~]{0,12}$/), {
        minKeys: 1,
      });
      fc.assert(
        fc.property(facts, fc.string(), (given, rest) => {
          const parsed = parseFacts(`${formatFacts(given)} ${rest}`);
          expect([...parsed.facts]).to.deep.equal(Object.entries(given));
          expect(parsed.rest).to.equal(rest);
        }),
      );
    });
  });

  describe('times', () => {
    it('are UTC with milliseconds', () => {
      expect(formatTime(Date.UTC(2026, 10, 20, 14, 30, 0, 123))).to.equal('20261120143000.123');
      expect(formatTime(0)).to.equal('19700101000000.000');
      expect(formatTime(-1)).to.equal('19691231235959.999');
      expect(formatTime(1.9)).to.equal('19700101000000.001');
    });

    it('are refused outside the years 0 to 9999', () => {
      for (const ms of [NaN, Infinity, 8.64e15 + 1, Date.UTC(10000, 0), -8.64e15]) {
        expect(
          caught(() => formatTime(ms)),
          String(ms),
        ).to.deep.equal(misuse);
      }
    });

    it('are read with and without a fraction', () => {
      const whole = Date.UTC(2026, 10, 20, 14, 30, 5);
      expect(parseTime('20261120143005')).to.equal(whole);
      expect(parseTime('20261120143005.1')).to.equal(whole + 100);
      expect(parseTime('20261120143005.123')).to.equal(whole + 123);
      expect(parseTime('20261120143005.123999999')).to.equal(whole + 123);
      expect(parseTime('20240229000000')).to.equal(Date.UTC(2024, 1, 29));
      expect(parseTime('00500101000000')).to.equal(new Date('0050-01-01T00:00:00Z').getTime());
      expect(parseTime('20161231235960')).to.equal(Date.UTC(2017, 0, 1));
    });

    for (const text of [
      '',
      '2026',
      '20261120',
      '2026112014300',
      '202611201430000',
      '20261120143000.',
      '20261120143000.1234567890',
      '20261120143000,1',
      '20261120143000Z',
      ' 20261120143000',
      '20261120143000\n',
      '20260230000000',
      '20250229000000',
      '20261320000000',
      '20260020000000',
      '20260100000000',
      '20260132000000',
      '20260101240000',
      '20260101006000',
      '20260101000061',
      '-0261120143000',
    ]) {
      it(`are not ${JSON.stringify(text)}`, () => {
        expect(parseTime(text)).to.equal(undefined);
      });
    }

    it('read back to the millisecond', () => {
      const min = new Date('0000-01-01T00:00:00Z').getTime();
      fc.assert(
        fc.property(fc.integer({ min, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) }), (ms) => {
          expect(parseTime(formatTime(ms))).to.equal(ms);
        }),
      );
    });
  });

  describe('entries', () => {
    it('are one line each', () => {
      expect(formatEntry({ name: '.', type: 'cdir' }).toString()).to.equal('type=cdir; .\n');
      expect(formatEntry({ name: 'a b', type: 'file', size: 3, modified: 0, version: 'abc' }).toString()).to.equal(
        'type=file;size=3;modify=19700101000000.000;version=abc; a b\n',
      );
      expect(formatEntry({ name: 'fifo', type: 'other' }).toString()).to.equal('type=OS.unix=other; fifo\n');
    });

    it('carry a name with control bytes in hexadecimal, beside what can be shown', () => {
      expect(formatEntry({ name: 'a\nb', type: 'file' }).toString()).to.equal('type=file;hexname=610a62; a?b\n');
    });

    it('carry a name that is not UTF-8 as its bytes', () => {
      expect(formatEntry({ name: 'caf\udce9', type: 'file' })).to.deep.equal(
        Buffer.from('type=file; caf\xe9\n', 'latin1'),
      );
    });

    it('have a name', () => {
      expect(caught(() => formatEntry({ name: '', type: 'file' }))).to.deep.equal({
        threw: 'invalid-name',
        reply: undefined,
      });
    });

    it('are read as other servers write them', () => {
      const read = (text: string): unknown => parseEntry(Buffer.from(text));
      expect(read('Type=FILE;Size=3;UNIX.mode=0644;Modify=20261120143000; x')).to.deep.equal({
        name: 'x',
        type: 'file',
        size: 3,
        modified: Date.UTC(2026, 10, 20, 14, 30),
      });
      expect(read('type=OS.unix=slink:/etc; x')).to.deep.equal({ name: 'x', type: 'other' });
      expect(read('type=dir;sizd=4096; a;b=c; d')).to.deep.equal({ name: 'a;b=c; d', type: 'dir' });
      expect(read('type=pdir; ..')).to.deep.equal({ name: '..', type: 'pdir' });
      expect(read('type=file;hexname=4A0A; J?')).to.have.property('name', 'J\n');
      expect(read('type=file; /etc/passwd'), 'a name is data').to.have.property('name', '/etc/passwd');
      expect(read('type=file;   ')).to.have.property('name', '  ');
    });

    for (const text of [
      '',
      'name',
      ' name',
      'size=3; name',
      'type=; name',
      'type=file;',
      'type=file; ',
      'type=file;size=x; name',
      'type=file;size=-1; name',
      'type=file;modify=yesterday; name',
      'type=file;hexname=6; a',
      'type=file;hexname=zz; a',
      'type=file;hexname=; a',
      'type=file;hexname=62; a',
      'type=file; a\nb',
      'type=file; a\0b',
    ]) {
      it(`are not ${JSON.stringify(text)}`, () => {
        expect(caught(() => parseEntry(Buffer.from(text)))).to.deep.equal(protocol);
      });
    }

    it('read back whatever bytes the name has', () => {
      const entry = fc.record(
        {
          name: fc.uint8Array({ minLength: 1, maxLength: 30 }).map(decodeName),
          type: fc.constantFrom('file' as const, 'dir' as const, 'cdir' as const, 'pdir' as const, 'other' as const),
          size: fc.maxSafeNat(),
          modified: fc.integer({ min: 0, max: 4e12 }),
          version: fc.stringMatching(/^[0-9a-f]{1,32}$/),
        },
        { requiredKeys: ['name', 'type'] },
      );
      fc.assert(
        fc.property(entry, (given) => {
          const line = formatEntry(given);
          expect(line.indexOf('\n')).to.equal(line.length - 1);
          expect(parseEntry(line.subarray(0, -1))).to.deep.equal({ ...given });
        }),
        { numRuns: 1000 },
      );
    });

    it('throw coded errors only, on any bytes', () => {
      const line = fc.oneof(
        fc.uint8Array(),
        fc.uint8Array({ maxLength: 20 }).map((raw) => Buffer.concat([Buffer.from('type=file;'), raw])),
      );
      fc.assert(
        fc.property(line, (raw) => {
          expect([undefined, 'protocol']).to.include(caught(() => parseEntry(raw))?.threw);
        }),
      );
    });
  });
});
