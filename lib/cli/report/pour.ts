import type { Output } from '../output';

/** Bytes gathered before they are written: a listing has names by the million at worst. */
const CHUNK = 64 * 1024;

/** Writes the pieces one behind the other, at the pace of who reads them. Ends early when nobody does any more. */
export async function pour(output: Output, pieces: Iterable<Uint8Array>): Promise<void> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for (const piece of pieces) {
    parts.push(piece);
    size += piece.length;
    if (size < CHUNK) continue;
    await output.write(Buffer.concat(parts, size));
    if (output.failure !== undefined) return;
    parts = [];
    size = 0;
  }
  if (size > 0) await output.write(Buffer.concat(parts, size));
}
