import { expect } from 'chai';
import { Output } from '../../lib/cli/output';
import { perform } from '../../lib/cli/perform';
import { JsonReporter } from '../../lib/cli/report/jsonReporter';
import type { Request } from '../../lib/cli/request';
import { TwinportError } from '../../lib/errors';
import { objectsOf, type JsonObject } from '../support/jsonPage';
import { meansOf } from '../support/performing';
import { failing, Pretender, type Script } from '../support/pretender';
import { Captured } from '../support/stdio';

const SETTINGS = { passive: false };

/** What is told in JSON of a request that this server is asked. */
async function told(request: Request, script: Script, connectError?: TwinportError): Promise<readonly JsonObject[]> {
  const stdout = new Captured();
  const client = new Pretender(script);
  const connect = (): Pretender => {
    if (connectError !== undefined) throw connectError;
    return client;
  };
  const means = meansOf(connect, new JsonReporter(new Output(() => stdout)));
  await perform(request, means);
  await means.session.close();
  return objectsOf(stdout.utf8);
}

describe('a request, told in JSON', () => {
  const get: Request = {
    verb: 'get',
    files: ['a', 'b'].map((n) => ({ remote: n, local: n })),
    chosen: false,
    settings: SETTINGS,
  };
  const files = (objects: readonly JsonObject[]): unknown[][] => objects.map(({ event, file }) => [event, file]);

  it('names the pattern that was asked for, not the directory that it was looked for in', async () => {
    const list = { verb: 'list', path: 'logs/', long: true, human: false, settings: SETTINGS } as const;
    const keep = (name: string): boolean => name.endsWith('.txt');
    const names = ['.', '..', 'a.txt', 'b.log'];
    const patterned = await told({ ...list, keep, asked: 'logs/*.txt' }, { names });
    expect(patterned.at(-1)).to.deep.equal({ event: 'listed', path: 'logs/*.txt', entries: 1, verified: true });
    const plain = await told(list, { names });
    expect(plain.at(-1)).to.include({ path: 'logs/', entries: 2 });
  });

  it('has the connection before the files, once', async () => {
    expect(files(await told(get, {}))).to.deep.equal([
      ['connected', undefined],
      ...[1, 2].flatMap((file) => ['begin', 'data', 'progress', 'complete'].map((event) => [event, file])),
    ]);
  });

  it('has no second one where the first was lost in between', async () => {
    const lost = failing('connection-lost', 'the connection was lost');
    const events = files(await told(get, { transfers: [lost] })).filter(([event]) => event !== 'data');
    // This session tells of each; the first of them stands where it stood.
    expect(events.slice(0, 4)).to.deep.equal([
      ['connected', undefined],
      ['begin', 1],
      ['error', 1],
      ['begin', 2],
    ]);
    expect(events.at(-1)).to.deep.equal(['complete', 2]);
  });

  it('has none where there is none, and says which file that was', async () => {
    const refused = new TwinportError('cannot-connect', 'connection refused');
    const objects = await told(get, {}, refused);
    expect(files(objects)).to.deep.equal(
      [1, 2].flatMap((file) => [
        ['begin', file],
        ['error', file],
      ]),
    );
    expect(objects[1]).to.include({ verb: 'get', remote: 'a', local: 'a', code: 'cannot-connect' });
  });

  it('dials nobody for a put of what is not there', async () => {
    const put: Request = { verb: 'put', files: [{ remote: 'x', local: '/nowhere/at/all' }], settings: SETTINGS };
    const objects = await told(put, {}, new TwinportError('cannot-connect', 'it was dialled'));
    expect(files(objects)).to.deep.equal([
      ['begin', 1],
      ['error', 1],
    ]);
    expect(objects[1]?.['code']).to.equal('not-found');
  });
});
