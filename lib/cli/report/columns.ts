import type stringWidth from 'string-width';

/** How many columns of a terminal the text takes: CJK and emoji two each, combining marks none. */
export function columnsOf(text: string): number {
  // Nearly always; and what knows better takes as long to load as a small file takes to fetch.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  const width = (require('string-width') as { readonly default: typeof stringWidth }).default;
  return width(text);
}

const CUT = '...';

/** The end of the text in so many columns, three at least: of a long path the name says more than the folders. */
export function lastColumns(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let room = columns - CUT.length;
  let from = text.length;
  // Cut between what a reader takes for characters: half an emoji is another one.
  for (const { segment, index } of [...new Intl.Segmenter().segment(text)].reverse()) {
    room -= columnsOf(segment);
    if (room < 0) break;
    from = index;
  }
  return CUT + text.slice(from);
}
