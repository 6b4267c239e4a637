import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Conn, DialOptions, Listener, ListenOptions, Network, SecureConn, Tls } from '../../lib/net/network';
import { Secured } from '../../lib/net/secured';
import { clientTls, serverTls } from '../../lib/net/tls';
import { joined } from './bytes';
import { Connections } from './connections';
import { eventually } from './eventually';
import { memoryNetwork } from './memoryNetwork';

const FOLDER = path.join(__dirname, 'tls');

export type Certified =
  | 'server'
  | 'server2'
  | 'elsewhere'
  | 'expired'
  | 'future'
  | 'unknown'
  | 'self-signed'
  | 'rsa'
  | 'chained'
  | 'client'
  | 'stranger';

/** Where a fixture is, for programs: `server.crt`, `server.key`, `ca.crt`. */
export const fixture = (name: string): string => path.join(FOLDER, name);

const text = (name: string): string => readFileSync(fixture(name), 'utf8');

/** Certificate and key, as PEM. `make.sh` beside them says what each is. */
export const certified = (name: Certified): { cert: string; key: string } => ({
  cert: text(`${name}.crt`),
  key: text(`${name}.key`),
});

/** With the certificate between it and the authority. */
export const wholeChain = (): { cert: string; key: string } => {
  const { cert, key } = certified('chained');
  return { cert: cert + text('between.crt'), key };
};

/** The authority that `server`, `server2`, `elsewhere`, `expired` and `client` are from. */
export const authority = (): string => text('ca.crt');

/** The one of `unknown` and `stranger`. */
export const otherAuthority = (): string => text('other-ca.crt');

/** Both ends of a handshake that goes well. */
export async function securedPair(
  { dialled, accepted }: { dialled: Conn; accepted: Conn },
  server: Tls = serverTls(certified('server')),
  client: Tls = clientTls({ host: 'localhost', ca: authority() }),
): Promise<{ client: SecureConn; server: SecureConn }> {
  const [secureClient, secureServer] = await Promise.all([client.secure(dialled), server.secure(accepted)]);
  return { client: secureClient, server: secureServer };
}

/** The first flight of a client, whom nobody answers. */
export async function helloOf(): Promise<Buffer> {
  const net = new Connections(memoryNetwork());
  const { dialled, accepted } = await net.pair();
  const failed = clientTls({ host: 'localhost', ca: authority() })
    .secure(dialled)
    .catch(() => undefined);
  const hello = Buffer.from(joined(await accepted.read()));
  await net.release();
  await failed;
  return hello;
}

/** As a control connection makes its data connections secure: on the sockets themselves, where there are any. */
export async function anotherTls(): Promise<{ client: Tls; server: Tls }> {
  const net = new Connections(memoryNetwork());
  const { client, server } = await securedPair(await net.pair());
  await net.release();
  return { client: { secure: (conn) => client.another(conn) }, server: { secure: (conn) => server.another(conn) } };
}

/** A network on which everything is under TLS, so that what holds of connections can be asked of these. */
export function tlsNetwork(
  network: Network,
  server: Tls = serverTls(certified('server')),
  client: Tls = clientTls({ host: 'localhost', ca: authority() }),
): Network {
  return {
    isOwnAddress: (address) => network.isOwnAddress(address),
    listen: (options: ListenOptions, onConn: (conn: Conn) => void): Promise<Listener> =>
      network.listen(options, (conn) => {
        const welcome = async (): Promise<void> => {
          onConn(await server.secure(conn));
        };
        void welcome().catch(() => undefined);
      }),
    dial: async (options: DialOptions, signal: AbortSignal): Promise<Conn> => {
      const conn = await network.dial(options, signal);
      const secure = await client.secure(conn);
      // Two tickets come behind the handshake of TLS 1.3; who closes before they are read resets.
      let tickets = 0;
      if (secure instanceof Secured) secure.socket.on('session', () => (tickets += 1));
      await eventually('everything of the handshake is there', () => tickets === 2);
      return secure;
    },
  };
}

/** A connection that spoils a bit of what it sends, once it is told to. */
export function tamper(conn: Conn): { conn: Conn; spoil(): void } {
  let spoilt = false;
  const wrapped = new Proxy(conn, {
    get: (target, name) => {
      if (name === 'write') {
        return (bytes: Uint8Array) => {
          const sent = Buffer.from(bytes);
          if (spoilt) sent[sent.length - 1] = (sent.at(-1) ?? 0) ^ 1;
          return target.write(sent);
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { conn: wrapped, spoil: () => (spoilt = true) };
}
