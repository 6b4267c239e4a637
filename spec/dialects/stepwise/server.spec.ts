import { expect } from 'chai';
import { shrinking, withServer } from '../../support/errandBench';
import { CLIENT, SERVER, type Bench, type Door } from '../../support/ftBench';
import { pattern } from '../../support/storageHelpers';
import type { Talker } from '../../support/talker';

const files = { 'a.txt': 'aaaa', 'b b': 'bb', 'dir/x': 'x' };
/** A client's address that cannot grow, so that no time need pass. */
const LONG_ADDRESS = '10.0.0.200';

/** A client as the original: each field in a send of its own, the next one after the OK. */
async function ask(bench: Bench, p: Talker, fields: readonly (string | number)[]): Promise<void> {
  let heard = p.received.length;
  for (const field of fields) {
    await p.send(String(field));
    await p.quiet();
    if (p.received.length === heard) await bench.clock.advance(500);
    const said = (await p.bytes((heard += 2))).subarray(heard - 2, heard).toString();
    expect(said, String(field)).to.equal('OK');
  }
}

async function asked(
  bench: Bench,
  fields: (port: number) => readonly (string | number)[],
  at = LONG_ADDRESS,
): Promise<{ p: Talker; door: Door }> {
  const p = await bench.dial(at);
  const door = await bench.door({ at });
  await ask(bench, p, fields(door.port));
  return { p, door };
}

const list = (port: number): readonly (string | number)[] => ['-l', port, LONG_ADDRESS];
const get =
  (name: string) =>
  (port: number): readonly (string | number)[] => ['-g', port, LONG_ADDRESS, name];

/** Everything on Q; then P ends, and nothing more was said on it. */
async function received({ p, door }: { p: Talker; door: Door }): Promise<Buffer> {
  const before = p.received.length;
  const bytes = await (await door.next()).whole();
  await p.whole();
  expect(p.received.length).to.equal(before);
  return bytes;
}

/** What is said on P after the OKs, and then its end. */
async function refusal(p: Talker, oks: number): Promise<string> {
  return (await p.whole()).toString().slice(2 * oks);
}

describe('stepwise: a bare client', () => {
  it(
    'is sent a list as ft’s is: the payload alone, and told of with its data port',
    withServer('stepwise', { files }, async (bench) => {
      const session = await asked(bench, list);
      expect((await received(session)).toString()).to.equal('.\n..\na.txt\nb b\ndir\n');
      const { port } = session.door;
      expect(bench.told).to.deep.equal(['list requested', 'list started', 'list done']);
      expect(bench.events.at(-1)).to.include({ dialect: 'stepwise', port, length: 19, path: '', unverified: true });
      expect(bench.events.at(-1)?.data).to.deep.equal({ address: LONG_ADDRESS, port });
    }),
  );

  it(
    'is sent files of every size, never padded',
    withServer(
      'stepwise',
      {
        files: { 0: '', 1: 'x', 199999: Buffer.alloc(199_999), 200000: pattern(200_000), 5000000: pattern(5_000_000) },
      },
      async (bench) => {
        for (const name of ['0', '1', '199999', '200000', '5000000']) {
          const bytes = await received(await asked(bench, get(name)));
          expect(bytes.equals(bench.storage.bytes(name) as Buffer), name).to.equal(true);
        }
      },
    ),
  );

  it(
    'is answered field by field, after half a second of silence where a field could go on',
    withServer('stepwise', { files }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door({ port: 8555 });
      for (const [i, field] of ['-g', '8555', CLIENT, 'b b'].entries()) {
        for (const byte of field) {
          expect(await p.quiet(), `${field} before ${byte}`).to.equal('OK'.repeat(i));
          await p.send(byte);
          if (field !== '-g') await bench.clock.advance(499);
        }
        if (field !== '-g') expect(await p.quiet()).to.equal('OK'.repeat(i));
        await bench.clock.advance(1);
        expect(await p.quiet()).to.equal('OK'.repeat(i + 1));
      }
      expect((await received({ p, door })).toString()).to.equal('bb');
    }),
  );

  for (const size of [64, 512, 199_999]) {
    it(
      `may fill its sends up to ${size} bytes with NULs`,
      withServer('stepwise', { files }, async (bench) => {
        const p = await bench.dial();
        const door = await bench.door();
        for (const [i, field] of ['-g', String(door.port), CLIENT, 'a.txt'].entries()) {
          const bytes = Buffer.alloc(size);
          bytes.write(field);
          await p.send(bytes);
          expect((await p.bytes(2 * (i + 1))).toString()).to.equal('OK'.repeat(i + 1));
        }
        expect((await received({ p, door })).toString()).to.equal('aaaa');
      }),
    );
  }

  it(
    'may listen as late as eight seconds after its last OK, as the original does after a moment',
    withServer('stepwise', { files }, async (bench) => {
      const p = await bench.dial();
      await ask(bench, p, ['-g', 8555, CLIENT, 'a.txt']);
      await bench.clock.advance(7000);
      const door = await bench.door({ port: 8555 });
      await bench.clock.advance(999);
      expect((await received({ p, door })).toString()).to.equal('aaaa');
    }),
  );

  it(
    'that never listens is told so in a sentence after eight seconds',
    withServer('stepwise', { files }, async (bench) => {
      const p = await bench.dial();
      await ask(bench, p, ['-g', 8555, CLIENT, 'a.txt']);
      await bench.clock.advance(7999);
      expect(p.state).to.equal('open');
      await bench.clock.advance(1);
      expect(await refusal(p, 4)).to.equal('Cannot open the data connection.\n');
      expect(bench.told.at(-1)).to.equal('get failed no-data-connection');
    }),
  );

  for (const name of ['nothing', 'dir', 'dir/nothing', 'a.txt/x']) {
    it(
      `asks for ${name}: exactly "File not found." on Q, and nothing on P`,
      withServer('stepwise', { files }, async (bench) => {
        expect((await received(await asked(bench, get(name)))).toString()).to.equal('File not found.');
        expect(bench.told.slice(0, 1)).to.deep.equal(['get requested']);
        expect(bench.told.at(-1)).to.match(/^get failed not-/);
        expect(bench.told).to.have.length(2);
      }),
    );
  }

  it(
    'that cannot be told on Q that there is no such file is told on P',
    withServer('stepwise', { files }, async (bench) => {
      const p = await bench.dial();
      await ask(bench, p, ['-g', 8555, CLIENT, 'nothing']);
      await bench.clock.advance(8000);
      expect(await refusal(p, 4)).to.equal('File not found.\n');
      expect(bench.told).to.deep.equal(['get requested', 'get failed not-found']);
    }),
  );

  it(
    'never leaves the root',
    withServer('stepwise', { files }, async (bench) => {
      expect((await received(await asked(bench, get('../../a.txt')))).toString()).to.equal('aaaa');
      expect(bench.events.at(-1)?.path).to.equal('a.txt');
    }),
  );

  it(
    'is dialled where it is, whatever address it names (RFC 2577 §3)',
    withServer('stepwise', { files }, async (bench) => {
      const victim = await bench.door({ at: '10.0.0.99', port: 8555 });
      const p = await bench.dial();
      const door = await bench.door({ port: 8555 });
      await ask(bench, p, ['-g', 8555, '10.0.0.99', 'a.txt']);
      expect((await received({ p, door })).toString()).to.equal('aaaa');
      expect(victim.conns).to.deep.equal([]);
    }),
  );

  it(
    'on this very host cannot have the server dial itself',
    withServer('stepwise', { files }, async (bench) => {
      const p = await bench.dial(SERVER);
      await ask(bench, p, ['-l', bench.port, SERVER]);
      expect(await refusal(p, 3)).to.equal('Cannot open the data connection.\n');
      expect(bench.sessions).to.have.length(1);
    }),
  );

  it(
    'is told in a sentence, at once, that the server dials nobody',
    withServer('stepwise', { files, active: false }, async (bench) => {
      const p = await bench.dial();
      await p.send('-l');
      expect(await refusal(p, 0)).to.match(/^This server dials nobody[^.]*\.\n$/);
    }),
  );

  for (const [fields, oks, sentence] of [
    [['-p'], 0, /verb/],
    [['-l', '80\n'], 1, /data port/],
    [['-l', '8555', '::1'], 2, /IPv4 address/],
    [['-g', '8555\n', '10.0.0.2\n', 'a\tb\n'], 3, /file name/],
  ] as const) {
    it(
      `says ${JSON.stringify(fields.at(-1))}: one sentence, and the end`,
      withServer('stepwise', { files }, async (bench) => {
        const p = await bench.dial();
        await ask(bench, p, fields.slice(0, -1));
        await p.send(fields.at(-1) as string);
        // The first field may be the beginning of another language's request, until silence says that it is not.
        await bench.clock.advance(500);
        const said = await refusal(p, oks);
        expect(said)
          .to.match(sentence)
          .and.match(/^That is no [^.]*\.\n$/);
        expect(bench.told).to.deep.equal([]);
      }),
    );
  }

  it(
    'that stops between its fields has the minute of who has asked for nothing, each time',
    withServer('stepwise', { files }, async (bench) => {
      const p = await bench.dial();
      await ask(bench, p, ['-l', '49999']);
      await bench.clock.advance(59_999);
      expect(p.state).to.equal('open');
      await bench.clock.advance(1);
      expect(await refusal(p, 2)).to.equal('Nothing asked for 60 s, closing.\n');
    }),
  );

  it(
    'that ends between its fields is left in silence',
    withServer('stepwise', { files }, async (bench) => {
      const p = await bench.dial();
      await ask(bench, p, ['-l', '49999']);
      await p.end();
      expect(await refusal(p, 2)).to.equal('');
    }),
  );

  it(
    'that has ended P is served to the end, and one that resets it is not',
    withServer('stepwise', { files: { big: pattern(3_000_000) } }, async (bench) => {
      for (const leaves of ['ends', 'resets'] as const) {
        const p = await bench.dial();
        const door = await bench.door({ reads: false });
        await ask(bench, p, ['-g', door.port, CLIENT, 'big']);
        const q = await door.next();
        if (leaves === 'ends') await p.end();
        else p.conn.reset();
        q.listen();
        expect(await q.over(), leaves).to.equal(leaves === 'ends' ? 'ended' : 'lost');
        await q.conn.end().catch(() => undefined);
        await p.over();
      }
      expect(bench.told.filter((told) => /done|failed/.test(told))).to.deep.equal([
        'get done',
        'get failed connection-lost',
      ]);
    }),
  );

  it(
    'is reset on Q, and told why on P, when a file becomes shorter in the middle',
    withServer('stepwise', { storage: shrinking(pattern(3_000_000)) }, async (bench) => {
      const { p, door } = await asked(bench, get('big'));
      expect(await (await door.next()).over()).to.equal('lost');
      expect(await refusal(p, 4)).to.equal('The file became shorter while it was sent.\n');
      expect(bench.told.at(-1)).to.equal('get failed changed');
    }),
  );

  it(
    'that does not read Q for a minute is reset there',
    withServer('stepwise', { files: { big: pattern(3_000_000) } }, async (bench) => {
      const p = await bench.dial();
      const door = await bench.door({ reads: false });
      await ask(bench, p, ['-g', door.port, CLIENT, 'big']);
      const q = await door.next();
      await bench.clock.advance(120_000);
      q.listen();
      expect(await q.over()).to.equal('lost');
      expect(await refusal(p, 4)).to.equal('Nothing moved for 60 s.\n');
    }),
  );

  it(
    'is one of many, and none waits for another',
    withServer('stepwise', { files: { big: pattern(500_000), ...files } }, async (bench) => {
      const stopped = await bench.dial();
      await ask(bench, stopped, ['-g', '49999']);
      const all = await Promise.all(
        Array.from({ length: 12 }, (_, i) => asked(bench, get(i % 2 === 0 ? 'big' : 'a.txt'), LONG_ADDRESS)),
      );
      const got = await Promise.all(all.map((each) => received(each)));
      expect(got.map(({ length }) => length)).to.deep.equal(got.map((_, i) => (i % 2 === 0 ? 500_000 : 4)));
    }),
  );
});
