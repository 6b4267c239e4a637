import { expect } from 'chai';
import type { ErrorCode } from '../../../lib';
import { Basin, Play, watch } from '../../support/ftPlay';

interface Early {
  readonly passive?: boolean;
  /** P ends before the client asks, too. */
  readonly ends?: boolean;
}

/** A server that speaks, and the client that hears it before it has asked anything. */
async function early(text: string, { passive = false, ends = false }: Early = {}) {
  const play = new Play();
  await play.begin({ passive });
  await (ends ? play.p.end(text) : play.p.send(text));
  await play.p.quiet();
  const got = watch(play.client.get('a.txt', new Basin()));
  await play.p.quiet();
  return { play, got };
}

describe('the client and a server that speaks before it is asked', () => {
  const SSH = 'SSH-2.0-OpenSSH_9.2p1\r\n';
  const cases: readonly [what: string, text: string, code: ErrorCode, sentence: string][] = [
    ['an error in words', 'FILE NOT FOUND\n', 'refused', 'FILE NOT FOUND'],
    ['an error in words without a newline', 'FILE NOT FOUND', 'refused', 'FILE NOT FOUND'],
    ["an SSH server's banner", SSH, 'not-understood', 'that is an SSH server'],
  ];

  for (const [what, text, code, sentence] of cases) {
    for (const passive of [false, true]) {
      const how = passive ? ', passively' : '';

      it(`${what}, then quiet: refused after one second${how}`, async () => {
        const { play, got } = await early(text, { passive });
        await play.clock.advance(999);
        expect(got.isOver).to.equal(false);
        await play.clock.advance(1);
        expect((await got.failure(code)).message).to.equal(sentence);
        await play.close();
      });

      it(`${what}, and then its end: refused${how}`, async () => {
        const { play, got } = await early(text, { passive, ends: true });
        await play.clock.advance(100);
        expect((await got.failure(code)).message).to.equal(sentence);
        await play.close();
      });
    }
  }

  for (const text of ['Welcome!\n', 'Welcome!']) {
    it(`${JSON.stringify(text)} is chatter when a data connection comes`, async () => {
      const { play, got } = await early(text);
      const { port } = await play.request();
      await (await play.dial(port)).end('hello');
      await play.clock.advance(2000);
      expect(await got.value()).to.include({ verified: false, length: 5 });
      await play.close();
    });
  }

  it('of a flood not everything is kept, and the last of it starts the second anew', async () => {
    const { play, got } = await early('no\n'.repeat(10_000));
    await play.clock.advance(999);
    await play.p.send('no\n');
    await play.clock.advance(999);
    expect(got.isOver).to.equal(false);
    await play.clock.advance(1);
    expect((await got.failure('refused')).message.length).to.be.below(500);
    await play.close();
  });
});
