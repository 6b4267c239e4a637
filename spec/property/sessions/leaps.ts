const HOUR = 3_600_000;

/** Milliseconds that a machine may have been asleep: beyond each limit of ours, one after another. */
export const leaps: readonly number[] = [1500, 16_000, 61_000, HOUR, 30 * 24 * HOUR];
