import { expect } from 'chai';
import { Writable } from 'node:stream';
import { isTwinportError, type ErrorCode } from '../../lib/errors';
import type { Ending } from './dialectHouse';
import { HOST, type Stage } from './dialectStage';
import { Talker } from './talker';

/** Settled, one way or the other, and if badly then by an error of ours. */
export async function coded(promise: Promise<unknown>): Promise<void> {
  await promise.catch((error: unknown) => {
    if (!isTwinportError(error)) throw error;
  });
}

export async function rejectsOneOf(codes: readonly ErrorCode[], work: () => Promise<unknown>): Promise<void> {
  let got = 'nothing was rejected';
  await work().catch((error: unknown) => {
    if (!isTwinportError(error)) throw error;
    got = error.code;
    expect(error.message).to.match(/ /);
  });
  expect(codes).to.include(got);
}

/** How the server ended it, and what nobody had heard of it before. */
export function expectEnding({ by, rest }: { by: Ending['by']; rest: Buffer }, ending: Ending): void {
  const { says = '' } = ending;
  const said = rest.toString('latin1');
  if (typeof says === 'string') expect({ by, says: said }).to.deep.equal({ by: ending.by, says });
  else expect({ by, says: says.test(said) || said }).to.deep.equal({ by: ending.by, says: true });
}

/** A stream that keeps what it is given. */
export class Collector extends Writable {
  private readonly chunks: Buffer[] = [];

  constructor() {
    super();
    // Whoever failed to fill it has told so already.
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(Buffer.from(chunk));
    done();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/** Somebody who listens and says nothing. */
export async function mute(stage: Stage): Promise<{ port: number; everything(): Promise<string> }> {
  const talkers: Talker[] = [];
  const { local, close } = await stage.network.listen({ host: HOST, port: 0 }, (conn) => {
    talkers.push(new Talker(conn));
  });
  return {
    port: local.port,
    everything: async () => {
      await close();
      for (const talker of talkers) {
        await talker.over();
        talker.conn.destroy();
      }
      return talkers.map(({ received }) => received.toString('latin1')).join('');
    },
  };
}
