import { sentence } from '../render';

/**
 * Besides C0: C1, U+2028 and U+2029, which to some terminals and readers of lines are commands or ends of lines, and what
 * turns the text around, so that it would read as something else.
 */
export const HARMFUL_LETTER = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Those letters as `\uNNNN`. */
export function lettersEscaped(text: string): string {
  return text.replace(HARMFUL_LETTER, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A line of a log, or of a sentence to an operator: whatever a client or a file put into it, it reads as it was meant. */
export function harmless(text: string): string {
  return lettersEscaped(sentence(text));
}
