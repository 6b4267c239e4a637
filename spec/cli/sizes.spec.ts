import { expect } from 'chai';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Output } from '../../lib/cli/output';
import type { Means } from '../../lib/cli/attempt';
import { perform } from '../../lib/cli/perform';
import { JsonReporter } from '../../lib/cli/report/jsonReporter';
import type { FileJob } from '../../lib/cli/reporter';
import type { Request } from '../../lib/cli/request';
import { checkUserFile, TwinportError } from '../../lib/index';
import type { Stat, TransferResult } from '../../lib/index';
import { fakeClock } from '../support/fakeClock';
import { meansOf, PLAIN } from '../support/performing';
import { DONE, failing, Pretender, type Script } from '../support/pretender';
import { Captured } from '../support/stdio';

const SETTINGS = { passive: false };

/** Sizes of what it has, by name; it refuses what it has not, and a `slow` one takes a second. */
class Knowing extends Pretender {
  readonly asks: string[] = [];

  constructor(
    private readonly sizes: Readonly<Record<string, number | Stat | Error>>,
    script: Script = {},
    private readonly onStat: () => Promise<void> = () => Promise.resolve(),
  ) {
    super(script);
  }

  override async stat(name = ''): Promise<never> {
    this.asks.push(name);
    await this.onStat();
    const found = this.sizes[name] ?? new TwinportError('refused', 'FILE NOT FOUND', { reply: 550 });
    if (found instanceof Error) throw found;
    return (typeof found === 'number' ? { type: 'file', size: found, modified: 0 } : found) as never;
  }
}

/** What each file was begun with. */
class Begun extends JsonReporter {
  readonly jobs: FileJob[] = [];

  override begin(job: FileJob, connecting?: boolean): void {
    this.jobs.push(job);
    super.begin(job, connecting);
  }
}

const begun = (): Begun => new Begun(new Output(() => new Captured()));
const get = (...names: string[]): Request => ({
  verb: 'get',
  files: names.map((name) => ({ remote: name, local: name })),
  chosen: false,
  settings: SETTINGS,
});

async function overalls(client: Pretender, request: Request, more: Partial<Means> = {}): Promise<unknown[]> {
  const reporter = begun();
  const means = meansOf(() => client, reporter, more);
  await perform(request, means);
  await means.session.close();
  return reporter.jobs.map(({ overall }) => overall && [overall.before, overall.size, overall.total]);
}

/** The whole of a file of this size was moved. */
const moved =
  (size: number, verified = true) =>
  (): TransferResult => ({ ...DONE, size, length: size, verified });

describe('the sizes of several files of a get', () => {
  it('are asked for once the server has vouched for the first', async () => {
    const client = new Knowing({ a: 1, b: 200, c: 3000 }, { transfers: [moved(10), moved(200), moved(3000)] });
    expect(await overalls(client, get('a', 'b', 'c'))).to.deep.equal([undefined, [10, 200, 3210], [210, 3000, 3210]]);
    expect(client.asks).to.deep.equal(['b', 'c']);
  });

  it('are asked for before the first where it has vouched for something else', async () => {
    const client = new Knowing({ a: 10, b: 200 }, { transfers: [moved(10), moved(10), moved(200)] });
    const means = meansOf(() => client, begun());
    await perform(get('x'), means);
    const reporter = begun();
    await perform(get('a', 'b'), { ...means, reporter });
    await means.session.close();
    expect(reporter.jobs.map(({ overall }) => overall?.total)).to.deep.equal([210, 210]);
  });

  it('are what was expected, where less has come: the whole does not change', async () => {
    const transfers = [moved(10), failing('connection-lost', 'the connection was lost'), moved(1)];
    const client = new Knowing({ b: 200, c: 3000, d: 5 }, { transfers });
    expect(await overalls(client, get('a', 'b', 'c', 'd'))).to.deep.equal([
      undefined,
      [10, 200, 3215],
      [210, 3000, 3215],
      [3210, 5, 3215],
    ]);
  });

  it('are not told where they are beyond what can be said exactly', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const transfers = [moved(10), moved(10), moved(10)];
    expect(await overalls(new Knowing({ b: most - 10, c: 0 }, { transfers }), get('a', 'b', 'c'))).to.deep.equal([
      undefined,
      [10, most - 10, most],
      [most, 0, most],
    ]);
    const client = new Knowing({ b: most, c: 0 }, { transfers });
    expect(await overalls(client, get('a', 'b', 'c'))).to.deep.equal([undefined, undefined, undefined]);
  });

  it('are none of what is not there, and of a directory', async () => {
    const client = new Knowing({ b: { type: 'dir', size: 4096, modified: 0 } }, { transfers: [moved(10)] });
    expect((await overalls(client, get('a', 'b', 'gone')))[1]).to.deep.equal([10, 0, 10]);
    const first = new Knowing({ b: 7 }, { transfers: [failing('refused', 'FILE NOT FOUND', 550), moved(7)] });
    expect(await overalls(first, get('gone', 'b'))).to.deep.equal([undefined, undefined]);
  });

  it('are asked of nobody who has vouched for nothing, in no other language, and for nobody who does not look', async () => {
    for (const [more, verified, names] of [
      [{}, false, ['a', 'b']],
      [{ watched: false }, true, ['a', 'b']],
      [{ options: { ...PLAIN, dialect: { name: 'numbered' } as never } }, true, ['a', 'b']],
      [{}, true, ['a']],
      [{}, true, Array.from({ length: 201 }, (_, at) => `${at}`)],
    ] as const) {
      const client = new Knowing({}, { transfers: names.map(() => moved(3, verified)) });
      expect((await overalls(client, get(...names), more)).every((one) => one === undefined)).to.equal(true);
      expect(client.asks).to.deep.equal([]);
    }
  });

  it('are given up where one cannot be had, and the files come all the same', async () => {
    const client = new Knowing({ b: new TwinportError('protocol', 'nonsense'), c: 1 }, { transfers: [moved(10)] });
    expect(await overalls(client, get('a', 'b', 'c'))).to.deep.equal([undefined, undefined, undefined]);
    expect(client.asks).to.deep.equal(['b']);
    expect(client.asked.map(([verb, name]) => [verb, name])).to.deep.equal([
      ['get', 'a'],
      ['get', 'b'],
      ['get', 'c'],
    ]);
  });

  it('are given up after a second: it is the files that are waited for', async () => {
    const clock = fakeClock();
    const names = Array.from({ length: 100 }, (_, at) => `${at}`);
    const sizes = Object.fromEntries(names.map((name) => [name, 1]));
    const client = new Knowing(sizes, {}, () => clock.advance(300));
    expect((await overalls(client, get(...names), { clock })).every((one) => one === undefined)).to.equal(true);
    expect(client.asks).to.have.length(4);
  });

  it('are waited for no longer than the user wants', async () => {
    const stop = new AbortController();
    const client = new Knowing({}, { transfers: [moved(1)] }, () => {
      stop.abort();
      return Promise.reject(new TwinportError('aborted', 'the client was closed'));
    });
    const done = await overalls(client, get('a', 'b', 'c'), { signal: stop.signal });
    expect([done.length, client.asks, client.closed]).to.deep.equal([2, ['b'], 1]);
  });
});

describe('the sizes of several files of a put', () => {
  let here: string;
  before(() => {
    here = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-sizes-'));
    for (const [name, size] of [
      ['one', 10],
      ['two', 200],
    ] as const) {
      fs.writeFileSync(path.join(here, name), Buffer.alloc(size));
    }
  });
  after(() => fs.rmSync(here, { recursive: true }));

  const put = (...names: string[]): Request => ({
    verb: 'put',
    files: names.map((name) =>
      name === '-' ? { remote: name, local: name, standard: true } : { remote: name, local: path.join(here, name) },
    ),
    settings: SETTINGS,
  });

  it('are known before anything is dialled, and what is not there counts nothing', async () => {
    const client = new Knowing({});
    expect(await overalls(client, put('one', 'gone', 'two'))).to.deep.equal([
      [0, 10, 210],
      [10, 0, 210],
      [10, 200, 210],
    ]);
    expect(client.asks).to.deep.equal([]);
  });

  it('are not known of standard input, nor wanted of one file, or unwatched', async () => {
    const nothing = [undefined, undefined];
    expect(await overalls(new Knowing({}), put('one', '-'))).to.deep.equal(nothing);
    expect(await overalls(new Knowing({}), put('one', 'two'), { watched: false })).to.deep.equal(nothing);
    expect(await overalls(new Knowing({}), put('one'))).to.deep.equal([undefined]);
  });

  it('are what the check of a local file tells', async () => {
    expect(await checkUserFile(path.join(here, 'two'))).to.include({ type: 'file', size: 200 });
  });
});
