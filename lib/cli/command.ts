import { isOption, looksLikeOption, noSuchOption, readOption, type Flag } from './flags';
import { isNumber, numberBetween, UsageError } from './usage';

/**
 * Takes the command and its arguments out of a client's command line before any option parser sees them,
 * so that they stay text: files named `007`, `1e3`, `-rf`, `--odd` or `true` are files like others.
 *
 *     [options] HOST PORT [options] COMMAND ARGUMENTS… [options]
 *     [options] HOST PORT [options] FILE [options]                       (where the dialect knows nothing but puts)
 *
 * The command is the first `-l`, `-g`, `-p`, `-m`, `-d`, `-r` or their names (`VERBS`) after HOST and PORT. Of what
 * follows it
 *
 * - the first word after `-g` is FILE and the first after `-p` is LOCAL, whatever they look like, and so are the paths of
 *   `stat`, `digest`, `delete` and `mkdir`, and both names of `rename`; but where an option that takes a value and a word
 *   that is no number are what follows, the FILE was forgotten;
 * - a DIR after `-l`, or a REMOTE after LOCAL, that begins with a dash is one where it is no option of ours
 *   and a number, the data port, follows; otherwise it is written `./-q`, or after `--`;
 * - other words that begin with a dash are options, anywhere; `--` ends them, also right behind the command where more
 *   follows it than DATAPORT;
 * - a last word of digits is DATAPORT where there is a data connection, so that a sole number after `-l`, or after LOCAL,
 *   is the port;
 * - after `-g` and `-p` there may be more names; what they are to become, `settle` knows.
 *
 * A bare FILE may look like anything but a command or an option of ours, which are written `put list`, `put --quiet`.
 */
export type Command =
  | { readonly verb: 'list'; readonly path: string; readonly dataPort?: number }
  | { readonly verb: 'get'; readonly paths: readonly string[]; readonly dataPort?: number }
  /** LOCAL, LOCAL REMOTE, or several. */
  | { readonly verb: 'put'; readonly names: readonly string[]; readonly dataPort?: number }
  | { readonly verb: 'stat' | 'digest' | 'delete' | 'mkdir'; readonly paths: readonly string[] }
  | { readonly verb: 'rename'; readonly from: string; readonly to: string }
  | { readonly verb: 'ping' };

export type Verb = Command['verb'];

/** Each word that is a command, and what it asks for. */
export const VERBS: Readonly<Record<string, Verb>> = {
  '-l': 'list',
  list: 'list',
  '-g': 'get',
  get: 'get',
  '-p': 'put',
  put: 'put',
  '-m': 'mkdir',
  mkdir: 'mkdir',
  '-d': 'delete',
  delete: 'delete',
  '-r': 'rename',
  rename: 'rename',
  stat: 'stat',
  digest: 'digest',
  ping: 'ping',
};

/** How many words after the command are names, whatever they look like. */
const VERBATIM: Readonly<Record<Verb, number>> = {
  list: 0,
  get: 1,
  put: 1,
  stat: 1,
  digest: 1,
  delete: 1,
  mkdir: 1,
  rename: 2,
  ping: 0,
};

const verbOf = (word: string): Verb | undefined => (Object.hasOwn(VERBS, word) ? VERBS[word] : undefined);
const isDashed = (word: string): boolean => word.startsWith('-') && verbOf(word) !== undefined;

/** What a wire language changes in the command line. */
export interface Manner {
  readonly name: string;
  /** `HOST PORT FILE` is a put. */
  readonly takesFile: boolean;
  /** The data have a connection of their own: its port can be named. */
  readonly dataConnection: boolean;
}

const NATIVE: Manner = { name: 'ft', takesFile: false, dataConnection: true };

/** Throws a UsageError when the words make no sense in this language. */
type Understand = (manner?: Manner) => Command;

export interface TakenApart {
  /** HOST and PORT, as far as they were given. */
  readonly words: readonly string[];
  /** Everything else, for the option parser. */
  readonly options: readonly string[];
  /** Nothing was asked for: a program may ask. */
  readonly nothing: boolean;
  /** Asked last: `--help` and `--version` are answered whatever stands beside them, and the options name the language. */
  readonly command: Understand;
}

export function takeApart(argv: readonly string[], flags: readonly Flag[]): TakenApart {
  const words: string[] = [];
  const options: string[] = [];
  /** Behind HOST and PORT, without a command before them. */
  const bare: string[] = [];
  let wrong: string | undefined;
  let ended = false;
  let at = 0;
  while (at < argv.length) {
    const word = argv[at] ?? '';
    const verb = verbOf(word);
    if (verb !== undefined && words.length === 2 && bare.length === 0) {
      const tail = takeArguments(word, verb, argv.slice(at + 1), flags);
      return { words, options: [...options, ...tail.options], nothing: false, command: settled(wrong, tail.command) };
    }
    if (word === '--' && !ended) {
      ended = true;
      at++;
    } else if (ended || !looksLikeOption(word) || (words.length === 2 && verb !== undefined)) {
      (words.length === 2 ? bare : words).push(word);
      at++;
    } else if (isDashed(word)) {
      wrong ??= `the host and the port come before ${word}`;
      at++;
    } else if (words.length === 2 && bare.length === 0 && !isOption(word, flags)) {
      bare.push(word);
      at++;
    } else {
      const read = readOption(argv, at, flags);
      options.push(...read.options);
      at = read.next;
    }
  }
  const nothing = wrong === undefined && bare.length === 0;
  return { words, options, nothing, command: settled(wrong, (manner) => bareCommand(words, bare, flags, manner)) };
}

/** No command word was found: the words are HOST, PORT and perhaps a FILE. */
function bareCommand(
  words: readonly string[],
  bare: readonly string[],
  flags: readonly Flag[],
  { takesFile, name }: Manner = NATIVE,
): Command {
  const [host, port] = words;
  const [file, extra] = bare;
  if (host === undefined) throw new UsageError('which host? It comes first, then its port');
  assertHost(host);
  if (port === undefined) throw new UsageError(`which port of ${host}?`);
  if (takesFile) {
    if (file === undefined || file === '') throw new UsageError(`${name} needs the name of a file behind the port`);
    if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many`);
    return { verb: 'put', names: [file] };
  }
  // A word that was to be the port is not to be blamed on the command.
  serverOf(words);
  const native = name === NATIVE.name;
  if (file === undefined) {
    const shell = native ? '; the shell needs a terminal, and --batch - takes its commands from standard input' : '';
    throw new UsageError(`what shall be done? -l lists, -g gets, -p puts${shell}`);
  }
  if (looksLikeOption(file)) throw glued(file) ?? noSuchOption(file, flags);
  if (!native) throw new UsageError(`after the host and the port comes -l, -g or -p, not "${file}"`);
  const { commandMeant } = require('./hint') as typeof import('./hint');
  const commands = Object.keys(VERBS).filter((word) => !looksLikeOption(word));
  const meant = commandMeant(file, commands);
  throw new UsageError(`after the host and the port comes ${commands.join(', ')}, not "${file}"${meant}`);
}

/** `-l8555`: there is such a command, and it is no option with a value. */
function glued(word: string): UsageError | undefined {
  const command = word.slice(0, 2);
  return isDashed(command)
    ? new UsageError(`${command} is a command: a blank stands between it and what follows`)
    : undefined;
}

function settled(wrong: string | undefined, command: Understand): Understand {
  if (wrong === undefined) return command;
  return () => {
    throw new UsageError(wrong);
  };
}

function takeArguments(
  said: string,
  verb: Verb,
  rest: readonly string[],
  flags: readonly Flag[],
): { options: string[]; command: Understand } {
  let ended = endsOptions(verb, rest);
  const verbatim = ended ? 0 : VERBATIM[verb];
  const words: string[] = rest.slice(0, verbatim);
  const options: string[] = [];
  let wrong = forgotten(said, words[0], rest[1], flags);
  for (let at = ended ? 1 : verbatim; at < rest.length;) {
    const word = rest[at] ?? '';
    if (ended || !looksLikeOption(word)) {
      words.push(word);
      at++;
    } else if (word === '--') {
      ended = true;
      at++;
    } else if (isDashed(word)) {
      wrong ??= `one command at a time: ${said}, then ${word} is too much`;
      at++;
    } else if (mayBeName(verb) && at === verbatim && !isOption(word, flags) && isNumber(rest[at + 1])) {
      words.push(word);
      at++;
    } else {
      const read = readOption(rest, at, flags);
      options.push(...read.options);
      at = read.next;
    }
  }
  return { options, command: settled(wrong, (manner = NATIVE) => commandOf(said, verb, words, manner)) };
}

/** `--` right behind the command, with names enough after it; `-g --` and `-g -- 8555` are about a file of that name. */
function endsOptions(verb: Verb, rest: readonly string[]): boolean {
  if (rest[0] !== '--' || rest.length <= VERBATIM[verb]) return false;
  return !((verb === 'get' || verb === 'put') && rest.length === 2 && isNumber(rest[1]));
}

/** `get --dialect framed`: the name was forgotten. Another lone word is the name, and so is one that a data port follows. */
function forgotten(
  said: string,
  first: string | undefined,
  next: string | undefined,
  flags: readonly Flag[],
): string | undefined {
  const option = flags.find(({ name, value }) => value !== undefined && first === `--${name}`);
  if (option === undefined || next === undefined || isNumber(next)) return undefined;
  return `${said} needs a name before --${option.name} (something of that name is written ./--${option.name})`;
}

/** A DIR or a REMOTE may begin with a dash, where a data port follows. */
const mayBeName = (verb: Verb): boolean => verb === 'list' || verb === 'put';

/** What the words after the command mean, now that no option is among them. */
function commandOf(said: string, verb: Verb, words: readonly string[], manner: Manner): Command {
  switch (verb) {
    case 'ping':
      if (words[0] !== undefined) throw new UsageError(`"${words[0]}" is one word too many`);
      return { verb };
    case 'list': {
      const { names, port } = namesAndPort(words, 1, manner);
      if (names.length > 1) throw new UsageError(`the data port is a number and comes last, not "${names[1] ?? ''}"`);
      return { verb, path: names[0] ?? '', ...port };
    }
    case 'rename': {
      const [from, to, extra] = words;
      if (from === undefined || to === undefined) throw new UsageError(`${said} needs two names, OLD and NEW`);
      if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many`);
      return { verb, from: nameOf(from), to: nameOf(to) };
    }
    case 'get':
    case 'put': {
      if (words.length === 0 || words[0] === '') throw new UsageError(`${said} needs the name of a file`);
      const { names, port } = namesAndPort(words, 2, manner);
      return verb === 'get' ? { verb, paths: names, ...port } : { verb, names, ...port };
    }
    default:
      if (words.length === 0) throw new UsageError(`${said} needs a name`);
      return { verb, paths: words.map(nameOf) };
  }
}

/** `NAME… [DATAPORT]`: the last word is the port where it is a number, and the `least`th or a later one. */
function namesAndPort(
  words: readonly string[],
  least: number,
  manner: Manner,
): { names: readonly string[]; port: { dataPort?: number } } {
  const last = words.at(-1);
  const numbered = words.length >= least && last !== undefined && isNumber(last);
  const names = (numbered ? words.slice(0, -1) : words).map(nameOf);
  return { names, port: numbered ? { dataPort: dataPort(last, manner) } : {} };
}

function nameOf(word: string): string {
  if (word === '') throw new UsageError('a name cannot be empty');
  return word;
}

/** 0 asks for passive. Below 1024 no server of ours dials (RFC 2577 §3), and few users may listen. */
function dataPort(word: string, { name, dataConnection }: Manner): number {
  if (!dataConnection) {
    const file = isNumber(word) ? `; a file of that name is written ./${word}` : '';
    throw new UsageError(`${name} has no data connection, and so no data port: "${word}" is one word too many${file}`);
  }
  const port = Number(word);
  if (port === 0 || (port >= 1024 && port <= 65535)) return port;
  throw new UsageError(`the data port is a number from 1024 to 65535, or 0 for passive, not ${word}`);
}

/** Nothing of it is repeated: what stands in front of an @ is a password more often than not. */
function assertHost(host: string): void {
  if (host === '') throw new UsageError('the host is empty');
  if (host.includes('@')) {
    throw new UsageError(
      'a host has no user in front of it: use --user NAME, and --password-file, .netrc or the prompt',
    );
  }
  const [, scheme, name, port = '3555'] = /^(?:(fts?):\/\/)?([\w.-]+)(?::(\d+))?\/?$/.exec(host) ?? [];
  if (name !== undefined && name !== host) {
    throw new UsageError(`host and port are two words: write ${name} ${port}${scheme === 'fts' ? ' --tls' : ''}`);
  }
  if (host.includes('/')) throw new UsageError('the host is a name or an address alone, and its port the next word');
}

/** HOST and PORT, checked. What was left out is here, on the language's usual port. */
export function serverOf(words: readonly string[], usual?: number): { host: string; port: number } {
  const [host = usual === undefined ? '' : 'localhost', port = String(usual ?? '')] = words;
  assertHost(host);
  return { host, port: numberBetween('the port', port, 1, 65535) };
}
