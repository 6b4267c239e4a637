import { isTwinportError } from '../errors';
import type { ClientOptions } from './options';

/**
 * What to type next, in our own options: a server of ours speaks of its protocol, a homemade one of anything. Its words
 * only choose among what we would say anyway. Undefined where there is nothing to add.
 */
export function adviceOn(error: unknown, { tls, logsIn }: Pick<ClientOptions, 'tls' | 'logsIn'>): string | undefined {
  if (isTwinportError(error, 'refused')) {
    const { reply, message } = error;
    if (reply === 530 && logsIn !== true && /^log in first/i.test(message)) return 'use --user NAME';
    if (reply === 421 && tls === undefined && /^TLS is required/i.test(message)) return 'use --tls';
  }
  const unknown = isTwinportError(error, 'certificate') && /self-signed|unknown issuer/.test(error.message);
  if (unknown && tls?.ca === undefined)
    return "with its certificate, or its authority's, from its owner: --cafile FILE";
  return undefined;
}
