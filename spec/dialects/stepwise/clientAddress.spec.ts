import { expect } from 'chai';
import { connect } from '../../../lib/client';
import { createServer } from '../../../lib/server';
import { memoryStorage } from '../../../lib/storage/memory';
import { Into, withServer } from '../../support/errandBench';
import { fakeClock } from '../../support/fakeClock';
import { SERVER, type Bench } from '../../support/ftBench';
import { watch } from '../../support/ftPlay';
import { memoryNetwork } from '../../support/memoryNetwork';
import { Talker } from '../../support/talker';

const files = { 'a.txt': 'aaaa' };
const client = (bench: Bench, host: string) =>
  connect({ host, port: bench.port, network: bench.network, clock: bench.clock, dialect: 'stepwise' });

describe('stepwise: where the client says that it is', () => {
  for (const [host, named] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '127.0.0.1'],
    [SERVER, SERVER],
  ] as const) {
    it(
      `to ${host} it is ${named}`,
      withServer('stepwise', { files }, async (bench) => {
        const heard: Talker[] = [];
        const listener = await bench.network.listen({ port: 0 }, (conn) => heard.push(new Talker(conn)));
        const { network, clock } = bench;
        const { port } = listener.local;
        const one = await connect({ host, port, network, clock, dialect: 'stepwise' });
        const got = watch(one.get('a.txt', new Into()));
        await clock.advance(0);
        const [p] = heard as [Talker];
        for (let said = 2; said < 8; said += 2) {
          await p.send('OK');
          await p.quiet();
        }
        expect(p.received.toString().replace(/^-g\d{5}/, '')).to.equal(`${named}a.txt`);
        await p.end('no');
        await got.failure('refused');
        await one.close();
        await listener.close();
        await p.over();
        p.conn.destroy();
      }),
    );
  }

  it(
    'is served over ::1, where localhost often is',
    withServer('stepwise', { files }, async (bench) => {
      const one = await client(bench, '::1');
      const into = new Into();
      const got = watch(one.get('a.txt', into));
      for (let i = 0; i < 8 && !got.isOver; i += 1) await bench.clock.advance(500);
      expect(await got.value()).to.include({ length: 4 });
      await one.close();
    }),
  );

  it('with an IPv6 address alone it is nowhere, in a sentence', async () => {
    const network = memoryNetwork({ addresses: ['2001:db8::1'] });
    const clock = fakeClock();
    const server = createServer({ network, clock, storage: memoryStorage(files) });
    const { port } = await server.listen(0, { dialect: 'stepwise' });
    const one = await connect({
      host: '2001:db8::1',
      port,
      network: network.machine('2001:db8::2'),
      clock,
      dialect: 'stepwise',
    });
    const { message } = await watch(one.list()).failure('unsupported');
    expect(message)
      .to.match(/IPv4/)
      .and.match(/2001:db8::2/);
    await one.close();
    const closed = server.close(0);
    await clock.advance(1000);
    await closed;
  });

  it(
    'the server’s own port on the same machine is no data port',
    withServer('stepwise', { files }, async (bench) => {
      for (const host of ['127.0.0.1', SERVER]) {
        const one = await client(bench, host);
        const { message } = await watch(one.list('', { dataPort: bench.port })).failure('cannot-listen');
        expect(message).to.match(/own control port/);
        await one.close();
      }
    }),
  );

  it(
    'a data port that somebody holds is told before anything is asked',
    withServer('stepwise', { files }, async (bench) => {
      const listener = await bench.network.listen({ port: 9000 }, () => undefined);
      const one = await client(bench, SERVER);
      await watch(one.list('', { dataPort: 9000 })).failure('cannot-listen');
      expect(bench.told).to.deep.equal([]);
      await one.close();
      await listener.close();
    }),
  );
});
