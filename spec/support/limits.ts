import { LIMITS } from '../../lib/options';

/** Runs a spec with another limit, where what reaches the real one would not fit into a spec. */
export function withLimit(name: keyof typeof LIMITS, value: number, spec: () => Promise<void>): () => Promise<void> {
  return async () => {
    const limits: Record<string, number> = LIMITS;
    const before = LIMITS[name];
    limits[name] = value;
    try {
      await spec();
    } finally {
      limits[name] = before;
    }
  };
}
