import { expect } from 'chai';
import { memoryStorage } from '../../lib/storage/memory';
import { answers, attack, HONEST } from '../support/attack';
import { pattern } from '../support/bytes';
import { CLIENT, SERVER } from '../support/ftBench';
import { eventually } from '../support/talker';

const LARGE = pattern(2_000_000);

/** An ftp client's bounce, and what else names a machine. */
const FOREIGN = ['10.0.0.9:8555', '10,0,0,9,33,107', '[::1]:8555', 'localhost', '0x2200', '65536', '99999999999', '-1'];

describe('hostile: requests', () => {
  it(
    'S01 requests naming low or foreign ports dial nothing',
    attack({ files: { large: LARGE } }, async (attacking) => {
      const { bench, dialled, dial, door } = attacking;
      const verbs = ['-l', `-g ${HONEST}`, '-p new'];
      for (const port of ['1', '22', '25', '80', '1023', ...FOREIGN]) {
        for (const verb of verbs) {
          const said = await answers(attacking, `${verb} ${port}\n`);
          expect(said, `${verb} ${port}`).to.match(/^(50[0-9]|55[0-9]) [^\r\n]*\r\n$/);
        }
      }
      for (const line of ['PORT 10,0,0,9,0,22', 'EPRT |1|10.0.0.9|8555|'])
        expect(await answers(attacking, `${line}\n`)).to.match(/^500 /);
      expect(dialled, 'dials').to.deep.equal([]);
      // A good port is dialled once, where the client is and nowhere else, whoever else listens on that port.
      const opened = await door();
      const bystander = await door({ at: '10.0.0.9', port: opened.port });
      const p = await dial();
      await p.send(`-g ${HONEST} ${opened.port}\n`);
      await (await opened.next()).whole();
      expect(dialled).to.deep.equal([`${CLIENT}:${opened.port}`]);
      expect(bystander.conns).to.have.lengthOf(0);
      // Nor does a client on the server's own machine have it talk to itself.
      const local = await dial(SERVER);
      const before = dialled.length;
      await local.send(`-g ${HONEST} ${bench.port}\n`);
      expect((await local.lines(2))[1]).to.match(/^425 /);
      expect(dialled).to.have.lengthOf(before);
    }),
  );

  it(
    'S02 a third address knocks at a passive data port',
    attack({}, async ({ dial, dialData }) => {
      const p = await dial();
      await p.send(`-g ${HONEST} 0\n`);
      const port = Number(/port=(\d+);/.exec(await p.line())?.[1]);
      for (let i = 0; i < 20; i += 1) {
        const stranger = await dialData(port, `10.0.9.${i + 1}`);
        await stranger.over();
        expect(stranger.received).to.have.lengthOf(0);
      }
      const q = await dialData(port);
      expect((await q.whole()).length).to.be.greaterThan(0);
      expect(await p.line()).to.match(/^226 /);
    }),
  );

  it(
    'S03 10,000 passive requests leave no listener',
    attack({}, async ({ listening, dial }) => {
      const SESSIONS = 50;
      const siege = async (): Promise<void> => {
        const p = await dial();
        for (let i = 0; i < 200; i += 1) {
          await p.send('-l 0\n');
          expect(await p.line()).to.match(/^150 /);
          await p.send('-x\n');
          expect((await p.line()).slice(0, 4) + (await p.line()).slice(0, 4)).to.equal('426 226 ');
        }
      };
      await Promise.all(Array.from({ length: SESSIONS }, siege));
      expect(listening.ever).to.equal(1 + 10_000);
      expect(listening.most).to.be.at.most(1 + SESSIONS);
      expect(listening.now).to.equal(1);
    }),
  );

  it(
    'S04 offsets 2^63, 2^53+1 and -1',
    attack({ writable: true, files: { large: LARGE } }, async (attacking) => {
      for (const offset of ['9223372036854775808', '9007199254740993', '-1', '1e3', '0x10', '１', '', '2000001']) {
        for (const option of ['offset', 'length', 'size']) {
          if (option !== 'offset' && offset === '2000001') continue;
          const verb = option === 'size' ? '-p' : '-g';
          const said = await answers(attacking, `${verb} --${option}=${offset} large 0\n`);
          expect(said, `${verb} --${option}=${offset}`).to.match(/^(501|504|554|553) [^\r\n]*\r\n$/);
        }
      }
      expect(attacking.bench.storage.bytes('large')?.equals(LARGE)).to.equal(true);
      expect(attacking.listening.ever).to.equal(1);
    }),
  );

  it(
    'S05 declared sizes that lie publish nothing and reserve nothing',
    attack(
      { writable: true, storage: memoryStorage({ [HONEST]: 'served all the same' }, { maxBytes: 5000 }) },
      async ({ bench, dial, door }) => {
        const put = async (size: string, bytes: string, confirm: string): Promise<string> => {
          const opened = await door();
          const p = await dial();
          await p.send(`-p --size=${size} --confirm lie ${opened.port}\n`);
          expect(await p.line()).to.match(/^150 /);
          const q = await opened.next();
          await q.end(bytes).catch(() => undefined);
          await p.send(confirm);
          const reply = await p.line();
          p.conn.reset();
          return reply;
        };
        // 00000000 is nobody's CRC-32 here; 3610a686 is that of "hello".
        expect(await put('10', 'hello', '-c 10 3610a686\n')).to.match(/^4\d\d /);
        expect(await put('10', 'hello', '-c 5 3610a686\n')).to.match(/^4\d\d /);
        expect(await put('5', 'hello', '-c 5 00000000\n')).to.match(/^4\d\d /);
        expect(await put('5', 'hello', '-c 4 3610a686\n')).to.match(/^4\d\d /);
        expect(await put('9007199254740991', 'hello', '-c 5 3610a686\n')).to.match(/^4\d\d /);
        expect(bench.storage.bytes('lie')).to.equal(undefined);
        expect(bench.told.filter((line) => line === 'put done')).to.deep.equal([]);
        // What lies beyond the size is not the file's.
        expect(await put('5', 'hello and more', '-c 5 3610a686\n')).to.match(/^226 |^4\d\d /);
        const kept = bench.storage.bytes('lie')?.toString() ?? 'hello';
        expect(kept).to.equal('hello');
      },
    ),
  );

  it(
    'S06 the disk is full in mid-put',
    attack(
      { writable: true, storage: memoryStorage({ [HONEST]: 'served all the same' }, { maxBytes: 100_000 }) },
      async ({ bench, dial, door }) => {
        const opened = await door();
        const p = await dial();
        await p.send(`-p --size=${LARGE.length} --confirm big ${opened.port}\n`);
        const begun = await p.line();
        if (begun.startsWith('150')) {
          const q = await opened.next();
          await q.send(LARGE).catch(() => undefined);
          expect(await p.line()).to.match(/^452 /);
        } else expect(begun).to.match(/^452 /);
        expect(bench.storage.bytes('big')).to.equal(undefined);
        // The session goes on, and what fits is taken.
        const small = await door();
        await p.send(`-p --size=5 --confirm small ${small.port}\n`);
        expect(await p.line()).to.match(/^150 /);
        await (await small.next()).end('hello');
        await p.send('-c 5 3610a686\n');
        expect(await p.line()).to.match(/^226 /);
        expect(bench.storage.bytes('small')?.toString()).to.equal('hello');
      },
    ),
  );

  it('S07 digest requests as an attack on the processor', async () => {
    const storage = memoryStorage({ [HONEST]: 'served all the same', large: LARGE });
    const read = storage.read.bind(storage);
    let most = 0;
    let now = 0;
    storage.read = async (path) => {
      const source = await read(path);
      if (path !== 'large') return source;
      now += 1;
      most = Math.max(most, now);
      const close = source.close.bind(source);
      source.close = async () => {
        now -= 1;
        await close();
      };
      return source;
    };
    await attack({ storage }, async ({ dial }) => {
      const sessions = await Promise.all(Array.from({ length: 60 }, () => dial()));
      for (const p of sessions) await p.send('-h large\n'.repeat(3));
      await eventually('they are worked on', () => most > 0);
      for (const p of sessions) for (const reply of await p.lines(3)) expect(reply).to.match(/^(213|4\d\d) /);
      // One at a time of one address: the others wait, and the loop is free in between.
      expect(most).to.equal(1);
    })();
    expect(now).to.equal(0);
  });
});
