import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Reads the project's own documents, so that specs can hold the programs to them. */

export const ROOT = resolve(__dirname, '../..');

export function document(name: string): string {
  return readFileSync(resolve(ROOT, name), 'utf8');
}

export interface Block {
  /** What stands behind the fence: `sh`, `example server: list, then get`. */
  readonly info: string;
  /** Without the fences, LF at the end. */
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
}

/** Every fenced block. A fence that is never closed swallows what follows, so it is an error. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { info: string; line: number; lines: string[] } | undefined;
  markdown.split('\n').forEach((text, at) => {
    if (!text.startsWith('```')) {
      open?.lines.push(`${text}\n`);
    } else if (open === undefined) {
      open = { info: text.slice(3).trim(), line: at + 1, lines: [] };
    } else {
      blocks.push({ info: open.info, line: open.line, text: open.lines.join('') });
      open = undefined;
    }
  });
  if (open !== undefined) throw new Error(`the block of line ${open.line} is never closed`);
  return blocks;
}

/** The text under a heading, up to the next heading of the same or a higher rank. */
export function section(markdown: string, heading: string): string {
  const lines = markdown.split('\n');
  let fenced = false;
  // In a block `# ` is a remark, or a shell's comment.
  const ranks = lines.map((line) => {
    if (line.startsWith('```')) fenced = !fenced;
    return fenced ? Infinity : (/^#+(?= )/.exec(line)?.[0].length ?? Infinity);
  });
  const start = lines.findIndex((line, at) => ranks[at] !== Infinity && line.replace(/^#+ /, '') === heading);
  if (start === -1) throw new Error(`there is no heading "${heading}"`);
  const depth = ranks[start] ?? 0;
  const length = ranks.slice(start + 1).findIndex((rank) => rank <= depth);
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join('\n');
}

/** The rows of the tables in a text, without their header and ruler; `\|` is a bar. */
export function rowsOf(markdown: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let above: string | undefined;
  for (const line of markdown.split('\n')) {
    // The ruler makes what stands above it the header.
    if (/^\|[-|: ]+\|$/.test(line) && above?.startsWith('|') === true) rows.pop();
    else if (line.startsWith('|')) rows.push(cellsOf(line));
    above = line;
  }
  return rows;
}

function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** What a text says in code type: `` `--resume` `` is `--resume`. */
export function codeIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');
}
