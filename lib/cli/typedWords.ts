import { readFileSync } from 'node:fs';
import { decodeName } from '../wire/names';

/** Where Linux keeps what this process was started with: its words as bytes, a NUL behind each. */
const COMMAND_LINE = '/proc/self/cmdline';

/**
 * The words of the command line as they were typed. Node reads them as UTF-8 and puts U+FFFD where they are not, so
 * that `caf\xe9` could name no file; here such a byte is what it is in every name of ours (`decodeName`). They come
 * back as they are where the system does not tell, or tells of other words than these.
 */
export function typedWords(argv: readonly string[], read = readCommandLine): readonly string[] {
  const typed = read();
  // Node, its options and the script come first, and what they are depends on how we were started: ours come last.
  const ours = typed === undefined ? [] : split(typed).slice(-argv.length);
  // Whoever gives a process another title, or calls `main` with words of its own, must not have them exchanged.
  const same = ours.length === argv.length && ours.every((word, at) => word.toString('utf8') === argv[at]);
  return same ? ours.map(decodeName) : argv;
}

function split(bytes: Buffer): Buffer[] {
  const words: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    if (end === -1) return [...words, bytes.subarray(at)];
    words.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return words;
}

function readCommandLine(): Buffer | undefined {
  try {
    return readFileSync(COMMAND_LINE);
  } catch {
    return undefined;
  }
}
