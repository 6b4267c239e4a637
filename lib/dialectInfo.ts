import { DIALECTS, type DialectEntry, type DialectName } from './dialects/registry';

/** What a program can know of a wire language before it speaks it. */
export interface DialectInfo {
  readonly name: DialectName;
  /** Where its servers are usually found. */
  readonly port: number;
  /** What a client can ask for in it. */
  readonly verbs: readonly ('list' | 'get' | 'put')[];
  /** The data have a connection of their own, and with it a data port. */
  readonly dataConnection: boolean;
  /** Count and digest of what was moved are compared; in the other languages nothing vouches for a transfer. */
  readonly verifies: boolean;
}

const VERBS = ['list', 'get', 'put'] as const;
/** Those of two connections; the others move the data where they were asked for. */
const TWO_CONNECTIONS: readonly string[] = ['ft', 'stepwise'];

/** The wire languages, in the order they are told to people. */
export function dialects(): readonly DialectInfo[] {
  return (Object.keys(DIALECTS) as DialectName[]).map((name) => {
    const entry: DialectEntry = DIALECTS[name];
    return {
      name,
      port: entry.port,
      // A getter: its slice is loaded only for whom it is asked.
      get verbs() {
        const slice = entry.client?.();
        return VERBS.filter((verb) => slice === undefined || slice[verb] !== undefined);
      },
      dataConnection: TWO_CONNECTIONS.includes(name),
      verifies: name === 'ft',
    };
  });
}
