import { basename, dirname, join } from 'node:path';
import { finished, type Writable } from 'node:stream';
import type { Sink } from './data/receive';
import type { FtClient } from './dialects/ft/client';
import { agrees } from './dialects/ft/agree';
import { textFact } from './dialects/ft/facts';
import type { Fetched, FetchRequest } from './dialects/ft/fetch';
import type { FtOptions } from './dialects/ft/grammar';
import { isTwinportError, TwinportError } from './errors';
import type { Clock } from './net/network';
import { localStorage } from './storage/local';
import type { Storage, Target, WriteOptions } from './storage/storage';
import { tellKept, type GetOptions, type OnExists, type TransferResult } from './transfers';

/** Where the bytes come from. */
export interface Origin {
  fetch(sink: Sink, how: FetchHow): Promise<Fetched>;
  /** Whom to ask for digests; where there is nobody, nothing can be resumed. */
  readonly client?: FtClient;
  /** Its language has no count and no digest, and everybody knows: it is said of each transfer anyway. */
  readonly unverifiable?: boolean;
}

export interface FetchHow extends Pick<FetchRequest, 'onProgress' | 'prompt'> {
  readonly options?: FtOptions;
}

/** A get with its defaults settled. */
export interface Download {
  readonly origin: Origin;
  readonly request: { readonly path: string; readonly signal: AbortSignal };
  readonly options: GetOptions;
  readonly requireVerified: boolean;
  /** Write on this thread, see `ConnectOptions.blocking`. */
  readonly blocking?: boolean;
  /** How long a pipe is waited for that nobody reads: nothing moves meanwhile. Milliseconds. */
  readonly patience: { readonly clock: Pick<Clock, 'after'>; readonly timeout: number };
}

/** Gets into a local path: it appears there whole and verified, or not at all. */
export async function downloadTo(to: string, download: Download): Promise<TransferResult> {
  // A resume first digests all that is there: on this thread that would keep signals and timers waiting.
  const blocking = download.blocking === true && !resumes(download);
  const storage = await localStorage({
    root: dirname(to),
    writable: true,
    specialFiles: intoSpecial(download),
    fsync: download.options.fsync ?? false,
    blocking,
  });
  /** Names that turned out to be taken: a dangling link looks free, and a name may be taken while we transfer. */
  const taken = new Set<string>();
  const skipped = { size: 0, length: 0, crc32: '00000000', verified: false, skipped: true, localPath: to };
  try {
    if (intoSpecial(download)) await refuseDirectory(storage, to);
    for (;;) {
      const place = await choosePlace(storage, basename(to), taken, download);
      if (place === undefined) return skipped;
      try {
        const localPath = place.renamed === true ? join(dirname(to), place.name) : to;
        const result = await intoFile(storage, place, localPath, download);
        if (place.renamed === true) download.options.onNote?.(`${to} is there already, saved as ${localPath}`);
        return { ...result, localPath };
      } catch (error) {
        const { onExists = 'fail' } = download.options;
        if (!isTwinportError(error, 'exists') || (onExists !== 'rename' && onExists !== 'skip')) throw error;
        taken.add(place.name);
      }
    }
  } finally {
    await storage.close();
  }
}

/** Whoever names a directory means a file in it, and would look in vain for `directory.1` beside it. */
async function refuseDirectory(storage: Storage, to: string): Promise<void> {
  const there = await storage.stat(basename(to)).catch(() => undefined);
  if (there?.type === 'dir') throw new TwinportError('not-a-file', `${to} is a directory; name a file in it`);
}

function resumes({ options }: Download): boolean {
  return options.resume === true || options.onExists === 'resume';
}

function intoSpecial({ options }: Download): boolean {
  return options.specialFiles !== false;
}

interface Place {
  readonly name: string;
  readonly replace: boolean;
  readonly resume: boolean;
  readonly renamed?: boolean;
}

/** Where the file may go, by `onExists`; undefined: nowhere, it is skipped. */
async function choosePlace(
  storage: Storage,
  name: string,
  taken: ReadonlySet<string>,
  download: Download,
): Promise<Place | undefined> {
  const policy: OnExists = download.options.onExists ?? 'fail';
  const resume = resumes(download);
  if (policy === 'overwrite') return { name, replace: true, resume };
  if (!taken.has(name) && !(await exists(storage, name, intoSpecial(download))))
    return { name, replace: false, resume };
  switch (policy) {
    case 'skip':
      download.options.onNote?.(`${name} is there already and was left alone`);
      return undefined;
    case 'rename':
      for (let n = 1; ; n++) {
        const other = `${name}.${n}`;
        if (taken.has(other) || (await exists(storage, other, false))) continue;
        return { name: other, replace: false, resume, renamed: true };
      }
    case 'resume':
      if (await isTheSame(storage, name, download)) {
        download.options.onNote?.(`${name} is there already, whole and the same`);
        return undefined;
      }
      throw new TwinportError('exists', `${name} is there already and is another file than the server's`);
    case 'fail':
      throw new TwinportError('exists', `${name} is there already`);
  }
}

/**
 * What holds the name as far as can be seen; a device or a pipe may be meant to be written into, and so may a link to one,
 * which leads out of the directory (/dev/stdout): `write` knows, and says `exists` of any other before anything is asked for.
 */
async function exists(storage: Storage, name: string, intoSpecial: boolean): Promise<boolean> {
  try {
    return (await storage.stat(name)).type !== 'other' || !intoSpecial;
  } catch (error) {
    return !isTwinportError(error, 'not-found') && !intoSpecial;
  }
}

async function isTheSame(storage: Storage, name: string, { origin, request }: Download): Promise<boolean> {
  const client = whoToAsk(origin);
  const source = await storage.read(name);
  try {
    const reply = await client.ask('h', {}, request.path, request.signal);
    return await agrees(reply, source, source.stat.size, request.signal);
  } finally {
    await source.close();
  }
}

async function intoFile(
  storage: Storage,
  place: Place,
  localPath: string,
  download: Download,
): Promise<TransferResult> {
  const { origin, request, options } = download;
  // The part is named for the remote path too: another file that comes here never continues this one.
  const key = origin.client === undefined ? undefined : request.path;
  const part = place.resume && key !== undefined ? await resumable(storage, place, key, download) : undefined;
  // What is not gone on from is begun anew, whatever an earlier try has told of it.
  if (part === undefined) options.onKept?.(undefined);
  const target = part?.target ?? (await openPart(storage, place, key, download));
  let moved = 0;
  let announced: number | undefined;
  try {
    const fetchOptions = {
      ...(part && { offset: part.offset, ...(part.version !== undefined && { versionIs: part.version }) }),
    };
    const onProgress = (bytes: number, length: number | undefined): void => {
      moved = bytes;
      announced = length;
      const offset = part?.offset ?? 0;
      options.onProgress?.({ bytes: offset + bytes, ...(length !== undefined && { total: offset + length }) });
    };
    const got = await origin.fetch(target, { options: fetchOptions, onProgress });
    assertVerified(got, download);
    const size = (part?.offset ?? 0) + got.length;
    if (part !== undefined && part.version === undefined) await assertWhole(target, size, download);
    await target.commit(size);
    return { ...got, size, skipped: false };
  } catch (error) {
    if (isPoisoned(error)) {
      await target.discard();
      options.onKept?.(undefined);
    } else {
      await target.keep();
      if (moved > 0 && origin.client?.asker.native === true && (await isFree(storage, place.name)))
        tellKept(options, `what arrived of ${place.name} is kept, hidden: ${how(place, localPath)} goes on from it`);
    }
    // A resumed get is told as puts are: of the whole file, not of what was left of it.
    if (part !== undefined && announced !== undefined && moved < announced && isTwinportError(error, 'incomplete')) {
      const [whole, size] = [part.offset + moved, part.offset + announced];
      throw new TwinportError('incomplete', `only ${whole} of ${size} bytes arrived`, { cause: error });
    }
    throw error;
  }
}

/** A resume takes whatever else holds the name for another file; and a device or a pipe has no part. */
async function isFree(storage: Storage, name: string): Promise<boolean> {
  return storage.stat(name).then(
    () => false,
    (error: unknown) => isTwinportError(error, 'not-found'),
  );
}

/** Under its own name the file is there already: a part that has another one is found by that alone. */
function how({ renamed }: Place, localPath: string): string {
  return renamed === true ? `-o ${localPath} --resume` : '--resume';
}

/** The kept part of this file, if the server says that it is the beginning of what it has now. */
async function resumable(
  storage: Storage,
  place: Place,
  key: string,
  download: Download,
): Promise<{ target: Target; offset: number; version: string | undefined } | undefined> {
  const { origin, request, options } = download;
  const client = whoToAsk(origin);
  const offset = await storage.partLength(place.name, key);
  if (offset === 0) return undefined;
  const startOver = (why: string): undefined => {
    options.onNote?.(`${why}; starting over`);
    return undefined;
  };
  let reply;
  try {
    reply = await client.ask('h', { length: offset }, request.path, request.signal);
  } catch (error) {
    // Words without a code may be anybody's, a proxy's on a bad day: what is here is not thrown away for them.
    const refused = isTwinportError(error, 'refused') && (error.reply !== undefined || client.asker.native);
    if (refused && error.reply !== 550)
      return startOver(`the server cannot say whether the part of ${place.name} still fits`);
    // A plain server makes nothing of -h, and the connection is lost to the question.
    if (client.asker.native || request.signal.aborted) throw error;
    throw new TwinportError('cannot-resume', 'the server does not know how to resume; get the file without', {
      cause: error,
    });
  }
  const target = await openTarget(storage, place, { key, offset }, download);
  const same = await agrees(reply, target, offset, request.signal).catch(async (error: unknown) => {
    await target.keep();
    throw error;
  });
  if (!same) {
    await target.discard();
    return startOver(`the kept part of ${place.name} is not the beginning of the server's file`);
  }
  return { target, offset, version: textFact(reply, 'version') };
}

async function openPart(storage: Storage, place: Place, key: string | undefined, download: Download): Promise<Target> {
  try {
    return await openTarget(storage, place, key === undefined ? {} : { key }, download);
  } catch (error) {
    // Another transfer of the same file is at work: this one goes its own way, and keeps no part.
    if (!isTwinportError(error, 'in-use')) throw error;
    // Its part stays beside the file that comes now.
    if (place.resume)
      download.options.onNote?.(`another transfer to ${place.name} is under way; this one begins at the beginning`);
    return openTarget(storage, place, {}, download);
  }
}

/** A pipe opens when somebody reads it: who gives up the transfer, or has waited long enough, gives up that. */
async function openTarget(
  storage: Storage,
  { name, replace }: Place,
  options: Omit<WriteOptions, 'replace'>,
  download: Download,
): Promise<Target> {
  if (!intoSpecial(download)) return storage.write(name, { ...options, replace });
  const { clock, timeout } = download.patience;
  const late = new AbortController();
  const timer = clock.after(timeout, () => late.abort(new TwinportError('timeout', `nobody reads ${name}`)));
  try {
    const signal = AbortSignal.any([download.request.signal, late.signal]);
    return await storage.write(name, { ...options, replace, signal });
  } finally {
    timer.cancel();
  }
}

/** A resumed file is verified whole. Where no version pinned the content, both sides digest all of it once more. */
async function assertWhole(target: Target, size: number, { origin, request }: Download): Promise<void> {
  const client = whoToAsk(origin);
  const reply = await client.ask('h', { length: size }, request.path, request.signal);
  if (await agrees(reply, target, size, request.signal)) return;
  throw new TwinportError('corrupt', 'the resumed file is not the file on the server (digests differ)');
}

export function assertVerified(
  got: Pick<Fetched, 'verified'>,
  { requireVerified, options, origin }: Pick<Download, 'requireVerified' | 'options' | 'origin'>,
): void {
  if (got.verified || (origin.unverifiable === true && !requireVerified)) return;
  if (requireVerified)
    throw new TwinportError('unverified', 'the server sends no count and digest, so nothing vouches for the transfer');
  options.onNote?.('unverified: the server sends no count and digest');
}

function whoToAsk({ client }: Origin): FtClient {
  if (client !== undefined) return client;
  throw new TwinportError('cannot-resume', 'nothing can be resumed in this dialect: its server cannot be asked');
}

/** What arrived is known to be wrong, or nobody can tell, not just short: nothing to resume from. */
function isPoisoned(error: unknown): boolean {
  return isTwinportError(error, 'protocol', 'exists', 'corrupt', 'unverified');
}

/** Gets into a stream: it is ended when everything was verified; otherwise it is the caller's to destroy. */
export async function downloadInto(to: Writable, download: Download): Promise<TransferResult> {
  const { origin, options } = download;
  const onProgress = (bytes: number, length: number | undefined): void =>
    options.onProgress?.({ bytes, ...(length !== undefined && { total: length }) });
  const got = await origin.fetch(streamSink(to), { onProgress, prompt: true });
  assertVerified(got, download);
  await endOf(to);
  return { ...got, size: got.length, skipped: false };
}

function endOf(to: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    // Not `end`'s own callback: a stream that was destroyed meanwhile never calls it.
    const forget = finished(to, { readable: false }, (error) => {
      forget();
      if (error) reject(cannotWrite(error));
      else resolve();
    });
    to.end();
  });
}

/** Writes with the stream's back pressure. The chunks are copied: a stream may hold them, and ours are reused. */
function streamSink(to: Writable): Sink {
  return {
    write: (chunks) =>
      new Promise<void>((resolve, reject) => {
        if (to.destroyed) return reject(streamClosed());
        const onClose = (): void => reject(streamClosed());
        to.once('close', onClose);
        to.write(Buffer.concat(chunks), (error) => {
          to.removeListener('close', onClose);
          if (error) reject(cannotWrite(error));
          else resolve();
        });
      }),
  };
}

export function cannotWrite(error: Error): TwinportError {
  return new TwinportError('io-error', `cannot write: ${error.message}`, { cause: error });
}

export function streamClosed(): TwinportError {
  return new TwinportError('aborted', 'the stream was closed');
}
