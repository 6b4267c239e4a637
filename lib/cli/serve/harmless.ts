/** A line of a log, or of a sentence to an operator: whatever a client or a file put into it, it reads as it was meant. */
export { HARMFUL_LETTER, lettersEscaped } from '../../log';
export { sentence as harmless } from '../render';
