/** What one connection is worth in anybody's log. */
export const MOST_NOTES = 100;

/** Passes the first notes of a connection on: a peer that makes one of every line would fill its owner's disk. */
export function bounded(note: (text: string) => void): (text: string) => void {
  let told = 0;
  return (text) => {
    told += 1;
    if (told <= MOST_NOTES) note(text);
    else if (told === MOST_NOTES + 1) note('and more of the like, which is not told any more');
  };
}
