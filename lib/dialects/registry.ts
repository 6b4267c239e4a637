import { autoDialect, type Candidate } from '../control/auto';
import { amongStrangers, type Stranger } from '../control/strangers';
import type { AnyDialect, ClientSlice, PortSettings, ServerSlice } from '../control/slice';
import type { AnySession } from '../control/serve';
import { seenBy } from '../control/service';
import { TwinportError } from '../errors';
import type { FtService } from './ft/job';

/** The wire languages, a line each. Each is loaded when it is first spoken. */
export interface DialectEntry {
  /** Where its servers are usually found. */
  readonly port: number;
  /** Whether a server that speaks it takes new files without being told to (`--writable`), as the originals do. */
  readonly takesPuts: boolean;
  /** It has a word for a login. In the others everybody is a visitor, with his rights or none. */
  readonly login?: true;
  /** The lowest port it is spoken on, where the original refuses others. Default 1. */
  readonly lowestPort?: number;
  server(): ServerSlice;
  /** Undefined: the native client, which is more than a slice. */
  client?(): ClientSlice;
}

export const DIALECTS = {
  ft: { port: 3555, takesPuts: false, login: true, server: () => slices.ft().ftServer },
  stepwise: {
    port: 3555,
    takesPuts: false,
    server: () => slices.stepwise().stepwiseServer,
    client: () => slices.stepwiseClient().stepwiseClient,
  },
  framed: {
    port: 50001,
    takesPuts: true,
    server: () => slices.framed().framedServer,
    client: () => slices.framed().framedClient,
  },
  privateshare: {
    port: 365,
    takesPuts: true,
    server: () => slices.privateshare().privateshareServer,
    client: () => slices.privateshare().privateshareClient,
  },
  colon: {
    port: 5050,
    takesPuts: true,
    server: () => slices.colon().colonServer,
    client: () => slices.colon().colonClient,
  },
  numbered: {
    port: 5555,
    takesPuts: true,
    lowestPort: 1024,
    server: () => slices.numbered().numberedServer,
    client: () => slices.numbered().numberedClient,
  },
} as const satisfies Record<string, DialectEntry>;

export type DialectName = keyof typeof DIALECTS;

const slices = {
  ft: () => require('./ft/server') as typeof import('./ft/server'),
  stepwise: () => require('./stepwise/server') as typeof import('./stepwise/server'),
  stepwiseClient: () => require('./stepwise/client') as typeof import('./stepwise/client'),
  framed: () => require('./framed') as typeof import('./framed'),
  privateshare: () => require('./privateshare') as typeof import('./privateshare'),
  colon: () => require('./colon') as typeof import('./colon'),
  numbered: () => require('./numbered') as typeof import('./numbered'),
};

/**
 * What a port can be told to speak besides one language: `default`, the native one and, by its rule, stepwise;
 * `auto`, all those whose client speaks first and cannot be mistaken (DESIGN §4).
 */
const SEVERAL: Readonly<Record<'default' | 'auto', readonly DialectName[]>> = {
  default: ['stepwise'],
  auto: ['stepwise', 'framed', 'privateshare'],
};

/** A language of a port, or several. */
export type PortDialect = DialectName | keyof typeof SEVERAL;

export const PORT_DIALECTS = [...Object.keys(DIALECTS), ...Object.keys(SEVERAL)] as readonly PortDialect[];

/** Does a port of this dialect take new files without being told to? */
export function takesPuts(name: PortDialect): boolean {
  return Object.hasOwn(DIALECTS, name) && DIALECTS[name as DialectName].takesPuts;
}

/**
 * Languages of which a TLS handshake cannot be the beginning, and that are whole when their one connection is secure, or
 * know how to secure the other. In `numbered` it would be a file, in `colon` a name, and the data of `stepwise` would go
 * in clear text.
 */
const UNDER_TLS: readonly PortDialect[] = ['default', 'auto', 'ft', 'framed', 'privateshare'];

/** Can a port of this dialect have TLS? */
export function knowsTls(name: PortDialect): boolean {
  return UNDER_TLS.includes(name);
}

/** Refuses a port that a language is not spoken on (`invalid-port`); 0, any free one, is never such a port. */
export function assertPort(name: PortDialect, port: number): void {
  const { lowestPort = 1 } = Object.hasOwn(DIALECTS, name) ? (DIALECTS[name as DialectName] as DialectEntry) : {};
  if (port === 0 || port >= lowestPort) return;
  throw new TwinportError('invalid-port', `${name} is spoken on ports from ${lowestPort} on, not on ${port}`);
}

/** Opens a port's language: a dialect for each of its sessions. Throws `invalid-argument` on a name of none. */
export async function openPort(
  name: PortDialect,
  service: FtService,
  settings: PortSettings,
): Promise<(session: AnySession) => AnyDialect> {
  if (!PORT_DIALECTS.includes(name)) {
    throw new TwinportError('invalid-argument', `a dialect is one of ${PORT_DIALECTS.join(', ')}, not "${name}"`);
  }
  const open = (one: DialectName): Promise<(session: AnySession) => AnyDialect> =>
    (DIALECTS[one] as DialectEntry).server().open(seenIn(DIALECTS[one], service), settings);
  const strangers = strangersTo(name);
  if (!isSeveral(name)) {
    const make = await open(name);
    return HAVE_WORDS.includes(name) ? (session) => amongStrangers(make(session), strangers) : make;
  }
  const native = await open('ft');
  const others = await Promise.all(
    SEVERAL[name].map(async (one) => ({ name: one, begins: beginsOf(one), open: await open(one) })),
  );
  return (session) => {
    const candidates = others.map(({ name: one, begins, open: make }): Candidate => ({
      // Whether it is under TLS is known with its first byte.
      begins: (first, silent) => (session.conn.secured !== undefined && !knowsTls(one) ? false : begins(first, silent)),
      dialect: make(session),
    }));
    return amongStrangers(autoDialect(candidates, native(session), name === 'auto'), strangers);
  };
}

/** In a language without logins all see what visitors see, now and after a reload. */
function seenIn({ login }: DialectEntry, service: FtService): FtService {
  return login === true ? service : seenBy(service, () => service.visitor?.());
}

/**
 * Those that answer in words what they do not understand. `framed` resets; in `numbered` all bytes are a file's; `colon`
 * has its own rule, for a frame begins as a request of its own does.
 */
const HAVE_WORDS: readonly DialectName[] = ['ft', 'stepwise', 'privateshare'];

/** The languages that a port does not speak and that take words for a file. */
function strangersTo(name: PortDialect): readonly Stranger[] {
  const spoken: readonly PortDialect[] = isSeveral(name) ? SEVERAL[name] : [name];
  return (Object.keys(DIALECTS) as DialectName[]).flatMap((one) => {
    const slice = (DIALECTS[one] as DialectEntry).server();
    if (slice.opensGet === undefined || spoken.includes(one)) return [];
    return [{ name: one, opensGet: (said) => slice.opensGet?.(said) === true }];
  });
}

function isSeveral(name: PortDialect): name is keyof typeof SEVERAL {
  return Object.hasOwn(SEVERAL, name);
}

function beginsOf(name: DialectName): Candidate['begins'] {
  const slice = (DIALECTS[name] as DialectEntry).server();
  return (first, silent) => (slice.begins === undefined ? false : slice.begins(first, silent));
}
