/** A name and what it means, in two columns: the second, from `width` on, is wrapped so that no line is longer than `columns`. */
export function wrapped(name: string, text: string, width: number, columns: number): string[] {
  const room = columns - 1;
  // Too narrow for two columns: the text stands beneath the name.
  const beneath = room - width < 16 || name.length > width;
  const indent = beneath ? Math.min(2, width) : width;
  const lines = beneath && name.trim() !== '' ? [name] : [];
  let line = lines.length > 0 || name.trim() === '' ? ' '.repeat(indent) : name.padEnd(width);
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > room) {
      lines.push(line.trimEnd());
      line = ' '.repeat(indent);
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line.trimEnd()];
}

const GAP = 2;

/** Names in columns, read downwards as `ls` has them. `widthOf` tells how many columns of a terminal a text takes. */
export function inColumns(names: readonly string[], columns: number, widthOf: (text: string) => number): string[] {
  if (names.length === 0) return [];
  const widths = names.map(widthOf);
  const room = columns - 1;
  // The most columns that fit: each as wide as the widest in it.
  for (let rows = 1; rows < names.length; rows++) {
    const wide: number[] = [];
    for (let at = 0; at < names.length; at += rows) wide.push(Math.max(...widths.slice(at, at + rows)));
    if (wide.reduce((sum, width) => sum + width + GAP, -GAP) > room) continue;
    return Array.from({ length: rows }, (_, row) =>
      wide
        .map((width, column) => {
          const at = column * rows + row;
          return (names[at] ?? '') + ' '.repeat(Math.max(0, width - (widths[at] ?? 0)) + GAP);
        })
        .join('')
        .trimEnd(),
    );
  }
  return [...names];
}
