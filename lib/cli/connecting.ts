import type { ConnectOptions } from '../index';
import type { ClientOptions } from './options';

/** Whom to connect to, and what is special about it. */
export interface Connecting {
  readonly server: { readonly host: string; readonly port: number };
  readonly options: ClientOptions;
  /** Besides `options.passive`. */
  readonly passive: boolean;
  /** See `ConnectOptions.blocking`. */
  readonly blocking: boolean;
  /** How many clients this one announces. */
  readonly clients?: number;
  /** See `Dialling.dial`. */
  readonly vouched?: boolean;
}

/** What the command line says, as the library takes it. */
export function connectOptions(
  { server, options, passive, blocking, clients, vouched = false }: Connecting,
  signal: AbortSignal,
): ConnectOptions {
  const { host, port } = options.relay ?? server;
  const settings = {
    ...(options.accio === true ? { accio: true } : {}),
    ...(clients === undefined ? {} : { clients }),
  };
  return {
    // `[::1]`, as in a URL, is shown as typed and dialled without its brackets.
    host: host.replace(/^\[(.*:.*)\]$/, '$1'),
    port,
    signal,
    blocking,
    ...(options.dialect === undefined ? {} : { dialect: options.dialect.name, settings }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.passive || passive ? { passive: true } : {}),
    ...(options.requireVerified || vouched ? { requireVerified: true } : {}),
    ...(options.dataFrom === undefined ? {} : { dataFrom: options.dataFrom }),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    ...(options.connectTimeout === undefined ? {} : { connectTimeout: options.connectTimeout }),
  };
}
