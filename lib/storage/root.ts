import * as nodePath from 'node:path';
import { coding } from './errno';
import { openHandleRoot } from './handles';
import { placeAt, pooledIo, type Io } from './io';
import { openNarrowRoot } from './narrow';
import { outside, type Dir, type Rooted } from './rooted';
import { decodeName } from '../wire/names';

/** Opens the directory at `path`, which is trusted: links in it are followed. */
export async function openRoot(io: Io, path: string, handles: boolean): Promise<Rooted> {
  const real = await io.realpath(placeAt(path));
  return (handles ? await openHandleRoot(io, real) : undefined) ?? (await openNarrowRoot(io, real));
}

/**
 * Opens as a root what was reached within another one. Its path is asked of the kernel, and whoever swaps directories
 * meanwhile gets `denied`: what is opened must be what was reached.
 */
export async function openWithin(io: Io, dir: Dir, path: string, handles: boolean): Promise<Rooted> {
  const real = await io.realpath(dir.at('.'));
  const rooted = (handles ? await openHandleRoot(io, real) : undefined) ?? (await openNarrowRoot(io, real));
  const opened = await rooted.directory('');
  try {
    if ((await opened.identity()) === (await dir.identity())) return rooted;
  } finally {
    opened.release();
  }
  rooted.close();
  throw outside(path);
}

/**
 * Where a path that a user typed on their own machine lies: the directory to open as a root, and the path
 * in it. To `read`, links are the user's own and followed wherever they lead (`not-found`, `denied`); to
 * `write`, only those before the last name, which need not exist.
 */
export async function placeOf(path: string, use: 'read' | 'write'): Promise<{ root: string; path: string }> {
  const full =
    use === 'read' ? decodeName(await coding(path, () => pooledIo.realpath(placeAt(path)))) : nodePath.resolve(path);
  return { root: nodePath.dirname(full), path: nodePath.basename(full) };
}
