import { createServer, type Server } from '../../lib';
import type { PortDialect } from '../../lib/dialects/registry';
import type { Conn, Listener } from '../../lib/net/network';
import { memoryStorage } from '../../lib/storage/memory';
import type { Actor } from './example';
import type { ByteExample, ByteStep } from './exampleBytes';
import { BytePlay, CLIENT, rest, SERVER } from './exampleBytesPlay';

/** Executes the examples that show the server of a small dialect: the spec plays the clients. */
export async function playByteServer(example: ByteExample): Promise<void> {
  const play = new PlayedClients(example);
  const server = createServer({ storage: play.storage, network: play.server, clock: play.clock });
  try {
    await play.listen(server);
    await play.run();
  } finally {
    await play.leave({ close: () => server.close(0) });
  }
}

/** What the document says is served. */
const FILES = { 'hello.txt': 'hello, world\n' };

class PlayedClients extends BytePlay {
  readonly storage = memoryStorage(FILES);
  #port = 0;
  /** Where the client waits to be dialled, and who dialled. */
  #listener: Listener | undefined;
  readonly #dialled: Conn[] = [];

  async listen(server: Server): Promise<void> {
    this.storage.mkdir('notes');
    const dialect = this.example.dialect as PortDialect;
    const [first] = this.example.steps;
    const settings = first?.kind === 'serve' ? first.settings : {};
    this.#port = (await server.listen(0, { ...settings, dialect })).port;
  }

  protected plays(actor: Actor): boolean {
    return actor === 'C' || actor === 'c';
  }

  protected control(): Promise<Conn> {
    return this.client.dial({ host: SERVER, port: this.#port }, new AbortController().signal);
  }

  protected async openData(dials: 'server' | 'client'): Promise<Conn> {
    const conn = dials === 'server' ? this.#dialled.shift() : undefined;
    if (conn === undefined) throw new Error('the server did not dial where the document says so');
    if (conn.remote.address !== SERVER) throw new Error(`the server dialled from ${conn.remote.address}`);
    return conn;
  }

  protected async prepare(text: string): Promise<void> {
    if (!text.includes('DATA') || this.#listener !== undefined) return;
    this.#listener = await this.client.listen({ host: CLIENT, port: 0 }, (conn) => this.#dialled.push(conn));
    this.bound.set('DATA', String(this.#listener.local.port));
  }

  protected async other(step: ByteStep): Promise<void> {
    if (step.kind === 'serve') return;
    if (step.kind !== 'holds') throw new Error(`a server's example cannot say what comes of it by "${step.kind}"`);
    const { name, content } = step;
    const held = this.storage.bytes(name)?.toString();
    if (held === content) return;
    throw new Error(
      `the document says that ${name} holds ${JSON.stringify(content)}, not ${JSON.stringify(held?.slice(0, 200))}`,
    );
  }

  protected async finish(): Promise<void> {
    if (this.#dialled.length > 0) throw new Error('the server dialled where the document does not say so');
  }

  protected async left(): Promise<void> {
    for (const conn of this.#dialled) conn.destroy();
    await this.#listener?.close();
    await rest();
  }
}
