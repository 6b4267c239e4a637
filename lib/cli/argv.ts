/** The words of the command line as they were typed, whatever bytes are in them; see `typedWords`. */
export function asTyped(argv: readonly string[]): readonly string[] {
  // What Node puts where a word is not UTF-8. Nothing is loaded for words that are.
  if (!argv.some((word) => word.includes('\ufffd'))) return argv;
  return (require('./typedWords') as typeof import('./typedWords')).typedWords(argv);
}
