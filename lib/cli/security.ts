import type { ClientTlsOptions } from '../index';
import type { FlagValues } from './flags';
import { UsageError } from './usage';

/** What the command line says of TLS. Absent where it says nothing: then there is none. */
export function tlsAsked(flags: FlagValues): ClientTlsOptions | undefined {
  const ca = flags.value('cafile');
  const cert = flags.value('cert');
  const key = flags.value('key');
  const insecure = flags.has('insecure');
  if (!flags.has('tls')) {
    const first = [ca && '--cafile', cert && '--cert', key && '--key', insecure && '--insecure'].find(Boolean);
    // Somebody may think that this is all it takes, and send a file in clear text.
    if (first) throw new UsageError(`${first} belongs to --tls`);
    return undefined;
  }
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key belong together: give both');
  if (insecure && ca !== undefined) throw new UsageError('--insecure believes anybody: --cafile says whom to believe');
  return {
    ...(ca === undefined ? {} : { ca: { file: ca } }),
    ...(cert === undefined || key === undefined ? {} : { cert: { file: cert }, key: { file: key } }),
    ...(insecure ? { insecure } : {}),
  };
}

/** Said each time: what is asked for once ends up in scripts. */
export const INSECURE =
  'WARNING: --insecure believes whoever answers. Anybody on the way can read and change everything, and nobody will notice.';
