import { expect } from 'chai';
import { connect } from '../../lib/client';
import { DIALECTS, PORT_DIALECTS, type DialectName } from '../../lib/dialects/registry';
import { Collector } from '../support/dialectTools';
import { settle } from '../support/fakeClock';
import { CLIENT, SERVER, withBench } from '../support/ftBench';

/** Gets from the port of another language: no file but the one that was asked for is ever had. */

/** Names that one language or another could take for something else, and a file that is not there. */
const files = {
  'a.txt': 'the file a.txt\n',
  list: 'the file list\n',
  '7': 'the file 7\n',
  'x 8555': 'the file x 8555\n',
  empty: '',
};
const NAMES = [...Object.keys(files), 'abc', 'nothing here'];

const CLIENTS = (Object.keys(DIALECTS) as DialectName[]).filter((name) => name !== 'numbered');

for (const dialect of CLIENTS) {
  describe(`a get in ${dialect}, from whatever listens there`, () => {
    for (const port of PORT_DIALECTS) {
      for (const writable of [false, true]) {
        it(
          `${port}${writable ? ', writable' : ''}: is the file, or fails`,
          withBench({ files, writable, strictPut: false }, async (bench) => {
            bench.port = (await bench.server.listen(0, { dialect: port, writable })).port;
            const network = bench.machine(CLIENT);
            const { clock } = bench;
            for (const name of NAMES) {
              const client = await connect({ host: SERVER, port: bench.port, network, clock, dialect });
              const into = new Collector();
              let outcome = '';
              void client.get(name, into).then(
                () => (outcome = 'success'),
                () => (outcome = 'failure'),
              );
              for (let passed = 0; outcome === '' && passed < 200_000; passed += 250) {
                await settle(8);
                await clock.advance(250);
              }
              const file = (files as Readonly<Record<string, string>>)[name];
              expect(outcome, name).not.to.equal('');
              if (outcome === 'success') expect(into.bytes.toString(), name).to.equal(file);
              // Its own language is what it is for.
              if (dialect === port && file !== undefined) expect(outcome, name).to.equal('success');
              let closed = false;
              void client.close().then(() => (closed = true));
              for (let i = 0; i < 100 && !closed; i += 1) await clock.advance(250);
            }
          }),
        );
      }
    }
  });
}
