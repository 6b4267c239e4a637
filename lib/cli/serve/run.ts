import { isTwinportError } from '../../errors';
import type { createServer as CreateServer, HeldNetwork, Server } from '../../index';
import type { Output } from '../output';
import { harmless } from './harmless';
import { rightsOn, SERVER_FLAGS, serverCommand, type ServerCommand } from '../serverOptions';
import { onStopSignal, withoutDebugger, type StopSignal } from '../signals';
import type { Inherited } from '../ports';
import { readAccounts } from './accounts';
import type { KeptBooks } from './books';
import { readTls } from './certificates';
import { textLog, type Opened, type ServerLog } from './log';
import { traced, type Settings } from './settings';
import { Tellable } from './tellable';
import { gather, type Sources } from './sources';
import { withholdWriting } from './umask';

/** What a server is started with. */
export interface Start {
  readonly sources: Sources;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly createServer: () => typeof CreateServer;
}

/** Opens the ports, prints what happens, and ends with the first signal to stop. Resolves with the exit code. */
export async function run({ sources, stdout, stderr, createServer }: Start): Promise<number> {
  // Asked to read it again before it is read once, as a supervisor may: not the end of a server that just begins.
  const hangup = new Hangup(sources);
  const debuggable = withoutDebugger();
  const unmask = withholdWriting();
  let server: Server | undefined;
  let network: HeldNetwork | undefined;
  let books: KeptBooks | undefined;
  let tellable: Tellable | undefined;
  let release = (): void => undefined;
  try {
    const { settings, config, warnings } = await gather(sources, SERVER_FLAGS);
    const supervised = await inherited(sources.env);
    network = supervised?.network;
    let command = serverCommand(settings, supervised?.sockets);
    const { assertElsewhere, servedRoot, writableNotes } = require('./ownFiles') as typeof import('./ownFiles');
    const root = servedRoot(command);
    await assertElsewhere(command, settings, root);
    const identity = identityOf(command, settings);
    if (identity !== undefined) network ??= heldPorts();
    const { authenticator, digest: users, warnings: aboutUsers } = await readAccounts(command.accounts, settings);
    const { tls, warnings: aboutTls } = await readTls(command.tls, settings);
    server = createServer()({
      ...command.server,
      ...(tls === undefined ? {} : { tls }),
      ...(authenticator === undefined ? {} : { authenticator }),
      ...(network === undefined ? {} : { network }),
    });

    let log = logFor(command, stdout, stderr);
    for (const warning of [...aboutUsers, ...aboutTls]) stderr.say(`ftserver: ${harmless(warning)}\n`);
    for (const warning of [...warnings, ...(await writableNotes(settings))])
      stderr.say(`ftserver: ${harmless(warning)}\n`);
    const { systemClock } = require('../../index') as typeof import('../../index');
    tellable = new Tellable(server, systemClock());
    const telling = report(server, tellable, () => log);
    books = keep(command, tellable, (sentence) => log.tell('warning', sentence));
    // Heard from before the port is announced: whoever reads that line may stop us at once.
    const stopped = new Promise<StopSignal>((resolve) => (release = onStopSignal(resolve)));
    const numbers = await bind(network, command, settings);
    if (identity !== undefined) (require('./user') as typeof import('./user')).become(identity);
    await books?.open();
    log.opened(await openPorts(server, command, numbers, settings));
    telling.begin();

    const again = config ?? command.accounts?.file ?? command.tls?.cert;
    if (again !== undefined) {
      const { Reloader } = require('./reload') as typeof import('./reload');
      const from = { sources, settings, root, config: again, tls, users, sockets: supervised?.sockets };
      const reloader = new Reloader(
        server,
        from,
        () => log,
        (next) => {
          if (next.logFormat !== command.logFormat) log = logFor(next, stdout, stderr);
          command = next;
        },
      );
      hangup.hear(() => void reloader.reload());
    }
    await stopped;
    hangup.release();
    if (telling.running() > 0) log.tell('stop', 'stopping; transfers may finish, a second signal ends them.');
    await server.close(command.grace);
    tellable.close();
    await books?.close();
    await stdout.flushed();
    return 0;
  } catch (error) {
    release();
    hangup.release();
    await server?.close(0);
    tellable?.close();
    await books?.close();
    await network?.release();
    throw error;
  } finally {
    unmask();
    debuggable();
  }
}

interface Report {
  /** The ports are announced: what happened meanwhile is told now, and what happens from here on at once. */
  begin(): void;
  /** How many transfers run. */
  running(): number;
}

/** Whatever the server tells, in the log of the moment. A port is served before all of them are announced. */
function report(server: Server, tellable: Tellable, log: () => ServerLog): Report {
  let early: ((log: ServerLog) => void)[] | undefined = [];
  const tell = (what: (log: ServerLog) => void): void => {
    if (early === undefined) what(log());
    else early.push(what);
  };
  let running = 0;
  server.on('transfer', ({ phase }) => {
    if (phase === 'requested') running++;
    if (phase === 'done' || phase === 'failed') running--;
  });
  tellable.on('session', (session, ago) => tell((to) => to.session(session, ago)));
  tellable.on('transfer', (event) => tell((to) => to.transfer(event)));
  tellable.on('change', (event) => tell((to) => to.change(event)));
  tellable.on('login', (event) => tell((to) => to.login(event)));
  tellable.on('note', (text) => tell((to) => to.note(text)));
  server.on('error', (error) => tell((to) => to.error(error)));
  return {
    begin: () => {
      const waiting = early ?? [];
      early = undefined;
      for (const what of waiting) what(log());
    },
    running: () => running,
  };
}

function logFor({ logFormat }: ServerCommand, stdout: Output, stderr: Output): ServerLog {
  if (logFormat === 'json') return (require('./jsonLog') as typeof import('./jsonLog')).jsonLog(stdout);
  return textLog(stdout, stderr, (ports) => {
    // Programs read the rest of a pipe for what happens.
    const terminal = 'isTTY' in stdout.stream && stdout.stream.isTTY === true;
    return terminal ? (require('./reach') as typeof import('./reach')).reachLines(ports) : [];
  });
}

function keep({ books }: ServerCommand, server: Tellable, complain: (sentence: string) => void): KeptBooks | undefined {
  if (books === undefined) return undefined;
  const { KeptBooks: Kept } = require('./books') as typeof import('./books');
  return new Kept(books, server, complain);
}

function heldPorts(): HeldNetwork {
  return (require('../../index') as typeof import('../../index')).heldPorts();
}

/** The sockets of a supervisor, if one started us. */
async function inherited(
  env: NodeJS.ProcessEnv,
): Promise<{ readonly network: HeldNetwork; readonly sockets: readonly Inherited[] } | undefined> {
  if (env['LISTEN_FDS'] === undefined) return undefined;
  const { handedOver, inherit } = require('./activation') as typeof import('./activation');
  const handed = handedOver(env, process.pid);
  if (handed.length === 0) return undefined;
  const network = heldPorts();
  try {
    return { network, sockets: await inherit(handed, network) };
  } catch (error) {
    await network.release();
    throw error;
  }
}

function identityOf({ user }: ServerCommand, settings: Settings): import('./user').Identity | undefined {
  if (user === undefined) return undefined;
  const { identify } = require('./user') as typeof import('./user');
  try {
    return settings.read('user', () => identify(user));
  } catch (error) {
    throw isTwinportError(error, 'denied') ? traced(error, settings.get('user')) : error;
  }
}

/** Where the ports have to be open before the files are, opens them. Returns their numbers, for `listen`. */
async function bind(
  network: HeldNetwork | undefined,
  { ports }: ServerCommand,
  settings: Settings,
): Promise<readonly number[]> {
  const numbers: number[] = [];
  for (const { port, on, inherited: open } of ports) {
    if (network === undefined || open === true) {
      numbers.push(port);
      continue;
    }
    const host = on.host === undefined ? {} : { host: on.host };
    numbers.push((await network.hold({ port, ...host }).catch((error) => refuse(error, port, settings))).port);
  }
  return numbers;
}

/** Opens every port, or none. */
async function openPorts(
  server: Server,
  command: ServerCommand,
  numbers: readonly number[],
  settings: Settings,
): Promise<readonly Opened[]> {
  const opened: Opened[] = [];
  for (const [at, { port, on }] of command.ports.entries()) {
    const { port: number, address } = await server
      .listen(numbers[at], on)
      .catch((error: unknown) => {
        throw isTwinportError(error) && error.kind === 'storage' ? traced(error, settings.get('root')) : error;
      })
      .catch((error: unknown) => refuse(error, port, settings));
    const { clientCommand, reachOf } = require('./reach') as typeof import('./reach');
    const reach = reachOf(address);
    const host = reach[0] ?? (address.includes(':') && address !== '::' ? address : '127.0.0.1');
    opened.push({
      port: number,
      address,
      dialect: on.dialect,
      reach,
      command: clientCommand(host, number, on.dialect, rightsOn(on.dialect, command), {
        tls: command.tls?.mode === 'require',
        login: command.accounts?.anonymous === false,
      }),
    });
  }
  return opened;
}

function refuse(error: unknown, port: number, settings: Settings): never {
  const { blamed } = require('../ports') as typeof import('../ports');
  throw blamed(error, port, settings);
}

/** SIGHUP. Only a server with a configuration, users or a certificate can read them again; any other ends at a hangup, as programs do. */
class Hangup {
  private heard = false;
  private handler = (): void => void (this.heard = true);
  private readonly listener = (): void => this.handler();

  constructor({ flags, env }: Sources) {
    const files = ['config', 'users', 'tls-cert'].map(
      (name) => flags.value(name) ?? env[`FTSERVER_${name.toUpperCase().replace('-', '_')}`],
    );
    if (files.some((file) => (file ?? '') !== '')) process.on('SIGHUP', this.listener);
  }

  hear(handler: () => void): void {
    this.handler = handler;
    if (this.heard) handler();
  }

  release(): void {
    process.off('SIGHUP', this.listener);
  }
}
