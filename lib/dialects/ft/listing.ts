import { linesOf } from '../../data/listed';
import { TwinportError } from '../../errors';
import { parseEntry, type FactEntry } from '../../wire/facts';
import { withoutCr } from '../../wire/lines';
import { decodeName, escaped } from '../../wire/names';
import type { FileType } from '../../storage/storage';

/** One line of a listing as it came. */
export interface ListedEntry {
  readonly name: string;
  readonly type?: FileType;
  readonly size?: number;
  readonly modified?: number;
}

/**
 * The lines of a whole listing. Homemade servers may end lines with CR LF, and the last with nothing. Names are data,
 * never paths. One line that cannot be read fails all of it (`protocol`), and is shown: a list that leaves out what it
 * could not read would be taken for the whole.
 */
export function parseListing(bytes: Buffer, facts: boolean): ListedEntry[] {
  const entries: ListedEntry[] = [];
  let number = 0;
  for (const each of linesOf(bytes)) {
    number += 1;
    const line = withoutCr(each);
    if (line.length === 0) continue;
    entries.push(facts ? withFacts(line, number) : { name: decodeName(line) });
  }
  return entries;
}

function withFacts(line: Buffer, number: number): ListedEntry {
  const { name, type, size, modified } = readEntry(line, number);
  return {
    name,
    type: type === 'cdir' || type === 'pdir' ? 'dir' : type,
    ...(size !== undefined && { size }),
    ...(modified !== undefined && { modified }),
  };
}

function readEntry(line: Buffer, number: number): FactEntry {
  try {
    return parseEntry(line);
  } catch (error) {
    const sentence = `line ${number} of the listing cannot be understood: ${shown(line)}`;
    throw new TwinportError('protocol', sentence, { cause: error });
  }
}

/** Enough of a line to know it by. It may drive a terminal, and be as long as a listing may be. */
function shown(line: Buffer): string {
  // No character has more than four bytes; what the cut does to the last one is cut off as well.
  const characters = [...decodeName(line.subarray(0, 4 * (SHOWN + 1)))];
  const text = escaped(characters.slice(0, SHOWN).join(''));
  return characters.length > SHOWN ? `"${text}…"` : `"${text}"`;
}

/** Characters. */
const SHOWN = 100;
