import { isDeepStrictEqual } from 'node:util';
import { sentenceOf } from '../../errors';
import type { Server, ServerTlsOptions } from '../../index';
import type { Inherited } from '../ports';
import { SERVER_FLAGS, serverCommand, type ServerCommand } from '../serverOptions';
import { readAccounts } from './accounts';
import { readTls } from './certificates';
import { settingsOf } from './configuration';
import { assertElsewhere, writableNotes } from './ownFiles';
import type { ServerLog } from './log';
import type { Settings } from './settings';
import { gather, type Sources } from './sources';

/** What makes the ports and the directory what they are: they were opened with rights that may be gone. */
const KEPT = ['port', 'listen', 'dialect', 'host', 'root', 'user', 'max-size', 'accio', 'xferlog', 'audit'];

/** What the server was started from. */
export interface From {
  readonly sources: Sources;
  readonly settings: Settings;
  /** What is served, absolute. */
  readonly root: string;
  readonly config: string;
  readonly tls: ServerTlsOptions | undefined;
  /** A digest of the users. */
  readonly users: string | undefined;
  readonly sockets: readonly Inherited[] | undefined;
}

/**
 * Reads the configuration again, with the same command line and environment. What is wrong changes nothing, and is said;
 * what cannot change is said and kept.
 */
export class Reloader {
  private settings: Settings;
  private tls: ServerTlsOptions | undefined;
  private users: string | undefined;
  private working: Promise<void> = Promise.resolve();
  private waiting = false;

  constructor(
    private readonly server: Server,
    private readonly from: From,
    private readonly log: () => ServerLog,
    private readonly became: (command: ServerCommand) => void,
  ) {
    this.settings = from.settings;
    this.tls = from.tls;
    this.users = from.users;
  }

  /** One at a time; of many hangups while one is at work, one more. Never rejects. */
  reload(): Promise<void> {
    if (this.waiting) return this.working;
    this.waiting = true;
    return (this.working = this.working.then(() => {
      this.waiting = false;
      return this.once();
    }));
  }

  private async once(): Promise<void> {
    const { sources, config, sockets } = this.from;
    try {
      const { settings, warnings } = await gather(sources, SERVER_FLAGS);
      const command = serverCommand(settings, sockets, sockets !== undefined);
      const { root: _, ...options } = command.server;
      // The directory is the one of the start, whatever is said now, and also where nothing was said then.
      await assertElsewhere(command, settings, this.from.root);
      const { authenticator, digest: users, warnings: aboutUsers } = await readAccounts(command.accounts, settings);
      const { tls, about, warnings: aboutTls } = await readTls(command.tls, settings);
      await this.server.reload({
        ...options,
        ...(authenticator === undefined ? {} : { authenticator }),
        ...(tls === undefined ? {} : { tls }),
      });
      const changed = this.changed(this.settings, settings);
      this.settings = settings;
      this.became(command);
      for (const warning of [...warnings, ...aboutUsers, ...aboutTls, ...(await writableNotes(settings))])
        this.log().tell('warning', warning);
      const now = changed.filter((name) => !KEPT.includes(name));
      const isNew = tls !== undefined && !(this.tls !== undefined && isDeepStrictEqual(tls, this.tls));
      const areNew = users !== undefined && users !== this.users;
      this.tls = tls;
      this.users = users;
      const files = [...(areNew ? ['the users changed'] : []), ...(isNew ? ['another certificate or key'] : [])];
      const what = [...now, ...files].join(', ') || 'nothing changed';
      this.log().tell('reload', `${config} was read again: ${what}.`);
      if (isNew && about !== undefined) this.log().tell('reload', about);
      const kept = this.changed(this.from.settings, settings).filter((name) => KEPT.includes(name));
      if (kept.length > 0) {
        const verb = kept.length === 1 ? 'stays' : 'stay';
        this.log().tell('reload', `${kept.join(', ')} cannot change in a running server, and ${verb} as before.`);
      }
    } catch (error) {
      const why = sentenceOf(error);
      // `did you mean root?` ends a sentence.
      this.log().tell('reload', why.endsWith('?') ? `${why} The old settings stay.` : `${why}; the old settings stay.`);
    }
  }

  private changed(before: Settings, after: Settings): readonly string[] {
    const text = (settings: Settings, name: string): string =>
      JSON.stringify(settings.all(name).map((value) => value.text));
    return settingsOf(SERVER_FLAGS)
      .map(({ name }) => name)
      .filter((name) => text(before, name) !== text(after, name));
  }
}
