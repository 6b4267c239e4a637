import { readSync } from 'node:fs';
import type { Socket } from 'node:net';

const ONE = new Uint8Array(1);

/**
 * Was this "end" a reset? One that arrives while bytes are unread reaches Node as an end. On a connection that we may
 * still write to, an empty write tells; behind our own FIN nothing that Node offers does, and a put that was refused, or
 * a file that broke off, would look complete. The kernel still knows: reading once more from the descriptor gives
 * nothing at a FIN, and the error at a reset. Which descriptor it is (`_handle.fd`) is not public; where it cannot be
 * had (Windows), the end is believed.
 *
 * Call in the socket's `'end'`: right after it the descriptor may be closed, and be somebody else's.
 */
export function endedByReset(socket: Socket): Error | undefined {
  const fd = descriptorOf(socket);
  if (fd === undefined) return undefined;
  try {
    // What is there to be read behind an "end" was cut off by it.
    return readSync(fd, ONE, 0, 1, null) === 0 ? undefined : new Error('the end came before the last bytes');
  } catch (error) {
    // EAGAIN: the connection is alive, and there was no end at all of which we could say more.
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EAGAIN' || code === 'EBADF' ? undefined : (error as Error);
  }
}

/** Does `endedByReset` know? */
export function canTellResets(socket: Socket): boolean {
  return descriptorOf(socket) !== undefined;
}

/** Not public; undefined where it cannot be had (Windows). */
export function descriptorOf(socket: Socket): number | undefined {
  const fd: unknown = Reflect.get(Object(Reflect.get(socket, '_handle')), 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
