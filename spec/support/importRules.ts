import * as path from 'node:path';
import { referencesOf, type Reference } from './references';

/**
 * The import rules of ARCHITECTURE.md as a function over (path, source), so that the spec can also feed it
 * sources that break them on purpose. Paths are relative to the repository, `/`-separated.
 */

export const RULES = [
  'room', // a room imports only the rooms beneath it
  'types-only', // engine and dialects know network and storage by their types: they are given the real ones
  'builtin', // a builtin that belongs to one room (sockets, files), or that a pure room may not have
  'package', // a package that belongs to one room, or to none
  'prefix', // builtins carry `node:`
  'unseen', // a module named at run time, or loaded in a way that cannot be checked
  'timer', // time belongs to lib/net, everything else is given a Clock
  'process', // handlers and exits are the programs' business, not the library's
  'length', // small rooms
] as const;
export type Rule = (typeof RULES)[number];

export interface Violation {
  readonly rule: Rule;
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

/** No file is longer than this many lines. */
export const MAX_LINES = 400;

const BASE = ['lib/errors', 'lib/log', 'lib/options', 'lib/wire/'];
const INTERFACES = ['lib/net/network', 'lib/storage/storage'];
const DATA = [...BASE, 'lib/data/', 'lib/net/close', ...INTERFACES];
/** Who somebody is, and who decides it: known by its types too. */
const WHO = 'lib/auth/auth';
const CONTROL = [...DATA, 'lib/control/', WHO];
const DIALECT = [...BASE, 'lib/data/', 'lib/control/', ...INTERFACES, WHO];

/** What each room may import, besides itself. A name that ends in `/` is a folder, any other a module. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  log: ['lib/errors'],
  options: ['lib/errors', 'lib/log'],
  wire: ['lib/errors'],
  net: BASE,
  storage: BASE,
  auth: [...BASE, 'lib/storage/storage'],
  data: DATA,
  control: CONTROL,
  dialects: [...DIALECT, 'lib/dialects/'],
  // It reads what the native language says, and speaks none.
  relay: [...BASE, 'lib/data/', 'lib/net/close', 'lib/net/network', 'lib/dialects/ft/grammar'],
  cli: ['lib/index', ...BASE],
};

/** Builtins that only one room may import. */
const OWNED: Readonly<Record<string, string>> = {
  net: 'net',
  tls: 'net',
  dgram: 'net',
  dns: 'net',
  timers: 'net',
  fs: 'storage',
};
/** The one module elsewhere that reads from a descriptor: a socket's own. */
const READS_A_SOCKET = 'lib/net/resets';
/** The one that asks how many descriptors this process may have. */
const READS_ITS_LIMITS = 'lib/net/scarcity';
/** The one that reads files of the user at this machine that are not transferred: a history, a batch, names to complete. */
const READS_ITS_OWN = 'lib/cli/shell/files';
/** The one that reads what this process was started with, where Node has lost bytes of it. */
const READS_ITS_WORDS = 'lib/cli/typedWords';
/** The one that opens the terminal, to ask on it while standard input is the data. */
const OPENS_A_TERMINAL = 'lib/cli/terminal';
const READS_ALL_THE_SAME = [READS_A_SOCKET, READS_ITS_LIMITS, READS_ITS_OWN, READS_ITS_WORDS, OPENS_A_TERMINAL].map(
  (module) => `${module}.ts`,
);
/** wire: bytes in, values out. */
const PURE = ['buffer', 'crypto', 'util', 'string_decoder', 'zlib'];
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  yargs: ['lib/cli/'],
  'string-width': ['lib/cli/'],
  yaml: ['lib/cli/'],
  debug: ['lib/log'],
};
const BUILTINS = new Set(process.getBuiltinModule('node:module').builtinModules);

interface Home {
  /** Key of ROOMS, or `top` for server.ts, client.ts and their helpers, or `dialect` for one dialect. */
  readonly room: string;
  /** Modules of the same home: always importable. */
  readonly own: string;
}

function homeOf(file: string): Home {
  const [, folder = '', slice] = file.replace(/\.ts$/, '').split('/');
  if (folder === 'dialects' && slice !== undefined && slice !== 'registry') {
    return { room: 'dialect', own: `lib/dialects/${slice}` };
  }
  if (slice !== undefined) return { room: folder, own: `lib/${folder}/` };
  return { room: folder in ROOMS ? folder : 'top', own: `lib/${folder}` };
}

const covers = (allowed: string, module: string): boolean =>
  module === allowed || module.startsWith(allowed.endsWith('/') ? allowed : `${allowed}/`);

function mayImport(home: Home, module: string): boolean {
  if (covers(home.own, module)) return true;
  if (home.room === 'top') return module.startsWith('lib/') && !covers('lib/cli', module);
  const allowed = home.room === 'dialect' ? DIALECT : (ROOMS[home.room] ?? []);
  return allowed.some((name) => covers(name, module));
}

function checkModule(file: string, home: Home, { module, typeOnly }: Reference): [Rule, string] | undefined {
  if (module === undefined) return ['unseen', 'a module named at run time'];
  if (module.startsWith('.')) {
    const target = path.posix
      .join(path.posix.dirname(file), module)
      .replace(/\.[jt]s$/, '')
      .replace(/\/index$/, '');
    // `..` of a folder directly beneath lib, or lib/index itself: the public face.
    const name = target === 'lib' ? 'lib/index' : target;
    if (!mayImport(home, name)) return ['room', `${name} is out of bounds for ${home.own}`];
    if (
      ['data', 'control', 'dialect', 'dialects', 'relay'].includes(home.room) &&
      [...INTERFACES, WHO].includes(name) &&
      !typeOnly
    ) {
      return ['types-only', `${name} is known here by its types (import type)`];
    }
    return undefined;
  }
  if (module.startsWith('node:') || BUILTINS.has(module)) return checkBuiltin(file, home, module);
  const name = module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/');
  const owners = PACKAGES[name] ?? [];
  if (!owners.some((owner) => covers(owner, file.replace(/\.ts$/, '')))) return ['package', `the package ${name}`];
  return undefined;
}

function isExcepted(file: string, builtin: string): boolean {
  return builtin === 'fs' && READS_ALL_THE_SAME.includes(file);
}

function checkBuiltin(file: string, home: Home, module: string): [Rule, string] | undefined {
  if (!module.startsWith('node:')) return ['prefix', `${module} without node:`];
  const name = module.slice('node:'.length).split('/')[0] ?? '';
  if (name === 'module') return ['unseen', 'node:module can load modules out of sight'];
  const owner = OWNED[name];
  if (owner !== undefined && owner !== home.room && !isExcepted(file, name))
    return ['builtin', `${module} belongs to lib/${owner}`];
  if (home.room === 'wire' && !PURE.includes(name)) return ['builtin', `${module} is not pure`];
  return undefined;
}

/** Every way in which this source breaks the rules. Only lib has import rules; length is for all. */
export function violations(file: string, source: string): Violation[] {
  const found: Violation[] = [];
  const add = (rule: Rule, line: number, what: string): void => void found.push({ rule, path: file, line, what });

  const lines = source.split('\n').length - (source.endsWith('\n') ? 1 : 0);
  if (lines > MAX_LINES) add('length', lines, `${lines} lines, at most ${MAX_LINES}`);
  if (!file.startsWith('lib/')) return found;

  const home = homeOf(file);
  const { modules, timers, processCalls } = referencesOf(file, source);
  for (const reference of modules) {
    const broken = checkModule(file, home, reference);
    if (broken !== undefined) add(broken[0], reference.line, broken[1]);
  }
  if (home.room !== 'net') for (const { line, name } of timers) add('timer', line, `${name}: be given a Clock`);
  if (home.room !== 'cli') for (const { line, name } of processCalls) add('process', line, name);
  return found;
}
