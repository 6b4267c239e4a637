import { expect } from 'chai';
import fc from 'fast-check';
import {
  formatRequest,
  parseRequest,
  VERBS,
  type FtOptions,
  type RequestParts,
  type Verb,
} from '../../../lib/dialects/ft/grammar';
import { LIMITS } from '../../../lib/options';
import { decodeName } from '../../../lib/wire/names';
import { normalisePath } from '../../../lib/wire/paths';
import { caught } from '../../support/splits';

describe('dialects/ft/grammar: writing', () => {
  describe('formatRequest', () => {
    const table: [request: RequestParts, line: string][] = [
      [{ verb: 'l', port: 8555 }, '-l 8555\n'],
      [{ verb: 'l', path: '', port: 0, options: { facts: true } }, '-l --facts 0\n'],
      [{ verb: 'l', path: 'a b', port: 8555 }, '-l a b 8555\n'],
      [{ verb: 'g', path: 'a ', port: 8555 }, '-g a  8555\n'],
      [{ verb: 'g', path: '--a b', port: 8555 }, '-g -- --a b 8555\n'],
      [{ verb: 'g', path: ' --a', port: 8555 }, '-g  --a 8555\n'],
      [{ verb: 'g', path: '-rf', port: 8555 }, '-g -rf 8555\n'],
      [{ verb: 'g', path: 'a\r\n-q', port: 8555 }, '-g --hex 610d0a2d71 8555\n'],
      [{ verb: 'g', path: '--\udcff', port: 8555 }, '-g --hex 2d2dff 8555\n'],
      [{ verb: 'g', path: 'a', port: 8555, options: { hex: true } }, '-g --hex 61 8555\n'],
      [{ verb: 'g', path: 'café', port: 8555 }, '-g caf\xc3\xa9 8555\n'],
      [{ verb: 'g', path: '', port: 8555 }, '-g . 8555\n'],
      [
        {
          verb: 'g',
          path: 'a',
          port: 0,
          options: { versionIs: 'v', offset: 3, length: undefined, token: Buffer.alloc(16, 1) },
        },
        `-g --offset=3 --version-is=v --token=${'01'.repeat(16)} a 0\n`,
      ],
      [
        { verb: 'p', path: 'a', port: 8555, options: { ifExists: 'overwrite', modify: 0, confirm: true, size: 3 } },
        '-p --size=3 --confirm --modify=19700101000000.000 --if-exists=overwrite a 8555\n',
      ],
      [{ verb: 'c', length: 3, crc32: '0A1B2C3D' }, '-c 3 0a1b2c3d\n'],
      [{ verb: 's', path: '--x', options: { part: true } }, '-s --part -- --x\n'],
      [{ verb: 'h', path: '', options: { digest: 'sha256' } }, '-h --digest=sha256 .\n'],
      [{ verb: 'q' }, '-q\n'],
    ];
    for (const [request, line] of table) {
      it(`writes ${JSON.stringify(line)}`, () => {
        expect(formatRequest(request).toString('latin1')).to.equal(line);
      });
    }

    const refused: [threw: string, request: RequestParts][] = [
      ['invalid-name', { verb: 'g', path: 'a\0b', port: 8555 }],
      ['invalid-name', { verb: 'g', path: 'half \ud800', port: 8555 }],
      ['invalid-name', { verb: 'g', path: 'x'.repeat(LIMITS.requestLine), port: 8555 }],
      ['invalid-name', { verb: 'g', path: '\n'.repeat(LIMITS.requestLine / 2), port: 8555 }],
      ['invalid-port', { verb: 'l' }],
      ['invalid-port', { verb: 'l', port: 80 }],
      ['invalid-port', { verb: 'l', port: 65536 }],
      ['invalid-port', { verb: 'l', port: -1 }],
      ['invalid-port', { verb: 'l', port: 8555.5 }],
      ['invalid-port', { verb: 'l', port: NaN }],
      ['invalid-argument', { verb: 'l', port: 8555, options: { offset: 1 } }],
      ['invalid-argument', { verb: 'q', path: 'a' }],
      ['invalid-argument', { verb: 'q', options: { facts: true } }],
      ['invalid-argument', { verb: 'g', path: 'a', port: 0, options: { offset: -1 } }],
      ['invalid-argument', { verb: 'g', path: 'a', port: 0, options: { offset: 1.5 } }],
      ['invalid-argument', { verb: 'g', path: 'a', port: 0, options: { token: Buffer.alloc(15) } }],
      ['invalid-argument', { verb: 'g', path: 'a', port: 0, options: { versionIs: 'a b' } }],
      ['invalid-argument', { verb: 'g', path: 'a', port: 0, options: { versionIs: 'a\n-q' } }],
      ['invalid-argument', { verb: 'p', path: 'a', port: 0, options: { modify: NaN } }],
      ['invalid-argument', { verb: 'c' }],
      ['invalid-argument', { verb: 'c', length: 3 }],
      ['invalid-argument', { verb: 'c', length: -1, crc32: '00000000' }],
      ['invalid-argument', { verb: 'c', length: 1.5, crc32: '00000000' }],
      ['invalid-argument', { verb: 'c', length: 3, crc32: '0\n-q' }],
    ];
    for (const [threw, request] of refused) {
      it(`refuses ${JSON.stringify(request).slice(0, 80)}`, () => {
        expect(caught(() => formatRequest(request))?.threw).to.equal(threw);
      });
    }

    it('fills a line exactly to the limit', () => {
      const path = 'x'.repeat(LIMITS.requestLine - '-g  8555\n'.length);
      expect(formatRequest({ verb: 'g', path, port: 8555 })).to.have.length(LIMITS.requestLine);
    });
  });

  const path = fc
    .oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc
        .array(fc.constantFrom('--', '-', ' ', '/', '..', 'a', '8555', '--hex', '=', 'é', '\n'), { maxLength: 8 })
        .map((parts) => Buffer.from(parts.join(''))),
    )
    .map((raw) => decodeName(raw.filter((byte) => byte !== 0)));
  const values: { [K in keyof FtOptions]-?: fc.Arbitrary<NonNullable<FtOptions[K]>> } = {
    hex: fc.constant(true),
    facts: fc.constant(true),
    recursive: fc.constant(true),
    offset: fc.maxSafeNat(),
    length: fc.maxSafeNat(),
    versionIs: fc.nat().map((n) => `v:${n.toString(36)}=~!`),
    token: fc.uint8Array({ minLength: 16, maxLength: 32 }).map((raw) => Buffer.from(raw)),
    digest: fc.constantFrom('crc32', 'sha256'),
    size: fc.maxSafeNat(),
    confirm: fc.constant(true),
    modify: fc.integer({ min: 0, max: 4e12 }),
    ifExists: fc.constantFrom('fail', 'overwrite'),
    part: fc.constant(true),
    parents: fc.constant(true),
  };
  // Of a login there is more to say: grammarLogin.spec.ts.
  const verbs = (Object.keys(VERBS) as Verb[]).filter((verb) => VERBS[verb].shape !== 'login');
  const request = fc.constantFrom(...verbs).chain((verb) => {
    const known = Object.fromEntries(VERBS[verb].options.map((key) => [key, values[key]]));
    const takesPath = VERBS[verb].shape !== 'nothing' && VERBS[verb].shape !== 'count';
    return fc.record({
      verb: fc.constant(verb),
      options: fc.record(known, { requiredKeys: [] }),
      path: takesPath ? path : fc.constant(''),
      to: verb === 'r' ? path : fc.constant(''),
      port: fc.oneof(fc.constant(0), fc.integer({ min: 1024, max: 65535 })),
      length: fc.maxSafeNat(),
      crc32: fc.nat({ max: 0xffffffff }).map((n) => n.toString(16).padStart(8, '0')),
    });
  });

  it('reads back every request it writes, whatever bytes the name has', () => {
    fc.assert(
      fc.property(request, (given) => {
        const line = formatRequest(given);
        expect(line.indexOf('\n')).to.equal(line.length - 1);
        const { verb } = given;
        const back = parseRequest(line.subarray(0, -1));
        const plain = VERBS[verb].shape === 'nothing' || VERBS[verb].shape === 'count';
        const named = given.path === '' && verb !== 'l' && !plain ? '.' : given.path;
        // `--hex` is the formatter's own affair.
        const { hex: _sent, ...options } = given.options;
        const { hex: _read, ...read } = back.options;
        expect({ ...back, options: read }).to.deep.equal({
          verb,
          options,
          path: normalisePath(named),
          named,
          ...(verb === 'r' && { to: { path: normalisePath(given.to), named: given.to === '' ? '.' : given.to } }),
          port: verb === 'l' || verb === 'g' || verb === 'p' ? given.port : 0,
          length: verb === 'c' ? given.length : 0,
          crc32: verb === 'c' ? given.crc32 : '',
        });
      }),
      { numRuns: 1000 },
    );
  });
});
