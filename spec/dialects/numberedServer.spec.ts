import { expect } from 'chai';
import { memoryStorage, type MemoryStorage } from '../../lib/storage/memory';
import { TwinportError } from '../../lib/errors';
import { withServer } from '../support/errandBench';
import { eventually } from '../support/eventually';
import type { Bench } from '../support/ftBench';
import { pattern } from '../support/storageHelpers';
import type { Talker } from '../support/talker';

const file = (bench: Bench, number: number): string | undefined => bench.storage.bytes(`${number}.file`)?.toString();
const numbered = withServer.bind(null, 'numbered');

async function upload(bench: Bench, body: string | Uint8Array): Promise<void> {
  const p = await bench.dial();
  await p.end(body);
  expect((await p.whole()).length).to.equal(0);
}

describe('numbered: numbers', () => {
  it(
    'are given in the order of connecting, whoever is done first',
    numbered({}, async (bench) => {
      const all: Talker[] = [];
      for (let i = 1; i <= 12; i += 1) all.push(await bench.dial());
      for (const [i, p] of [...all.entries()].reverse()) {
        await p.end(`upload ${i + 1}`);
        await p.whole();
      }
      for (let i = 1; i <= 12; i += 1) expect(file(bench, i)).to.equal(`upload ${i}`);
    }),
  );

  it(
    'go on behind the highest that is there, and look at nothing else',
    numbered(
      {
        files: {
          '3.file': 'x',
          '17.file': '',
          '0018.file': '',
          '19.files': '',
          'a20.file': '',
          '21.FILE': '',
          '-22.file': '',
        },
      },
      async (bench) => {
        await upload(bench, 'next');
        expect(file(bench, 18)).to.equal('next');
      },
    ),
  );

  it(
    'cannot be driven beyond what can be counted',
    numbered(
      { files: { '9007199254740991.file': '', '99999999999999999999.file': '', '5.file': '' } },
      async (bench) => {
        await upload(bench, 'next');
        expect(file(bench, 6)).to.equal('next');
      },
    ),
  );

  it(
    'that somebody else has taken meanwhile are left to him',
    numbered({}, async (bench) => {
      bench.storage.put('1.file', 'his');
      bench.storage.mkdir('2.file');
      await upload(bench, 'mine');
      await upload(bench, 'next');
      expect([1, 3, 4].map((number) => file(bench, number))).to.deep.equal(['his', 'mine', 'next']);
      expect(bench.events.filter(({ phase }) => phase === 'done').map(({ path }) => path)).to.deep.equal([
        '3.file',
        '4.file',
      ]);
    }),
  );

  it(
    'that somebody else takes while the upload comes in are left to him, too: nothing is lost or replaced',
    numbered({}, async (bench) => {
      const body = pattern(2_500_000);
      const p = await bench.dial();
      await p.send(body);
      const broken = await bench.dial();
      await broken.send('half');
      await eventually('both come in', () => bench.told.filter((each) => each === 'put started').length === 2);
      bench.storage.put('1.file', 'his');
      bench.storage.put('2.file', 'his');
      await p.end();
      await p.whole();
      expect(bench.storage.bytes('3.file')?.equals(body)).to.equal(true);
      await bench.clock.advance(11_000);
      expect(await broken.over()).to.equal('lost');
      expect([1, 2, 4].map((number) => file(bench, number))).to.deep.equal(['his', 'his', 'ERROR']);
    }),
  );

  it(
    'are common to the ports of one directory',
    numbered({}, async (bench) => {
      const { port } = await bench.server.listen(0, { dialect: 'numbered' });
      const first = await bench.dial();
      const second = await bench.dial(undefined, { port });
      await second.end('second');
      await second.whole();
      await first.end('first');
      await first.whole();
      expect([1, 2, 3].map((number) => file(bench, number))).to.deep.equal(['first', 'second', undefined]);
    }),
  );
});

describe('numbered: an upload', () => {
  it(
    'is there whole or not at all, and told of',
    numbered({}, async (bench) => {
      const p = await bench.dial();
      await p.send('half');
      await p.quiet();
      expect(file(bench, 1)).to.equal(undefined);
      await p.end(' and half');
      await p.whole();
      expect(file(bench, 1)).to.equal('half and half');
      expect(bench.told).to.deep.equal(['put requested', 'put started', 'put done']);
      expect(bench.events.at(-1)).to.include({ dialect: 'numbered', path: '1.file', length: 13, unverified: true });
      expect(bench.events.at(-1)).to.not.have.property('port');
    }),
  );

  it(
    'of nothing is an empty file',
    numbered({}, async (bench) => {
      await upload(bench, '');
      expect(file(bench, 1)).to.equal('');
    }),
  );

  it(
    'that says nothing for more than ten seconds is ERROR, and then reset',
    numbered({}, async (bench) => {
      const silent = await bench.dial();
      const stopped = await bench.dial();
      await stopped.send('half of it');
      await bench.clock.advance(9999);
      expect([silent.state, stopped.state, file(bench, 1)]).to.deep.equal(['open', 'open', undefined]);
      await bench.clock.advance(1001);
      expect([file(bench, 1), file(bench, 2)]).to.deep.equal(['ERROR', 'ERROR']);
      expect([await silent.over(), await stopped.over()]).to.deep.equal(['lost', 'lost']);
      expect(bench.events.at(-1)?.error?.code).to.equal('data-timeout');
    }),
  );

  it(
    'that says a byte every ten seconds is no silence, and one of eleven is',
    numbered({}, async (bench) => {
      const p = await bench.dial();
      for (let i = 0; i < 20; i += 1) {
        await p.send('.');
        await bench.clock.advance(9999);
      }
      await p.end('!');
      await p.whole();
      expect(file(bench, 1)).to.equal(`${'.'.repeat(20)}!`);
      const slow = await bench.dial();
      await slow.send('.');
      await bench.clock.advance(11_000);
      expect(file(bench, 2)).to.equal('ERROR');
      await slow.over();
    }),
  );

  for (const [size, wanted] of [
    [1000, undefined],
    [1001, 'ERROR'],
    [5_000_000, 'ERROR'],
  ] as const) {
    it(
      `of ${size} bytes where 1000 are allowed is ${wanted ?? 'saved'}`,
      numbered({ port: { maxSize: 1000 } }, async (bench) => {
        const body = pattern(size);
        const p = await bench.dial();
        p.end(body).catch(() => undefined);
        expect(await p.over()).to.equal(wanted === undefined ? 'ended' : 'lost');
        await p.conn.end().catch(() => undefined);
        expect(file(bench, 1)).to.equal(wanted ?? body.toString());
      }),
    );
  }

  it(
    'that is reset in the middle is ERROR',
    numbered({}, async (bench) => {
      const p = await bench.dial();
      await p.send('half');
      await p.quiet();
      p.conn.reset();
      await p.quiet();
      expect(file(bench, 1)).to.equal('ERROR');
      expect(bench.told.at(-1)).to.equal('put failed connection-lost');
    }),
  );

  it(
    'that is reset before its first byte was none, and its number is not given again',
    numbered({}, async (bench) => {
      const p = await bench.dial();
      p.conn.reset();
      await p.quiet();
      await upload(bench, 'next');
      expect([file(bench, 1), file(bench, 2)]).to.deep.equal([undefined, 'next']);
    }),
  );

  it(
    'that the server’s end cuts off is ERROR',
    numbered({}, async (bench) => {
      const p = await bench.dial();
      await p.send('half');
      const closed = bench.server.close(5000);
      await bench.clock.advance(5000);
      expect(await p.over()).to.equal('lost');
      await bench.clock.advance(1000);
      await closed;
      expect(file(bench, 1)).to.equal('ERROR');
    }),
  );

  it(
    'is one of a dozen at once, of which one has stopped: none waits for it',
    numbered({}, async (bench) => {
      const bodies = Array.from({ length: 12 }, (_, i) => pattern(300_000 + i, i + 1));
      const all = await Promise.all(bodies.map(() => bench.dial()));
      const [stopped, ...others] = all as [Talker, ...Talker[]];
      await stopped.send('half');
      await Promise.all(others.map((p, i) => p.end(bodies[i + 1])));
      await Promise.all(others.map((p) => p.whole()));
      for (const [i, body] of bodies.entries()) {
        const saved = bench.storage.bytes(`${i + 1}.file`);
        expect(saved?.equals(body), `${i + 1}.file`).to.equal(i === 0 ? undefined : true);
      }
      await bench.clock.advance(11_000);
      expect(file(bench, 1)).to.equal('ERROR');
      await stopped.over();
    }),
  );

  it(
    'that the disk has no room for is told and reset, and the server lives',
    numbered({ storage: memoryStorage({}, { maxBytes: 1000 }) }, async (bench) => {
      const p = await bench.dial();
      p.end(pattern(3000)).catch(() => undefined);
      expect(await p.over()).to.equal('lost');
      expect(bench.told.at(-1)).to.equal('put failed no-space');
      await upload(bench, 'small');
      expect([file(bench, 1), file(bench, 2)]).to.deep.equal([undefined, 'small']);
    }),
  );

  it(
    'on a disk that makes it wait is not silent',
    numbered({ storage: slow() }, async (bench) => {
      const p = await bench.dial();
      const ended = p.end('hello');
      await bench.clock.advance(29_000);
      await ended;
      expect([p.state, file(bench, 1)]).to.deep.equal(['open', undefined]);
      (bench.storage as SlowStorage).finish();
      await p.whole();
      expect(file(bench, 1)).to.equal('hello');
    }),
  );

  it(
    'on a port that takes nothing is reset once it speaks, and leaves nothing',
    numbered({ port: { writable: false } }, async (bench) => {
      const p = await bench.dial();
      expect(await p.quiet()).to.equal('');
      expect(p.state).to.equal('open');
      await p.send('x');
      expect(await p.over()).to.equal('lost');
      expect(bench.told.at(-1)).to.equal('put failed denied');
      expect(file(bench, 1)).to.equal(undefined);
    }),
  );
});

interface SlowStorage extends MemoryStorage {
  finish(): void;
}

/** Writes that do not end before they are let. */
function slow(): SlowStorage {
  let finish: () => void = () => undefined;
  const allowed = new Promise<void>((resolve) => (finish = resolve));
  const storage = memoryStorage();
  const write = storage.write.bind(storage);
  storage.write = async (path, options) => {
    const target = await write(path, options);
    const now = target.write.bind(target);
    target.write = async (chunks, position) => {
      const copies = chunks.map((chunk) => Buffer.from(chunk));
      await allowed;
      await now(copies, position);
    };
    return target;
  };
  return Object.assign(storage, { finish: () => finish() });
}

describe('numbered, the accio form', () => {
  const accio = (spec: (bench: Bench) => Promise<void>) => numbered({ port: { accio: true } }, spec);

  it(
    'greets twice, and stores what comes behind the second confirmation',
    accio(async (bench) => {
      const p = await bench.dial();
      expect((await p.bytes(7)).toString()).to.equal('accio\r\n');
      expect(await p.quiet()).to.equal('accio\r\n');
      await p.send('confirm-accio\r\n');
      expect((await p.bytes(14)).toString()).to.equal('accio\r\naccio\r\n');
      await p.send('confirm-accio-again\r\n\r\nbody\r\n\r\n');
      await p.end('more');
      await p.whole();
      expect(file(bench, 1)).to.equal('body\r\n\r\nmore');
    }),
  );

  it(
    'takes both confirmations and the body in one piece, and in any two',
    accio(async (bench) => {
      const all = Buffer.from('confirm-accio\r\nconfirm-accio-again\r\n\r\nbody');
      for (let at = 0; at < all.length; at += 1) {
        const p = await bench.dial();
        await p.send(all.subarray(0, at));
        await p.quiet();
        await p.end(all.subarray(at));
        expect((await p.whole()).toString()).to.equal('accio\r\naccio\r\n');
        expect(file(bench, at + 1), `cut at ${at}`).to.equal('body');
      }
    }),
  );

  for (const words of [
    'confirm-accio\n',
    'confirm-acciO\r\n',
    ' confirm-accio\r\n',
    'raw bytes',
    'confirm-accio\r\nconfirm-accio\r\n',
    'confirm-accio\r\nconfirm-accio-again\r\nbody',
  ]) {
    it(
      `${JSON.stringify(words)} is ERROR, and a reset`,
      accio(async (bench) => {
        const p = await bench.dial();
        p.end(words).catch(() => undefined);
        expect(await p.over()).to.equal('lost');
        expect(file(bench, 1)).to.equal('ERROR');
        expect(bench.events.at(-1)?.error).to.be.instanceOf(TwinportError);
      }),
    );
  }

  for (const words of ['', 'confirm', 'confirm-accio\r\n', 'confirm-accio\r\nconfirm-accio-again\r\n']) {
    it(
      `${JSON.stringify(words)} and silence, or an end, is ERROR`,
      accio(async (bench) => {
        const silent = await bench.dial();
        const ended = await bench.dial();
        if (words !== '') await silent.send(words);
        await ended.end(words);
        expect(await ended.over()).to.equal('lost');
        await bench.clock.advance(9999);
        expect([silent.state, file(bench, 1), file(bench, 2)]).to.deep.equal(['open', undefined, 'ERROR']);
        await bench.clock.advance(1001);
        expect(await silent.over()).to.equal('lost');
        expect(file(bench, 1)).to.equal('ERROR');
      }),
    );
  }
});
