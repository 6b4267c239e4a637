import type { FtClient } from './dialects/ft/client';
import { isTwinportError, TwinportError } from './errors';
import type { Conn } from './net/network';
import { isLoopback } from './wire/addresses';

/** Who one is to a server, and what proves it. */
export interface LoginOptions {
  readonly name: string;
  readonly password: string;
}

/**
 * Logs in on a fresh connection. Rejects `refused`, with a reply (530, or 421 when it may be tried again later), and `tls`
 * where it would go in clear text; whatever is said then, the password is not in it.
 */
export async function logIn(
  ft: FtClient,
  { name, password }: LoginOptions,
  clearPasswords: boolean,
  signal: AbortSignal,
): Promise<void> {
  // Before anything is sent: a server that refuses it in clear text comes too late for a password that was read on its way.
  if (!clearPasswords && isOpen(ft.conn)) {
    throw new TwinportError('tls', 'a password is not sent in clear text to another machine');
  }
  ft.asker.hide(password);
  try {
    await ft.ask('u', {}, undefined, signal, undefined, { name, password });
  } catch (error) {
    if (!isTwinportError(error, 'refused')) throw error;
    const { reply = 530 } = error;
    // An old server does not know -u, a homemade one answers in words: nobody is logged in, and that is what matters.
    throw new TwinportError('refused', error.message, { reply: reply >= 500 ? 530 : reply });
  }
}

function isOpen(conn: Conn): boolean {
  return conn.secured === undefined && !isLoopback(conn.remote.address);
}
