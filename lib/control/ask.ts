import { isTwinportError, sentenceOf, TwinportError } from '../errors';
import { deferred } from '../data/scope';
import { forLog, logFor } from '../log';
import type { Conn } from '../net/network';
import { encodeName } from '../wire/names';
import { ReplyDecoder, type Reply, type Said } from '../wire/replies';

const log = logFor('control');

/** One request on its way: what the server said to it. */
export class Exchange {
  private readonly beginning = deferred<Reply>();
  private readonly ending = deferred<Reply>();
  /** Lines without a code: a homemade server's error, or chatter; which, only the data connection tells. */
  readonly texts: string[];
  /** Something uncoded, whole or half a line, was there before the request was sent. */
  readonly forestalled: boolean;
  /** Called when uncoded text, or half a line, arrives. */
  onText: () => void = () => undefined;
  /** The final reply is there, or will never come. */
  settled = false;
  /** Signs of life (120) so far, each a whole line. */
  signs = 0;

  constructor({ texts = [], unfinished = false }: { texts?: string[]; unfinished?: boolean } = {}) {
    this.texts = texts;
    this.forestalled = texts.length > 0 || unfinished;
  }

  /** The preliminary reply (1xx). Rejects, like `final`, when the control connection ends first. */
  get begun(): Promise<Reply> {
    return this.beginning.promise;
  }

  /** The final reply, whatever it says; rejects `connection-lost` when there will be none. */
  get final(): Promise<Reply> {
    return this.ending.promise;
  }

  begin(reply: Reply): void {
    this.beginning.resolve(reply);
  }

  finish(reply: Reply): void {
    this.settled = true;
    // Without effect when it had begun; otherwise who waits for the beginning must not wait for ever.
    this.beginning.reject(
      reply.code >= 400
        ? new TwinportError('refused', reply.text, { reply: reply.code })
        : new TwinportError('protocol', 'the server was done before it began'),
    );
    this.ending.resolve(reply);
  }

  fail(error: TwinportError): void {
    this.settled = true;
    this.beginning.reject(error);
    this.ending.reject(error);
  }

  text(text: string): void {
    if (this.texts.length < MOST_TEXTS) this.texts.push(text);
    this.onText();
  }
}

/** Uncoded lines kept per request: an error text is a line or two, a flood is not worth memory. */
const MOST_TEXTS = 16;

/** The client's end of the control connection (the user-PI): always reading, replies matched in order. */
export class Asker {
  private readonly decoder = new ReplyDecoder();
  private readonly waiting: Exchange[] = [];
  private readonly over = deferred<TwinportError>();
  private lastWords: Reply | undefined;
  private readonly secrets: string[] = [];
  /** Said before anything was asked (an SSH server's banner, netcat's text): about the first request, not lost. */
  private early: string[] | undefined = [];
  /** Request lines so far: the server counts them as well. */
  sent = 0;
  /** The server has spoken our language on this connection: from now on it is held to it. */
  native = false;
  /** It began with a 220, as FTP and mail servers do. */
  greeted = false;

  constructor(readonly conn: Conn) {
    void this.readLoop();
  }

  /** Resolves, with the reason, when nothing more will be read. */
  get ended(): Promise<TwinportError> {
    return this.over.promise;
  }

  /** True until the control connection has ended. */
  alive = true;

  /** Sends a request line; its replies arrive in the exchange. */
  ask(line: Buffer): Exchange {
    const { early } = this;
    this.early = undefined;
    const exchange = new Exchange(early && { texts: early, unfinished: this.decoder.pendingLength > 0 });
    if (!this.alive) {
      exchange.fail(new TwinportError('connection-lost', this.howItEnded()));
      return exchange;
    }
    this.waiting.push(exchange);
    this.say(line);
    return exchange;
  }

  /** Sends a line that has no reply of its own. */
  say(line: Buffer): void {
    this.sent += 1;
    log.trace('> %s', forLog(line.toString('utf8').trimEnd()));
    // A failed write shows as the end of reading, which fails what waits.
    this.conn.write(line).catch(() => undefined);
  }

  /** No reply to this one is expected any more. */
  forget(exchange: Exchange): void {
    const at = this.waiting.indexOf(exchange);
    if (at !== -1) this.waiting.splice(at, 1);
  }

  /** What arrived without a newline counts now: nothing more comes, or nothing for a while. */
  flush(): void {
    const said = this.decoder.takePending();
    // A coded line without its end may be cut short: it can still be an error's text, never a success.
    if (said === undefined || (said.kind === 'reply' && said.reply.code < 400)) return;
    this.hear(said);
  }

  private async readLoop(): Promise<void> {
    let reason = new TwinportError('connection-lost', 'the server closed the control connection');
    try {
      for (let chunks; (chunks = await this.conn.read()) !== null;) {
        for (const chunk of chunks) {
          this.decoder.push(chunk);
          for (let said; (said = this.decoder.next()) !== undefined;) this.hear(said);
        }
        if (this.decoder.pendingLength > 0) this.waiting[0]?.onText();
      }
      this.flush();
    } catch (error) {
      reason = isTwinportError(error)
        ? error
        : new TwinportError('connection-lost', sentenceOf(error), { cause: error });
      // A homemade server that says its error and closes without having read all of ours resets: it has spoken.
      if (reason.code === 'connection-lost') this.flush();
      if (reason.code === 'protocol') {
        if (!this.native) reason = new TwinportError('not-understood', 'the server does not speak our language');
        this.conn.destroy();
      }
    }
    log.trace('control connection over: %s', reason.message);
    this.alive = false;
    this.over.resolve(reason);
    const farewell =
      this.lastWords === undefined ? reason : new TwinportError('refused', this.lastWords.text, { reply: 421 });
    for (const exchange of this.waiting.splice(0)) exchange.fail(farewell);
  }

  /**
   * What is not shown from now on, whoever says it. A server could send a password back in its words, to have it in a log
   * here, and plain ones repeat what they do not understand.
   */
  hide(secret: string): void {
    const hex = encodeName(secret).toString('hex');
    if (secret !== '') this.secrets.push(secret, hex, hex.toUpperCase());
  }

  private without(text: string): string {
    return this.secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
  }

  private hear(said: Said): void {
    if (said.kind === 'uncoded') {
      const text = this.without(said.text);
      log.trace('< %s (uncoded)', forLog(text));
      if (this.early !== undefined && this.early.length < MOST_TEXTS) this.early.push(text);
      this.waiting[0]?.text(text);
      return;
    }
    const lines = said.reply.lines.map((line) => this.without(line));
    log.trace('< %d %s', said.reply.code, forLog(lines.join(' / ')));
    // Facts are no words: they are compared, not shown, and a short password may well be in them.
    const reply = said.reply.code < 400 ? said.reply : { ...said.reply, lines, text: lines[0] ?? '' };
    if (reply.code === 220 && !this.native && !this.greeted) {
      // One greeting is forgiven: servers derived from FTP's send it unasked.
      this.greeted = true;
      return;
    }
    this.native = true;
    if (reply.code === 421) this.lastWords = reply;
    const [asked] = this.waiting;
    // A sign of life; that something was said is all it says.
    if (reply.code === 120) {
      if (asked !== undefined) asked.signs += 1;
      return;
    }
    if (reply.code < 200) asked?.begin(reply);
    else this.waiting.shift()?.finish(reply);
  }

  private howItEnded(): string {
    return this.lastWords?.text ?? 'the control connection has ended';
  }
}
