import { isTwinportError } from '../../../lib/errors';
import { WrappedConn, type Batch } from '../../../lib/data/wrapped';
import type { Conn, SecureConn, Tls } from '../../../lib/net/network';
import { serverTls } from '../../../lib/net/tls';
import { joined } from '../../support/bytes';
import { certified, type Certified } from '../../support/tls';
import { bindingOf } from '../../support/tlsPeers';
import { holds, outcome } from '../claim';
import type { Draw } from '../draw';

/** What is in the requests, and must never be seen outside of TLS. */
const SECRETS = ['hello.txt', 'new.txt'];
/** Certificates that a client does not believe: of a stranger, out of date, of nobody, of another host. */
const UNBELIEVED: readonly Certified[] = ['unknown', 'expired', 'self-signed', 'elsewhere'];
const CLEAR = [
  '220 ready\r\n',
  '150 type=file;size=3; hello.txt\r\n226 length=3;crc32=352441c2; done\r\n',
  '\n',
  '\x15\x03\x03\0\x02\x02F',
];

/** More than the scripts ask for. */
const MOST_REQUESTS = 60;

/** What happens to the bytes of somebody who answers: from one of them on, or at one. */
interface Spoiling {
  readonly how: 'flip' | 'clear' | 'FIN' | 'RST';
  readonly at: number;
  readonly words: Buffer;
}

/** The wire beneath TLS, as somebody between has it. */
class Wire extends WrappedConn {
  heard = Buffer.alloc(0);
  private said = 0;
  private cut = false;

  constructor(
    conn: Conn,
    private readonly spoiling: Spoiling | undefined,
  ) {
    super(conn);
  }

  override async read(gather?: number): Promise<Batch> {
    const chunks = await super.read(gather);
    if (this.heard.length < 100_000) this.heard = Buffer.concat([this.heard, joined(chunks)]);
    return chunks;
  }

  override async write(bytes: Uint8Array): Promise<void> {
    const { spoiling } = this;
    const at = (spoiling?.at ?? Infinity) - this.said;
    this.said += bytes.length;
    if (this.cut) return;
    if (spoiling === undefined || at < 0 || at >= bytes.length) return super.write(bytes);
    const head = Buffer.from(bytes.subarray(0, at));
    const tail = Buffer.from(bytes.subarray(at));
    switch (spoiling.how) {
      case 'flip':
        tail[0] = (tail[0] ?? 0) ^ 0x55;
        return super.write(Buffer.concat([head, tail]));
      case 'clear':
        return super.write(Buffer.concat([head, spoiling.words, tail]));
      case 'FIN':
        this.cut = true;
        await super.write(head);
        return super.end();
      case 'RST':
        this.cut = true;
        await super.write(head);
        return super.reset();
    }
  }
}

const made = new Map<Certified, Tls>();

/** Its context costs more than a handshake. */
function tlsOf(name: Certified): Tls {
  const tls = made.get(name) ?? serverTls(certified(name));
  made.set(name, tls);
  return tls;
}

/** Who answers a client that wants TLS: the server, somebody else, or the server and somebody between. */
export class Impostor {
  private readonly name: Certified;
  private readonly wires: Wire[] = [];
  private readonly spoiling: Spoiling | undefined;
  private readonly bindings: Buffer[] = [];
  private p: SecureConn | undefined;

  constructor(private readonly draw: Draw) {
    this.name = draw.oneIn(6) ? draw.pick(UNBELIEVED) : draw.oneIn(6) ? 'server2' : 'server';
    this.spoiling = draw.oneIn(4) ? this.drawSpoiling() : undefined;
  }

  private drawSpoiling(): Spoiling {
    const { draw } = this;
    return {
      how: draw.pick(['flip', 'clear', 'FIN', 'RST'] as const),
      // A handshake is about a thousand bytes.
      at: draw.oneIn(3) ? draw.below(4) : draw.below(1500),
      words: Buffer.from(draw.pick(CLEAR), 'latin1'),
    };
  }

  /** The handshake on P; undefined where there is none. */
  async answer(conn: Conn): Promise<SecureConn | undefined> {
    const { draw } = this;
    // Before the client has said a word.
    if (draw.oneIn(12)) void conn.write(Buffer.from(draw.pick(CLEAR), 'latin1')).catch(() => undefined);
    const p = (this.p = await this.shaken(this.wire(conn, this.spoiling), tlsOf(this.name)));
    // Now: who has lost P has no keys of it any more, but the client may have had them before.
    for (let request = 1; p !== undefined && request <= MOST_REQUESTS; request += 1) {
      const key = outcome(() => bindingOf(p, request), 'connection-lost', 'aborted');
      if ('value' in key) this.bindings.push(key.value);
    }
    return p;
  }

  private wire(conn: Conn, spoiling: Spoiling | undefined): Wire {
    const wire = new Wire(conn, spoiling);
    this.wires.push(wire);
    return wire;
  }

  private async shaken(wire: Wire, tls: Tls): Promise<SecureConn | undefined> {
    try {
      return await tls.secure(wire);
    } catch (error) {
      if (!isTwinportError(error)) throw error;
      return undefined;
    }
  }

  /** A connection that came of it must have a certificate that is believed. */
  judge(connected: boolean): void {
    if (UNBELIEVED.includes(this.name)) holds('a certificate that proves nothing is refused', !connected, this.name);
  }

  /** A data connection: as the server would, in clear text, with another certificate, or spoilt. `believed`: it may be. */
  async another(conn: Conn, honest: boolean): Promise<{ secure: Conn | undefined; believed: boolean }> {
    const { draw, p } = this;
    const way =
      honest || p === undefined
        ? 'proper'
        : draw.pick(['proper', 'proper', 'clear', 'other', 'spoilt', 'mute'] as const);
    const wire = this.wire(conn, way === 'spoilt' ? this.drawSpoiling() : undefined);
    switch (way) {
      case 'clear':
        return { secure: wire, believed: false };
      case 'mute':
        return { secure: undefined, believed: false };
      case 'other': {
        const other = draw.oneIn(2) ? draw.pick(UNBELIEVED) : this.name === 'server' ? 'server2' : 'server';
        return { secure: await this.shaken(wire, tlsOf(other)), believed: false };
      }
      default:
        return { secure: await this.shaken(wire, tlsOf(this.name)), believed: true };
    }
  }

  /** What a client proved itself with on a data connection. */
  proved(bytes: Buffer): void {
    if (bytes.length < 32) return;
    const shown = bytes.subarray(0, 32);
    holds(
      'the keys of P are shown',
      this.bindings.some((binding) => binding.equals(shown)),
      shown,
    );
  }

  /** Ends what is left, and looks at what was heard. */
  close(): void {
    for (const wire of this.wires) {
      wire.destroy();
      const { heard } = wire;
      if (heard.length > 0) holds('a client that wants TLS begins with it', heard[0] === 0x16, heard.subarray(0, 40));
      for (const secret of SECRETS) holds('nothing is asked in clear text', !heard.includes(secret), secret);
    }
  }
}
