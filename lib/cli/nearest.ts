/** More mistakes than these are another word. */
const MOST_SLIPS = 2;

/** What was meant by a word that is none of these; undefined where nothing is near. Case, `_` and leading dashes are no mistakes. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // A name of ours is short: a longer word is none of them, and comparing costs its length.
  if (word.length > 64) return undefined;
  const plain = (text: string): string =>
    text
      .replace(/^-+/, '')
      .replace(/([a-z])([A-Z])/g, '$1-$2')
      .replaceAll('_', '-')
      .toLowerCase();
  let best: string | undefined;
  let least = MOST_SLIPS + 1;
  for (const one of known) {
    const slips = distance(plain(word), plain(one));
    // Two wrong letters of three are no slip.
    if (slips < least && slips * 2 < one.length) [best, least] = [one, slips];
  }
  return best;
}

/** `; did you mean root?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const found = nearest(word, known);
  return found === undefined ? '' : `; did you mean ${found}?`;
}

/** Letters left out, added or changed, and neighbours that changed places (Damerau and Levenshtein's). */
function distance(a: string, b: string): number {
  let before: readonly number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      row.push(Math.min(changed, swapped, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    [before, above] = [above, row];
  }
  return above[b.length] ?? 0;
}
