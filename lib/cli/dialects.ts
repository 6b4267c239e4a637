import type { DialectInfo } from '../index';
import type { Command, Manner } from './command';
import type { ClientOptions } from './options';
import { UsageError } from './usage';

/** A wire language as the command lines know it. */
export interface Language extends DialectInfo, Pick<Manner, 'takesFile'> {
  /** Without a command ftclient asks for one, as the original's client did. */
  readonly asks: boolean;
  /** A server of its own needs no port to be named: everybody knows where it is. */
  readonly usualPort: boolean;
}

/** What the original programs of each were like. */
const ASKING: readonly string[] = ['framed', 'colon'];
const USUAL_PORT: readonly string[] = ['privateshare', 'framed', 'colon'];
/** It has no names on its wire: the server counts. */
const NAMELESS: readonly string[] = ['numbered'];

export function languages(): readonly Language[] {
  const { dialects } = require('../index') as typeof import('../index');
  return dialects().map((info) => ({
    name: info.name,
    port: info.port,
    get verbs() {
      return info.verbs;
    },
    dataConnection: info.dataConnection,
    verifies: info.verifies,
    takesFile: NAMELESS.includes(info.name),
    asks: ASKING.includes(info.name),
    usualPort: USUAL_PORT.includes(info.name),
  }));
}

/** What `--dialect` says; undefined: the native one, for which nothing needs to be loaded. */
export function languageNamed(name: string | undefined): Language | undefined {
  if (name === undefined || name === 'ft') return undefined;
  const known = languages();
  const found = known.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`--dialect is one of ${known.map((one) => one.name).join(', ')}, not "${name}"`);
}

/** The same where the commands are asked for only after the options were given. */
export function checkAsking(options: ClientOptions): void {
  const refuse = (option: string, why: string): never => {
    throw new UsageError(`${option} belongs to a command: ${why}`);
  };
  if (options.output !== undefined) refuse('--output', 'there may be several files here');
  if (options.print0) refuse('--print0', 'it belongs to a list');
  if (options.onExists !== undefined && options.onExists !== 'rename') {
    refuse('--on-exists', 'here a name that is taken is left alone, and a get goes to "name.1"');
  }
  checkLanguage({ verb: 'get', paths: [] }, options);
}

/** Refuses what the wire has no words for: an option without effect is a misunderstanding. */
export function checkLanguage(command: Command, options: ClientOptions): void {
  const { dialect, onExists } = options;
  const { verb } = command;
  const refuse = (sentence: string): never => {
    throw new UsageError(sentence);
  };
  if (options.accio === true && dialect?.takesFile !== true) refuse('--accio belongs to --dialect numbered');
  if (options.echo === true && (dialect?.name as string | undefined) !== 'colon') {
    refuse('--echo belongs to --dialect colon');
  }
  if (dialect === undefined) return;
  const { name } = dialect;
  if (!(dialect.verbs as readonly string[]).includes(verb)) {
    const way = dialect.takesFile ? ' (a file of that name: put FILE)' : '';
    refuse(`${name} has no ${verb}: it can ${dialect.verbs.join(', ')}${way}`);
  }
  if (options.passive || ('dataPort' in command && command.dataPort === 0)) {
    refuse(
      `--passive is not for ${name}: ${dialect.dataConnection ? 'its server dials' : 'it has no data connection'}`,
    );
  }
  if (options.dataFrom !== undefined && !dialect.dataConnection) {
    refuse(`--data-from is not for ${name}: it has no data connection`);
  }
  if (options.digest !== undefined) refuse(`--digest is not for ${name}: its server gives none`);
  if (onExists === 'resume') refuse(`${name} cannot resume: nothing tells whether it is still the same file`);
  if (verb === 'put' && onExists !== undefined && onExists !== 'fail') {
    refuse(`--on-exists ${onExists} is not for a put in ${name}: what is there already is left alone`);
  }
  if (command.verb === 'list' && command.path !== '') refuse(`${name} lists the directory that is served, no other`);
  if (command.verb === 'put' && command.names.length > 1 && dialect.takesFile) {
    refuse(`${name} has no names: the server will count, and "${command.names[1] ?? ''}" is one word too many`);
  }
}
