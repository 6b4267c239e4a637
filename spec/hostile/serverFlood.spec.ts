import { expect } from 'chai';
import { answers, attack, HONEST, settle } from '../support/attack';
import { People } from '../support/accounts';
import { pattern } from '../support/bytes';
import { CLIENT, type Bench } from '../support/ftBench';
import { eventually, type Talker } from '../support/talker';
import { watchingUnread } from '../support/unread';

const KIB = 1024;
const MIB = KIB * KIB;
const LARGE = pattern(4 * MIB);
const LOGIN = { authenticator: new People(), clearPasswords: true };
const honest = { login: { name: 'alice', password: 'sesame' }, clearPasswords: true };

/** Sends a flood until nobody takes it any more, and says how much was taken. */
async function stream(p: Talker, chunk: Uint8Array, times: number): Promise<number> {
  let taken = 0;
  for (let i = 0; i < times; i += 1) {
    try {
      await p.send(chunk);
    } catch {
      break;
    }
    taken += chunk.length;
  }
  return taken;
}

describe('hostile: floods', () => {
  it(
    'S10 1 GiB line before login',
    attack({ ...LOGIN, honest }, async ({ dial, bench }) => {
      const p = await dial();
      await watchingUnread(async (use) => {
        await p.send(Buffer.alloc(4095, 0x61));
        expect(await p.quiet()).to.equal('');
        await p.send('a');
        // That is enough: it is told so now, and whatever comes behind is thrown away as it comes.
        expect(await p.line()).to.match(/^500 /);
        expect(await stream(p, Buffer.alloc(MIB, 0x61), 1024)).to.be.at.least(MIB);
        // Kept twice, by the port that tells languages apart and by the one that was chosen; and not a byte of the rest.
        expect(use.kept).to.be.at.most(3 * 4096);
      });
      // Nor is it listened to for longer than what is said takes to arrive.
      await bench.clock.advance(10_000);
      expect(await p.over()).to.be.oneOf(['ended', 'lost']);
      expect(p.received.length).to.be.below(KIB);
      await stream(p, Buffer.alloc(MIB, 0x61), 1);
      await settle();
      expect(await stream(p, Buffer.alloc(MIB, 0x61), 1)).to.equal(0);
    }),
  );

  it(
    'S11 two million two-byte lines on 50 sessions',
    attack({ ...LOGIN, honest }, async ({ dial }) => {
      const lines = Buffer.from('x\n'.repeat(1000));
      const floods = Array.from({ length: 50 }, async () => {
        const p = await dial();
        const taken = await stream(p, lines, 40);
        await eventually('it is sent away', () => p.state !== 'open');
        // It is told so in ten sentences, and not in forty thousand.
        expect(p.received.length).to.be.below(4 * KIB);
        return taken;
      });
      for (const taken of await Promise.all(floods)) expect(taken).to.be.at.most(80_000);
    }),
  );

  it(
    'S12 slow-loris',
    attack({}, async ({ dial, bench }) => {
      const lorises = await Promise.all(Array.from({ length: 100 }, () => dial()));
      const line = `-g ${HONEST} 0`;
      for (let second = 0; second < 59; second += 1) {
        for (const p of lorises) await p.send(line.charAt(second % 9));
        await bench.clock.advance(1000);
      }
      expect(lorises.every(({ state }) => state === 'open')).to.equal(true);
      await bench.clock.advance(1000);
      for (const p of lorises) {
        await p.over();
        expect(p.received.toString()).to.match(/^421 /);
      }
    }),
  );

  it(
    'S13 a client that never reads',
    attack({ files: { large: LARGE } }, async ({ dial, door, bench }) => {
      // Neither its replies, …
      const deaf = await dial(CLIENT, { reads: false });
      const asked = stream(deaf, Buffer.from('-f\n'.repeat(60)), 2000);
      // … nor its data.
      const shut = await door({ reads: false });
      const p = await dial();
      await p.send(`-g large ${shut.port}\n`);
      expect(await p.line()).to.match(/^150 /);
      const q = await shut.next();
      await settle();
      const filled = q.conn.bytesRead;
      await bench.clock.advance(121_000);
      expect(await p.line()).to.match(/^4\d\d /);
      expect(filled).to.be.at.most(MIB);
      q.listen();
      expect(await q.over()).to.equal('lost');
      // It is sent away at the 65th request that waits, and nobody waits for it to read that.
      await asked;
      deaf.listen();
      await deaf.over();
      expect(deaf.received.length).to.be.at.most(MIB);
    }),
  );

  it(
    'S14 5,000 idle connections',
    attack({}, async ({ dial, bench }) => {
      const idle: Talker[] = [];
      for (let i = 0; i < 5000; i += 1) idle.push(await dial(`10.1.${i >> 8}.${i & 255}`));
      await settle();
      expect(open(idle)).to.equal(480);
      await bench.clock.advance(60_000);
      await settle(60);
      expect(open(idle)).to.equal(0);
    }),
  );

  it(
    'S15 1,000 connections from one address',
    attack({}, async ({ dial, bench }) => {
      const idle: Talker[] = [];
      for (let i = 0; i < 1000; i += 1) idle.push(await dial());
      await settle();
      expect(open(idle)).to.equal(240);
      await bench.clock.advance(60_000);
      await settle(60);
      expect(open(idle)).to.equal(0);
    }),
  );

  it(
    'S16 reset in every state',
    attack({ ...LOGIN, honest, writable: true, files: { large: LARGE } }, async ({ dial, dialData, door, bench }) => {
      for (const talk of STATES) {
        const p = await dial();
        await talk({ p, bench, dialData, door });
        p.conn.reset();
        // A guess counts though who made it has gone: the next login waits for a second.
        await bench.clock.advance(1000);
      }
      expect(bench.storage.bytes('new')).to.equal(undefined);
    }),
  );

  it('S17 passwords guessed by brute force', async () => {
    const people = new People();
    await attack({ ...LOGIN, authenticator: people, honest }, async (attacking) => {
      const { bench } = attacking;
      let refused = 0;
      bench.server.on('login', ({ ok }) => (refused += ok ? 0 : 1));
      const replies = new Set<string>();
      for (let i = 0; i < 20; i += 1) {
        const guess = answers(attacking, `-u ${i % 2 === 0 ? 'alice' : 'nobody'}\tguess${i}\n`);
        await bench.clock.advance(31_000);
        replies.add(await guess);
      }
      // Known and unknown names are refused in the same words; after ten the address is turned away.
      expect([...replies][0]).to.equal('530 Login refused.\r\n');
      expect(replies.size).to.be.at.most(2);
      expect(refused).to.be.at.least(10);
      // From then on not even the right one is looked at.
      const right = answers(attacking, '-u alice\tsesame\n');
      await bench.clock.advance(31_000);
      expect(await right).to.match(/^(530|421) /);
      expect(people.attempts).to.have.lengthOf(10);
    })();
  });
});

const open = (talkers: readonly Talker[]): number => talkers.filter(({ state }) => state === 'open').length;

interface State {
  readonly p: Talker;
  readonly bench: Bench;
  readonly dialData: Bench['dialData'];
  readonly door: Bench['door'];
}

const logIn = async ({ p }: State): Promise<void> => {
  await p.send('-u alice\tsesame\n');
  expect(await p.line()).to.match(/^230 /);
};

const port = (reply: string): number => Number(/port=(\d+);/.exec(reply)?.[1]);

/** Each brings a session as far as it says, and leaves it there. */
const STATES: readonly ((state: State) => Promise<void>)[] = [
  // Nothing said; half a line; in a login.
  async () => undefined,
  async ({ p }) => p.send('-g hon'),
  async ({ p }) => p.send('-u alice\twrong\n'),
  logIn,
  // Waiting for a passive connection; with a stranger on it; with the right one, before and in the middle.
  async (state) => {
    await logIn(state);
    await state.p.send('-g large 0\n');
    await state.p.line();
  },
  async (state) => {
    await logIn(state);
    await state.p.send(`-g --token=${'ab'.repeat(16)} large 0\n`);
    await state.dialData(port(await state.p.line()));
  },
  async (state) => {
    await logIn(state);
    await state.p.send('-g large 0\n');
    await (await state.dialData(port(await state.p.line()))).bytes(1);
  },
  // Being dialled in vain; being dialled; in the middle of a list and a put; waiting for -c.
  async (state) => {
    await logIn(state);
    await state.p.send('-g large 5001\n');
    await state.p.line();
  },
  async (state) => {
    await logIn(state);
    const door = await state.door({ reads: false });
    await state.p.send(`-g large ${door.port}\n-l ${door.port}\n-h large\n`);
    await door.next();
  },
  async (state) => {
    await logIn(state);
    const door = await state.door();
    await state.p.send(`-p --size=100000 --confirm new ${door.port}\n`);
    await state.p.line();
    await (await door.next()).send(pattern(50_000));
  },
  async (state) => {
    await logIn(state);
    const door = await state.door();
    await state.p.send(`-p --size=5 --confirm new ${door.port}\n`);
    await state.p.line();
    await (await door.next()).end('hello');
    await state.p.quiet();
  },
];
