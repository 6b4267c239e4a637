import { expect } from 'chai';
import { refusalNote, SHOWN, type Refusal } from '../../lib/control/refusal';
import type { PortOptions } from '../../lib/server';
import { CLIENT, SERVER, withBench, type Bench, type BenchOptions } from '../support/ftBench';
import { settle } from '../support/fakeClock';
import { cuts } from '../support/splits';

const ends = {
  remote: { address: CLIENT, port: 50123 },
  local: { address: SERVER, port: 3555 },
};

describe('the line of a request that was not understood', () => {
  const line = (more: Partial<Refusal>): string =>
    refusalNote({ ...ends, what: 'not understood', why: 'that is no verb', answer: 'none', ...more });

  it('says what was said, why, and how the client hears of it', () => {
    const said = Buffer.from('hello');
    expect(line({ said })).to.equal('Request not understood ("hello"): that is no verb.');
    expect(line({ said, answer: 'words' })).to.equal(
      `Request not understood ("hello"): that is no verb. Sending error message to ${CLIENT}:3555.`,
    );
    expect(line({ what: 'refused', why: 'Too many sessions.', answer: 'reset' })).to.equal(
      `Request refused: too many sessions. Resetting the connection from ${CLIENT}:50123.`,
    );
    expect(line({ ...{ remote: { address: '::1', port: 9 } }, answer: 'reset' })).to.match(/ from \[::1\]:9\.$/);
  });

  it('is one line, bounded, and drives no terminal, whatever was said', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const text = line({ said: Buffer.alloc(5000, byte), why: `no \n\x1b[2J${String.fromCharCode(byte)}` });
      expect(text, String(byte)).not.to.match(/[\p{Cc}]/u);
      expect(text.length).to.be.lessThan(SHOWN * 4 + 100);
    }
    expect(line({ said: Buffer.alloc(SHOWN, 0x61) })).to.contain(`("${'a'.repeat(SHOWN)}")`);
    expect(line({ said: Buffer.alloc(SHOWN + 1, 0x61) })).to.contain(`("${'a'.repeat(SHOWN)}…")`);
  });
});

/** A bench whose port speaks `on.dialect`, and the notes that its owner is given. */
function withNotes(
  on: PortOptions,
  spec: (bench: Bench, notes: string[]) => Promise<void>,
  options: BenchOptions = {},
): () => Promise<void> {
  return withBench({ files: { 'a.txt': 'aaaa' }, ...options }, async (bench) => {
    const notes: string[] = [];
    bench.server.on('note', (note) => notes.push(note));
    bench.port = (await bench.server.listen(0, { writable: true, ...on })).port;
    await spec(bench, notes);
  });
}

for (const said of ['hello', 'Hello', 'GET / HTTP/1.1', 'gET']) {
  it(
    `${said} is quoted as it was said, to the client and to the owner`,
    withNotes({ dialect: 'auto' }, async (bench, notes) => {
      const p = await bench.dial();
      await p.end(`${said}\r\n`);
      const quoted = `"${said.split(' ')[0]}" is not a request`;
      expect((await p.whole()).toString()).to.contain(`500 ${quoted}`);
      expect(notes[0]).to.contain(`: ${quoted}`);
    }),
  );
}

interface Case {
  readonly dialect: NonNullable<PortOptions['dialect']>;
  readonly says: string;
  readonly line: RegExp;
}

/** All of it said, and then silence. */
const NONSENSE: readonly Case[] = [
  {
    dialect: 'framed',
    says: '99999:get x',
    line: /^Request not understood \("99999:get x"\): not a frame.* Resetting/,
  },
  { dialect: 'framed', says: '5:got x', line: /^Request not understood \("5:got x"\): not a frame.* Resetting/ },
  {
    dialect: 'framed',
    says: 'GET / HTTP/1.1\r\n\r\n',
    line: /^Request not understood \("GET .*\\x0d\\x0a.* Resetting/,
  },
  {
    dialect: 'privateshare',
    says: `get,${'n'.repeat(40)}`,
    line: /^Request not understood \("get,n{36}…"\): not "list".* Sending error message/,
  },
  { dialect: 'privateshare', says: 'hello', line: /^Request not understood \("hello"\): not "list".* Sending error/ },
  { dialect: 'colon', says: 'x'.repeat(5000), line: /^Request not understood \("x{40}…"\): not a header .* Sending/ },
  {
    dialect: 'colon',
    says: '0:CLIENTS',
    line: /^Request not understood \("0:CLIENTS"\): .*1 to 1000 clients.* Sending/,
  },
  { dialect: 'stepwise', says: 'hello', line: /^Request not understood \("hello"\): that is no verb.* Sending error/ },
  {
    dialect: 'stepwise',
    says: '-l80',
    line: /^Request not understood \("-l80"\): that is no data port.* Sending error/,
  },
  { dialect: 'auto', says: 'hello\n', line: /^Request not understood \("hello\\x0a"\): .* Sending error message/ },
  { dialect: 'auto', says: '5:got x\n', line: /^Request not understood \("5:got x\\x0a"\): .* Sending error message/ },
  { dialect: 'auto', says: 'put,', line: /^Request not understood \("put,"\): not "list".* Sending error message/ },
];

/** Said, and then the client leaves. */
const HALVES: readonly Case[] = [
  { dialect: 'framed', says: '7:get a', line: /^Request not (understood|finished) \("7:get a"\): / },
  { dialect: 'privateshare', says: 'put,ab', line: /^Request not (understood|finished) \("put,ab"\): / },
  { dialect: 'colon', says: 'a.txt:', line: /^Request not (understood|finished) \("a\.txt:"\): / },
  { dialect: 'stepwise', says: '-', line: /^Request not (understood|finished) \("-"\): / },
  { dialect: 'stepwise', says: '-g8555', line: /^Request not finished \("-g8555"\): the client left\.$/ },
  { dialect: 'auto', says: '12', line: /^Request not (understood|finished) \("12"\): / },
];

describe('who asks for nothing that can be served is told of, once', () => {
  for (const { dialect, says, line } of NONSENSE) {
    it(`${dialect}: ${JSON.stringify(says.slice(0, 20))}`, async () => {
      for (const { chunks } of says.length > 100 ? [{ chunks: [Buffer.from(says)] }] : cuts(Buffer.from(says))) {
        await withNotes({ dialect }, async (bench, notes) => {
          const p = await bench.dial();
          for (const chunk of chunks) {
            await p.send(chunk).catch(() => undefined);
            await settle(4);
          }
          await bench.clock.advance(5000);
          expect(notes).to.have.lengthOf(1);
          if (chunks.length === 1) expect(notes[0]).to.match(line);
          else expect(notes[0]).to.match(/^Request not understood \("/);
          expect(bench.told).to.deep.equal([]);
        })();
      }
    });
  }

  for (const { dialect, says, line } of HALVES) {
    for (const how of ['ends', 'resets'] as const) {
      it(
        `${dialect}: ${JSON.stringify(says)}, and then it ${how}`,
        withNotes({ dialect }, async (bench, notes) => {
          const p = await bench.dial();
          await p.send(says);
          // A field of stepwise is whole after half a second.
          if (dialect === 'stepwise') await bench.clock.advance(500);
          if (how === 'ends') await p.end();
          else p.conn.reset();
          await bench.clock.advance(1000);
          expect(notes).to.have.lengthOf(1);
          expect(notes[0]).to.match(line);
        }),
      );
    }

    // Half a second of silence makes a whole message of it.
    if (dialect === 'privateshare') continue;
    it(
      `${dialect}: ${JSON.stringify(says)}, and then nothing any more`,
      withNotes({ dialect }, async (bench, notes) => {
        await (await bench.dial()).send(says);
        await bench.clock.advance(61_000);
        expect(notes).to.have.lengthOf(1);
        expect(notes[0]).to.match(/^Request not finished \(".*"\): nothing asked for 60 s\. (Resetting|Sending)/);
      }),
    );
  }

  for (const dialect of ['framed', 'privateshare', 'colon', 'stepwise', 'auto', 'ft', 'default'] as const) {
    it(
      `${dialect}: who comes and goes without a byte is not`,
      withNotes({ dialect }, async (bench, notes) => {
        await (await bench.dial()).end();
        (await bench.dial()).conn.reset();
        await bench.dial();
        await bench.clock.advance(100_000);
        expect(notes).to.deep.equal([]);
      }),
    );
  }

  it(
    'a request that was served, or refused, has its own lines',
    withNotes({ dialect: 'framed' }, async (bench, notes) => {
      for (const says of ['9:get a.txt', '5:get b', '9:put a.txt']) {
        await (await bench.dial()).end(says);
        await bench.clock.advance(1000);
      }
      expect(bench.told.filter((told) => /done|failed/.test(told))).to.have.lengthOf(3);
      expect(notes).to.deep.equal([]);
    }),
  );

  it(
    'the native language keeps its refusals to its replies',
    withNotes({ dialect: 'default' }, async (bench, notes) => {
      const p = await bench.dial();
      await p.send('hello\n-z\n-q\n');
      expect((await p.whole()).toString()).to.match(/^500 .*\r\n50. .*\r\n221 /);
      expect(notes).to.deep.equal([]);
    }),
  );

  it(
    'one too many, and who asks a server that dials nobody to dial',
    withNotes(
      { dialect: 'stepwise' },
      async (bench, notes) => {
        const one = await bench.dial();
        const other = await bench.dial();
        expect(notes).to.have.lengthOf(1);
        expect(notes[0]).to.match(/^Request refused: too many sessions\. Sending error message to /);
        await one.send('-l');
        await bench.clock.advance(500);
        expect(notes[1]).to.match(/^Request refused \("-l"\): this server dials nobody.* Sending error message to /);
        expect(notes).to.have.lengthOf(2);
        other.conn.destroy();
      },
      { maxSessions: 1, active: false },
    ),
  );
});
