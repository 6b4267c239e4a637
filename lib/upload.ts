import { agrees } from './dialects/ft/agree';
import { alter } from './dialects/ft/alter';
import type { FtClient } from './dialects/ft/client';
import { numberFact } from './dialects/ft/facts';
import { partOptions, storeBytes, type Stored, type StoreRequest } from './dialects/ft/store';
import { isTwinportError } from './errors';
import type { Clock } from './net/network';
import type { Source } from './storage/storage';
import { tellKept, type PutOptions, type TransferResult } from './transfers';
import { normalisePath } from './wire/paths';

/** A put with its defaults settled. */
export interface Upload {
  readonly client: FtClient;
  readonly clock: Clock;
  readonly request: Omit<StoreRequest, 'from' | 'overwrite' | 'offset' | 'onProgress'>;
  readonly options: PutOptions;
}

/** Puts an open file. Resumes what the server kept of it, and needs not send what is there already. */
export async function uploadFile(source: Source, upload: Upload): Promise<TransferResult> {
  const { client, clock, request, options } = upload;
  let moved = 0;
  const onProgress = (bytes: number): void => {
    moved = bytes;
    options.onProgress?.({ bytes, total: source.stat.size });
  };
  const overwrite = options.onExists === 'overwrite';
  const store = (offset: number): Promise<Stored> =>
    storeBytes(client, clock, { ...request, from: source, overwrite, offset, onProgress });
  const resumes = options.resume === true || options.onExists === 'resume';
  const offset = resumes ? await keptPart(source, upload) : 0;
  try {
    return result(await fromOffset(offset, store, options));
  } catch (error) {
    // A resume goes on to a name that is free: before an overwrite it mostly is not.
    if (moved > 0 && wasCutOff(error) && !overwrite) {
      tellKept(
        options,
        `what the server has of ${request.path} is kept there for a day, hidden: --resume goes on from it`,
      );
    }
    if (!isTwinportError(error, 'refused') || error.reply !== 553 || overwrite) throw error;
    const already = await compare(source, upload);
    if (already === undefined || (!already && options.onExists !== 'skip')) throw error;
    options.onNote?.(`${request.path} is there already${already ? ', and is the same' : ' and was left alone'}`);
    return { size: source.stat.size, length: 0, crc32: '00000000', verified: already, skipped: true };
  }
}

/** Puts a stream of unknown length. */
export async function uploadStream(from: AsyncIterable<Uint8Array>, upload: Upload): Promise<TransferResult> {
  const { client, clock, request, options } = upload;
  const onProgress = (bytes: number): void => options.onProgress?.({ bytes });
  const overwrite = options.onExists === 'overwrite';
  try {
    return result(await storeBytes(client, clock, { ...request, from, overwrite, onProgress }));
  } catch (error) {
    // 553 is said of what is there, and of what may not be written at all.
    if (!isTwinportError(error, 'refused') || error.reply !== 553 || options.onExists !== 'skip') throw error;
    await client.ask('s', {}, request.path, request.signal).catch(() => Promise.reject(error));
    options.onNote?.(`${request.path} is there already and was left alone`);
    return { size: 0, length: 0, crc32: '00000000', verified: false, skipped: true };
  }
}

/**
 * Where only the directory was missing it is made, and the put is made once more: nothing of it can have been sent. What
 * a server says to a put without a directory is not asked, but whether there is one.
 */
export async function withDirectories<T>(upload: Upload, put: () => Promise<T>): Promise<T> {
  const { client, request, options } = upload;
  try {
    return await put();
  } catch (error) {
    const path = normalisePath(request.path);
    const directory = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    const mayBeMissing = isTwinportError(error, 'refused') && (error.reply === 550 || error.reply === 553);
    if (directory === '' || !mayBeMissing || (await isThere(directory, upload))) throw error;
    await alter(client, { verb: 'm', path: directory, options: { parents: true } }, request.signal).catch(
      (cannot: unknown) => {
        if (!isTwinportError(cannot, 'unsupported')) throw cannot;
        options.onNote?.(cannot.message);
        throw error;
      },
    );
    options.onNote?.(`made directory ${directory}`);
    return put();
  }
}

async function isThere(path: string, { client, request }: Upload): Promise<boolean> {
  try {
    await client.ask('s', {}, path, request.signal);
    return true;
  } catch (error) {
    if (isTwinportError(error, 'refused')) return false;
    throw error;
  }
}

/** Nobody found fault with the bytes: they only stopped coming. */
function wasCutOff(error: unknown): boolean {
  return isTwinportError(error, 'aborted', 'incomplete', 'connection-lost', 'timeout');
}

function result(stored: Stored): TransferResult {
  return { ...stored, verified: true, skipped: false };
}

/** How much of this very file (size and time name it) the server kept from an interrupted put. */
async function keptPart(source: Source, { client, request }: Upload): Promise<number> {
  const reply = await client.ask('s', { part: true, ...partOptions(source) }, request.path, request.signal);
  return Math.min(numberFact(reply, 'part') ?? 0, source.stat.size);
}

/** What the server kept may not be the beginning of this file after all (451), or not be continued (554): then all of it. */
async function fromOffset(
  offset: number,
  store: (offset: number) => Promise<Stored>,
  options: PutOptions,
): Promise<Stored> {
  try {
    return await store(offset);
  } catch (error) {
    const doesNotFit = isTwinportError(error, 'refused') && (error.reply === 451 || error.reply === 554);
    if (offset === 0 || !doesNotFit) throw error;
    options.onNote?.('the part that the server kept does not fit; starting over');
    options.onKept?.(undefined);
    return store(0);
  }
}

/** Is the file there the one we have? Undefined when the server does not say: it is no file, or not for us. */
async function compare(source: Source, { client, request }: Upload): Promise<boolean | undefined> {
  try {
    const reply = await client.ask('h', {}, request.path, request.signal);
    return await agrees(reply, source, source.stat.size, request.signal);
  } catch (error) {
    if (isTwinportError(error, 'refused')) return undefined;
    throw error;
  }
}
