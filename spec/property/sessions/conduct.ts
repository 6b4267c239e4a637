import { crc32 } from 'node:zlib';
import type { Conn } from '../../../lib/net/network';
import type { Draw } from '../draw';

/** What somebody does with a data connection. */
export interface Conduct {
  readonly way: 'proper' | 'early-end' | 'reset' | 'mute' | 'half' | 'talks' | 'absent';
  /** What a put sends. */
  readonly body: Buffer;
}

const WAYS: readonly Conduct['way'][] = [
  'proper',
  'proper',
  'proper',
  'proper',
  'early-end',
  'reset',
  'mute',
  'half',
  'talks',
  'absent',
];
/** More than a connection in memory holds. */
const LARGE = 300_000;

let bodies = 0;

/** Each body is another one: what is published tells whose it was. */
export function conduct(draw: Draw): Conduct {
  bodies += 1;
  const length = draw.oneIn(12) ? LARGE : draw.below(600);
  return { way: draw.pick(WAYS), body: Buffer.alloc(length, `<${bodies}>`) };
}

/** The bytes that an unconfirmed put of this conduct means: all that came before FIN. Undefined: there was none. */
export function sentBeforeEnd({ way, body }: Conduct): Buffer | undefined {
  if (way === 'proper' || way === 'talks') return body;
  if (way === 'early-end') return Buffer.alloc(0);
  return way === 'half' ? body.subarray(0, body.length >> 1) : undefined;
}

/** Never rejects: whatever becomes of the connection is the other side's affair. */
export async function behave(conn: Conn, { way, body }: Conduct, puts: boolean, token?: Buffer): Promise<void> {
  try {
    if (token !== undefined) await conn.write(token);
    switch (way) {
      case 'reset':
        await conn.write(body.subarray(0, body.length >> 1));
        return conn.reset();
      case 'mute':
        return;
      case 'early-end':
        await conn.end();
        return await drain(conn);
      case 'half':
        await conn.write(body.subarray(0, body.length >> 1));
        await conn.end();
        return await drain(conn);
      default: {
        const drained = drain(conn);
        drained.catch(() => undefined);
        if (puts || way === 'talks') await conn.write(body);
        // Who gets answers the end; who puts makes it.
        if (!puts) await drained;
        await conn.end();
        await drained;
      }
    }
  } catch {
    conn.destroy();
  }
}

async function drain(conn: Conn): Promise<void> {
  while ((await conn.read()) !== null);
}

export function confirmation(body: Buffer): string {
  return `-c ${body.length} ${crc32(body).toString(16).padStart(8, '0')}`;
}
