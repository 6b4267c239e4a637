/** A line of a log, or of a sentence to an operator: whatever a client or a file put into it, it reads as it was meant. */
export { HARMFUL_LETTER, lettersEscaped, sentence as harmless } from '../render';
