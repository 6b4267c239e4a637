import { expect } from 'chai';
import fc from 'fast-check';
import { formatRequest, parseRequest } from '../../../lib/dialects/ft/grammar';
import { RequestDecoder } from '../../../lib/dialects/ft/requests';
import { isTwinportError } from '../../../lib/errors';
import { refusalNote } from '../../../lib/control/refusal';
import { forLog } from '../../../lib/log';
import { decodeName } from '../../../lib/wire/names';

const parse = (text: string): unknown => parseRequest(Buffer.from(text)).login;
const SECRET = 'hunter2';

describe('dialects/ft/grammar: a login', () => {
  const good: [line: string, name: string, password: string][] = [
    ['-u alice\thunter2', 'alice', SECRET],
    ['-u alice\t', 'alice', ''],
    ['-u a b\t c \td', 'a b', ' c \td'],
    ['-u  alice\t\t', ' alice', '\t'],
    ['-u -- --hex\tpw', '--hex', 'pw'],
    ['-u -x\t--hex', '-x', '--hex'],
    ['-u alïce\tpässword', 'alïce', 'pässword'],
    ['-u alice\ta\u0001b\u007f', 'alice', 'a\u0001b\u007f'],
    ['-u --hex 616c\t0a0D', 'al', '\n\r'],
    ['-u --hex 616c\t', 'al', ''],
    ['-u --hex ff\tff', '\udcff', '\udcff'],
  ];
  for (const [line, name, password] of good) {
    it(`reads ${JSON.stringify(line)}`, () => {
      expect(parse(line)).to.deep.equal({ name, password });
    });
  }

  it('reads bytes that are not UTF-8 in a password as they are', () => {
    const line = Buffer.concat([Buffer.from('-u alice\t'), Buffer.from([0xff, 0xfe])]);
    expect(parseRequest(line).login).to.deep.equal({ name: 'alice', password: '\udcff\udcfe' });
  });

  const wrong: [line: string, reply: number][] = [
    ['-u', 501],
    ['-u ', 501],
    [`-u alice ${SECRET}`, 501],
    [`-u \t${SECRET}`, 501],
    [`-u a\u0001\t${SECRET}`, 501],
    [`-u --hex alice\t${SECRET}`, 501],
    ['-u --hex 61\t00', 501],
    ['-u --hex 00\t61', 501],
    [`-u --${SECRET}\tx`, 504],
    [`-u --hex --hex 61\t61`, 501],
    [`-u${SECRET}`, 500],
    [`-U${SECRET}`, 500],
    [`--u${SECRET}`, 500],
    [`-u\talice\t${SECRET}`, 500],
    [`u${SECRET}`, 500],
  ];
  for (const [line, reply] of wrong) {
    it(`refuses ${JSON.stringify(line)} with ${reply}, and repeats nothing of it`, () => {
      let error: unknown;
      try {
        parse(line);
      } catch (caught) {
        error = caught;
      }
      expect(error).to.include({ code: 'syntax', reply });
      if (!line.includes(`--${SECRET}`)) expect((error as Error).message).not.to.contain(SECRET);
    });
  }

  it('writes what it reads, in hexadecimal where it must, and never two lines', () => {
    expect(formatRequest({ verb: 'u', login: { name: 'alice', password: 'a b' } }).toString()).to.equal(
      '-u alice\ta b\n',
    );
    expect(formatRequest({ verb: 'u', login: { name: '--a', password: '' } }).toString()).to.equal('-u -- --a\t\n');
    expect(formatRequest({ verb: 'u', login: { name: 'a', password: 'b\n-d x' } }).toString()).to.equal(
      '-u --hex 61\t620a2d642078\n',
    );
    expect(
      formatRequest({ verb: 'u', options: { hex: true }, login: { name: 'a', password: '' } }).toString(),
    ).to.equal('-u --hex 61\t\n');
    const word = fc
      .uint8Array({ minLength: 1, maxLength: 60 })
      .map((bytes) => decodeName(bytes.filter((byte) => byte !== 0)));
    fc.assert(
      fc.property(word, word, (name, password) => {
        fc.pre(name !== '');
        const line = formatRequest({ verb: 'u', login: { name, password } });
        expect(line.indexOf('\n')).to.equal(line.length - 1);
        expect(parseRequest(line.subarray(0, -1)).login).to.deep.equal({ name, password });
      }),
    );
  });

  it('does not write what cannot be read, and tells nothing of it', () => {
    const impossible = [
      { name: '', password: SECRET },
      { name: 'a\0', password: SECRET },
      { name: 'a', password: `${SECRET}\0` },
      { name: 'a', password: SECRET.repeat(600) },
    ];
    for (const login of impossible) {
      let error: unknown;
      try {
        formatRequest({ verb: 'u', login });
      } catch (caught) {
        error = caught;
      }
      expect(isTwinportError(error, 'invalid-argument', 'invalid-name')).to.equal(true);
      expect((error as Error).message).not.to.contain(SECRET);
    }
    expect(() => formatRequest({ verb: 'u' })).to.throw('A login belongs to -u');
    expect(() => formatRequest({ verb: 's', login: { name: 'a', password: 'b' } })).to.throw('A login belongs to -u');
  });
});

describe('dialects/ft/requests: a login', () => {
  const lines = [
    `-u alice\t${SECRET}`,
    `-u alice ${SECRET}`,
    `-u --hex alice\t${SECRET}`,
    `-u --option\t${SECRET}`,
    `-U alice\t${SECRET}`,
    `--user alice\t${SECRET}`,
    `-user:${SECRET}`,
    ` -u alice\t${SECRET}`,
    `u alice\t${SECRET}`,
    `PASS ${SECRET}`,
    `pass\t${SECRET}`,
    `-u a\t\r${SECRET}`,
  ];
  for (const line of lines) {
    it(`shows nothing of ${JSON.stringify(line)}, whole, spoilt by a NUL, or without its end, at every cut`, () => {
      const bytes = Buffer.from(line);
      const forms = [
        Buffer.from(`${line}\n`),
        Buffer.from(`\0\0${line}\n`),
        Buffer.concat([
          bytes.subarray(0, bytes.length - 3),
          Buffer.from([0]),
          bytes.subarray(bytes.length - 3),
          Buffer.from('\n'),
        ]),
        bytes,
      ];
      for (const form of forms) {
        for (let cut = 0; cut <= form.length; cut += 1) {
          const decoder = new RequestDecoder();
          const heard = [];
          for (const piece of [form.subarray(0, cut), form.subarray(cut)]) {
            decoder.push(piece);
            for (let one = decoder.next(); one !== undefined; one = decoder.next()) heard.push(one);
            const quiet = decoder.quiet();
            if (quiet !== undefined) heard.push(quiet);
          }
          for (let one = decoder.end(); one !== undefined; one = decoder.end()) heard.push(one);
          expect(heard).to.have.length(1);
          const [incoming] = heard;
          if (incoming === undefined) throw new Error('nothing was heard');
          expect(incoming.line).not.to.match(/hunt|unter|ter2/);
          expect(forLog(form.toString())).not.to.match(/hunt|unter|ter2/);
          if ('refusal' in incoming) expect(incoming.refusal.message).not.to.contain(SECRET);
        }
      }
    });
  }

  it('needs its newline: a password cut short is another one', () => {
    const decoder = new RequestDecoder();
    decoder.push(Buffer.from(`-u alice\t${SECRET}`));
    expect(decoder.quiet()).to.equal(undefined);
    const last = decoder.end();
    expect(last !== undefined && 'refusal' in last && last.refusal.reply).to.equal(501);
  });

  it('shows nothing of one in another language, nor of what stands behind other lines', () => {
    const at = { address: '192.0.2.2', port: 1 };
    for (const said of [
      `-u alice\t${SECRET}`,
      `-f\n-u alice\t${SECRET}\n`,
      `x\r\n-u a\t${SECRET}`,
      `\0\0-u a\t${SECRET}`,
    ]) {
      const note = refusalNote({
        remote: at,
        local: at,
        said: Buffer.from(said),
        what: 'not understood',
        why: 'no',
        answer: 'none',
      });
      expect(note).not.to.contain('hunter');
    }
  });

  it('shows no letter that could drive a terminal, end the line, or turn it around', () => {
    expect(forLog('550 a\x1b[2J\x9bb\u2028c\u202ed')).to.equal('550 a\\x1b[2J\\x9bb\\u2028c\\u202ed');
  });

  it('leaves other lines as they are', () => {
    for (const line of ['-g usr/-u 8555', '-l 8555', 'pass', 'passwd', 'umbrella', '-s u', 'list']) {
      expect(forLog(line)).to.equal(line);
    }
  });
});
