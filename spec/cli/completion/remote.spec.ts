import { expect } from 'chai';
import { remoteNames } from '../../../lib/cli/completion/remote';
import { connect, createServer, memoryStorage, type Server } from '../../../lib';

describe('names on a server, for a shell', () => {
  let server: Server;
  let port: number;
  const names = (typed: string): Promise<readonly string[]> => remoteNames(connect, { host: '127.0.0.1', port }, typed);

  beforeEach(async () => {
    const files = ['a.txt', 'b c', '2024', '-rf', 'docs/one', 'docs/two', 'docs/deep/x', '$(id)', 'ß'];
    // Two names in one, a coloured one, one that turns round what follows, a line to some, and one that is not UTF-8.
    const hurting = ['a\nb', 'a\u001b[31m', 'a\u202etxt', 'a\u0085b', 'a\u2028b', 'a\udce9'];
    server = createServer({
      storage: memoryStorage(Object.fromEntries([...files, ...hurting].map((name) => [name, '']))),
    });
    ({ port } = await server.listen(0, { host: '127.0.0.1' }));
  });
  afterEach(() => server.close(0));

  it('are those that begin so, directories with a slash', async () => {
    expect(await names('a')).to.deep.equal(['a.txt']);
    expect(await names('d')).to.deep.equal(['docs/']);
    expect(await names('docs/')).to.deep.equal(['docs/deep/', 'docs/one', 'docs/two']);
    expect(await names('docs/t')).to.deep.equal(['docs/two']);
    expect(await names('docs/deep/')).to.deep.equal(['docs/deep/x']);
    expect(await names('/do')).to.deep.equal(['/docs/']);
    expect(await names('./b')).to.deep.equal(['./b c']);
  });

  it('are no options, no ports, and nothing that a terminal or a line reader obeys', async () => {
    const all = ['$(id)', './-rf', './2024', 'a.txt', 'b c', 'docs/', 'ß'];
    expect([...(await names(''))].sort()).to.deep.equal(all.sort());
  });

  it('are none where nobody can be asked', async () => {
    expect(await names('nowhere/')).to.deep.equal([]);
    await server.close(0);
    expect(await names('')).to.deep.equal([]);
    expect(await remoteNames(connect, { host: '127.0.0.1', port: 70_000 }, '')).to.deep.equal([]);
  });
});
