export const crowdSuite = (_h: unknown, _g: unknown): void => undefined;
