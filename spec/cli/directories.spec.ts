import { expect } from 'chai';
import { Directories } from '../../lib/cli/directories';
import { TwinportError } from '../../lib/errors';
import type { Client } from '../../lib/index';
import { PretendedServer } from '../support/shellBench';
import { rejects } from '../support/storageHelpers';

describe('the directories of a server', () => {
  const server = (plain: boolean): { served: PretendedServer; client: Client } => {
    const served = new PretendedServer({ '': ['docs/', 'a'], docs: ['b'] });
    served.plain = plain;
    return { served, client: served as unknown as Client };
  };
  const names = (entries: readonly { name: string; type?: string }[]): string[] =>
    entries.slice(2).map(({ name, type = '?' }) => `${name} ${type}`);

  it('are listed for names once, and then for types, of a server that tells them', async () => {
    const { served, client } = server(false);
    const directories = new Directories();
    expect(directories.plain).to.equal(false);
    expect(names(await directories.entries(client, '', {}))).to.deep.equal(['docs dir', 'a file']);
    expect(names(await directories.entries(client, 'docs', {}))).to.deep.equal(['b file']);
    expect(await directories.tell(() => Promise.reject(new Error('nobody is asked')), 'docs', {})).to.equal(true);
    expect(served.asked).to.deep.equal(['list /', 'list / facts', 'list /docs facts']);
  });

  it('are never listed for more than names of a plain one', async () => {
    const { served, client } = server(true);
    const directories = new Directories();
    expect(await directories.tell(() => Promise.resolve(client), '', {})).to.equal(false);
    expect(names(await directories.entries(client, 'docs', {}))).to.deep.equal(['b ?']);
    expect([directories.plain, served.asked]).to.deep.equal([true, ['list /', 'list /docs']]);
  });

  it('are asked about again after a refusal, and fail where nobody answers', async () => {
    const { served, client } = server(false);
    const directories = new Directories();
    expect(await directories.tell(() => Promise.resolve(client), 'none', {})).to.equal(false);
    expect(await directories.tell(() => Promise.resolve(client), '', {})).to.equal(true);
    await rejects('refused', () => directories.entries(client, 'none', {}));
    await rejects('cannot-connect', () =>
      new Directories().tell(() => Promise.reject(new TwinportError('cannot-connect', 'nobody there')), '', {}),
    );
    expect(served.asked).to.deep.equal(['list /none', 'list /', 'list /none facts']);
  });
});
