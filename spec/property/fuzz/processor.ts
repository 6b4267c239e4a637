import * as fs from 'node:fs';

/** Nanoseconds on a processor, as the kernel counts them for the thread that asks (proc(5)). */
const SCHEDSTAT = '/proc/thread-self/schedstat';

/**
 * Milliseconds for which this thread has had a processor; where only those of the whole process can be had, these. The
 * fuzzer has a thread for each processor, and what one of them takes is no fault of another's input.
 */
export function processorTime(): number {
  try {
    return Number(fs.readFileSync(SCHEDSTAT, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}
