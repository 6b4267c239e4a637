import { TwinportError } from '../errors';

/** Throws once the signal is aborted: its own reason where that is one of our errors, else `aborted`. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal === undefined || !signal.aborted) return;
  const reason: unknown = signal.reason;
  if (reason instanceof TwinportError) throw reason;
  throw new TwinportError('aborted', 'the operation was aborted', { cause: reason });
}
