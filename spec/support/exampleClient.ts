import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, isTwinportError, type Client } from '../../lib';
import { Bindings, type Example, type Step } from './example';
import { connectRaw, listenRaw, type RawListener, type RawPeer } from './peer';
import { Tap } from './tap';

/** Executes the examples that show a client: the spec plays the server, over TCP, against the real one. */

/** Rejects with what differs, and releases everything whichever way it ends. */
export async function playClientExample(example: Example): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'twinport-example-'));
  const p = await listenRaw();
  // Its port stands in a 150 before anybody dials it.
  const q = await listenRaw();
  const client = await connect({ host: '127.0.0.1', port: p.port });
  const player = new PlayedServer(example, client, await p.next(), q, scratch);
  try {
    for (const step of example.steps) await player.play(step);
    await player.finish();
  } finally {
    player.leave();
    await client.close();
    await Promise.all([p.close(), q.close(), player.settled]);
    await rm(scratch, { recursive: true, force: true });
  }
}

class PlayedServer {
  readonly #p: Tap;
  readonly #bound = new Bindings();
  #q: Tap | undefined;
  #outcome: Promise<string> | undefined;
  #told = false;

  constructor(
    private readonly example: Example,
    private readonly client: Client,
    p: RawPeer,
    private readonly listener: RawListener,
    private readonly scratch: string,
  ) {
    this.#p = new Tap(p, 'P');
    this.#bound.set('PORT', String(listener.port));
    this.#bound.set('TIME', '20261120143000.123');
    this.#bound.set('VERSION', '10fab6b2090dda13');
  }

  async play(step: Step): Promise<void> {
    switch (step.kind) {
      case 'open':
        this.#q = new Tap(
          step.dials === 'server' ? await connectRaw(Number(this.#bound.get('DATA'))) : await this.listener.next(),
          'Q',
        );
        return;
      case 'end':
        return this.#end(step.actor);
      case 'remark':
        return this.#ends(step.text);
      case 'line':
        return this.#line(step.actor, step.text);
    }
  }

  /** An example that does not say what comes of it would prove nothing about the client. */
  async finish(): Promise<void> {
    if (!this.#told) throw new Error('the example does not say how it ends for the client');
    await this.#p.silent({ mayEnd: true });
  }

  leave(): void {
    this.#p.peer.destroy();
    this.#q?.peer.destroy();
  }

  /** Resolves when the client's operation is over, however. */
  get settled(): Promise<unknown> {
    return Promise.resolve(this.#outcome);
  }

  async #line(actor: 'C' | 'S' | 'c' | 's', text: string): Promise<void> {
    switch (actor) {
      case 'C':
        this.#outcome ??= this.#ask(text);
        return this.#bound.expect(`${text}\n`, await this.#p.line());
      case 'S':
        await this.#q?.silent({ mayEnd: true });
        return this.#p.peer.send(`${this.#bound.filled(text)}\r\n`);
      case 'c': {
        if (text !== 'TOKEN') return this.#bound.expect(`${text}\n`, await this.#data.line());
        const token = Buffer.from(this.#bound.get('TOKEN'), 'hex');
        const came = await this.#data.bytes(token.length);
        if (!came.equals(token)) throw new Error(`the client's token is ${came.toString('hex')}`);
        return;
      }
      case 's':
        return this.#data.peer.send(`${this.#bound.filled(text)}\n`);
    }
  }

  async #end(actor: 'C' | 'S' | 'c' | 's'): Promise<void> {
    const tap = actor === 'C' || actor === 'S' ? this.#p : this.#data;
    await (actor === 'S' || actor === 's' ? tap.peer.end() : tap.end());
  }

  /** Asks for what the example's first line asks; `verified`, `unverified`, `refused: why` or `CODE: why`. */
  async #ask(line: string): Promise<string> {
    const words = line.split(' ').filter((word) => !word.startsWith('--'));
    const [verb, ...rest] = words;
    const passive = rest.pop() === '0';
    const path = rest.join(' ');
    const file = join(this.scratch, 'file');
    try {
      const verified = await this.#operation(verb, path, file, passive);
      return verified ? 'verified' : 'unverified';
    } catch (error) {
      if (!isTwinportError(error)) throw error;
      return `${error.code}: ${error.message}`;
    }
  }

  async #operation(verb: string | undefined, path: string, file: string, passive: boolean): Promise<boolean> {
    switch (verb) {
      case '-l': {
        const { entries, verified } = await this.client.list(path, { passive });
        if (entries.map(({ name }) => `${name}\n`).join('') !== this.#body('s')) throw new Error('another listing');
        return verified;
      }
      case '-g': {
        const { verified } = await this.client.get(path, file, { passive });
        if ((await readFile(file, 'utf8')) !== this.#body('s')) throw new Error('another file');
        return verified;
      }
      case '-p': {
        await writeFile(file, this.#body('c'));
        return (await this.client.put(file, path, { passive })).verified;
      }
      default:
        throw new Error(`no client of ours begins with ${String(verb)}`);
    }
  }

  /** What goes over Q in the whole example. */
  #body(actor: 'c' | 's'): string {
    return this.example.steps
      .map((step) => (step.kind === 'line' && step.actor === actor && step.text !== 'TOKEN' ? `${step.text}\n` : ''))
      .join('');
  }

  async #ends(expected: string): Promise<void> {
    const outcome = await this.#outcome;
    if (outcome !== expected) throw new Error(`it ended "${String(outcome)}", the document says "${expected}"`);
    this.#told = true;
  }

  get #data(): Tap {
    if (this.#q === undefined) throw new Error('there is no data connection yet');
    return this.#q;
  }
}
