import { expect } from 'chai';
import type { ServerTlsOptions } from '../lib/securing';
import { createServer } from '../lib/server';
import { failureOf } from './support/bytes';
import { CLIENT, withBench } from './support/ftBench';
import { authority, certified } from './support/tls';
import { closing, notesOf, secureDial, tlsClient, TRUST, type SecurePeer } from './support/tlsPeers';

const files = { 'a.txt': 'hello' };
const optional: ServerTlsOptions = { ...certified('server'), clientCa: authority() };
const required: ServerTlsOptions = { ...optional, mode: 'require', verifyClient: 'require' };
const NOBODY = 'The client certificate is from nobody who is believed here';
const NONE = 'A client certificate is required here';

async function refused({ p }: SecurePeer, sentence: string): Promise<void> {
  await p.send('-s a.txt\n-g a.txt 0\n');
  expect((await p.whole()).toString()).to.equal(`421 ${sentence}, closing.\r\n`);
}

async function served({ p }: SecurePeer): Promise<void> {
  await p.send('-s a.txt\n-q\n');
  expect(await p.line()).to.match(/^213 type=file;size=5;/);
  expect(await p.line()).to.equal('221 Goodbye.');
  await p.whole();
}

describe('the certificates of clients', () => {
  it(
    'are optional: a wrong one is told that it proves nothing, and is served nothing',
    withBench({ files, tls: optional }, async (bench) => {
      const notes = notesOf(bench);
      await refused(await secureDial(bench, certified('stranger')), NOBODY);
      expect(notes).to.deep.equal([`${NOBODY} (${CLIENT}).`]);
      await served(await secureDial(bench));
      await served(await secureDial(bench, certified('client')));
    }),
  );

  it(
    'are required: who shows none, or a wrong one, has one sentence, the owner one line, and nothing is served',
    withBench({ files, tls: required }, async (bench) => {
      const notes = notesOf(bench);
      await refused(await secureDial(bench), NONE);
      await refused(await secureDial(bench, certified('stranger')), NOBODY);
      await refused(await secureDial(bench, certified('expired')), 'The client certificate expired on 2021-01-01');
      expect(notes).to.deep.equal([
        `${NONE} (${CLIENT}).`,
        `${NOBODY} (${CLIENT}).`,
        `The client certificate expired on 2021-01-01 (${CLIENT}).`,
      ]);
      expect(bench.told).to.deep.equal([]);
      await served(await secureDial(bench, certified('client')));
      const known = await tlsClient(bench, { tls: { ...TRUST, ...certified('client') } });
      for (const passive of [false, true]) expect((await known.list('', { passive })).verified).to.equal(true);
      const unknown = await tlsClient(bench);
      expect(await failureOf(unknown.list())).to.include({ message: `${NONE}, closing.` });
      await closing(bench, known, unknown);
    }),
  );

  it(
    'are required in the languages without words too: nothing is served there',
    withBench({ files, tls: required }, async (bench) => {
      for (const [dialect, line] of [
        ['framed', '9:get a.txt'],
        ['privateshare', 'get,a.txt'],
        ['auto', '9:get a.txt'],
      ] as const) {
        bench.port = (await bench.server.listen(0, { dialect })).port;
        const { p } = await secureDial(bench);
        // There are no words for it: it is a reset, which may be there first.
        await p.send(line).catch(() => undefined);
        await bench.clock.advance(1000);
        await p.over();
        expect(p.received.toString(), dialect).to.not.match(/pass|hello/);
      }
      expect(bench.told).to.deep.equal([]);
    }),
  );

  it(
    'are required, and no more, from a reload on, of who comes then',
    withBench({ files, tls: { ...optional, mode: 'require' } }, async (bench) => {
      const before = await secureDial(bench);
      await bench.server.reload({ tls: required });
      await refused(await secureDial(bench), NONE);
      await served(before);
      await served(await secureDial(bench, certified('client')));
      await bench.server.reload({ tls: optional });
      await served(await secureDial(bench));
    }),
  );

  for (const [what, tls, sentence] of [
    ['of no authority', { ...certified('server'), mode: 'require', verifyClient: 'require' }, /of no authority/],
    ['where clear text would do', { ...required, mode: 'offer' }, /clear text would do/],
    ['where TLS is off', { ...required, mode: 'off' }, /clear text would do/],
    [
      'perhaps',
      { ...required, verifyClient: 'maybe' as never },
      /^verifyClient is one of optional, require, not "maybe"$/,
    ],
  ] as const) {
    it(`cannot be required ${what}`, () => {
      expect(() => createServer({ tls }))
        .to.throw(sentence)
        .and.include({ code: 'invalid-argument' });
    });
  }
});
