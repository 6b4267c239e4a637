import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A bare socket for specs: a peer that follows no protocol but what the spec makes it say. Everything is
 * awaited, nothing sleeps; a hope that can no longer come true rejects with what was received instead.
 */
export class RawPeer {
  #chunks: Buffer[] = [];
  #state: 'open' | 'ended' | 'reset' | 'closed' = 'open';
  readonly #watchers = new Set<() => void>();
  /** Resolves when the socket is gone, however it went. */
  readonly closed: Promise<void>;

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#wake();
    });
    socket.on('end', () => this.#becomes('ended'));
    socket.on('error', () => this.#becomes('reset'));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#becomes('closed');
        resolve();
      });
    });
  }

  /** Everything that has arrived. */
  get received(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  /** How the peer's side of it ended, `open` until then. */
  get state(): 'open' | 'ended' | 'reset' | 'closed' {
    return this.#state;
  }

  /** Resolves when the bytes were handed over. */
  send(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Waits until what arrived matches, and returns all of it. */
  async until(pattern: string | RegExp | ((received: Buffer) => boolean)): Promise<string> {
    const matches = (): boolean => {
      if (typeof pattern === 'function') return pattern(this.received);
      return typeof pattern === 'string' ? this.text.includes(pattern) : pattern.test(this.text);
    };
    await this.#when(() => matches() || this.#state !== 'open');
    if (!matches())
      throw new Error(`${this.#state} before ${String(pattern)}: ${JSON.stringify(this.text.slice(-500))}`);
    return this.text;
  }

  /** Waits for the other side's FIN, and returns all that came before it. A reset rejects. */
  async untilEnd(): Promise<Buffer> {
    await this.#when(() => this.#state !== 'open');
    if (this.#state !== 'ended')
      throw new Error(`${this.#state} instead of an end after ${this.received.length} bytes`);
    return this.received;
  }

  /** Waits until it is over, and says how. */
  async outcome(): Promise<'ended' | 'reset' | 'closed'> {
    await this.#when(() => this.#state !== 'open');
    return this.#state as 'ended' | 'reset' | 'closed';
  }

  /** Stops reading: the other side feels it once the buffers between are full. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** FIN; reading goes on. */
  end(bytes?: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.socket.end(bytes ?? '', () => resolve()));
  }

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** The first way it ended is what counts; an orderly close after an end is still that end. */
  #becomes(state: 'ended' | 'reset' | 'closed'): void {
    if (this.#state === 'open') this.#state = state;
    this.#wake();
  }

  #when(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  #wake(): void {
    for (const look of [...this.#watchers]) look();
  }
}

export interface ConnectRawOptions {
  readonly host?: string;
  readonly localAddress?: string;
}

export function connectRaw(port: number, options: ConnectRawOptions = {}): Promise<RawPeer> {
  const socket = connect({ host: '127.0.0.1', ...options, port, allowHalfOpen: true, noDelay: true });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(new RawPeer(socket));
    });
  });
}

export interface RawListener {
  readonly port: number;
  /** Every connection so far, in order. */
  readonly peers: readonly RawPeer[];
  /** The next connection nobody has asked for yet. */
  next(): Promise<RawPeer>;
  /** Stops listening and destroys every connection. */
  close(): Promise<void>;
}

export async function listenRaw(host = '127.0.0.1', port = 0): Promise<RawListener> {
  const peers: RawPeer[] = [];
  const waiting: ((peer: RawPeer) => void)[] = [];
  let asked = 0;
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const peer = new RawPeer(socket);
    peers.push(peer);
    waiting.shift()?.(peer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    peers,
    next: () => {
      asked += 1;
      const peer = peers[asked - 1];
      return peer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(peer);
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const peer of peers) peer.destroy();
      await closed;
    },
  };
}

/** A port on loopback that nobody listens on: just freed, so it will not be given to another soon. */
export async function unheldPort(): Promise<number> {
  const listener = await listenRaw();
  await listener.close();
  return listener.port;
}
