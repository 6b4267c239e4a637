import { memoryStorage } from '../../../lib/storage/memory';
import { atRest, fakeClock, settle } from '../../support/fakeClock';
import { Bench } from '../../support/ftBench';
import type { Talker } from '../../support/talker';
import { holds, type Claim } from '../claim';
import { Draw } from '../draw';
import { leaps } from './leaps';

const HEAD = 'confirm-accio\r\nconfirm-accio-again\r\n\r\n';
const MOST = 1000;
/** Seconds after which an upload that says nothing is none: ten, noticed within another. */
const SILENCE = 12;

/** One connection: what was sent on it, and how it ended. */
interface Sent {
  readonly p: Talker;
  bytes: Buffer;
  end: 'FIN' | 'RST' | 'silence' | 'open';
}

/** What a file of `numbered` may hold (PROTOCOL.md, "numbered"); undefined: that there is none. */
function wanted({ bytes, end }: Sent, accio: boolean): readonly (string | undefined)[] {
  const head = accio ? HEAD : '';
  const text = bytes.toString('latin1');
  // Who goes without a word of an upload has asked for nothing; but what was on its way may have come.
  if (end === 'RST') return text.length <= head.length ? [undefined, 'ERROR'] : ['ERROR', undefined];
  if (!text.startsWith(head)) return ['ERROR', undefined];
  const body = text.slice(head.length);
  if (end === 'silence' || body.length > MOST) return ['ERROR'];
  return [isFrame(body) ? 'ERROR' : body];
}

/** What a client of `framed` says, who would take our end for an empty file, or for his being stored. */
function isFrame(body: string): boolean {
  const [, digits = '', payload = ''] = /^([0-9]{1,4}):((?:get|put) [^]+)$/.exec(body) ?? [];
  if (digits === '') return false;
  return payload.startsWith('get') ? payload.length === Number(digits) : payload.length >= Number(digits);
}

async function play(draw: Draw): Promise<void> {
  const accio = draw.oneIn(3);
  const storage = memoryStorage({}, { now: () => Date.UTC(2020, 0, 2) });
  const wires = draw.oneIn(3) ? { segment: 1 + draw.below(40), capacity: 100 + draw.below(500) } : {};
  const bench = new Bench({ storage, wires, fake: fakeClock(atRest) });
  bench.port = (await bench.server.listen(0, { dialect: 'numbered', maxSize: MOST, accio })).port;
  const all: Sent[] = [];
  for (let turns = 0; turns < 30 && draw.left > 0; turns += 1) {
    const open = all.filter(({ end }) => end === 'open');
    const [one] = open.length === 0 || draw.oneIn(6) ? [] : [draw.pick(open)];
    if (one === undefined) {
      if (all.length < 6) all.push({ p: await bench.dial(), bytes: Buffer.alloc(0), end: 'open' });
      await settle(2);
    } else {
      await step(draw, bench, one, accio, open);
    }
  }
  for (const one of all.filter(({ end }) => end === 'open')) {
    one.end = 'FIN';
    await one.p.end().catch(() => undefined);
  }
  await settle();
  await bench.clock.advance(1000 * SILENCE);
  await bench.close();
  for (const [at, one] of all.entries()) {
    const is = storage.bytes(`${at + 1}.file`)?.toString('latin1');
    holds(
      'each number has its upload, ERROR, or nothing',
      wanted(one, accio).includes(is),
      at + 1,
      is,
      one.end,
      one.bytes,
    );
  }
  holds('no number is given twice', storage.bytes(`${all.length + 1}.file`) === undefined);
}

async function step(draw: Draw, bench: Bench, one: Sent, accio: boolean, open: readonly Sent[]): Promise<void> {
  switch (draw.below(8)) {
    case 0:
      one.end = 'FIN';
      return one.p.end().catch(() => undefined);
    case 1:
      one.end = 'RST';
      return one.p.conn.reset();
    case 2:
      if (!draw.oneIn(3)) return bench.clock.advance(draw.below(4) * 10);
      // Nobody says anything: whoever is open has had his time.
      for (const each of open) each.end = 'silence';
      return draw.oneIn(2) ? bench.clock.leap(draw.pick(leaps) + 1000 * SILENCE) : bench.clock.advance(1000 * SILENCE);
    default: {
      const said = one.bytes.length === 0 && !draw.oneIn(4) && accio ? Buffer.from(HEAD) : words(draw);
      const cut = draw.below(said.length + 1);
      one.bytes = Buffer.concat([one.bytes, said]);
      // A server that has enough of it takes no more.
      for (const piece of [said.subarray(0, cut), said.subarray(cut)]) {
        void one.p.send(piece).catch(() => undefined);
        await settle(draw.below(4));
      }
    }
  }
}

function words(draw: Draw): Buffer {
  if (draw.oneIn(3)) return Buffer.alloc(draw.below(MOST + 10), 'bytes ');
  return draw.oneIn(3)
    ? Buffer.from(draw.pick(['5:get x', '6:put xy', 'accio\r\n', 'ERROR', HEAD]))
    : draw.take(draw.below(20));
}

/** Uploads beside each other, to a server that has no names for them and no words. */
export const uploadScripts: Claim = {
  name: 'session-numbered',
  kind: 'session',
  corpus: Array.from({ length: 16 }, (_, seed) =>
    Buffer.from(
      Array.from(
        { length: 30 + 8 * seed },
        (_value, at) => (Math.imul(at * 43 + seed * 1019 + 13, 2654435761) >>> 24) & 0xff,
      ),
    ),
  ),
  words: ['5:get x', '6:put xy', 'confirm-accio\r\n', HEAD],
  check: (bytes) => play(new Draw(bytes)),
};
