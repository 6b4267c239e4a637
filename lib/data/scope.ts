import { TwinportError } from '../errors';
import type { Clock } from '../net/network';

/**
 * The life of one operation: its own AbortController, joined to a parent's signal for exactly as long as
 * the operation lasts. A signal shared by many operations and never aborted would collect a listener from
 * each of them, so every scope must be closed. The first reason to abort wins.
 */
export class Scope {
  private readonly controller = new AbortController();
  private readonly onParent: (() => void) | undefined;

  constructor(private readonly parent?: AbortSignal) {
    if (parent === undefined) return;
    this.onParent = () => this.abort(reasonOf(parent));
    if (parent.aborted) this.onParent();
    else parent.addEventListener('abort', this.onParent, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  abort(reason: TwinportError): void {
    this.controller.abort(reason);
  }

  /** Leaves the parent's signal alone from now on. */
  close(): void {
    if (this.onParent !== undefined) this.parent?.removeEventListener('abort', this.onParent);
  }
}

/** The coded reason of an aborted signal, whoever aborted it and with whatever. */
export function reasonOf(signal: AbortSignal): TwinportError {
  const reason: unknown = signal.reason;
  return reason instanceof TwinportError ? reason : new TwinportError('aborted', 'aborted', { cause: reason });
}

/** Throws the coded reason once the signal is aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw reasonOf(signal);
}

/** `promise`, unless the signal aborts first; what `promise` does afterwards is nobody's concern any more. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(reasonOf(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** `promise`, unless `ms` pass first: then it rejects with the error given. */
export function unlessLater<T>(promise: Promise<T>, clock: Clock, ms: number, late: () => TwinportError): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.after(ms, () => reject(late()));
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** A promise and its two ends. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** A deferred whose rejection is never "unhandled": nobody may be waiting yet, or any more. */
export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
