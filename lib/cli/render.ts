import { hostPort } from '../wire/addresses';
import { encodeName, escaped } from '../wire/names';
import type { Relay } from './options';

/**
 * A remote name as it is printed, alike on a terminal and into a pipe: its own bytes, also those that are
 * not UTF-8, with control characters as `\xNN`. They could move the cursor, retitle the window or type
 * answers on a terminal, and a pipe may end on one.
 */
export function nameBytes(name: string): Buffer {
  return encodeName(escaped(name));
}

/** A sentence for a person: whatever a peer or a file name put into it, it stays one line and is harmless. */
export function sentence(text: string): string {
  return escaped(text);
}

/** Said where the peer is not whom the command line names. */
export function throughRelay({ host, port }: Relay): string {
  return `through the relay ${hostPort(host, port)}`;
}

/** The same where nobody else prints it. */
export function relayNote(relay: Relay): string {
  return `ftclient: ${sentence(throughRelay(relay))}\n`;
}

/** For an error that nobody foresaw: all there is to report it with. */
export function defect(error: unknown): string {
  const lines = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `this is a defect of ours, please report it: ${lines.split('\n').map(sentence).join('\n')}`;
}
