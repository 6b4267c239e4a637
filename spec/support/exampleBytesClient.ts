import { connect, isTwinportError, type Client } from '../../lib';
import type { DialectName } from '../../lib/dialects/registry';
import type { Conn, Listener } from '../../lib/net/network';
import type { Actor } from './example';
import type { Ask, ByteExample, ByteStep } from './exampleBytes';
import { BytePlay, CLIENT, rest, SERVER } from './exampleBytesPlay';
import { Place } from './ftPair';

/** Executes the examples that show the client of a small dialect: the spec plays the server. */
export async function playByteClient(example: ByteExample): Promise<void> {
  const play = new PlayedServer(example);
  try {
    await play.connect();
    await play.run();
  } finally {
    await play.leave(play.program);
  }
}

class PlayedServer extends BytePlay {
  readonly #place = new Place();
  #listener: Listener | undefined;
  readonly #accepted: Conn[] = [];
  /** How many of them the document shows. */
  #shown = 0;
  #program: Client | undefined;
  #asked: Ask | undefined;
  #outcome: string | undefined;
  #listed: readonly string[] = [];
  readonly #told = new Set<string>();

  async connect(): Promise<void> {
    const { dialect, steps } = this.example;
    this.#listener = await this.server.listen({ port: 0 }, (conn) => this.#accepted.push(conn));
    const [first] = steps;
    const settings = first?.kind === 'ask' ? first.settings : {};
    const { port } = this.#listener.local;
    this.bound.set('PORT', String(port));
    const [network, clock] = [this.client, this.clock];
    const to = { host: SERVER, port, network, clock, dialect: dialect as DialectName, settings };
    this.#program = await connect(to);
  }

  get program(): { close(): Promise<void> } {
    return { close: async () => this.#program?.close() };
  }

  protected plays(actor: Actor): boolean {
    return actor === 'S' || actor === 's';
  }

  protected async control(number: number): Promise<Conn> {
    const conn = this.#accepted[number - 1];
    if (conn === undefined) throw new Error(`the client did not make connection ${number}`);
    this.#shown += 1;
    return conn;
  }

  protected openData(dials: 'server' | 'client'): Promise<Conn> {
    if (dials === 'client') throw new Error('no client of these dialects dials a second time');
    const port = Number(this.bound.get('DATA'));
    return this.server.dial({ host: CLIENT, port }, new AbortController().signal);
  }

  protected prepare(): Promise<void> {
    return Promise.resolve();
  }

  protected async other(step: ByteStep): Promise<void> {
    switch (step.kind) {
      case 'ask':
        return this.#ask(step);
      case 'outcome':
        this.#told.add('outcome');
        return this.bound.expect(step.text, this.#outcome ?? 'still at it');
      case 'lists':
        this.#told.add('lists');
        return differs(step.names.join('\n'), this.#listed.join('\n'));
      case 'holds': {
        this.#told.add('holds');
        const there = this.#place.names.includes(step.name);
        return differs(String(step.content), there ? this.#place.read(step.name).toString() : 'undefined');
      }
      default:
    }
  }

  #ask(step: Ask): void {
    this.#asked = step;
    const done = (outcome: string): void => void (this.#outcome = outcome);
    this.#carryOut(step).then(done, (error: unknown) =>
      done(isTwinportError(error) ? `${error.code}: ${error.message}` : `defect: ${String((error as Error).stack)}`),
    );
  }

  async #carryOut({ verb, name, body }: Ask): Promise<string> {
    const program = this.#program as Client;
    const verified = await (async () => {
      if (verb === 'get') return (await program.get(name, this.#place.path(name))).verified;
      if (verb === 'put') return (await program.put(this.#place.write(name, body), name)).verified;
      const listing = await program.list();
      this.#listed = listing.entries.map((entry) => entry.name);
      return listing.verified;
    })();
    return verified ? 'verified' : 'unverified';
  }

  /** An example that does not say what comes of it would prove nothing about the client. */
  protected async finish(): Promise<void> {
    const made = this.#accepted.length;
    if (made !== this.#shown) throw new Error(`${made} connections were made, the document says ${this.#shown}`);
    const { verb } = this.#asked as Ask;
    const owed = ['outcome', ...(verb === 'get' ? ['holds'] : []), ...(verb === 'list' ? ['lists'] : [])];
    const unsaid = owed.filter((kind) => !this.#told.has(kind));
    if (unsaid.length > 0) throw new Error(`the example does not say how it ends for the client (${unsaid.join()})`);
  }

  protected async left(): Promise<void> {
    for (const conn of this.#accepted) conn.destroy();
    await this.#listener?.close();
    await rest();
    this.#place.remove();
  }
}

function differs(said: string, came: string): void {
  if (said !== came) throw new Error(`it ended ${JSON.stringify(came)}, the document says ${JSON.stringify(said)}`);
}
