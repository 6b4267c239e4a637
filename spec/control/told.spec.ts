import { expect } from 'chai';
import type { TransferEvent } from '../../lib/control/events';
import { Told } from '../../lib/control/told';
import { TwinportError } from '../../lib/errors';
import type { Conn } from '../../lib/net/network';
import { failureOf } from '../support/bytes';

const remote = { address: '10.0.0.2', port: 5000 };
const local = { address: '10.0.0.1', port: 3555 };
const data = { address: '10.0.0.2', port: 8555 };
const conn = { remote, local } as Conn;

function telling(subject: { port?: number } = {}): { told: Told; events: TransferEvent[] } {
  const events: TransferEvent[] = [];
  const emit = (event: TransferEvent): void => void events.push(event);
  const whole = { dialect: 'own', kind: 'get', path: 'a/b', ...subject } as const;
  return { told: new Told({ emit }, { id: 7, conn }, whole), events };
}

describe('what is told of a transfer', () => {
  it('requested, started with its data, done with its length; verified unless it says otherwise', async () => {
    const { told, events } = telling({ port: 8555 });
    const served = await told.whole(async () => {
      expect(events.map(({ phase }) => phase)).to.deep.equal(['requested']);
      told.started({ remote: data, bytesRead: 0, bytesWritten: 0 });
      return { length: 5, extra: 'kept' };
    });
    expect(served).to.deep.equal({ length: 5, extra: 'kept' });
    const common = { dialect: 'own', kind: 'get', path: 'a/b', port: 8555, session: { id: 7, remote, local } };
    expect(events).to.deep.equal([
      { ...common, phase: 'requested' },
      { ...common, phase: 'started', data },
      { ...common, phase: 'done', data, length: 5, unverified: false },
    ]);
  });

  it('says that nothing vouches for it, and has no port where there is none', async () => {
    const { told, events } = telling();
    await told.whole(() => Promise.resolve({ length: 0, unverified: true }));
    expect(events.at(-1)).to.include({ phase: 'done', unverified: true });
    expect(events.every((event) => !('port' in event) && !('data' in event))).to.equal(true);
  });

  it('failed in the middle, with what had moved by then', async () => {
    const { told, events } = telling();
    const moving = { remote: data, bytesRead: 7, bytesWritten: 100 };
    await failureOf(
      told.whole(async () => {
        told.started(moving);
        moving.bytesWritten = 142;
        return Promise.reject(new TwinportError('aborted', 'on purpose'));
      }),
    );
    expect(events.at(-1)).to.include({ phase: 'failed', moved: 42 });
  });

  it('failed, with the very error; what is none of ours is coded, and its cause kept', async () => {
    const { told, events } = telling();
    const ours = new TwinportError('not-found', 'not there');
    expect(await failureOf(told.whole(() => Promise.reject(ours)))).to.equal(ours);
    expect(events.map(({ phase, error }) => [phase, error])).to.deep.equal([
      ['requested', undefined],
      ['failed', ours],
    ]);
    const theirs = new TypeError('a defect');
    const coded = await failureOf(told.whole(() => Promise.reject(theirs)));
    expect(coded).to.include({ code: 'io-error', message: 'a defect', cause: theirs });
    expect(events.at(-1)?.error).to.equal(coded);
  });
});
