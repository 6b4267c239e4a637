/** One place of a pattern: a letter, `?`, `*`, or one letter of a set. */
type Place = { readonly is: (letter: string) => boolean } | 'any' | 'many';

/**
 * Whether a name matches a pattern of `*`, `?` and `[…]`, as in a shell: `[!a-z]` and `[^a-z]` are all others, a
 * backslash quotes, a `[` that is not closed is a letter, and a name that begins with a dot is meant only by a pattern
 * that does. The time is bounded by the product of both lengths: a regular expression's is not, and the names are a
 * stranger's.
 */
export function matcher(glob: string): (name: string) => boolean {
  const places = placesOf([...glob]);
  const dotted = glob.startsWith('.') || glob.startsWith('\\.');
  return (name) => (dotted || !name.startsWith('.')) && matches(places, [...name]);
}

function placesOf(letters: readonly string[]): Place[] {
  const places: Place[] = [];
  for (let at = 0; at < letters.length;) {
    const letter = letters[at] ?? '';
    const set = letter === '[' ? setAt(letters, at + 1) : undefined;
    if (set !== undefined) {
      places.push(set.place);
      at = set.end;
    } else if (letter === '*' || letter === '?') {
      places.push(letter === '*' ? 'many' : 'any');
      at++;
    } else {
      const quoted = letter === '\\';
      const itself = quoted ? (letters[at + 1] ?? '\\') : letter;
      places.push({ is: (other) => other === itself });
      at += quoted ? 2 : 1;
    }
  }
  return places;
}

/** The set behind a `[`, and where it ends; undefined where no `]` closes it. */
function setAt(letters: readonly string[], begin: number): { place: Place; end: number } | undefined {
  let at = begin;
  const others = letters[at] === '!' || letters[at] === '^';
  if (others) at++;
  const ranges: (readonly [from: string, to: string])[] = [];
  // A `]` that comes first is one of the set.
  for (const first = at; at < letters.length && (letters[at] !== ']' || at === first);) {
    const from = letterAt(letters, at);
    at = from.next;
    const to = letters[at] === '-' && letters[at + 1] !== ']' ? letterAt(letters, at + 1) : from;
    at = to.next;
    ranges.push([from.letter, to.letter]);
  }
  if (at >= letters.length) return undefined;
  const code = (letter: string): number => letter.codePointAt(0) ?? 0;
  const among = (letter: string): boolean =>
    ranges.some(([from, to]) => code(from) <= code(letter) && code(letter) <= code(to));
  return { place: { is: (letter) => among(letter) !== others }, end: at + 1 };
}

function letterAt(letters: readonly string[], at: number): { letter: string; next: number } {
  const letter = letters[at] ?? '';
  return letter === '\\' ? { letter: letters[at + 1] ?? letter, next: at + 2 } : { letter, next: at + 1 };
}

/** Goes back only to the last `*`: what an earlier one could take, the later one can take as well. */
function matches(places: readonly Place[], name: readonly string[]): boolean {
  let at = 0;
  let place = 0;
  let star = -1;
  let from = 0;
  while (at < name.length) {
    const here = places[place];
    if (here === 'many') {
      star = place++;
      from = at;
    } else if (here === 'any' || here?.is(name[at] ?? '') === true) {
      place++;
      at++;
    } else if (star === -1) {
      return false;
    } else {
      place = star + 1;
      at = ++from;
    }
  }
  while (places[place] === 'many') place++;
  return place === places.length;
}
