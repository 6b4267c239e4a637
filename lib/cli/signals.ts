/** Signals that ask a program to stop; a hangup is the shell's alone to hear, and anybody else's end. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** What each means as an exit code: 128 and its number. */
const CODES = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const;

const STOPS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/**
 * Calls `stop` at the first SIGINT or SIGTERM. A second one of either ends the process at once: its default
 * action is back by then. The returned function gives both signals back.
 */
export function onStopSignal(stop: (signal: StopSignal) => void): () => void {
  const handler = (signal: NodeJS.Signals): void => {
    release();
    stop(signal as StopSignal);
  };
  const release = (): void => {
    for (const signal of STOPS) process.off(signal, handler);
  };
  for (const signal of STOPS) process.on(signal, handler);
  return release;
}

/**
 * SIGUSR1 has Node open its debugger on a port of loopback, and whoever has an account on the machine is then as good as the
 * server. What rotates logs sends it to any daemon; here it means nothing. The returned function gives it back.
 */
export function withoutDebugger(): () => void {
  const nothing = (): void => undefined;
  process.on('SIGUSR1', nothing);
  return () => void process.off('SIGUSR1', nothing);
}

/**
 * Dies of the signal, so that the caller's shell sees what happened: `$?` is 128 and the signal's number, a
 * loop in a script stops at Ctrl-C. Node ignores SIGPIPE from its start; taking a handler on and off gives
 * it back its default action.
 */
export function dieOf(signal: StopSignal | 'SIGPIPE'): void {
  // Where there are no such signals (Windows) the number has to do.
  process.exitCode = CODES[signal];
  const nothing = (): void => undefined;
  process.on(signal, nothing);
  process.removeAllListeners(signal);
  try {
    process.kill(process.pid, signal);
  } catch {
    // The exit code above says it.
  }
}
