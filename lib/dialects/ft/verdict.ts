import type { Asker, Exchange } from '../../control/ask';
import { deferred } from '../../data/scope';
import { TwinportError } from '../../errors';
import type { Clock, Timer } from '../../net/network';
import { LIMITS } from '../../options';
import { hasControl } from '../../wire/names';
import type { Reply } from '../../wire/replies';

/**
 * Watches P while no data connection is there yet, and rejects when P says there will be none: an error
 * reply; an uncoded line followed by quiet, or by the end of P (homemade servers); or the end of P alone.
 */
export class Verdict {
  private readonly verdict = deferred<never>();
  private timer: Timer | undefined;
  private stopped = false;

  constructor(
    private readonly asker: Asker,
    private readonly exchange: Exchange,
    private readonly clock: Clock,
  ) {
    exchange.onText = () => this.listenForQuiet();
    if (exchange.forestalled) this.listenForQuiet();
    exchange.final.then(
      (reply) => {
        if (reply.code >= 300) this.verdict.reject(foreign(exchange.texts) ?? refusal(reply, asker));
      },
      (error: TwinportError) => this.afterEnd(error),
    );
  }

  /** Never resolves. */
  get promise(): Promise<never> {
    return this.verdict.promise;
  }

  /** A data connection came: from now on uncoded lines are chatter. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private listenForQuiet(): void {
    if (this.stopped) return;
    this.timer?.cancel();
    this.timer = this.clock.after(LIMITS.plainQuiet, () => {
      this.stopped = true;
      // A line without its newline counts now.
      this.asker.flush();
      const { texts } = this.exchange;
      if (texts.length > 0 && !this.asker.native) this.verdict.reject(uncoded(texts));
      else this.stopped = false;
    });
  }

  /** P is over; a data connection opened before that may still be in the listener's queue: a moment for it. */
  private afterEnd(error: TwinportError): void {
    if (this.stopped) return;
    this.timer?.cancel();
    this.timer = this.clock.after(SETTLE, () => {
      const { texts } = this.exchange;
      if (texts.length > 0 && !this.asker.native) this.verdict.reject(uncoded(texts));
      else if (error.code !== 'connection-lost') this.verdict.reject(error);
      else if (this.asker.native) this.verdict.reject(new TwinportError('incomplete', error.message));
      else
        this.verdict.reject(new TwinportError('connection-lost', 'the server closed the connection without an answer'));
    });
  }
}

/** Milliseconds between the end of P and giving up on Q: both are ready in the same turn of the loop. */
const SETTLE = 50;

/** The server's error reply as an error. A server that began with 220 and knows none of our verbs is another kind of server. */
export function refusal(reply: Reply, asker: Asker): TwinportError {
  if (asker.greeted && (reply.code === 500 || reply.code === 502 || reply.code === 530)) {
    return new TwinportError('not-understood', `the server is an FTP or mail server (${reply.code} ${reply.text})`);
  }
  return new TwinportError('refused', reply.text, { reply: reply.code });
}

/** The error text of a homemade server, or whose server it is. */
function uncoded(texts: readonly string[]): TwinportError {
  return foreign(texts) ?? new TwinportError('refused', texts.join(' / ').slice(0, MOST_TEXT));
}

/** Another protocol's server, by its first words; undefined: it may well be one of ours. */
function foreign([first = '']: readonly string[]): TwinportError | undefined {
  if (/^SSH-\d/.test(first)) return new TwinportError('not-understood', 'that is an SSH server');
  if (/^HTTP\/\d|^<!doctype|^<html/i.test(first)) return new TwinportError('not-understood', 'that is a web server');
  // A TLS alert, a database's handshake: nobody's error text, and not for a terminal.
  if (hasControl(first.replaceAll('\t', ' '))) {
    return new TwinportError('not-understood', 'the server answers with something that is not text');
  }
  return undefined;
}

/** Characters of an error text worth showing. */
const MOST_TEXT = 1000;
