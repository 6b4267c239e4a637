import type { Command } from './command';
import { COMMON, type Flag, type FlagValues } from './flags';
import { seconds, UsageError } from './usage';

/** What ftclient can be told besides the command. */
export const CLIENT_FLAGS: readonly Flag[] = [
  { name: 'passive', text: 'dial the server for the data connection, instead of being dialled' },
  {
    name: 'on-exists',
    value: 'WHAT',
    text: 'when the name is taken: rename (get, the default), fail (put, the default), overwrite, skip, resume or ask',
  },
  { name: 'resume', text: 'continue an interrupted transfer: --on-exists resume' },
  { name: 'output', short: 'o', value: 'FILE', text: 'write a get to FILE; to standard output with -o -' },
  { name: 'quiet', short: 'q', text: 'print the data alone: no transcript, no "." and "..", no progress bar' },
  { name: 'print0', short: '0', text: 'end listed names with NUL instead of a newline' },
  { name: 'require-verified', text: 'fail (18) where the server gives no count and digest to verify with' },
  { name: 'data-from', value: 'ADDR', text: 'accept the data connection from ADDR too, or from "any"' },
  { name: 'timeout', value: 'SECONDS', text: 'give up when nothing has moved for so long (60)' },
  { name: 'connect-timeout', value: 'SECONDS', text: 'give up connecting after so long (30)' },
  { name: 'digest', value: 'NAME', text: 'what a list or get is verified with: crc32 or sha256' },
  { name: 'no-progress', text: 'no progress bar' },
  ...COMMON,
];

export const POLICIES = ['rename', 'overwrite', 'skip', 'fail', 'resume', 'ask'] as const;
export type Policy = (typeof POLICIES)[number];

export interface ClientOptions {
  readonly passive: boolean;
  /** Absent: the command's own default. */
  readonly onExists?: Policy;
  readonly output?: string;
  readonly quiet: boolean;
  readonly print0: boolean;
  readonly requireVerified: boolean;
  readonly dataFrom?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly connectTimeout?: number;
  readonly digest?: 'crc32' | 'sha256';
  readonly progress: boolean;
}

/** The options' values, each checked by itself. Throws a UsageError. */
export function clientOptions(flags: FlagValues): ClientOptions {
  const said = flags.choice('on-exists', POLICIES);
  if (flags.has('resume') && said !== undefined && said !== 'resume') {
    throw new UsageError(`--resume is --on-exists resume; --on-exists ${said} contradicts it`);
  }
  const onExists = flags.has('resume') ? 'resume' : said;
  const dataFrom = flags.value('data-from');
  if (dataFrom !== undefined && dataFrom !== 'any' && !looksLikeAddress(dataFrom)) {
    throw new UsageError(`--data-from takes an IP address or "any", not "${dataFrom}"`);
  }
  const output = flags.value('output');
  const digest = flags.choice('digest', ['crc32', 'sha256']);
  const timeout = flags.value('timeout');
  const connectTimeout = flags.value('connect-timeout');
  return {
    passive: flags.has('passive'),
    ...(onExists === undefined ? {} : { onExists }),
    ...(output === undefined ? {} : { output }),
    quiet: flags.has('quiet'),
    print0: flags.has('print0'),
    requireVerified: flags.has('require-verified'),
    ...(dataFrom === undefined ? {} : { dataFrom }),
    ...(timeout === undefined ? {} : { timeout: seconds('--timeout', timeout, 0.001) }),
    ...(connectTimeout === undefined ? {} : { connectTimeout: seconds('--connect-timeout', connectTimeout, 0.001) }),
    ...(digest === undefined ? {} : { digest }),
    progress: !flags.has('no-progress'),
  };
}

/** Refuses what the command could only ignore: an option without effect is a misunderstanding. */
export function checkTogether(command: Command, options: ClientOptions, canAsk: () => boolean): void {
  const { verb } = command;
  const refuse = (sentence: string): never => {
    throw new UsageError(sentence);
  };
  if (options.output !== undefined && verb !== 'get') refuse('--output belongs to a get');
  if (options.digest !== undefined && verb === 'put') {
    refuse('--digest belongs to a list or a get: a put is confirmed by count and CRC-32');
  }
  if (options.print0 && verb !== 'list') refuse('--print0 belongs to a list');
  if (options.onExists === undefined) return;
  if (verb === 'list') refuse('--on-exists belongs to a get or a put');
  if (verb === 'put' && options.onExists === 'rename') refuse('--on-exists rename belongs to a get');
  if (options.output === '-')
    refuse('standard output has no name that could be taken: -o - and --on-exists exclude each other');
  if (options.onExists === 'ask' && !canAsk()) refuse('--on-exists ask needs a terminal to ask on');
}

/** Enough to tell an address from a host name, which would never match; the engine compares. */
function looksLikeAddress(text: string): boolean {
  return /^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(text) || /^[0-9a-f.]*:[0-9a-f:.]*(%\S+)?$/i.test(text);
}
