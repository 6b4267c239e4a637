'use strict';
// Plain text as mdoc(7): nothing of it is taken for a macro or an escape, and whoever copies an option gets hyphens.

/** One piece of text, inside a line. Other characters than ASCII are named, so that any formatter can show them. */
function escaped(text) {
  return text
    .replaceAll('\\', '\\e')
    .replace(/(?<![A-Za-z0-9])-{1,2}(?=[A-Za-z0-9])/g, (dashes) => '\\-'.repeat(dashes.length))
    .replaceAll('"', '\\(dq')
    .replace(/[^\x00-\x7f]/gu, (one) => `\\[u${one.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`);
}

/** Lines of text: each sentence begins one, as mdoc wants it, and none is long. */
function paragraph(text) {
  return text
    .split(/(?<=[.!?]) (?=[A-Z])/)
    .flatMap((sentence) => wrapped(escaped(sentence), 78))
    .map((line) => line.replace(/^(?=[.'])/, '\\&'))
    .join('\n');
}

function wrapped(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

/** An argument of a macro: blanks would divide it, and some short words are macros themselves. */
function argument(text) {
  const safe = escaped(text);
  return /[ ]/.test(safe) ? `"${safe}"` : /^[A-Z%][a-z0-9]$|^[.,:;()[\]?!|]$/.test(safe) ? `\\&${safe}` : safe;
}

/** `[DIR] FILE ... --dialect framed|colon` as words of a macro line: options, arguments, what may be left out. */
function synopsis(words) {
  return words
    .replace(/\.\.\.|\u2026/g, ' ... ')
    .replace(/[[\]|]/g, ' $& ')
    .trim()
    .split(/ +/)
    .map((word) => {
      if (word === '[') return 'Oo';
      if (word === ']') return 'Oc';
      if (word === '|') return word;
      if (word === '...') return 'No ...';
      if (word.startsWith('--')) return `Fl Fl ${argument(word.slice(2))}`;
      if (word.startsWith('-')) return `Fl ${argument(word.slice(1))}`;
      return /[a-z]/.test(word) ? `Cm ${argument(word)}` : `Ar ${argument(word)}`;
    })
    .join(' ');
}

/** A list of what is named and what it means. */
function tagged(rows, width = 'Ds') {
  return [`.Bl -tag -width ${width}`, ...rows.flatMap(([tag, text]) => [`.It ${tag}`, text]), '.El'].join('\n');
}

module.exports = { argument, paragraph, synopsis, tagged, wrapped };
