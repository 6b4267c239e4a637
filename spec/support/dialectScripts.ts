import { expect } from 'chai';
import { Readable } from 'node:stream';
import { isTwinportError } from '../../lib/errors';
import type { Answer, DialectHouse, Script, Wire } from './dialectHouse';
import type { Manner, Player, PlayerPlan } from './dialectPlayer';
import type { Pretender, Stage, StageOptions } from './dialectStage';
import { mirrored } from './dialectSteps';
import { pattern } from './storageHelpers';

/** Long enough to be cut in the middle, with bytes of every kind. */
export const BODY = pattern(600, 5);
const NAME = 'notes.txt';

/** Every exchange of a bare client: the dialect's verbs, then what the house adds. */
export function scriptsOf(house: DialectHouse): Script[] {
  const { client, savedAs = (name: string) => name, scripts = [] } = house;
  const all: Script[] = [];
  const { list, get, put } = client;
  if (list !== undefined) {
    all.push({ what: 'a list', files: { a: 'a', 'b.txt': 'b' }, steps: list(['a', 'b.txt']) });
    all.push({ what: 'an empty list', steps: list([]) });
  }
  if (get !== undefined) {
    all.push({ what: 'a get', files: { [NAME]: BODY }, steps: get(NAME, BODY) });
    all.push({ what: 'a get of nothing', files: { [NAME]: '' }, steps: get(NAME, Buffer.alloc(0)) });
  }
  if (put !== undefined) {
    all.push({ what: 'a put', steps: put(NAME, BODY), leaves: { [savedAs(NAME, 1)]: BODY } });
    all.push({ what: 'a put of nothing', steps: put(NAME, Buffer.alloc(0)), leaves: { [savedAs(NAME, 1)]: '' } });
  }
  return [...all, ...scripts];
}

/** Every exchange of a bare server. */
export function answersOf(house: DialectHouse): Answer[] {
  const { list, get, put } = serverWire(house);
  const all: Answer[] = [];
  const nothing = Buffer.alloc(0);
  if (list !== undefined) {
    all.push({ what: 'a list', verb: 'list', steps: list(['a', 'b.txt']), gives: ['a', 'b.txt'] });
    all.push({ what: 'an empty list', verb: 'list', steps: list([]), gives: [] });
  }
  if (get !== undefined) {
    all.push({ what: 'a get', verb: 'get', steps: get(NAME, BODY), gives: BODY });
    all.push({ what: 'a get of nothing', verb: 'get', steps: get(NAME, nothing), gives: nothing });
  }
  if (put !== undefined) {
    all.push({ what: 'a put', verb: 'put', body: BODY, steps: put(NAME, BODY) });
    all.push({ what: 'a put of nothing', verb: 'put', body: nothing, steps: put(NAME, nothing) });
  }
  return [...all, ...(house.answers ?? [])];
}

/** A bare server's way with each verb. */
export function serverWire({ client, server }: DialectHouse): Wire {
  if (server !== undefined) return server;
  const { list, get, put } = client;
  return {
    ...(list && { list: (names) => mirrored(list(names)) }),
    ...(get && { get: (name, body) => mirrored(get(name, body)) }),
    ...(put && { put: (name, body) => mirrored(put(name, body)) }),
  };
}

export function stageFor({ files = {}, readOnly = false }: Script): StageOptions {
  return { files, ...(readOnly && { port: { writable: false } }) };
}

/** After the whole script: each file as it must be, and none besides. */
export async function expectLeft(stage: Stage, { files = {}, leaves = {} }: Script): Promise<void> {
  const all: Readonly<Record<string, string | Uint8Array | undefined>> = { ...files, ...leaves };
  const there = Object.keys(all).filter((name) => all[name] !== undefined);
  expect(await stage.shelf.names()).to.deep.equal(there.sort());
  for (const name of there) {
    const wanted = Buffer.from(all[name] as string);
    expect(stage.shelf.bytes(name)?.equals(wanted), `the content of ${name}`).to.equal(true);
  }
}

/** One exchange between the real client and a bare server. */
export interface Exchange {
  readonly player: Player;
  /** What the client's caller gets: nothing when all is as it should be, and any error that is none of ours. */
  readonly outcome: Promise<Outcome>;
  /** The local path of a get. */
  readonly to: string;
}

export type Outcome = { readonly failed: string } | { readonly verified: boolean; readonly names?: readonly string[] };

/** Has the real client ask a bare server, which has said nothing yet. */
export async function asked(
  stage: Stage,
  { verb, name = NAME, body = BODY }: Answer,
  reads: PlayerPlan['reads'] = 'always',
): Promise<Exchange> {
  const pretender: Pretender = await stage.pretender();
  const client = await stage.client({ port: pretender.port, timeout: STALL });
  const to = stage.place.path('here');
  const options = pretender.dataPort === 0 ? {} : { dataPort: pretender.dataPort };
  const ask = async (): Promise<Outcome> => {
    if (verb === 'list') {
      const { entries, verified } = await client.list('', options);
      return { verified, names: entries.map((entry) => entry.name).filter((each) => each !== '.' && each !== '..') };
    }
    const put = (): ReturnType<typeof client.put> =>
      client.put(Readable.from(body.length > 0 ? [body] : []), name, options);
    const { verified } = await (verb === 'get' ? client.get(name, to, options) : put());
    return { verified };
  };
  const outcome = ask().catch((error: unknown): Outcome => {
    if (isTwinportError(error)) return { failed: error.code };
    throw error;
  });
  outcome.catch(() => undefined);
  return { player: await pretender.next(reads), outcome, to };
}

/** Milliseconds after which our client and our server give up on who does not move, in this suite. */
export const STALL = 20_000;

/** Plays an answer to its end and looks at what came of it. */
export async function playAnswer(stage: Stage, answer: Answer, manner: Manner): Promise<void> {
  const { player, outcome } = await asked(stage, answer);
  const [got] = await stage.until(Promise.all([outcome, player.play(answer.steps, manner)]));
  const { fails, gives, verb } = answer;
  if (fails !== undefined) {
    expect(fails).to.include('failed' in got ? got.failed : 'nothing failed');
    expect(stage.place.names).to.deep.equal([]);
  } else {
    expect(got).to.include({ verified: false });
    if (verb === 'list') expect('names' in got ? got.names : undefined).to.deep.equal(gives);
    if (verb === 'get') expect(stage.place.read('here').equals(gives as Buffer)).to.equal(true);
  }
  expect(stage.place.parts).to.deep.equal([]);
}

/** The next client is served as if nothing had been. */
export async function probe(stage: Stage, nth = 1): Promise<void> {
  const { client, savedAs } = stage.house;
  const name = `p ${nth}`;
  const body = Buffer.from(`probe ${nth}`);
  const player = await stage.player();
  if (client.get !== undefined) {
    stage.shelf.put(name, body);
    return player.play(client.get(name, body), stage.manner);
  }
  if (client.put === undefined) throw new Error('a dialect with neither get nor put');
  await player.play(client.put(name, body), stage.manner);
  const names = savedAs === undefined ? [name] : await stage.shelf.names();
  expect(names.some((each) => stage.shelf.bytes(each)?.equals(body))).to.equal(true);
}
