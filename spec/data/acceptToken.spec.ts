import { expect } from 'chai';
import { listenChannel, type AcceptPlan, type ListeningChannel } from '../../lib/data/accept';
import { TwinportError } from '../../lib/errors';
import type { Conn, Network } from '../../lib/net/network';
import { LIMITS } from '../../lib/options';
import { eventually, onBothNetworks } from '../support/bothNetworks';
import { failureOf, pattern, readAll } from '../support/bytes';
import { fakeClock, settle } from '../support/fakeClock';
import { memoryPair } from '../support/memoryConn';
import { memoryNetwork } from '../support/memoryNetwork';
import { cuts } from '../support/splits';

const never = new AbortController().signal;
const TOKEN = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

/** A token with one bit wrong. */
function almost(at: number): Buffer {
  const bytes = Buffer.from(TOKEN);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

const ended = (conn: Conn): Promise<unknown> => conn.read().catch(() => null);

describe('accepting a data connection that shows a token', () => {
  it('keeps what it has read of the token when it is read byte by byte', async () => {
    const ends = [
      { address: '127.0.0.1', port: 50001 },
      { address: '127.0.0.1', port: 8555 },
    ] as const;
    const [dialled, accepted] = memoryPair({ capacity: 1024 }, ...ends);
    const gathering = accepted.read.bind(accepted);
    accepted.read = () => gathering();
    const network: Network = {
      ...memoryNetwork(),
      listen: async (_options, onConn) => {
        onConn(accepted);
        return { local: ends[1], close: async () => undefined };
      },
    };
    const clock = fakeClock();
    const plan: AcceptPlan = { network, clock, ports: [0, 0], allows: () => true, token: TOKEN };
    const opened = (await listenChannel(plan)).open(never);
    for (const byte of TOKEN) {
      await dialled.write(Uint8Array.of(byte));
      await settle(2);
    }
    expect(await opened).to.equal(accepted);
    expect(clock.pending).to.equal(0);
  });

  onBothNetworks((ground) => {
    let channel: ListeningChannel;
    let opened: Promise<Conn>;
    const listen = async (plan: Partial<AcceptPlan> = {}, signal = never): Promise<void> => {
      const { network, clock } = ground();
      const base = { network, clock, host: '127.0.0.1', ports: [0, 0] as const, allows: () => true, token: TOKEN };
      channel = await listenChannel({ ...base, ...plan });
      opened = channel.open(signal);
      opened.catch(() => undefined);
    };
    const dial = (localAddress = '127.0.0.1') => ground().net.dial({ port: channel.port, localAddress });
    const knock = async (bytes: Uint8Array): Promise<Conn> => {
      const conn = await dial();
      await conn.write(bytes);
      return conn;
    };
    /** Candidates that are being looked at: each has its five seconds, and `open` its own. */
    const candidates = (count: number): Promise<void> =>
      eventually(`${count} candidates`, () => ground().clock.pending === count + 1);
    const expectTheRightOneIn = async (): Promise<void> => {
      const right = await knock(TOKEN);
      const conn = await opened;
      expect(conn.remote).to.deep.equal(right.local);
      conn.destroy();
    };

    for (const bulk of [false, true]) {
      const how = bulk ? ', into reused buffers' : '';
      it(`takes token and data however they are cut${how}`, async () => {
        const sent = Buffer.concat([TOKEN, Buffer.from('and data')]);
        for (const { how: cut, chunks } of cuts(sent)) {
          await listen({ bulk });
          const conn = await dial();
          for (const chunk of chunks) {
            await conn.write(chunk);
            await settle(2);
          }
          await conn.end();
          const accepted = await opened;
          expect((await readAll(accepted)).toString(), cut).to.equal('and data');
          accepted.destroy();
          await ground().net.release();
        }
      });

      it(`takes the token from in front of megabytes${how}`, async () => {
        await listen({ bulk });
        const conn = await dial();
        const data = pattern(3_000_000);
        const sending = conn.write(Buffer.concat([TOKEN, data])).then(() => conn.end());
        const accepted = await opened;
        expect((await readAll(accepted, 960 * 1024)).equals(data)).to.equal(true);
        await sending;
        accepted.destroy();
      });
    }

    it('takes a bare token, and talks both ways', async () => {
      await listen();
      const dialled = await knock(TOKEN);
      const conn = await opened;
      await conn.write(Buffer.from('down'));
      await conn.end();
      expect((await readAll(dialled)).toString()).to.equal('down');
      conn.destroy();
    });

    for (const [what, bytes] of [
      ['a token wrong in its first byte', almost(0)],
      ['a token wrong in its last byte', almost(15)],
      ['nonsense', Buffer.alloc(100, 0x41)],
    ] as const) {
      it(`sends ${what} away, and takes the right one after it`, async () => {
        await listen();
        expect(await ended(await knock(bytes))).to.equal(null);
        await expectTheRightOneIn();
      });
    }

    for (const length of [0, 1, 15]) {
      it(`sends a token that ends after ${length} bytes away`, async () => {
        await listen();
        const short = await knock(TOKEN.subarray(0, length));
        await short.end();
        expect(await ended(short)).to.equal(null);
        await expectTheRightOneIn();
      });
    }

    it('is not harmed by a candidate that resets', async () => {
      await listen();
      const conn = await knock(TOKEN.subarray(0, 8));
      await candidates(1);
      conn.reset();
      await candidates(0);
      await expectTheRightOneIn();
    });

    it('gives a silent candidate 5 s', async () => {
      const { clock } = ground();
      await listen();
      const slow = await knock(TOKEN.subarray(0, 15));
      await candidates(1);
      await clock.advance(LIMITS.candidate - 1);
      expect([clock.pending, LIMITS.candidate]).to.deep.equal([2, 5000]);
      await clock.advance(1);
      expect(await ended(slow)).to.equal(null);
      await expectTheRightOneIn();
    });

    it('lets the right one in while others dawdle, and sends those away', async () => {
      await listen();
      const slow = await Promise.all([knock(TOKEN.subarray(0, 4)), knock(TOKEN.subarray(0, 4)), dial()]);
      await candidates(3);
      await expectTheRightOneIn();
      for (const conn of slow) expect(await ended(conn)).to.equal(null);
    });

    it('looks at eight, and gives up when none was right', async () => {
      await listen();
      for (let i = 0; i < 8; i += 1) expect(await ended(await knock(almost(i)))).to.equal(null);
      const error = await failureOf(opened);
      expect([error.code, error.reply]).to.deep.equal(['no-data-connection', 425]);
      expect(LIMITS.candidates).to.equal(8);
      expect((await failureOf(dial())).code).to.equal('cannot-connect');
    });

    it('looks at no ninth, not even with the right token, while the eight have time left', async () => {
      const { clock } = ground();
      await listen();
      const slow = await Promise.all(Array.from({ length: 8 }, () => dial()));
      await candidates(8);
      expect(await ended(await knock(TOKEN))).to.equal(null);
      await clock.advance(LIMITS.candidate - 1);
      await slow[5]?.write(TOKEN);
      const conn = await opened;
      expect(conn.remote).to.deep.equal(slow[5]?.local);
      for (const other of slow) if (other !== slow[5]) expect(await ended(other)).to.equal(null);
      conn.destroy();
    });

    it('goes on looking at those that have time left when the eighth was wrong', async () => {
      await listen();
      const slow = await Promise.all(Array.from({ length: 7 }, () => dial()));
      await candidates(7);
      expect(await ended(await knock(almost(0)))).to.equal(null);
      await slow[0]?.write(TOKEN);
      (await opened).destroy();
    });

    it('gives up when the time of the eighth is up', async () => {
      const { clock } = ground();
      await listen();
      await Promise.all(Array.from({ length: 8 }, () => dial()));
      await candidates(8);
      await clock.advance(LIMITS.candidate);
      expect((await failureOf(opened)).code).to.equal('no-data-connection');
    });

    it('does not count strangers', async () => {
      await listen({ allows: ({ address }) => address === '127.0.0.1' });
      for (let i = 0; i < 20; i += 1) expect(await ended(await dial('127.0.0.2'))).to.equal(null);
      await expectTheRightOneIn();
    });

    it('sends every candidate away when its time is up', async () => {
      const { clock } = ground();
      await listen({ wait: 1000 });
      const slow = await knock(TOKEN.subarray(0, 3));
      await candidates(1);
      await clock.advance(1000);
      expect((await failureOf(opened)).code).to.equal('data-timeout');
      expect(await ended(slow)).to.equal(null);
      expect(clock.pending).to.equal(0);
    });

    for (const how of ['abort', 'cancel'] as const) {
      it(`sends every candidate away at ${how}`, async () => {
        const controller = new AbortController();
        await listen({}, controller.signal);
        const slow = await knock(TOKEN.subarray(0, 3));
        await candidates(1);
        if (how === 'abort') controller.abort(new TwinportError('aborted', 'enough'));
        else await channel.cancel();
        expect((await failureOf(opened)).code).to.equal('aborted');
        expect(await ended(slow)).to.equal(null);
        await eventually('all timers gone', () => ground().clock.pending === 0);
      });
    }
  });
});
