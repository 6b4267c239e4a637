import { expect } from 'chai';
import { crc32 } from 'node:zlib';
import { FtClient } from '../../../lib/dialects/ft/client';
import { fetchBytes, type Fetched } from '../../../lib/dialects/ft/fetch';
import { fakeClock, settle, type FakeClock } from '../../support/fakeClock';
import { CLIENT, SERVER, watch, type Watched } from '../../support/ftPlay';
import { memoryNetwork } from '../../support/memoryNetwork';
import { Talker } from '../../support/talker';

interface Continued {
  readonly fetched: Watched<Fetched>;
  /** What was written, and where. */
  readonly writes: [position: number, text: string][];
  readonly p: Talker;
  readonly q: Talker;
  readonly line: string;
  readonly abort: AbortController;
  readonly clock: FakeClock;
}

/** A get of `a.txt` from offset 2 on, whose data connection is open. */
function continued(spec: (it: Continued) => Promise<void>): () => Promise<void> {
  return async () => {
    const network = memoryNetwork({ addresses: [CLIENT] });
    const clock = fakeClock();
    const machine = network.machine(SERVER);
    const accepted: Talker[] = [];
    const listener = await machine.listen({ port: 3555 }, (conn) => void accepted.push(new Talker(conn)));
    const never = new AbortController();
    const conn = await network.dial({ host: SERVER, port: 3555 }, never.signal);
    await listener.close();
    const p = accepted[0] as Talker;
    const ft = new FtClient(conn, { network, clock, timeout: 60_000 });
    const abort = new AbortController();
    const writes: [number, string][] = [];
    const fetched = watch(
      fetchBytes(
        ft,
        {
          verb: 'g',
          path: 'a.txt',
          options: { offset: 2, versionIs: 'v1' },
          dataPort: 0,
          passive: false,
          signal: abort.signal,
          onData: () => undefined,
        },
        { write: (chunks, position) => void writes.push([position, Buffer.concat(chunks).toString()]) },
      ),
    );
    const line = await p.line();
    const q = new Talker(await machine.dial({ host: CLIENT, port: Number(/ (\d+)$/.exec(line)?.[1]) }, never.signal));
    await spec({ fetched, writes, p, q, line, abort, clock });
    conn.destroy();
    for (const each of [p, q]) each.conn.destroy();
    await settle();
    expect(network.open).to.equal(0);
    expect(clock.pending).to.equal(0);
  };
}

const LLO = crc32('llo').toString(16).padStart(8, '0');
const BEGUN = '150 type=file;size=5;offset=2;length=3; a.txt\r\n';
const DONE = `226 length=3;crc32=${LLO}; Transfer complete.\r\n`;

describe('the native client: a get that continues', () => {
  it(
    'asks for the offset, waits for the 150, writes behind it',
    continued(async ({ fetched, writes, p, q, line }) => {
      expect(line).to.match(/^-g --offset=2 --version-is=v1 a\.txt \d+$/);
      await q.end('llo');
      await settle();
      expect(writes).to.deep.equal([]);
      await p.send(BEGUN);
      await settle();
      expect(writes).to.deep.equal([[2, 'llo']]);
      await p.send(DONE);
      expect(await fetched.value()).to.include({ length: 3, crc32: LLO, verified: true });
    }),
  );

  for (const [what, begun] of [
    ['ignores the offset', '150 type=file;size=5; a.txt\r\n'],
    ['continues somewhere else', '150 type=file;size=5;offset=3;length=2; a.txt\r\n'],
  ] as const) {
    it(
      `a server that ${what}: cannot-resume, and not a byte is written`,
      continued(async ({ fetched, writes, p, q }) => {
        await q.send('hello');
        await p.send(begun);
        expect(await p.line()).to.equal('-x');
        await p.send('426 Aborted\r\n226 Aborted\r\n');
        await fetched.failure('cannot-resume');
        expect(writes).to.deep.equal([]);
        expect(await q.over()).to.equal('lost');
      }),
    );
  }

  it(
    'a server that refuses without a 150, Q open: refused',
    continued(async ({ fetched, p, q, writes }) => {
      await q.send('hello');
      await p.send('554 Not that version\r\n');
      expect((await fetched.failure('refused')).reply).to.equal(554);
      expect(writes).to.deep.equal([]);
    }),
  );

  it(
    'a server that is done without a 150: protocol',
    continued(async ({ fetched, p, q, writes }) => {
      await q.end('llo');
      await p.send(DONE);
      await fetched.failure('protocol');
      expect(writes).to.deep.equal([]);
    }),
  );

  it(
    'a plain server that opens Q and says nothing: nothing is written, timeout',
    continued(async ({ fetched, q, writes, clock }) => {
      await q.end('hello');
      await clock.advance(120_000);
      await fetched.failure('timeout');
      expect(writes).to.deep.equal([]);
    }),
  );

  it(
    'P ends without a word: the request ends, too',
    continued(async ({ fetched, p, q, writes }) => {
      await q.end('hello');
      await p.end();
      await settle();
      expect(fetched.isOver).to.equal(true);
      expect(writes).to.deep.equal([]);
    }),
  );

  it(
    'an abort while the 150 is awaited',
    continued(async ({ fetched, abort, q, writes }) => {
      await q.send('hello');
      await settle();
      abort.abort();
      await fetched.failure('aborted');
      expect(writes).to.deep.equal([]);
    }),
  );
});
