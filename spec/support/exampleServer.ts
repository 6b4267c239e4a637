import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, TLSSocket } from 'node:tls';
import { createServer } from '../../lib';
import { localStorage } from '../../lib/storage/local';
import { RIGHTS } from '../../lib/wire/rights';
import { People } from './accounts';
import { Bindings, type Example, type Step } from './example';
import { settle } from './fakeClock';
import { connectRaw, listenRaw, RawPeer, type RawListener } from './peer';
import { Tap } from './tap';
import { authority, certified } from './tls';

/** Executes the examples that show a server: the spec plays the client, over TCP, against the real one. */

export const HELLO = 'hello, world\n';
/** Long enough ago, on a clock that is ahead: ctime cannot be set, and a young file has no version yet. */
const LONG_AGO = new Date(Date.UTC(2026, 10, 20, 14, 30, 0, 123));
const AHEAD = 60_000;

/** Rejects with what differs, and releases everything whichever way it ends. */
export async function playServerExample(example: Example): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'twinport-example-'));
  const writable = example.kind === 'writable-server';
  await writeFile(join(root, 'hello.txt'), HELLO);
  await mkdir(join(root, 'notes'));
  for (const name of ['hello.txt', 'notes']) await utimes(join(root, name), LONG_AGO, LONG_AGO);
  const storage = await localStorage({ root, writable, now: () => Date.now() + AHEAD });
  const accounts = example.kind === 'accounts-server' && { authenticator: new People({ alice: 'sesame' }) };
  const tls = example.kind === 'tls-server' && { tls: certified('server') };
  const server = createServer({ storage, ...(writable && { allow: RIGHTS }), ...accounts, ...tls });
  const { port } = await server.listen(0, '127.0.0.1');
  const secure = tls === false ? (peer: RawPeer) => Promise.resolve(peer) : secured;
  const player = new PlayedClient(await secure(await connectRaw(port)), root, secure);
  try {
    for (const step of example.steps) await player.play(step);
    await player.finish();
  } finally {
    await player.leave();
    await server.close(0);
    await storage.close();
    await rm(root, { recursive: true, force: true });
  }
}

/** The client's side of TLS, whoever dialled. */
async function secured({ socket }: RawPeer): Promise<RawPeer> {
  const secure = connect({ socket, host: 'localhost', servername: 'localhost', ca: authority() });
  await new Promise((resolve, reject) => {
    secure.once('secureConnect', resolve);
    secure.once('error', reject);
  });
  return new RawPeer(secure);
}

class PlayedClient {
  readonly #p: Tap;
  readonly #bound = new Bindings();
  readonly #peers: RawPeer[] = [];
  #q: Tap | undefined;
  #listener: RawListener | undefined;
  /** The request that is being answered, as it was sent. */
  #request = '';
  /** What was sent on Q for it. */
  #sent = '';
  /** How many lines were sent on P. */
  #lines = 0;
  #ended = { C: false, S: false, c: true, s: true };

  constructor(
    p: RawPeer,
    private readonly root: string,
    /** What a connection goes through before it is one of this example. */
    private readonly secure: (peer: RawPeer) => Promise<RawPeer>,
  ) {
    this.#p = this.#tap(p, 'P');
    this.#bound.set('TOKEN', randomBytes(16).toString('hex'));
  }

  async play(step: Step): Promise<void> {
    switch (step.kind) {
      case 'open':
        return this.#open(step.dials);
      case 'end':
        return this.#end(step.actor);
      case 'remark':
        return;
      case 'line':
        return this.#line(step.actor, step.text);
    }
  }

  /** What an example leaves unsaid: the client is done, and the server has nothing to add. */
  async finish(): Promise<void> {
    await this.#noMoreDials();
    if (!this.#ended.C) await this.#end('C');
    if (!this.#ended.S) await this.#end('S');
  }

  async leave(): Promise<void> {
    for (const peer of this.#peers) peer.destroy();
    await this.#listener?.close();
    await Promise.all(this.#peers.map(({ closed }) => closed));
  }

  async #line(actor: 'C' | 'S' | 'c' | 's', text: string): Promise<void> {
    switch (actor) {
      case 'C':
        return this.#say(text);
      case 'S': {
        const came = await this.#p.line();
        this.#bound.expect(`${text}\r\n`, came);
        if (came.startsWith('226 ') && this.#request.startsWith('-p ')) await this.#stored();
        return;
      }
      case 'c': {
        await this.#nobodyHurries();
        if (text === 'BINDING') return this.#data.peer.send(this.#binding());
        const bytes = text === 'TOKEN' ? Buffer.from(this.#bound.get('TOKEN'), 'hex') : `${this.#bound.filled(text)}\n`;
        if (typeof bytes === 'string') this.#sent += bytes;
        return this.#data.peer.send(bytes);
      }
      case 's':
        return this.#bound.expect(`${text}\n`, await this.#data.line());
    }
  }

  async #say(text: string): Promise<void> {
    await this.#nobodyHurries();
    // `-c` is the second half of a put, every other line a request of its own.
    const isRequest = !text.startsWith('-c ');
    if (isRequest) await this.#noMoreDials();
    if (text.includes('DATA')) {
      this.#listener = await listenRaw();
      this.#bound.set('DATA', String(this.#listener.port));
    }
    const line = this.#bound.filled(text);
    if (isRequest) [this.#request, this.#sent] = [line, ''];
    this.#lines += 1;
    await this.#p.peer.send(line.includes('<NUL>') ? line.replaceAll('<NUL>', '\0') : `${line}\n`);
  }

  async #open(dials: 'server' | 'client'): Promise<void> {
    const peer = dials === 'server' ? await this.#listener?.next() : await connectRaw(Number(this.#bound.get('PORT')));
    if (peer === undefined) throw new Error('no request has named a data port');
    const secured = await this.secure(peer);
    // What was dialled is counted by what it was before.
    if (secured !== peer) this.#peers.push(peer);
    this.#q = this.#tap(secured, 'Q');
    this.#ended = { ...this.#ended, c: false, s: false };
  }

  async #end(actor: 'C' | 'S' | 'c' | 's'): Promise<void> {
    const tap = actor === 'C' || actor === 'S' ? this.#p : this.#data;
    const ours = actor === 'C' || actor === 'c';
    if (ours) await this.#nobodyHurries();
    this.#ended[actor] = true;
    await (ours ? tap.peer.end() : tap.end());
  }

  /** Before each step of ours: nothing came that the document does not show by now. */
  async #nobodyHurries(): Promise<void> {
    await this.#p.silent({ mayEnd: this.#ended.S });
    // A server that was told the size needs no FIN of ours, and may send its own at any time.
    const sized = this.#request.includes(' --size=');
    await this.#q?.silent({ mayEnd: this.#ended.s || sized });
  }

  /** One data connection for each that the document shows, and then the port is left alone. */
  async #noMoreDials(): Promise<void> {
    const listener = this.#listener;
    if (listener === undefined) return;
    this.#listener = undefined;
    await settle();
    const wanted = this.#peers.filter((peer) => listener.peers.includes(peer)).length;
    const came = listener.peers.length;
    await listener.close();
    if (came > wanted) throw new Error(`the server dialled ${came} times, not ${wanted}`);
  }

  /** What a data connection under TLS begins with. */
  #binding(): Buffer {
    const { socket } = this.#p.peer;
    if (!(socket instanceof TLSSocket)) throw new Error('there is no TLS here');
    return socket.exportKeyingMaterial(32, 'EXPORTER-twinport-data', Buffer.from(String(this.#lines)));
  }

  /** A put that the server says is done is in its directory. */
  async #stored(): Promise<void> {
    const name = this.#request.split(' ').at(-2) ?? '';
    const stored = await readFile(join(this.root, name), 'utf8');
    if (stored !== this.#sent) throw new Error(`${name} holds ${JSON.stringify(stored)}`);
  }

  get #data(): Tap {
    if (this.#q === undefined) throw new Error('there is no data connection yet');
    return this.#q;
  }

  #tap(peer: RawPeer, name: string): Tap {
    this.#peers.push(peer);
    return new Tap(peer, name);
  }
}
