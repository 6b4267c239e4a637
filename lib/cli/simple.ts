import { isTwinportError } from '../errors';
import { EXIT } from './exit';
import { single, type Attempt, type Means } from './attempt';
import type { Request } from './request';
import type { Client } from '../index';

type Simple = Exclude<Request, { verb: 'list' | 'get' | 'put' }>;

/** What needs the control connection alone. Resolves with the exit code: of the last failure, where there are several. */
export async function performSimple(request: Simple, means: Means): Promise<number> {
  const { reporter } = means;
  switch (request.verb) {
    case 'stat':
      return each(pathsOf(request), means, async (client, path) =>
        reporter.result('stat', { path, ...(await client.stat(path)) }),
      );
    case 'digest': {
      const options = request.sha256 ? ({ digest: 'sha256' } as const) : {};
      return each(pathsOf(request), means, async (client, path) =>
        reporter.result('digest', { path, ...(await client.digest(path, options)) }),
      );
    }
    case 'rename': {
      const { from, to } = request;
      return each(
        [from],
        means,
        async (client) => {
          await client.rename(from, to);
          reporter.result('rename', { from, to });
        },
        true,
      );
    }
    case 'delete':
      return each(
        request.paths,
        means,
        async (client, path) => {
          await client.remove(path);
          reporter.result('delete', { path });
        },
        true,
      );
    case 'mkdir':
      return each(
        request.paths,
        means,
        async (client, path) => {
          await client.makeDirectory(path, { parents: request.parents });
          reporter.result('mkdir', { path });
        },
        true,
      );
    case 'ping':
      return asked(means, async (client) => reporter.result('ping', { milliseconds: await client.ping() }));
  }
}

const pathsOf = ({ path, more = [] }: { readonly path: string; readonly more?: readonly string[] }): string[] => [
  path,
  ...more,
];

/** One question. It cannot be taken back once it is asked: to stop waiting is to give the connection up. */
function asked(means: Means, ask: (client: Client) => Promise<void>, change = false): Promise<number> {
  const { session, signal } = means;
  const work = async (attempt: Attempt): Promise<void> => {
    const client = await session.client(signal);
    attempt.asked = change;
    const giveUp = (): void => session.drop(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      if (signal.aborted) giveUp();
      await ask(client);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  };
  return single(means, work);
}

/** One path after another, whatever becomes of each. */
async function each(
  paths: readonly string[],
  means: Means,
  work: (client: Client, path: string) => Promise<void>,
  change = false,
): Promise<number> {
  let code: number = EXIT.ok;
  for (const path of paths) {
    // A refusal is about the path, a lost connection is not: then the path only says how far it came.
    const isNamed = (error: unknown): boolean => paths.length > 1 || isTwinportError(error, 'refused');
    const fail: Means['fail'] = (error, context) => means.fail(error, isNamed(error) ? { ...context, path } : context);
    const ended = await asked({ ...means, fail }, (client) => work(client, path), change);
    if (ended !== EXIT.ok) code = ended;
    if (means.signal.aborted) break;
  }
  return code;
}
