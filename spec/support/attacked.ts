import { expect } from 'chai';
import { CONTENT, HONEST } from './attack';
import { Basin, watch, withPlay, type Play, type PlayOptions, type Watched } from './ftPlay';
import type { Talker } from './talker';
import type { TransferResult } from '../../lib/transfers';
import type { TwinportError } from '../../lib/errors';

/** The client that is attacked: what it is told, and what it must do after. */

/** `hello`, as it is announced and confirmed. */
export const BEGUN = '150 type=file;size=5;version=v1; a.txt';
export const DONE = '226 length=5;crc32=3610a686; Transfer complete.';

export interface Begun {
  readonly basin: Basin;
  readonly got: Watched<TransferResult>;
  readonly q: Talker;
  readonly port: number;
}

/** A get of `a.txt` that has its 150 and its data connection. */
export async function begin(play: Play, begun = BEGUN): Promise<Begun> {
  const basin = new Basin();
  const got = watch(play.client.get('a.txt', basin));
  const { port } = await play.request();
  await play.say(begun);
  const q = await play.dial(port);
  await play.p.quiet();
  return { basin, got, q, port };
}

/** The client gives up with -x, which the server answers. */
export async function givesUp(play: Play): Promise<void> {
  expect(await play.p.line()).to.equal('-x');
  await play.say('426 Aborted', '226 Aborted');
}

/** It fails, in one of these ways; no time passes for that. */
export async function endsIn(doing: Watched<unknown>, ...codes: string[]): Promise<TwinportError> {
  const error = await doing.value().then(
    (value) => expect.fail(`it was taken: ${JSON.stringify(value)}`),
    (failure: TwinportError) => failure,
  );
  expect(error.code, error.message).to.be.oneOf(codes);
  return error;
}

/** The same; time goes on until it has failed. Not for what waits for a disk, which knows nothing of that time. */
export async function fails(play: Play, doing: Watched<unknown>, ...codes: string[]): Promise<TwinportError> {
  for (let i = 0; i < 200 && !doing.isOver; i += 1) await play.clock.advance(1000);
  return endsIn(doing, ...codes);
}

/** A play after which the client fetches its next file over the same connection, and nothing else is left of the attack. */
export function outlives(options: PlayOptions, spec: (play: Play) => Promise<void>): () => Promise<void> {
  return withPlay(options, async (play) => {
    await spec(play);
    await fetchesHonestly(play);
    await play.onlyP();
  });
}

/** The attacked client gets its next file on the same connection, from a server that has come to its senses. */
export async function fetchesHonestly(play: Play): Promise<void> {
  const basin = new Basin();
  const got = watch(play.client.get(HONEST, basin));
  const { line, port } = await play.request();
  await play.say(`150 type=file;size=${CONTENT.length}; ${HONEST}`);
  const q = await play.dial(port);
  await q.send(tokenIn(line));
  await q.end(CONTENT);
  await play.say(`226 length=${CONTENT.length};crc32=1dd43339; Transfer complete.`);
  expect((await got.value()).verified).to.equal(true);
  expect(basin.bytes.toString()).to.equal(CONTENT);
}

/** The token that a request asks for on its data connection; empty where it asks for none. */
export function tokenIn(line: string): Buffer {
  return Buffer.from(/--token=([0-9a-f]+) /.exec(line)?.[1] ?? '', 'hex');
}
