import { isTwinportError, TwinportError } from '../../errors';
import type { FtClient } from './client';
import type { FtOptions } from './grammar';

/** A request that changes what is there without moving a byte. */
export interface AlterRequest {
  readonly verb: 'm' | 'd' | 'r';
  readonly path: string;
  /** r: the new name. */
  readonly to?: string;
  readonly options?: FtOptions;
}

const DOES = { m: 'make directories', d: 'delete', r: 'rename' } as const;

/** Rejects `refused`; `unsupported` where the server does not know the request: an older one, or a homemade one. */
export async function alter(client: FtClient, request: AlterRequest, signal: AbortSignal): Promise<void> {
  const { verb, options = {}, path, to } = request;
  try {
    await client.ask(verb, options, path, signal, to);
  } catch (error) {
    if (!isTwinportError(error, 'refused') || (error.reply !== 500 && error.reply !== 502)) throw error;
    const sentence = `the server cannot ${DOES[verb]} (it does not know -${verb})`;
    throw new TwinportError('unsupported', sentence, { cause: error, reply: error.reply });
  }
}
