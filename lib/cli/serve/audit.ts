import type { EventEmitter } from 'node:events';
import type { ChangeEvent, LoginEvent, SessionInfo, TransferEvent } from '../../index';
import { lettersEscaped } from './harmless';
import type { ToldEvents } from './tellable';
import { xferLine } from './xferlog';

/** Something that lines go to. */
export interface Lines {
  say(line: string): void;
}

export interface Books {
  readonly xferlog?: Lines | undefined;
  readonly audit?: Lines | undefined;
}

/** Somebody who tells what a server does. */
export type Told = Pick<EventEmitter<ToldEvents>, 'on'>;

/** Who did what, how much of it, and what came of it: docs/OPERATING.md has the names, which stay. */
interface Entry {
  readonly what: string;
  readonly outcome: 'ok' | 'refused' | 'failed' | 'aborted';
  readonly user?: string | undefined;
  readonly session?: number;
  readonly address?: string;
  readonly dialect?: string;
  readonly path?: string;
  readonly to?: string | undefined;
  readonly bytes?: number | undefined;
  readonly seconds?: number;
  readonly unverified?: boolean | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** Ends that are nobody's fault here: the client stopped, or went. */
const ABORTS: readonly string[] = ['aborted', 'connection-lost'];

/** Keeps the logs that are kept for later: a line for what is over, with how long it took. */
export class Auditor {
  private readonly sessions = new Map<number, { readonly since: Date; begun?: Date; moving?: Date }>();

  constructor(
    private readonly books: Books,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** Hears of everything that this server tells from now on. */
  follow(server: Told): void {
    server.on('session', (session, ago) => this.session(session, ago));
    server.on('end', (session) => this.end(session));
    server.on('login', (event) => this.login(event));
    server.on('transfer', (event) => this.transfer(event));
    server.on('change', (event) => this.change(event));
    server.on('note', (message, about) =>
      // Whoever looks for what went wrong asks for the outcome, and for the address.
      this.write(undefined, { what: 'note', outcome: 'ok', ...about, message }),
    );
  }

  /** `ago`: milliseconds since it came. */
  session(session: SessionInfo, ago = 0): void {
    const since = new Date(this.now().getTime() - ago);
    this.sessions.set(session.id, { since });
    this.write(session, { what: 'connect', outcome: 'ok' }, since);
  }

  end(session: SessionInfo): void {
    const since = this.sessions.get(session.id)?.since;
    this.sessions.delete(session.id);
    this.write(session, { what: 'disconnect', outcome: 'ok', ...(since && { seconds: this.since(since) }) });
  }

  login({ session, name, ok, why }: LoginEvent): void {
    this.write(session, { what: 'login', outcome: ok ? 'ok' : 'refused', user: name, message: why });
  }

  transfer({ phase, kind, dialect, session, path, user, length, moved, unverified, error }: TransferEvent): void {
    const known = this.sessions.get(session.id) ?? { since: this.now() };
    // One at a time in each session.
    if (phase === 'requested') this.sessions.set(session.id, { since: known.since, begun: this.now() });
    if (phase === 'started') known.moving = this.now();
    if (phase !== 'done' && phase !== 'failed') return;
    const { begun = this.now(), moving } = known;
    const seconds = this.since(moving ?? begun);
    const bytes = length ?? moved;
    const failure = moving === undefined ? 'refused' : ABORTS.includes(error?.code ?? '') ? 'aborted' : 'failed';
    const outcome = phase === 'done' ? 'ok' : failure;
    const told = { what: kind, outcome, user, dialect, path, bytes, seconds, unverified } as const;
    this.write(session, { ...told, code: error?.code, message: error?.message });
    this.sessions.set(session.id, { since: known.since });
    if (kind === 'list' || moving === undefined) return;
    const direction = kind === 'get' ? 'o' : 'i';
    const complete = phase === 'done';
    const { address } = session.remote;
    this.books.xferlog?.say(
      xferLine({ at: this.now(), seconds, address, bytes: bytes ?? 0, path, direction, user, complete }),
    );
  }

  change({ phase, kind, dialect, session, path, to, user, error }: ChangeEvent): void {
    const outcome = phase === 'done' ? 'ok' : 'refused';
    const about = { what: kind, outcome, user, dialect, path, to } as const;
    this.write(session, { ...about, code: error?.code, message: error?.message });
    if (kind !== 'delete' || phase !== 'done') return;
    const { address } = session.remote;
    this.books.xferlog?.say(
      xferLine({ at: this.now(), seconds: 0, address, bytes: 0, path, direction: 'd', user, complete: true }),
    );
  }

  private since(then: Date): number {
    // Wall clocks are set back.
    return Math.max(0, this.now().getTime() - then.getTime()) / 1000;
  }

  private write(session: SessionInfo | undefined, { what, outcome, user, ...more }: Entry, at = this.now()): void {
    const about = session && { session: session.id, address: session.remote.address };
    const entry = { time: at.toISOString(), ...about, user, what, outcome, ...more };
    // JSON escapes C0, quotes and lone surrogates; the rest of what ends lines or turns text around are letters to it.
    this.books.audit?.say(lettersEscaped(JSON.stringify(entry)));
  }
}
