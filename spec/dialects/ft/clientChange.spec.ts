import { expect } from 'chai';
import type { Client } from '../../../lib/client';
import { withPair } from '../../support/ftPair';
import { eventually } from '../../support/eventually';
import { watch, withPlay } from '../../support/ftPlay';
import { rejects } from '../../support/storageHelpers';

const CHANGES: readonly [what: string, line: string, ask: (client: Client) => Promise<void>][] = [
  ['make directories', '-m a', (client) => client.makeDirectory('a')],
  ['delete', '-d a', (client) => client.remove('a')],
  ['rename', '-r a\tb', (client) => client.rename('a', 'b')],
];

describe('the native client: changes', () => {
  it(
    'are made by the server, and what it refuses rejects with its words',
    withPair(
      { files: { file: 'text' }, allow: ['list', 'read', 'write', 'delete'] },
      async ({ bench: { storage }, client }) => {
        await client.makeDirectory('a');
        await client.makeDirectory('a/b/c', { parents: true });
        await client.makeDirectory('a/b/c', { parents: true });
        await client.rename('file', 'a/b/--new\tname');
        expect(storage.bytes('a/b/--new\tname')?.toString()).to.equal('text');
        await client.remove('a/b/--new\tname');
        await client.remove('a/b/c');
        expect(await rejects('refused', () => client.remove('a'))).to.equal('"a" is not empty');
        expect(await rejects('refused', () => client.makeDirectory('a'))).to.equal('"a" exists already');
        expect(await rejects('refused', () => client.rename('file', 'new'))).to.equal('FILE NOT FOUND');
        expect(await rejects('invalid-name', () => client.remove('a\0b'))).to.contain('NUL');
      },
    ),
  );

  for (const [what, line, ask] of CHANGES) {
    for (const code of [500, 502]) {
      it(
        `${line}: a server that answers ${code} does not know it`,
        withPlay({}, async (play) => {
          const asked = watch(ask(play.client));
          expect((await play.request()).line).to.equal(line);
          await play.say(`${code} -${line.charAt(1)} is not a request of this server. It knows -l, -g and -p.`);
          const { message, reply } = await asked.failure('unsupported');
          expect(message).to.equal(`the server cannot ${what} (it does not know ${line.slice(0, 2)})`);
          expect(reply).to.equal(code);
          expect(play.client.alive).to.equal(true);
        }),
      );
    }

    for (const ends of [false, true]) {
      it(
        `${line}: a homemade server that says its error in words${ends ? ' and goes' : ''}`,
        withPlay({}, async (play) => {
          const asked = watch(ask(play.client));
          await play.request();
          await play.p.send('I only know -l and -g');
          if (ends) await play.p.end();
          await play.clock.advance(1000);
          expect((await asked.failure('refused')).message).to.equal('I only know -l and -g');
          if (!ends) await play.onlyP('is gone');
          expect(play.client.alive).to.equal(false);
        }),
      );
    }

    it(
      `${line}: a server that ends without a word`,
      withPlay({}, async (play) => {
        const asked = watch(ask(play.client));
        await play.request();
        await play.p.end();
        await asked.failure('connection-lost');
      }),
    );

    it(
      `${line}: a server that says nothing at all`,
      withPlay({ timeout: 5000 }, async (play) => {
        const asked = watch(ask(play.client));
        await play.request();
        await play.clock.advance(10_000);
        await asked.failure('timeout');
        await play.onlyP('is gone');
      }),
    );

    it(
      `${line}: nothing is sent once the client's signal is aborted`,
      withPlay({}, async (play) => {
        const first = watch(play.client.stat('x'));
        const then = watch(ask(play.client));
        expect((await play.request()).line).to.equal('-s x');
        const closing = play.client.close();
        await first.failure('aborted');
        await then.failure('aborted');
        await play.clock.advance(1000);
        await closing;
        expect((await play.p.whole()).toString()).to.equal('-s x\n');
      }),
    );
  }
});

describe('the native client: a sign of life', () => {
  it(
    'is any answer to -f, and how long it took',
    withPlay({}, async (play) => {
      const ping = watch(play.client.ping());
      expect((await play.request()).line).to.equal('-f');
      await play.clock.advance(42.123456789);
      await play.say('211-Features:', ' ft 1', '211 End');
      expect(await ping.value()).to.equal(42.123);
    }),
  );

  it(
    'does not come from a server that is busy with something else, or is none',
    withPlay({ timeout: 5000 }, async (play) => {
      await play.say('220 mail.example ESMTP');
      const ping = watch(play.client.ping());
      await play.request();
      await play.say('500 unrecognised command');
      expect((await ping.failure('not-understood')).message).to.contain('FTP or mail server');
      const silent = watch(play.client.ping());
      await play.request();
      await play.clock.advance(10_000);
      await silent.failure('timeout');
    }),
  );

  it(
    'the client is alive until the server ends the control connection',
    withPlay({}, async (play) => {
      expect(play.client.alive).to.equal(true);
      await play.p.end();
      await eventually('that the client notices', () => !play.client.alive);
      await rejects('connection-lost', () => play.client.ping());
    }),
  );

  it(
    'and until it is closed',
    withPlay({}, async (play) => {
      const closing = play.client.close();
      expect(play.client.alive).to.equal(false);
      await play.clock.advance(1000);
      await closing;
      await rejects('aborted', () => play.client.ping());
    }),
  );
});
