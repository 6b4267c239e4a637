import { expect } from 'chai';
import { Readable } from 'node:stream';
import { connect } from '../../lib/client';
import { DIALECTS, PORT_DIALECTS, type DialectName } from '../../lib/dialects/registry';
import { settle } from '../support/fakeClock';
import { CLIENT, SERVER, withBench, type Bench } from '../support/ftBench';

/** Puts to the port of another language: success is the whole file under its name, and nothing else is stored. */

/** Names that one language or another could take for something else. */
const NAMES = ['new', '7', 'list', 'put,x', 'get,x', 'x 8555', 'a:b', '-l', '-put x'];
const BODIES = ['the file', ' with a space in front\n', 'a line\nand another\n', '\n', 'x'.repeat(3000), ''];
const CLIENTS = (Object.keys(DIALECTS) as DialectName[]).filter((name) => name !== 'stepwise');
const KEPT = { kept: 'what was here\n' };

async function outcomeOf(bench: Bench, dialect: DialectName, name: string, body: string): Promise<string> {
  const { clock } = bench;
  const network = bench.machine(CLIENT);
  const client = await connect({ host: SERVER, port: bench.port, network, clock, dialect });
  let outcome = '';
  void client.put(Readable.from(body === '' ? [] : [Buffer.from(body)]), name).then(
    () => (outcome = 'success'),
    () => (outcome = 'failure'),
  );
  for (let passed = 0; outcome === '' && passed < 200_000; passed += 100) {
    await settle(8);
    await clock.advance(100);
  }
  let closed = false;
  void client.close().then(() => (closed = true));
  for (let i = 0; i < 200 && !closed; i += 1) {
    await settle(4);
    await clock.advance(250);
  }
  for (let i = 0; i < 60; i += 1) await clock.advance(250);
  return outcome;
}

async function names(bench: Bench): Promise<string[]> {
  const all: string[] = [];
  for await (const { name } of await bench.storage.list('', { facts: false })) all.push(name);
  return all;
}

for (const dialect of CLIENTS) {
  describe(`a put in ${dialect}, to whatever listens there`, () => {
    for (const port of PORT_DIALECTS) {
      const own = port === dialect || (dialect === 'ft' && ['default', 'auto'].includes(port));
      const speaks = own || (port === 'auto' && ['framed', 'privateshare'].includes(dialect));
      // What comes to it is a file, all of it, whatever it says; but for a frame.
      if (port === 'numbered' && !own && dialect !== 'framed') continue;
      for (const name of dialect === 'numbered' ? ['new'] : NAMES) {
        it(
          `${port}: ${JSON.stringify(name)} is stored whole under its name, or fails and is not`,
          withBench({ files: KEPT, writable: true, strictPut: false }, async (bench) => {
            bench.port = (await bench.server.listen(0, { dialect: port, writable: true })).port;
            const before = await names(bench);
            for (const body of BODIES) {
              // Who says nothing but a line's end, or not even that, has asked for nothing.
              if (dialect === 'numbered' && body.trim() === '' && !own) continue;
              const what = JSON.stringify(body.slice(0, 30));
              const outcome = await outcomeOf(bench, dialect, name, body);
              expect(outcome, what).not.to.equal('');
              const added = (await names(bench)).filter((path) => !before.includes(path));
              const stored = added.map((path) => bench.storage.bytes(path)?.toString());
              if (outcome === 'success') expect(stored, what).to.deep.equal([body]);
              else if (port === 'numbered')
                expect(
                  stored.filter((text) => text !== 'ERROR'),
                  what,
                ).to.deep.equal([]);
              else expect(added, what).to.deep.equal([]);
              if (outcome === 'success' && dialect !== 'numbered') expect(added, what).to.deep.equal([name]);
              if (speaks && dialect !== 'numbered') expect(outcome, what).to.equal('success');
              for (const path of added) await bench.storage.remove(path);
            }
          }),
        );
      }
    }
  });
}
