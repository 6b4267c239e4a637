import { parseEntry } from '../../wire/facts';
import { decodeName } from '../../wire/names';
import type { FileType } from '../../storage/storage';

/** One line of a listing as it came. */
export interface ListedEntry {
  readonly name: string;
  readonly type?: FileType;
  readonly size?: number;
  readonly modified?: number;
}

/** The lines of a whole listing. Homemade servers may end lines with CR LF, and the last with nothing. Names are data, never paths. */
export function parseListing(bytes: Buffer, facts: boolean): ListedEntry[] {
  const entries: ListedEntry[] = [];
  for (let start = 0; start < bytes.length;) {
    const lf = bytes.indexOf(0x0a, start);
    const end = lf === -1 ? bytes.length : lf;
    const line = bytes.subarray(start, end > start && bytes[end - 1] === 0x0d ? end - 1 : end);
    start = end + 1;
    if (line.length === 0) continue;
    entries.push(facts ? withFacts(line) : { name: decodeName(line) });
  }
  return entries;
}

function withFacts(line: Buffer): ListedEntry {
  const { name, type, size, modified } = parseEntry(line);
  return {
    name,
    type: type === 'cdir' || type === 'pdir' ? 'dir' : type,
    ...(size !== undefined && { size }),
    ...(modified !== undefined && { modified }),
  };
}
