import { expect } from 'chai';
import { Readable } from 'node:stream';
import { connect } from '../../lib/client';
import { createServer } from '../../lib/server';
import { withClient } from '../support/errandBench';
import { watch } from '../support/ftPlay';
import { memoryNetwork } from '../support/memoryNetwork';
import { pattern, rejects } from '../support/storageHelpers';

const from = (...bytes: (string | Uint8Array)[]): Readable => Readable.from(bytes);

describe('numbered: the client', () => {
  it(
    'sends the bytes and nothing else, whatever they are called, and waits for the server’s FIN',
    withClient('numbered', {}, async (errands) => {
      const sent = watch(errands.client.put(from('hel', 'lo'), 'a name'));
      const p = await errands.caller();
      expect(await p.over()).to.equal('ended');
      expect(p.received.toString()).to.equal('hello');
      await errands.clock.advance(9999);
      expect(sent.isOver).to.equal(false);
      await p.conn.end();
      expect(await sent.value()).to.include({ size: 5, verified: false });
    }),
  );

  it(
    'lets a server go that never ends, after ten seconds',
    withClient('numbered', {}, async (errands) => {
      const sent = watch(errands.client.put(from('hello'), 'x'));
      const p = await errands.caller();
      await p.over();
      await errands.clock.advance(11_000);
      expect(await sent.value()).to.include({ size: 5 });
    }),
  );

  it(
    'takes a reset for a refusal, and says what it may mean',
    withClient('numbered', {}, async (errands) => {
      const sent = watch(errands.client.put(from(pattern(1_000_000)), 'x'));
      const p = await errands.caller();
      await p.bytes(1);
      p.conn.reset();
      expect((await sent.failure('refused')).message)
        .to.match(/too much/)
        .and.match(/silence/)
        .and.match(/accio/);
    }),
  );

  it(
    'cannot be given a port below 1024, and says so before it connects',
    withClient('numbered', {}, async ({ network, clock }) => {
      const to = { host: '10.0.0.1', port: 1023, dialect: 'numbered', network, clock } as const;
      expect(await rejects('invalid-port', () => connect(to))).to.match(/1024/);
    }),
  );
});

describe('numbered: the server’s port', () => {
  it('is above 1023, or any free one', async () => {
    const server = createServer({ network: memoryNetwork() });
    expect(await rejects('invalid-port', () => server.listen(1023, { dialect: 'numbered' }))).to.match(/1024.*1023/);
    await server.listen(1024, { dialect: 'numbered' });
    await server.listen(0, { dialect: 'numbered' });
    await server.close(0);
  });
});

describe('numbered: the client, in the accio form', () => {
  const accio = { settings: { accio: true } } as const;

  it(
    'says each confirmation only after its greeting, and no byte before the second',
    withClient('numbered', accio, async (errands) => {
      const sent = watch(errands.client.put(from('hello'), 'x'));
      const p = await errands.caller();
      expect(await p.quiet()).to.equal('');
      for (const byte of 'accio\r') await p.send(byte);
      expect(await p.quiet()).to.equal('');
      await p.send('\n');
      const first = 'confirm-accio\r\n';
      expect((await p.bytes(first.length)).toString()).to.equal(first);
      expect(await p.quiet()).to.equal(first);
      await p.send('acc');
      expect(await p.quiet()).to.equal(first);
      await p.send('io\r\n');
      // The confirmation comes alone: an original that reads more for it would lose what came along.
      const both = `${first}confirm-accio-again\r\n\r\n`;
      expect((await p.bytes(both.length)).toString()).to.equal(both);
      await errands.clock.advance(199);
      expect(await p.quiet()).to.equal(both);
      await errands.clock.advance(1);
      expect((await p.whole()).toString()).to.equal(`${first}confirm-accio-again\r\n\r\nhello`);
      expect(await sent.value()).to.include({ size: 5 });
    }),
  );

  it(
    'takes both greetings in one piece',
    withClient('numbered', accio, async (errands) => {
      const sent = watch(errands.client.put(from('hello'), 'x'));
      const p = await errands.caller();
      await p.send('accio\r\naccio\r\n');
      await p.bytes(37);
      await errands.clock.advance(200);
      expect((await p.whole()).toString()).to.equal('confirm-accio\r\nconfirm-accio-again\r\n\r\nhello');
      await sent.value();
    }),
  );

  for (const [what, words] of [
    ['another greeting', '220 ready\r\n'],
    ['no CR', 'accio\n'],
    ['another second greeting', 'accio\r\naccia\r\n'],
  ] as const) {
    it(
      `${what} is not understood, and nothing more is sent`,
      withClient('numbered', accio, async (errands) => {
        const sent = watch(errands.client.put(from('hello'), 'x'));
        const p = await errands.caller();
        await p.send(words);
        await sent.failure('not-understood');
        await p.over();
        expect(p.received.toString()).to.be.oneOf(['', 'confirm-accio\r\n']);
      }),
    );
  }

  it(
    'a server that ends without greeting is incomplete, one that never greets a timeout',
    withClient('numbered', { ...accio, timeout: 10_000 }, async (errands) => {
      const ended = watch(errands.client.put(from('hello'), 'x'));
      const p = await errands.caller();
      await p.send('accio');
      await p.end();
      await ended.failure('incomplete');
      const waiting = watch(errands.client.put(from('hello'), 'x'));
      const mute = await errands.caller();
      await errands.clock.advance(20_000);
      await waiting.failure('timeout');
      expect(await mute.over()).to.equal('lost');
      expect(mute.received.length).to.equal(0);
    }),
  );
});
