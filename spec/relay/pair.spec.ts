import { expect } from 'chai';
import { Pair, type Course, type Ending } from '../../lib/relay/pair';
import { LIMITS } from '../../lib/options';
import { onBothNetworks, type Ground } from '../support/bothNetworks';
import { pattern } from '../support/bytes';
import { settle } from '../support/fakeClock';
import { eventually, Talker } from '../support/talker';

describe('two connections that a relay makes one', () => {
  onBothNetworks((ground) => {
    interface Joined {
      readonly client: Talker;
      readonly server: Talker;
      readonly pair: Pair;
      readonly over: Promise<Ending>;
    }

    async function joined(there: Course = {}, reads = true, { net, clock }: Ground = ground()): Promise<Joined> {
      const near = await net.pair();
      const far = await net.pair();
      const pair = new Pair(clock, near.accepted, far.dialled);
      const over = pair.run(there);
      return { client: new Talker(near.dialled, { reads }), server: new Talker(far.accepted, { reads }), pair, over };
    }

    it('pass everything both ways, and each half-close as one', async () => {
      const { client, server, over } = await joined();
      await client.end('question');
      expect((await server.over(), server.received.toString())).to.equal('question');
      await server.send('answer');
      await client.bytes(6);
      expect(client.state).to.equal('open');
      await server.end('!');
      expect((await client.whole()).toString()).to.equal('answer!');
      expect(await over).to.equal('ended');
    });

    it('hold a sender back whose bytes nobody reads, and lose none', async () => {
      const { client, server, over } = await joined({}, false);
      const block = pattern(64 * 1024);
      let written = 0;
      let last: Promise<void> = Promise.resolve();
      for (let held = false; !held; written += block.length) {
        if (written > 64 * 1024 * 1024) throw new Error('nobody was held back');
        last = client.send(block);
        held = await Promise.race([last.then(() => false), settle(200).then(() => true)]);
      }
      server.listen();
      client.listen();
      await last;
      await client.end();
      expect((await server.whole()).length).to.equal(written);
      expect(await client.over()).to.equal('ended');
      expect(await over).to.equal('ended');
    });

    for (const side of ['client', 'server'] as const) {
      it(`are both lost when the ${side} resets`, async () => {
        const { over, ...ends } = await joined();
        const other = ends[side === 'client' ? 'server' : 'client'];
        await ends[side].send('x');
        await other.bytes(1);
        ends[side].conn.reset();
        expect(await other.over()).to.equal('lost');
        expect(await over).to.equal('lost');
      });
    }

    it('are both lost when one resets after the other has ended', async () => {
      const { client, server, over } = await joined();
      await client.end('x');
      await server.over();
      server.conn.reset();
      expect(await client.over()).to.equal('lost');
      expect(await over).to.equal('lost');
    });

    it('are both over when one is closed whatever is unread', async () => {
      const { client, server, over } = await joined({}, false);
      client.listen();
      await client.send('x'.repeat(1000));
      await settle();
      server.conn.destroy();
      expect(['ended', 'lost']).to.include(await client.over());
      client.conn.destroy();
      await over;
    });

    it('are cut politely: everything before arrives, then FIN on both sides, and nothing more', async () => {
      const { client, server, pair, over } = await joined();
      await client.send('before');
      await server.bytes(6);
      pair.cut();
      pair.cut();
      expect([await client.over(), await server.over()]).to.deep.equal(['ended', 'ended']);
      await client.send('behind');
      await Promise.all([client.end(), server.end('behind')]);
      expect(await over).to.equal('cut');
      expect([client.received.toString(), server.received.toString()]).to.deep.equal(['', 'before']);
    });

    it('are not kept for ever by a peer that never ends after a cut', async () => {
      const { client, server, pair, over } = await joined();
      pair.cut();
      await Promise.all([client.over(), server.over()]);
      await ground().clock.advance(LIMITS.linger);
      expect(await over).to.equal('cut');
    });

    it('are reset on both sides when told to', async () => {
      const { client, server, pair, over } = await joined();
      pair.reset();
      expect([await client.over(), await server.over()]).to.deep.equal(['lost', 'lost']);
      expect(await over).to.equal('reset');
    });

    it('pass what a filter makes of what comes, of a silence, and of the end', async () => {
      let held = '';
      const said = (text: string): Uint8Array[] => {
        held = '';
        return [Buffer.from(text)];
      };
      const { client, server, over } = await joined({
        filter: {
          push: (bytes) => {
            held += Buffer.from(bytes).toString();
            return Promise.resolve(held.includes('.') ? said(`[${held}]`) : []);
          },
          waiting: () => held !== '',
          quiet: () => Promise.resolve(said(`(${held})`)),
          end: () => Promise.resolve(said(`<${held}>`)),
        },
      });
      await client.send('a.');
      await server.bytes(4);
      await client.send('b');
      await eventually('it waits for a silence', () => ground().clock.pending === 1);
      await ground().clock.advance(200);
      await server.bytes(7);
      await client.end('c');
      expect((await server.whole()).toString()).to.equal('[a.](b)<c>');
      await over;
    });

    it('are over at once when a stage that waits is in the way of a reset', async () => {
      const never: Course = {
        faults: (out, { signal }) => ({
          write: () => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('over')))),
          end: () => out.end(),
        }),
      };
      const { client, server, pair, over } = await joined(never);
      await client.send('x');
      await settle();
      pair.cut();
      expect(await server.over()).to.equal('ended');
      await Promise.all([client.end(), server.end()]);
      expect(await over).to.equal('cut');
    });
  });
});
