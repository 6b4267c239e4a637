import type { Claim } from '../claim';

/** How much is tried: at most one of these; without any it does not end. */
export interface Amount {
  /** Of all targets together. */
  readonly seconds?: number | undefined;
  /** Inputs of all targets together, and of all threads. */
  readonly inputs?: number | undefined;
  /** Inputs of each target, in all threads. */
  readonly runs?: number | undefined;
}

/** What one target has. */
interface Share {
  readonly milliseconds: number;
  readonly runs: number;
}

/** A session takes as long as a few hundred messages: with this part of the inputs it has about half of the time. */
const SESSIONS_OF_INPUTS = 0.01;
/** Half of the time, however few they are: they try most of the code. */
const SESSIONS_OF_TIME = 0.5;

/** Within a kind all targets have the same. */
export function shares(
  { seconds, inputs, runs = Infinity }: Amount,
  claims: readonly Claim[],
): Record<Claim['kind'], Share> {
  const count = (kind: Claim['kind']): number => claims.filter((claim) => claim.kind === kind).length;
  const share = (kind: Claim['kind']): Share => {
    const [sessionsOfTime, sessionsOfInputs] =
      count('codec') === 0 ? [1, 1] : count('session') === 0 ? [0, 0] : [SESSIONS_OF_TIME, SESSIONS_OF_INPUTS];
    const of = (part: number): number => (kind === 'session' ? part : 1 - part) / count(kind);
    return {
      milliseconds: seconds === undefined ? Infinity : seconds * 1000 * of(sessionsOfTime),
      runs: inputs === undefined ? runs : Math.ceil(inputs * of(sessionsOfInputs)),
    };
  };
  return { codec: share('codec'), session: share('session') };
}
