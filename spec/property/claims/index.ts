import type { Claim } from '../claim';
import { DIALECT_CLAIMS } from './dialects';
import { FT } from './ft';
import { clientScripts, securedScripts } from '../sessions/client';
import { relayedScripts } from '../sessions/relayed';
import { serverScripts } from '../sessions/server';
import { uploadScripts } from '../sessions/uploads';
import { RELAY } from './relay';
import { SHELL } from './shell';
import { TERMINAL } from './terminal';
import { WIRE } from './wire';

/** Everything that is pure. */
export const CODECS: readonly Claim[] = [...WIRE, ...FT, ...DIALECT_CLAIMS, ...RELAY, ...SHELL, ...TERMINAL];

/** Whole sessions, of either end. */
export const SESSIONS: readonly Claim[] = [serverScripts, clientScripts, securedScripts, relayedScripts, uploadScripts];

/** Everything that the fuzzer tries. */
export const CLAIMS: readonly Claim[] = [...CODECS, ...SESSIONS];
