import type { ClientTlsOptions } from '../index';
import type { Command } from './command';
import { COMMON, type Flag, type FlagValues } from './flags';
import type { Language } from './dialects';
import { LOGIN_FLAGS } from './loginFlags';
import { byteCount, numberBetween, seconds, UsageError } from './usage';

export const POLICIES = ['rename', 'overwrite', 'skip', 'fail', 'resume', 'ask'] as const;
export type Policy = (typeof POLICIES)[number];

const DIGESTS = ['crc32', 'sha256'] as const;

/** What ftclient can be told besides the command. */
export const CLIENT_FLAGS: readonly Flag[] = [
  { name: 'passive', text: 'dial the server for the data connection, instead of being dialled' },
  {
    name: 'on-exists',
    value: 'WHAT',
    choices: POLICIES,
    text: 'when the name is taken: rename (get, the default), fail (put, the default), overwrite, skip, resume or ask',
  },
  { name: 'resume', text: 'continue an interrupted transfer: --on-exists resume' },
  { name: 'to', short: 't', value: 'DIR', text: 'where several files go: DIR here for a get, there for a put' },
  { name: 'no-glob', text: 'take *, ? and [ in the name of a get for what they are' },
  { name: 'parents', text: 'make the directories above too, and mind none that is there (mkdir)' },
  { name: 'output', short: 'o', value: 'FILE', text: 'write a get to FILE; to standard output with -o -' },
  { name: 'quiet', short: 'q', text: 'print the data alone: no transcript, no "." and "..", no progress bar' },
  { name: 'long', text: 'list type, size and time too, as ls -l does' },
  { name: 'human', short: 'H', text: 'a long listing with sizes for people: 4.5K, 310M' },
  { name: 'json', text: 'one JSON object a line instead of the transcript (docs/JSON.md)' },
  { name: 'print0', short: '0', text: 'end listed names with NUL; into a pipe they are what they are, byte for byte' },
  { name: 'require-verified', text: 'fail (18) where the server gives no count and digest to verify with' },
  { name: 'data-from', value: 'ADDR', text: 'accept the data connection from ADDR too, or from "any"' },
  { name: 'timeout', value: 'SECONDS', text: 'give up when nothing has moved for so long (60)' },
  { name: 'connect-timeout', value: 'SECONDS', text: 'give up connecting after so long (30)' },
  {
    name: 'batch',
    value: 'FILE',
    text: 'do the commands in FILE, or from standard input (-), as the shell knows them',
  },
  { name: 'keep-going', text: 'go on after a line of a batch that failed' },
  { name: 'ping', text: 'ask the server for a sign of life: 0 when there is one' },
  { name: 'retry', value: 'N', text: 'try again N times after failures that can pass, in 1, 2, 4 ... 60 s' },
  { name: 'limit-rate', value: 'RATE', text: 'move at most RATE bytes a second, as 500K or 2M' },
  { name: 'fsync', text: 'call a get complete only when its bytes and its name are on disk: it outlives a power loss' },
  { name: 'digest', value: 'NAME', choices: DIGESTS, text: 'what a list or get is verified with: crc32 or sha256' },
  { name: 'no-progress', text: 'no progress bar' },
  {
    name: 'dialect',
    value: 'NAME',
    choices: () => (require('./dialects') as typeof import('./dialects')).languages().map(({ name }) => name),
    text: 'the language of the server: ft (the default), stepwise, privateshare, framed, colon or numbered',
  },
  { name: 'relay', value: 'HOST:PORT', text: 'connect to this relay instead, which leads to the server' },
  { name: 'tls', text: 'TLS on both connections, or nothing: never clear text (ft, framed, privateshare)' },
  { name: 'cafile', value: 'FILE', text: 'believe these authorities alone, in PEM, about the server' },
  { name: 'cert', value: 'FILE', text: 'show this certificate, in PEM' },
  { name: 'key', value: 'FILE', text: 'the private key of --cert' },
  { name: 'insecure', text: 'believe whoever answers: no protection from anybody on the way' },
  ...LOGIN_FLAGS,
  { name: 'accio', text: 'wait for the two greetings of the server (numbered)' },
  { name: 'echo', text: 'print each message received (colon)' },
  ...COMMON,
];

export interface ClientOptions {
  readonly passive: boolean;
  /** Absent: the command's own default. */
  readonly onExists?: Policy;
  readonly output?: string;
  readonly quiet: boolean;
  readonly print0: boolean;
  readonly long: boolean;
  readonly human: boolean;
  readonly json: boolean;
  /** A directory, there for a put, here for a get. */
  readonly to?: string;
  /** Patterns in the names of gets are looked for. */
  readonly glob: boolean;
  readonly parents: boolean;
  /** Further tries. */
  readonly retry?: number;
  /** Bytes a second. */
  readonly limitRate?: number;
  readonly fsync?: true;
  readonly requireVerified: boolean;
  readonly dataFrom?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly connectTimeout?: number;
  readonly digest?: (typeof DIGESTS)[number];
  readonly progress: boolean;
  /** Absent: the native one. */
  readonly dialect?: Language;
  /** What is connected to instead of the server. */
  readonly relay?: Relay;
  readonly tls?: ClientTlsOptions;
  /** Each connection logs in. */
  readonly logsIn?: true;
  readonly accio?: true;
  readonly echo?: true;
}

export interface Relay {
  readonly host: string;
  readonly port: number;
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
  const to = flags.value('to');
  const retry = flags.value('retry');
  const limitRate = flags.value('limit-rate');
  const digest = flags.choice('digest', DIGESTS);
  const timeout = flags.value('timeout');
  const connectTimeout = flags.value('connect-timeout');
  const dialect = languageOf(flags.value('dialect'));
  const relay = flags.value('relay');
  const tls =
    flags.has('tls') || SECURITY.some((name) => flags.value(name) !== undefined || flags.has(name))
      ? security().tlsAsked(flags)
      : undefined;
  return {
    passive: flags.has('passive'),
    ...(onExists === undefined ? {} : { onExists }),
    ...(output === undefined ? {} : { output }),
    quiet: flags.has('quiet'),
    print0: flags.has('print0'),
    long: flags.has('long'),
    human: flags.has('human'),
    json: flags.has('json'),
    ...(to === undefined ? {} : { to }),
    glob: !flags.has('no-glob'),
    parents: flags.has('parents'),
    ...(retry === undefined ? {} : { retry: numberBetween('--retry', retry, 0, MOST_RETRIES) }),
    ...(limitRate === undefined ? {} : { limitRate: rate(limitRate) }),
    ...(flags.has('fsync') ? { fsync: true } : {}),
    requireVerified: flags.has('require-verified'),
    ...(dataFrom === undefined ? {} : { dataFrom }),
    ...(timeout === undefined ? {} : { timeout: seconds('--timeout', timeout, 0.001) }),
    ...(connectTimeout === undefined ? {} : { connectTimeout: seconds('--connect-timeout', connectTimeout, 0.001) }),
    ...(digest === undefined ? {} : { digest }),
    progress: !flags.has('no-progress'),
    ...(dialect === undefined ? {} : { dialect }),
    ...(relay === undefined ? {} : { relay: relayAt(relay) }),
    ...(tls === undefined ? {} : { tls }),
    ...(flags.has('accio') ? { accio: true } : {}),
    ...(flags.has('echo') ? { echo: true } : {}),
  };
}

const SECURITY = ['cafile', 'cert', 'key', 'insecure'];

function security(): typeof import('./security') {
  return require('./security') as typeof import('./security');
}

/** As the library's. */
const MOST_RETRIES = 1000;

function rate(text: string): number {
  return byteCount('--limit-rate', text.replace(/\/s$/, ''), 1);
}

/** Loaded for those who speak another language than the native one. */
function languageOf(name: string | undefined): Language | undefined {
  if (name === undefined) return undefined;
  return (require('./dialects') as typeof import('./dialects')).languageNamed(name);
}

/** `HOST:PORT`, an IPv6 address in brackets. */
function relayAt(text: string): Relay {
  const [, host = '', port = ''] = /^(\[[^[\]]+\]|[^:[\]@/]+):([0-9]+)$/.exec(text) ?? [];
  const shown = text.replace(/^.*@/s, '…@');
  if (host === '') throw new UsageError(`--relay takes HOST:PORT, an IPv6 address in brackets, not "${shown}"`);
  return { host, port: numberBetween('the port of --relay', port, 1, 65535) };
}

/** Refuses what the command could only ignore: an option without effect is a misunderstanding. */
export function checkTogether(command: Command, options: ClientOptions, canAsk: () => boolean): void {
  const { verb } = command;
  if (options.dialect !== undefined || options.accio === true || options.echo === true) {
    (require('./dialects') as typeof import('./dialects')).checkLanguage(command, options);
  }
  const refuse = (sentence: string): never => {
    throw new UsageError(sentence);
  };
  if (options.output !== undefined && verb !== 'get') refuse('--output belongs to a get');
  if (options.output === '-' && options.json) refuse('standard output is either the file or JSON: -o - or --json');
  if (options.to !== undefined) {
    if (verb !== 'get' && verb !== 'put') refuse('--to belongs to a get or a put');
    if (options.output !== undefined) refuse('--output and --to exclude each other');
  }
  if (options.digest !== undefined && verb === 'put') {
    refuse('--digest belongs to a list, a get or digest: a put is confirmed by count and CRC-32');
  }
  if (options.print0 && verb !== 'list') refuse('--print0 belongs to a list');
  if (options.print0 && options.json) refuse('JSON ends its lines itself: --json and --print0 exclude each other');
  if (options.long && verb !== 'list') refuse('--long belongs to a list');
  if (options.human && verb !== 'list' && verb !== 'stat') refuse('--human belongs to a list or stat');
  if (options.parents && verb !== 'mkdir') refuse('--parents belongs to mkdir');
  if (options.limitRate !== undefined && verb !== 'get' && verb !== 'put') {
    refuse('--limit-rate belongs to a get or a put');
  }
  if (options.fsync === true && verb !== 'get')
    refuse('--fsync belongs to a get: what a put waits for is said to the server');
  if (options.onExists === undefined) return;
  if (verb !== 'get' && verb !== 'put') refuse('--on-exists belongs to a get or a put');
  if (verb === 'put' && options.onExists === 'rename') refuse('--on-exists rename belongs to a get');
  if (options.output === '-')
    refuse('standard output has no name that could be taken: -o - and --on-exists exclude each other');
  // Whoever sends standard input is asked elsewhere, if anywhere.
  const sendsInput = command.verb === 'put' && command.names.includes('-');
  if (options.onExists === 'ask' && !sendsInput && !canAsk()) refuse('--on-exists ask needs a terminal to ask on');
}

/** The same where commands come later, and have options of their own. */
export function checkShell(options: ClientOptions, batch: boolean): void {
  const refuse = (option: string): never => {
    throw new UsageError(`${option} belongs to a command: the shell's own have options of their own`);
  };
  if (options.output !== undefined) refuse('--output');
  if (options.to !== undefined) refuse('--to');
  if (options.digest !== undefined) refuse('--digest');
  if (options.print0) refuse('--print0');
  if (options.long) refuse('--long');
  if (options.human) refuse('--human');
  if (options.parents) refuse('--parents');
  if (!options.glob) refuse('--no-glob');
  if (options.json && !batch) throw new UsageError('--json belongs to a command or to --batch: it is for programs');
}

/** Enough to tell an address from a host name, which would never match; the engine compares. */
function looksLikeAddress(text: string): boolean {
  return /^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(text) || /^[0-9a-f.]*:[0-9a-f:.]*(%\S+)?$/i.test(text);
}
