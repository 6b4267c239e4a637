import { hostPort } from '../wire/addresses';
import { isTwinportError, sentenceOf } from '../errors';
import { lettersEscaped } from '../log';
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

/** A sentence for a person: whatever a peer or a file name put into it, it stays one line and reads as it was meant. */
export function sentence(text: string): string {
  return lettersEscaped(escaped(text));
}

/** Letters of a peer's words worth showing: a reply line may have many thousands. */
const MOST_WORDS = 500;

/** What a peer said, as much of it as anybody reads. */
export function shortWords(text: string): string {
  const letters = [...text.slice(0, 2 * MOST_WORDS + 2)];
  return letters.length > MOST_WORDS ? `${letters.slice(0, MOST_WORDS).join('')}…` : text;
}

/** The words of an error, of a peer's as many as anybody reads: a reply may have megabytes, for whoever keeps the log. */
export function wordsOfError(error: unknown): string {
  const words = sentenceOf(error);
  return isTwinportError(error) && error.kind === 'peer' ? shortWords(words) : words;
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
