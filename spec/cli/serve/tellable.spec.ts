import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import { Auditor } from '../../../lib/cli/serve/audit';
import { jsonLog } from '../../../lib/cli/serve/jsonLog';
import { Tellable } from '../../../lib/cli/serve/tellable';
import { Output } from '../../../lib/cli/output';
import type { ServerEvents, SessionInfo, TransferEvent } from '../../../lib/index';
import { fakeClock } from '../../support/fakeClock';
import { Captured } from '../../support/stdio';

const LONG_AGO = Date.UTC(2026, 10, 1);

type Fields = Record<string, unknown>;

const fieldsIn = (text: string): Fields[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Fields);

function bench() {
  const clock = fakeClock();
  const server = new EventEmitter<ServerEvents>();
  const tellable = new Tellable(server, clock);
  const start = clock.now();
  const now = (): Date => new Date(LONG_AGO + clock.now() - start);
  const lines: string[] = [];
  new Auditor({ audit: { say: (line) => void lines.push(line) } }, now).follow(tellable);
  const printed = new Captured();
  const log = jsonLog(new Output(() => printed), now);
  tellable.on('session', (session, ago) => log.session(session, ago));
  tellable.on('transfer', (event) => log.transfer(event));
  const notes: string[] = [];
  tellable.on('note', (sentence) => notes.push(sentence));
  let id = 0;
  const come = (): SessionInfo => {
    id += 1;
    const session = { id, remote: { address: '192.0.2.2', port: 4000 }, local: { address: '192.0.2.1', port: 3555 } };
    server.emit('session', session);
    return session;
  };
  const audit = (): Fields[] => fieldsIn(lines.splice(0).join('\n'));
  return { clock, server, come, audit, printed: () => fieldsIn(printed.utf8), notes };
}

describe('what a server tells, as its logs can bear it', () => {
  it('tells whose connection it is before what it asks for, and since when', async () => {
    const { clock, server, come, audit, printed } = bench();
    for (let i = 0; i < 100; i += 1) server.emit('end', come());
    const session = come();
    audit();
    const before = printed().length;
    await clock.advance(1500);
    const request = { kind: 'get', dialect: 'ft', session, path: 'x', port: 8555 } as const;
    const transfer = (event: TransferEvent): unknown => server.emit('transfer', event);
    transfer({ ...request, phase: 'requested' });
    await clock.advance(250);
    transfer({ ...request, phase: 'failed' });
    await clock.advance(50);
    server.emit('end', session);
    const at = (ms: number): string => new Date(LONG_AGO + ms).toISOString();
    expect(audit().map(({ what, time, seconds }) => [what, time, seconds])).to.deep.equal([
      ['connect', at(0), undefined],
      ['get', at(1750), 0.25],
      ['disconnect', at(1800), 1.8],
    ]);
    const fresh = printed().slice(before);
    expect(fresh.map(({ event, time }) => [event, time])).to.deep.equal([
      ['session', at(0)],
      ['requested', at(1500)],
      ['failed', at(1750)],
    ]);
  });

  it('tells what is about the server itself in any flood', async () => {
    const { clock, server, notes } = bench();
    for (let i = 0; i < 2000; i += 1) {
      server.emit('note', 'broken', { outcome: 'failed', address: `10.0.${i >> 8}.${i & 255}` });
      server.emit('note', 'served', { outcome: 'ok', address: '10.1.1.1' });
    }
    notes.length = 0;
    server.emit('note', 'File descriptors run short.');
    expect(notes.splice(0)).to.deep.equal(['File descriptors run short.']);
    await clock.advance(60_000);
    expect(notes).to.include('... and 1900 more notes about 10.1.1.1.');
    expect(notes).to.include('... and 1 more connections from 10.0.7.207 that were not served.');
  });
});
