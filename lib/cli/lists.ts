import { isTwinportError } from '../errors';
import type { Client, ListEntry, ListOptions, ListResult } from '../index';
import { requestOptions, type Attempt, type Means } from './attempt';
import type { Request } from './request';
import { vouched } from './sizes';

type List = Extract<Request, { verb: 'list' }>;

/** One list, asked for and told. */
export async function list(request: List, means: Means, attempt: Attempt): Promise<void> {
  const { path, long } = request;
  const client = await means.session.client(means.signal);
  const options: ListOptions = {
    ...requestOptions(means, attempt, request.settings),
    ...(long ? { facts: true } : {}),
  };
  let asked = path;
  let { keep } = request;
  const got = await client.list(path, options).catch(async (error: unknown) => {
    // A file is listed as what it is in its directory, as `ls` does.
    const name = await fileNamed(error, path, client, means);
    if (name === undefined) throw error;
    asked = path.slice(0, -name.length);
    keep = (one) => one === name;
    return client.list(asked, options);
  });
  if (got.verified) vouched(client);
  const exact = request.exact === true && !long && got.verified;
  const { entries } = exact && got.entries.some(isMasked) ? await exactly(client, asked, options, got) : got;
  const kept = keep === undefined ? entries : entries.filter(({ name }) => keep?.(name) === true);
  await means.reporter.listed({ path: request.asked ?? path, list: { entries: kept, verified: got.verified } });
}

/** In a list of names alone a server of ours has a `?` for each control character: there may be no file of that name. */
const isMasked = ({ name }: ListEntry): boolean => name.includes('?');

/** With its facts each name is told as it is. A plain server, which makes nothing of that question, is not asked. */
function exactly(client: Client, path: string, options: ListOptions, names: ListResult): Promise<ListResult> {
  return client.list(path, { ...options, facts: true }).catch((error: unknown) => {
    if (!isTwinportError(error, 'refused') || error.reply === 421) throw error;
    return names;
  });
}

/** The last name of `path`, where a server of ours refused to list it because it is a file. */
async function fileNamed(
  error: unknown,
  path: string,
  client: Client,
  { options }: Means,
): Promise<string | undefined> {
  const refused = isTwinportError(error, 'refused') && error.reply === 550;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!refused || name === '' || options.dialect !== undefined) return undefined;
  const found = await client.stat(path).catch(() => undefined);
  return found?.type === 'file' ? name : undefined;
}
