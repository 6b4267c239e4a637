import * as os from 'node:os';

/** Figures from different machines cannot be compared; so every table says whose they are. */
export function machine(): string {
  const cpus = os.cpus();
  const [load = 0] = os.loadavg();
  return (
    `${cpus[0]?.model.trim() ?? 'unknown CPU'}, ${cpus.length} CPUs; ${os.type()} ${os.release()}; ` +
    `Node ${process.version}; load ${load.toFixed(1)} when it began` +
    (load > cpus.length / 2 ? ' (busy: expect wide spreads)' : '')
  );
}
