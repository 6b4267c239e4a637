import { expect } from 'chai';
import { openedPort, ReplyLines, withOpenedPort, type Answered } from '../../lib/relay/replyLines';
import { RequestLines, withPort, type Said } from '../../lib/relay/requestLines';
import { LIMITS } from '../../lib/options';
import { cuts } from '../support/splits';

/** Everything that comes out of a client's bytes, as text, with what was understood. */
function saidOf(chunks: readonly Uint8Array[], lines = new RequestLines(), finish: 'end' | 'quiet' | 'none' = 'none') {
  const out: { text: string; verb?: string; port?: number; asks: boolean }[] = [];
  const take = (said: Said | undefined): boolean => {
    if (said === undefined) return false;
    const { bytes, request, asks } = said;
    const understood = request === undefined ? {} : { verb: request.verb, port: request.port };
    out.push({ text: bytes.toString('latin1'), asks, ...understood });
    return true;
  };
  for (const chunk of chunks) {
    const reused = Uint8Array.from(chunk);
    lines.push(reused);
    reused.fill(0x21);
    while (take(lines.next())) continue;
  }
  if (finish === 'quiet') take(lines.quiet());
  if (finish === 'end') while (take(lines.end())) continue;
  return { out, text: out.map(({ text }) => text).join(''), lines };
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('request lines on their way through a relay', () => {
  const SESSION = bytes(
    '-l 8555\n-g --token=00112233445566778899aabbccddeeff a b.txt 0\r\n\n-c 13 27158bf7\nwhat?\n-p x 70\n-q\n-g caf\xe9 9000\n',
  );

  it('are understood whole, at every split and byte by byte, and no byte is lost', () => {
    for (const { how, chunks } of cuts(SESSION)) {
      const { out, text } = saidOf(chunks);
      expect(text, how).to.equal(SESSION.toString('latin1'));
      expect(
        out.map(({ verb, port, asks }) => [verb, port, asks]),
        how,
      ).to.deep.equal([
        ['l', 8555, true],
        ['g', 0, true],
        [undefined, undefined, false],
        ['c', 0, true],
        [undefined, undefined, true],
        [undefined, undefined, true],
        // Opens no data port: not even looked at.
        [undefined, undefined, true],
        // A name that is not UTF-8: the server will refuse it.
        [undefined, undefined, true],
      ]);
    }
  });

  it('may be padded with NULs, and a whole list or get needs no newline before one', () => {
    for (const { how, chunks } of cuts(bytes('-g a 8555\0\0\0-l 8556\n'))) {
      const { out, text } = saidOf(chunks);
      expect(text, how).to.equal('-g a 8555\0\0\0-l 8556\n');
      expect(
        out.flatMap(({ port }) => port ?? []),
        how,
      ).to.deep.equal([8555, 8556]);
    }
  });

  it('that hold a NUL are passed as they are, at their end', () => {
    for (const { how, chunks } of cuts(bytes('-p a\0b 8555\n-l 8556\n'))) {
      const { out } = saidOf(chunks);
      expect(
        out.map(({ text }) => text),
        how,
      ).to.deep.equal(['-p a\0b 8555\n', '-l 8556\n']);
      expect(
        out.flatMap(({ port }) => port ?? []),
        how,
      ).to.deep.equal([8556]);
    }
  });

  it('stand without a newline at the end', () => {
    for (const { how, chunks } of cuts(bytes('-l 8555\n-p x 8556'))) {
      const { out, text } = saidOf(chunks, new RequestLines(), 'end');
      expect(text, how).to.equal('-l 8555\n-p x 8556');
      expect(
        out.flatMap(({ port }) => port ?? []),
        how,
      ).to.deep.equal([8555, 8556]);
    }
  });

  for (const [line, port] of [
    ['-l 8555', 8555],
    ['-g a 8555', 8555],
  ] as const) {
    it(`stand without a newline after a silence: ${line}`, () => {
      for (const { how, chunks } of cuts(bytes(line))) {
        const { out, lines } = saidOf(chunks, new RequestLines(), 'quiet');
        expect(out, how).to.deep.equal([{ text: line, asks: true, verb: line[1], port }]);
        expect(lines.waiting, how).to.equal(false);
      }
    });
  }

  for (const line of ['-', '-l', '-g a', '-g a 85', '-p x 8555', '-p']) {
    it(`are held through a silence while they may become a request: ${line}`, () => {
      const { out, lines } = saidOf([bytes(line)], new RequestLines(), 'quiet');
      expect(out).to.deep.equal([]);
      expect(lines.waiting).to.equal(true);
      expect(saidOf([bytes(' 8555\n')], lines).text).to.equal(`${line} 8555\n`);
    });
  }

  for (const line of ['-q', '-x', 'hello', '-s a', '-lx']) {
    it(`go their way at a silence when no port can be in them: ${line}`, () => {
      const { out, lines } = saidOf([bytes(line)], new RequestLines(), 'quiet');
      expect(out).to.deep.equal([{ text: line, asks: false }]);
      // The rest of the line is the same line's, whatever it says; it is answered once.
      expect(saidOf([bytes('-l 8555\n-l 8556\n')], lines).out).to.deep.equal([
        { text: '-l 8555\n', asks: true },
        { text: '-l 8556\n', asks: true, verb: 'l', port: 8556 },
      ]);
    });
  }

  it('that are too long pass as they are, and the next is understood again', () => {
    const long = `-g ${'x'.repeat(2 * LIMITS.requestLine)} 8555\n`;
    for (const size of [1, 7, 1000, 100_000]) {
      const all = bytes(`${long}-l 8556\n`);
      const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
        all.subarray(n * size, (n + 1) * size),
      );
      const { out, text } = saidOf(chunks);
      expect(text).to.equal(all.toString('latin1'));
      expect(out.flatMap(({ port }) => port ?? [])).to.deep.equal([8556]);
    }
  });

  it('may have begun before: what is on its way is not sent twice', () => {
    for (const { how, chunks } of cuts(bytes(' a 8555\n-l 8556\n'))) {
      const { out } = saidOf(chunks, new RequestLines(bytes('-g')));
      expect(out, how).to.deep.equal([
        { text: ' a 8555\n', asks: true, verb: 'g', port: 8555 },
        { text: '-l 8556\n', asks: true, verb: 'l', port: 8556 },
      ]);
    }
  });

  it('keep everything but the port', () => {
    for (const [line, changed] of [
      ['-l 8555\n', '-l 40000\n'],
      ['-g 8555 8555\r\n', '-g 8555 40000\r\n'],
      ['-g a 08555', '-g a 40000'],
      ['-l 8555\0', '-l 40000\0'],
      ['-g caf\xc3\xa9  8555\n', '-g caf\xc3\xa9  40000\n'],
    ] as const) {
      expect(withPort(bytes(line), 40000)?.toString('latin1')).to.equal(changed);
    }
  });

  it('are not made longer than a server takes', () => {
    const line = (port: number): Buffer => bytes(`-g ${'x'.repeat(LIMITS.requestLine - 9)} ${port}\n`);
    expect(line(8555).length).to.equal(LIMITS.requestLine);
    expect(withPort(line(8555), 40000)).to.equal(undefined);
    expect(withPort(line(8555), 9000)).to.deep.equal(line(9000));
  });
});

/** Everything that comes out of a server's bytes. */
function answersOf(chunks: readonly Uint8Array[], holds: boolean) {
  const lines = new ReplyLines();
  lines.holds = holds;
  const out: Answered[] = [];
  for (const chunk of chunks) {
    lines.push(Uint8Array.from(chunk));
    for (let answer = lines.next(); answer !== undefined; answer = lines.next()) out.push(answer);
  }
  const text = out.map((answer) => answer.bytes.toString('latin1')).join('');
  const opens = out.flatMap((answer) => (answer.opens === true ? [answer.bytes.toString('latin1')] : []));
  return { lines, text, opens, finals: out.filter(({ final }) => final === true).length };
}

describe('reply lines on their way through a relay', () => {
  const OPENING = '150 type=file;size=3;port=50123; a b\r\n';
  const SAID = bytes(
    `220 hello\r\nchatter\n${OPENING}226 length=3;crc32=00000000; ok\r\n211-Features:\r\n 150 port=9;\r\n` +
      '211 End\r\n550-no\n550-really\n550\n120 still at it\r\n553 x\r\n\n',
  );

  it('are told apart whole, at every split and byte by byte, and no byte is lost', () => {
    for (const { how, chunks } of cuts(SAID)) {
      const { text, opens, finals } = answersOf(chunks, true);
      expect(text, how).to.equal(SAID.toString('latin1'));
      expect(opens, how).to.deep.equal([OPENING]);
      // 226, 211, 550, 553; a greeting answers nothing.
      expect(finals, how).to.equal(4);
    }
  });

  it('are held back only where a 150 is awaited, and only as long as it may be one', () => {
    for (const [text, holds, held] of [
      ['1', true, '1'],
      ['150 po', true, '150 po'],
      ['150-x', true, ''],
      ['15x', true, ''],
      ['FILE NOT', true, ''],
      ['150 po', false, ''],
    ] as const) {
      const { text: passed, lines } = answersOf([bytes(text)], holds);
      expect(passed, text).to.equal(text.slice(held.length));
      expect(lines.waiting, text).to.equal(held !== '');
      expect(lines.flush()?.bytes.toString() ?? '', text).to.equal(held);
      expect(lines.waiting).to.equal(false);
    }
  });

  it('that were let go once are not taken for a line of their own', () => {
    const { lines } = answersOf([bytes('1')], true);
    lines.flush();
    lines.push(bytes('50 port=5;\r\n150 port=6;\r\n'));
    expect(lines.next()).to.deep.equal({ bytes: bytes('50 port=5;\r\n') });
    expect(lines.next()).to.deep.equal({ bytes: bytes('150 port=6;\r\n'), opens: true });
  });

  it('without end pass', () => {
    const { text, lines } = answersOf([bytes(`150 ${'x'.repeat(LIMITS.replyLine)}`)], true);
    expect(text.length).to.equal(LIMITS.replyLine + 4);
    expect(lines.waiting).to.equal(false);
  });

  it('have a port only among their facts', () => {
    for (const [line, port] of [
      [OPENING, 50123],
      ['150 port=1024; x', 1024],
      ['150 PORT=1024; x', 1024],
      ['150 type=file; port=5; x', undefined],
      ['150 port=0; x', undefined],
      ['150 port=65536; x', undefined],
      ['150 report=7; x', undefined],
      ['150 about to open', undefined],
    ] as const) {
      expect(openedPort(bytes(line)), line).to.equal(port);
    }
  });

  it('keep everything but the port', () => {
    const line = bytes('150 a=port=7;size=3;port=50123;x=caf\xc3\xa9; port=50123; b\r\n');
    expect(withOpenedPort(line, 9).toString('latin1')).to.equal(
      '150 a=port=7;size=3;port=9;x=caf\xc3\xa9; port=50123; b\r\n',
    );
  });
});
