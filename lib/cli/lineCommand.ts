import type { Command } from './command';
import { UsageError } from './usage';

/** What a line typed at the client's prompt asks for. */
export type LineCommand = 'nothing' | 'exit' | Extract<Command, { readonly verb: 'get' | 'put' }>;

const SHAPES = 'put NAME, put LOCAL REMOTE, get NAME or exit';

/** `put NAME`, `/put NAME` and so on. Throws a UsageError, one sentence, on anything else. */
export function lineCommand(line: string): LineCommand {
  const [said = '', ...words] = wordsOf(line);
  if (said === '') return 'nothing';
  const [first, second] = words;
  switch (said.replace(/^\//, '').toLowerCase()) {
    case 'exit':
    case 'quit':
      return 'exit';
    case 'put': {
      if (first === undefined || words.length > 2)
        throw new UsageError(`${said} NAME, or ${said} LOCAL REMOTE${QUOTES}`);
      return { verb: 'put', names: second === undefined ? [first] : [first, second] };
    }
    case 'get':
      if (first === undefined || second !== undefined) throw new UsageError(`${said} NAME${QUOTES}`);
      return { verb: 'get', paths: [first] };
    default:
      throw new UsageError(`"${said}" is not understood: ${SHAPES}`);
  }
}

const QUOTES = '; a name with blanks stands in quotes';

/** Words between blanks; in quotes, single or double, a word is what stands between them. */
function wordsOf(line: string): string[] {
  if (line.includes('\0')) throw new UsageError('a name cannot hold NUL');
  const words: string[] = [];
  const word = /\s*(?:"([^"]*)"|'([^']*)'|([^\s"']\S*))(?=\s|$)/y;
  const text = line.trim();
  while (word.lastIndex < text.length) {
    const found = word.exec(text);
    if (found === null) throw new UsageError('a name in quotes ends with the same quote, and a blank follows');
    const [, double, single, plain] = found;
    const value = double ?? single ?? plain ?? '';
    if (value === '') throw new UsageError('a name cannot be empty');
    words.push(value);
  }
  return words;
}
