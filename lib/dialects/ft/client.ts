import { Asker, type Exchange } from '../../control/ask';
import { listenChannel } from '../../data/accept';
import type { Channel } from '../../data/channel';
import { assertOtherPort, mayDial } from '../../data/dataFrom';
import { dialChannel } from '../../data/dial';
import type { Pace } from '../../data/pace';
import type { Proof } from '../../data/proof';
import { deferred, Scope, reasonOf, throwIfAborted, unlessAborted, unlessLater } from '../../data/scope';
import { receivedOn, sentOn, watchStall } from '../../data/stall';
import { isTwinportError, sentenceOf, TwinportError } from '../../errors';
import { logFor } from '../../log';
import type { Clock, Conn, Endpoint, Network } from '../../net/network';
import { LIMITS } from '../../options';
import { parseDecimal } from '../../wire/numbers';
import type { Reply } from '../../wire/replies';
import { assertAnswers } from './answers';
import type { Credentials } from './credentials';
import { formatRequest, type FtOptions, type Verb } from './grammar';
import { ending, LONGEST_WAIT, settle, type Talk } from './ending';
import { replyFacts } from './facts';
import { refusal, Verdict } from './verdict';

const log = logFor('data');

export interface FtClientOptions {
  readonly network: Network;
  readonly clock: Clock;
  /** Milliseconds without a byte on either connection. */
  readonly timeout: number;
  /** Whose data connections are taken besides the server's own: an address, or `any`. */
  readonly dataFrom?: string;
}

/** A request that needs a data connection. */
export interface DataRequest {
  readonly verb: Verb;
  readonly path: string;
  readonly options: FtOptions;
  /** The port to listen on; 0 for any. Ignored when passive. */
  readonly dataPort: number;
  readonly passive: boolean;
  readonly signal: AbortSignal;
  /** Bytes will come towards us. */
  readonly receives: boolean;
  /** Waits that are our own doing: they are no stall. */
  readonly pace?: Pace;
  readonly onData: (remote: Endpoint) => void;
}

/** What the server said to a request whose data connection is over. `final` is absent where a plain server said nothing. */
export interface Answer<T> {
  readonly value: T;
  readonly begun: Reply | undefined;
  readonly final: Reply | undefined;
}

/** The native dialect's client side: one request at a time on one control connection. */
export class FtClient {
  readonly asker: Asker;
  /** It has told the size, the count or the digest of something. */
  vouches = false;
  private readonly talk: Talk;

  constructor(
    readonly conn: Conn,
    private readonly options: FtClientOptions,
  ) {
    this.asker = new Asker(conn);
    this.talk = { conn, asker: this.asker, clock: options.clock, timeout: options.timeout };
  }

  /**
   * A request without a data connection: its final reply, or `refused`. One to something else is `protocol`, and
   * ends the connection: from a server out of step the next answers would be wrong as well.
   */
  async ask(
    verb: Verb,
    options: FtOptions,
    path: string | undefined,
    signal: AbortSignal,
    to?: string,
    login?: Credentials,
  ): Promise<Reply> {
    throwIfAborted(signal);
    const exchange = this.asker.ask(formatRequest({ verb, options, path, to, login }));
    const { clock, timeout } = this.options;
    // Homemade servers say their errors in words without a code; what ends P behind them is no news then.
    const verdict = new Verdict(this.asker, exchange, clock);
    const final = exchange.final.catch((error: unknown) =>
      exchange.texts.length > 0 && !this.asker.native ? verdict.promise : Promise.reject(error as Error),
    );
    const silence = deferred<never>();
    const onSilence = (): void => silence.reject(new TwinportError('timeout', 'the server does not answer'));
    // A digest of a large file takes its time, and the server says so now and then (120). Bytes alone are no such
    // word: whoever sends one now and then, of whatever, would be waited for, for ever.
    const watch = verb === 'h' ? watchStall(clock, timeout, () => exchange.signs, onSilence) : undefined;
    const limit = clock.after(verb === 'h' ? LONGEST_WAIT : timeout, onSilence);
    try {
      const reply = await unlessAborted(Promise.race([final, verdict.promise, silence.promise]), signal);
      if (reply.code >= 400) throw refusal(reply, this.asker);
      assertAnswers(reply, verb, path);
      if (reply.code === 213) this.vouches = true;
      return reply;
    } catch (error) {
      if (!exchange.settled || isTwinportError(error, 'protocol')) this.conn.destroy();
      throw error;
    } finally {
      verdict.stop();
      watch?.cancel();
      limit.cancel();
    }
  }

  /**
   * A request with its data connection. `body` moves the bytes; the transfer is over when it has returned
   * *and* the final reply came, in either order (DESIGN §6.7). The end of Q alone is believed only of a
   * server that has never said a coded word.
   */
  async transfer<T>(
    request: DataRequest,
    body: (conn: Conn, exchange: Exchange, signal: AbortSignal) => Promise<T>,
  ): Promise<Answer<T>> {
    const scope = new Scope(request.signal);
    let listening: (Channel & { readonly port: number }) | undefined;
    let exchange: Exchange | undefined;
    try {
      throwIfAborted(scope.signal);
      const secret = this.secret(request);
      listening = request.passive ? undefined : await this.listen(request, secret);
      const { token } = secret;
      exchange = this.asker.ask(
        formatRequest({
          verb: request.verb,
          path: request.path,
          port: listening?.port ?? 0,
          options: { ...request.options, ...(token && { token }) },
        }),
      );
      let begun: Reply | undefined;
      exchange.begun.then(
        (reply) => (begun = reply),
        () => undefined,
      );
      const conn = await this.open(request, exchange, listening, secret, scope);
      request.onData(conn.remote);
      const value = await this.run(conn, exchange, scope, body, request);
      const final = await ending(this.talk, exchange, scope.signal, request.verb === 'p');
      // A plain server owes nothing more: what it says from now on is about the next request.
      if (final === undefined) this.asker.forget(exchange);
      return { value, begun, final };
    } catch (error) {
      const reason = scope.signal.aborted ? reasonOf(scope.signal) : error;
      await listening?.cancel();
      if (exchange !== undefined) await settle(this.talk, exchange);
      throw reason;
    } finally {
      scope.close();
    }
  }

  /** What Q is known by: under TLS by what only this request's two ends can know, else by a token where one is allowed. */
  private secret(request: DataRequest): Secret {
    const { secured } = this.conn;
    // Nothing is asked between this and the request itself: its line is the next.
    if (secured !== undefined) return { proof: binding().clientProof(secured, this.asker.sent + 1) };
    return this.mayUseOptions(request) ? { token: freshToken() } : {};
  }

  /** Options only where a plain server could not serve the request anyway, or after a native reply (DESIGN §3.3). */
  mayUseOptions(request: { readonly verb: Verb; readonly passive: boolean }): boolean {
    return this.asker.native || request.passive || request.verb === 'p';
  }

  private async listen(
    { dataPort: port, receives }: DataRequest,
    secret: Secret,
  ): Promise<Channel & { readonly port: number }> {
    const { network, clock, dataFrom } = this.options;
    const { remote } = this.conn;
    assertOtherPort(network, remote, port);
    return listenChannel({
      network,
      clock,
      ports: [port, port],
      allows: (from) => mayDial(network, remote, from, dataFrom),
      wait: this.patience,
      bulk: receives,
      ...secret,
    });
  }

  /** For Q, or for the word where it will be: longer than a server dials (8 s), unless less was asked for. */
  private get patience(): number {
    return Math.min(LIMITS.awaitData, this.options.timeout);
  }

  private async open(
    request: DataRequest,
    exchange: Exchange,
    listening: Channel | undefined,
    secret: Secret,
    scope: Scope,
  ): Promise<Conn> {
    const verdict = new Verdict(this.asker, exchange, this.options.clock);
    try {
      const channel = listening ?? (await this.passiveChannel(request, exchange, verdict, secret, scope.signal));
      const opened = channel.open(scope.signal);
      opened.catch(() => undefined);
      try {
        return await Promise.race([opened, verdict.promise]);
      } catch (error) {
        await channel.cancel();
        void opened.then((conn) => conn.destroy()).catch(() => undefined);
        if (isTwinportError(error, 'data-timeout')) throw this.silence();
        throw error;
      }
    } finally {
      verdict.stop();
    }
  }

  /** Nobody dialled in time. What was said until then tells two very different troubles apart. */
  private silence(): TwinportError {
    return this.asker.native
      ? new TwinportError(
          'data-timeout',
          'the server accepted the request, but no data connection arrived (a firewall?)',
        )
      : new TwinportError('timeout', 'the server says nothing: it may not be a Twinport server');
  }

  private async passiveChannel(
    request: DataRequest,
    exchange: Exchange,
    verdict: Verdict,
    secret: Secret,
    signal: AbortSignal,
  ): Promise<Channel> {
    const { network, clock } = this.options;
    // The end of P alone does not tell why there is no 150: what was said before it may.
    const said = exchange.begun.catch((error: unknown) =>
      isTwinportError(error, 'connection-lost') ? verdict.promise : Promise.reject(error as Error),
    );
    const begun = unlessLater(said, clock, this.patience, () => this.silence());
    const reply = await Promise.race([unlessAborted(begun, signal), verdict.promise]);
    const port = parseDecimal(replyFacts(reply).facts.get('port') ?? '');
    // Below 1024 is somebody else's: through a tunnel P's far end is this very machine, and a put would be sent to its mail
    // server (RFC 2577 §3, which servers of ours keep to themselves).
    if (port === undefined || port < 1024 || port > 65535) {
      throw new TwinportError('protocol', 'the server did not say where to open the data connection');
    }
    const { local, remote } = this.conn;
    // The address is P's own; a port is all that a reply may tell us (a name or address could be anybody's).
    return dialChannel({
      network,
      clock,
      to: { address: remote.address, port },
      from: local.address,
      isOurs: () => false,
      bulk: request.receives,
      ...secret,
    });
  }

  private async run<T>(
    conn: Conn,
    exchange: Exchange,
    scope: Scope,
    body: (conn: Conn, exchange: Exchange, signal: AbortSignal) => Promise<T>,
    { receives, pace }: Pick<DataRequest, 'receives' | 'pace'>,
  ): Promise<T> {
    const { clock, timeout } = this.options;
    log.trace(
      'open, %s:%d here, %s:%d there',
      conn.local.address,
      conn.local.port,
      conn.remote.address,
      conn.remote.port,
    );
    scope.signal.addEventListener('abort', () => conn.reset(), { once: true });
    if (scope.signal.aborted) conn.reset();
    // Of Q only the way that the data go, and of P only whole signs of life: a byte now and then, of whatever, would keep
    // a transfer that stands still for ever, and so would signs of life alone.
    const data = (): number => (receives ? receivedOn(conn) : sentOn(conn)) + (pace?.signsOfLife() ?? 0);
    const onStall = ({ message }: TwinportError): void => scope.abort(new TwinportError('timeout', message));
    const watches = [
      watchStall(clock, timeout, () => data() + exchange.signs, onStall),
      watchStall(clock, LONGEST_WAIT, data, onStall),
    ];
    const refused = exchange.final.then((reply) => {
      if (reply.code >= 400) throw refusal(reply, this.asker);
      return new Promise<never>(() => undefined);
    });
    // P may end early; only the ending decides what that means.
    const whenRefused = refused.catch((error: unknown) =>
      isTwinportError(error, 'refused') ? Promise.reject(error) : new Promise<never>(() => undefined),
    );
    whenRefused.catch(() => undefined);
    // The body's own signal: a refusal ends it too, whatever it is waiting for.
    const work = new Scope(scope.signal);
    const moving = body(conn, exchange, work.signal);
    try {
      const value = await Promise.race([moving, whenRefused]);
      log.trace('ended, %d bytes in, %d out', conn.bytesRead, conn.bytesWritten);
      // The other side waits for our FIN before its final reply.
      conn.end().catch(() => conn.destroy());
      return value;
    } catch (error) {
      log.trace('reset after %d bytes in, %d out: %s', conn.bytesRead, conn.bytesWritten, sentenceOf(error));
      conn.reset();
      work.abort(isTwinportError(error) ? error : new TwinportError('aborted', 'aborted', { cause: error }));
      // It may be in the middle of a write: what it writes to must not be closed under it.
      await moving.catch(() => undefined);
      if (scope.signal.aborted) throw reasonOf(scope.signal);
      if (!isTwinportError(error, 'connection-lost')) throw error;
      // Q was reset: P may say why. Without a word it is simply not whole.
      await ending(this.talk, exchange, scope.signal);
      throw new TwinportError('incomplete', 'the data connection was lost', { cause: error });
    } finally {
      for (const watch of watches) watch.cancel();
      work.close();
    }
  }
}

interface Secret {
  readonly token?: Buffer;
  readonly proof?: Proof;
}

/** Loaded under TLS alone. */
function binding(): typeof import('./binding') {
  return require('./binding') as typeof import('./binding');
}

/** 128 bits. Loaded here because it takes 2 ms, and a plain active request goes without. */
function freshToken(): Buffer {
  const { randomBytes } = require('node:crypto') as typeof import('node:crypto');
  return randomBytes(16);
}
