import { PassThrough } from 'node:stream';
import type { Client } from '../../lib/index';
import type { ClientOptions } from '../../lib/cli/options';
import type { Means } from '../../lib/cli/attempt';
import type { Reporter } from '../../lib/cli/reporter';
import { Session } from '../../lib/cli/session';
import { fakeClock } from './fakeClock';

/** What a command line without options means. */
export const PLAIN: ClientOptions = {
  ...{ passive: false, quiet: false, print0: false, long: false, human: false, json: false },
  ...{ glob: true, parents: false, requireVerified: false, progress: true },
};

/** Carries requests out over this client, and tells the reporter; it asks nobody, and every failure is 9. */
export function meansOf(client: () => Client, reporter: Reporter, more: Partial<Means> = {}): Means {
  const onConnected = (): void => reporter.connected('flip1', 3555);
  const dial = async (signal: AbortSignal): Promise<Client> => {
    signal.throwIfAborted();
    return client();
  };
  return {
    session: new Session({ dial, onConnected }),
    options: PLAIN,
    reporter,
    watched: true,
    // However slow the machine is, no time passes.
    clock: fakeClock(),
    signal: new AbortController().signal,
    toStdout: () => new PassThrough(),
    fromStdin: () => new PassThrough(),
    ask: () => Promise.resolve(undefined),
    fail: (error, { job }) => {
      reporter.failed({ error, exit: 9, sentence: String(error) }, job);
      return Promise.resolve(9);
    },
    ...more,
  };
}
