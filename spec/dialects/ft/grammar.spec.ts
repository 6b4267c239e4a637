import { expect } from 'chai';
import fc from 'fast-check';
import { isComplete, parseRequest, type FtOptions, type FtRequest, type Verb } from '../../../lib/dialects/ft/grammar';
import { caught } from '../../support/splits';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const parse = (text: string): FtRequest => parseRequest(bytes(text));
const TOKEN = '00112233445566778899aabbccddeeff';
const ANY: FtRequest = { verb: 'q', options: {}, path: '', named: '', port: 0, length: 0, crc32: '' };

describe('dialects/ft/grammar: reading', () => {
  describe('parseRequest', () => {
    const good: [line: string, request: Partial<FtRequest>][] = [
      ['-l 8555', { verb: 'l', port: 8555 }],
      ['-l 0', { verb: 'l', port: 0 }],
      ['-l 1024', { verb: 'l', port: 1024 }],
      ['-l 65535', { verb: 'l', port: 65535 }],
      ['-l  8555', { verb: 'l', port: 8555 }],
      ['-l . 8555', { verb: 'l', port: 8555, named: '.' }],
      ['-l 007 8555', { verb: 'l', port: 8555, path: '007', named: '007' }],
      [
        '-l --facts --recursive sub/dir 8555',
        { verb: 'l', options: { facts: true, recursive: true }, path: 'sub/dir', named: 'sub/dir', port: 8555 },
      ],
      ['-l --facts 8555', { verb: 'l', options: { facts: true }, port: 8555 }],
      ['-l --hex 6162 8555', { verb: 'l', options: { hex: true }, path: 'ab', named: 'ab', port: 8555 }],
      ['-l -- --odd 8555', { verb: 'l', path: '--odd', named: '--odd', port: 8555 }],
      ['-g a 8555', { verb: 'g', path: 'a', named: 'a', port: 8555 }],
      ['-g a b c 8555', { verb: 'g', path: 'a b c', named: 'a b c', port: 8555 }],
      ['-g a  8555', { verb: 'g', path: 'a ', named: 'a ', port: 8555 }],
      ['-g  a 8555', { verb: 'g', path: ' a', named: ' a', port: 8555 }],
      ['-g   8555', { verb: 'g', path: ' ', named: ' ', port: 8555 }],
      ['-g 8555 9000', { verb: 'g', path: '8555', named: '8555', port: 9000 }],
      ['-g  --hex 8555', { verb: 'g', path: ' --hex', named: ' --hex', port: 8555 }],
      ['-g -rf 8555', { verb: 'g', path: '-rf', named: '-rf', port: 8555 }],
      ['-g -l 8555', { verb: 'g', path: '-l', named: '-l', port: 8555 }],
      ['-g a --hex 8555', { verb: 'g', path: 'a --hex', named: 'a --hex', port: 8555 }],
      ['-g -- -- 8555', { verb: 'g', path: '--', named: '--', port: 8555 }],
      ['-g -- --hex 8555', { verb: 'g', path: '--hex', named: '--hex', port: 8555 }],
      ['-g ../../etc/passwd 8555', { verb: 'g', path: 'etc/passwd', named: '../../etc/passwd', port: 8555 }],
      ['-g . 8555', { verb: 'g', path: '', named: '.', port: 8555 }],
      ['-g caf\xc3\xa9 8555', { verb: 'g', path: 'café', named: 'café', port: 8555 }],
      [
        '-g --hex 636166e9 8555',
        { verb: 'g', options: { hex: true }, path: 'caf\udce9', named: 'caf\udce9', port: 8555 },
      ],
      ['-g --hex 610A62 8555', { verb: 'g', options: { hex: true }, path: 'a\nb', named: 'a\nb', port: 8555 }],
      [
        '-g --offset=007 --length=9007199254740991 a 8555',
        { verb: 'g', options: { offset: 7, length: 2 ** 53 - 1 }, path: 'a', named: 'a', port: 8555 },
      ],
      [
        '-g --version-is=a=b --digest=sha256 a 8555',
        { verb: 'g', options: { versionIs: 'a=b', digest: 'sha256' }, path: 'a', named: 'a', port: 8555 },
      ],
      [
        `-g --token=${TOKEN.toUpperCase()} a 0`,
        { verb: 'g', options: { token: Buffer.from(TOKEN, 'hex') }, path: 'a', named: 'a', port: 0 },
      ],
      [
        '-p --size=3 --confirm --modify=20261120143000.123 --if-exists=overwrite a 8555',
        {
          verb: 'p',
          options: { size: 3, confirm: true, modify: Date.UTC(2026, 10, 20, 14, 30, 0, 123), ifExists: 'overwrite' },
          path: 'a',
          named: 'a',
          port: 8555,
        },
      ],
      [
        '-p --offset=5 --if-exists=fail a 8555',
        { verb: 'p', options: { offset: 5, ifExists: 'fail' }, path: 'a', named: 'a', port: 8555 },
      ],
      ['-c 82500 0A1b2C3d', { verb: 'c', length: 82500, crc32: '0a1b2c3d' }],
      ['-c 0 00000000', { verb: 'c', length: 0, crc32: '00000000' }],
      ['-s a b 8555', { verb: 's', path: 'a b 8555', named: 'a b 8555' }],
      ['-s a ', { verb: 's', path: 'a ', named: 'a ' }],
      [
        '-s --part --size=3 --modify=20261120143000 a',
        { verb: 's', options: { part: true, size: 3, modify: Date.UTC(2026, 10, 20, 14, 30) }, path: 'a', named: 'a' },
      ],
      [
        '-h --length=3 --digest=sha256 a',
        { verb: 'h', options: { length: 3, digest: 'sha256' }, path: 'a', named: 'a' },
      ],
      ['-h -- --a', { verb: 'h', path: '--a', named: '--a' }],
      ['-f', { verb: 'f' }],
      ['-q', { verb: 'q' }],
      ['-x', { verb: 'x' }],
    ];
    for (const [line, request] of good) {
      it(`understands ${JSON.stringify(line)}`, () => {
        expect(parse(line)).to.deep.equal({ ...ANY, ...request });
      });
    }

    const bad: [reply: number, lines: string[]][] = [
      [
        500,
        [
          '',
          ' ',
          '-',
          '--',
          'l 8555',
          'xl 8555',
          '-L 8555',
          '-la 8555',
          '-z',
          '-l\t8555',
          ' -l 8555',
          '\x16\x03\x01\x02',
          '-8',
          '-constructor',
        ],
      ],
      [500, ['GET / HTTP/1.1', 'SSH-2.0-OpenSSH_9.6', 'USER anonymous', '--facts', '-q\r', '-\xff']],
      [501, ['-l', '-l ', '-l --facts', '-l a', '-l 8555 ', '-l -- ', '-l --']],
      [501, ['-g', '-g ', '-g  ', '-g 8555', '-g  8555', '-g name', '-g --offset=1 8555', '-g -- 8555', '-p 8555']],
      [501, ['-s', '-s ', '-s --', '-s -- ', '-s --part', '-h', '-h --digest=crc32']],
      [
        501,
        ['-l 1', '-l 80', '-l 1023', '-l 65536', '-l 99999999999999999', '-l -1', '-l +8555', '-l 8555x', '-l 0x2000'],
      ],
      [501, ['-g a 8e3', '-g a \xb2', '-g a 8555\r', '-g a 8555\0', '-l 8555\r']],
      [501, ['-g a\0b 8555', '-g a\nb 8555', '-g a\tb 8555', '-g \x1b[2J 8555', '-g a\x7f 8555', '-s a\r']],
      [501, ['-g caf\xe9 8555', '-g \xc0\xaf 8555', '-g \xed\xb2\x80 8555']],
      [501, ['-g --hex 6 8555', '-g --hex zz 8555', '-g --hex  8555', '-g --hex 61 62 8555', '-g --hex 6100 8555']],
      [501, ['-l --facts --facts 8555', '-g --offset=1 --offset=1 a 8555', '-g --hex --hex 61 8555']],
      [501, ['-l --facts=1 8555', '-l --facts= 8555', '-p --confirm=true a 8555', '-g --hex=1 61 8555']],
      [
        501,
        [
          '-g --offset a 8555',
          '-g --offset= a 8555',
          '-g --offset=-1 a 8555',
          '-g --offset=1e3 a 8555',
          '-g --length=9007199254740992 a 8555',
        ],
      ],
      [
        501,
        [
          '-g --token=00 a 0',
          `-g --token=${TOKEN}0 a 0`,
          `-g --token=${TOKEN.repeat(2)}00 a 0`,
          '-g --token=zz a 0',
          '-g --token a 0',
        ],
      ],
      [
        501,
        [
          '-g --digest=md5 a 8555',
          '-g --digest=CRC32 a 8555',
          '-p --if-exists=maybe a 8555',
          '-p --modify=20260230000000 a 8555',
        ],
      ],
      [
        501,
        [
          '-g --version-is= a 8555',
          '-g --version-is=a;b a 8555',
          `-g --version-is=${'a'.repeat(129)} a 8555`,
          '-g --version-is=\xe9 a 8555',
        ],
      ],
      [
        501,
        [
          '-c',
          '-c ',
          '-c 3',
          '-c 3 0a1b2c3',
          '-c 3 0a1b2c3dd',
          '-c 3 0a1b2c3g',
          '-c x 0a1b2c3d',
          '-c  3 0a1b2c3d',
          '-c 3 0a1b2c3d ',
          '-c 3 0a1b2c3d x',
        ],
      ],
      [501, ['-q ', '-q now', '-f a', '-x 1']],
      [
        504,
        [
          '-g --odd 8555',
          '-g --odd a 8555',
          '-g --facts a 8555',
          '-l --offset=1 8555',
          '-l --Facts 8555',
          '-g --versionIs=a a 8555',
        ],
      ],
      [
        504,
        [
          '-c --hex 3 0a1b2c3d',
          '-c -- 3 0a1b2c3d',
          '-q --',
          '-f --all',
          '-s --token=00 a',
          '-h --offset=1 a',
          '-g --=1 a 8555',
        ],
      ],
      [
        504,
        [
          '-g --part a 8555',
          '-l --confirm 8555',
          '-g --constructor a 8555',
          '-g --__proto__=1 a 8555',
          '-g --\x1b[2J a 8555',
        ],
      ],
    ];
    for (const [reply, lines] of bad) {
      for (const line of lines) {
        it(`refuses ${JSON.stringify(line)} with ${reply}`, () => {
          expect(caught(() => parse(line))).to.deep.equal({ threw: 'syntax', reply });
        });
      }
    }

    it('says why a port below 1024 is refused', () => {
      expect(() => parse('-l 25')).to.throw(/Data port 25 .*RFC 2577 §3/);
      expect(() => parse('-l 65536')).to.throw(/1024 to 65535/);
    });

    it('says how to send a name that is not plain', () => {
      expect(() => parse('-g caf\xe9 8555')).to.throw(/--hex/);
    });

    it('repeats nothing of the line that could drive a terminal', () => {
      for (const line of [
        '\x1b[2J',
        '-g --\x1b[2J a 8555',
        '-g --offset=\x1b a 8555',
        '-g \x1b 8555',
        '-l \x1b',
        '\x9b',
      ]) {
        try {
          parse(line);
          expect.fail('must be refused');
        } catch (error) {
          expect((error as Error).message).to.match(/^[ -~§]+$/);
        }
      }
    });

    it('knows every option of a verb, and none of another', () => {
      const samples: Record<keyof FtOptions, string> = {
        hex: '--hex',
        facts: '--facts',
        recursive: '--recursive',
        offset: '--offset=1',
        length: '--length=1',
        versionIs: '--version-is=v',
        token: `--token=${TOKEN}`,
        digest: '--digest=crc32',
        size: '--size=1',
        confirm: '--confirm',
        modify: '--modify=20260101000000',
        ifExists: '--if-exists=fail',
        part: '--part',
        parents: '--parents',
      };
      const of: Record<Verb, string> = {
        l: 'hex facts recursive token digest',
        g: 'hex offset length versionIs token digest',
        p: 'hex size confirm modify offset ifExists token',
        s: 'hex part size modify',
        h: 'hex length digest',
        m: 'hex parents',
        d: 'hex',
        r: 'hex',
        u: 'hex',
        c: '',
        f: '',
        q: '',
        x: '',
      };
      for (const verb of Object.keys(of) as Verb[]) {
        for (const [key, word] of Object.entries(samples)) {
          const tail = {
            l: ' 61 0',
            g: ' 61 0',
            p: ' 61 0',
            s: ' 61',
            h: ' 61',
            m: ' 61',
            d: ' 61',
            r: ' 61\t62',
            u: ' 61\t62',
            c: ' 1 00000000',
            f: '',
            q: '',
            x: '',
          }[verb];
          const known = of[verb].split(' ').includes(key);
          const outcome = caught(() => expect(parse(`-${verb} ${word}${tail}`).options).to.have.keys([key]));
          expect(outcome, `-${verb} ${word}`).to.deep.equal(known ? undefined : { threw: 'syntax', reply: 504 });
        }
      }
    });
  });

  it('answers any line with a request or a coded refusal', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '-l',
        '-g',
        '-p',
        '-c',
        '-s',
        '-m',
        '-d',
        '-r',
        ' ',
        ' ',
        '\t',
        '--',
        '--parents',
        '--hex',
        '--offset=',
        '--token=',
        '8555',
        '0',
        'a',
        '\0',
      ),
      fc.uint8Array({ maxLength: 4 }).map((raw) => Buffer.from(raw).toString('latin1')),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (parts) => {
        const outcome = caught(() => parse(parts.join('')));
        if (outcome === undefined) return;
        expect(outcome.threw).to.equal('syntax');
        expect([500, 501, 504]).to.include(outcome.reply);
      }),
      { numRuns: 3000 },
    );
  });

  describe('isComplete', () => {
    it('knows whole list and get lines', () => {
      for (const line of ['-l 8555', '-l 0', '-l a 8555', '-l --facts 8555', '-g a 8555', '-g a b 0']) {
        expect(isComplete(bytes(line)), line).to.equal(true);
      }
    });

    it('takes nothing else for whole, above all no write', () => {
      for (const line of [
        '',
        '-',
        '-l',
        '-g',
        '-l ',
        '-l 85',
        '-l a',
        '-g a',
        '-g a 85',
        '-g a 85555',
        '-g 8555',
        'l 8555',
      ]) {
        expect(isComplete(bytes(line)), line).to.equal(false);
      }
      for (const line of ['-p a 8555', '-c 3 0a1b2c3d', '-s a', '-h a', '-q', '-x', '-f', '-l 8555\r', '-l a\0 8555']) {
        expect(isComplete(bytes(line)), line).to.equal(false);
      }
    });
  });
});
