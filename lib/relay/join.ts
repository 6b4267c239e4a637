import type { OwnPorts } from '../data/ownPorts';
import type { Clock, Conn, Endpoint } from '../net/network';
import type { Fault, RelayEvent, Which } from './events';
import { withFaults, type FaultOptions, type Stream } from './faults';
import { Pair, type Course } from './pair';
import type { Filter } from './pump';

/** What every part of a relay is given. */
export interface Service {
  readonly network: OwnPorts;
  readonly clock: Clock;
  readonly faults: FaultOptions;
  readonly seed: number;
  /** Aborted when the relay closes. */
  readonly signal: AbortSignal;
  /** Pairs that are open, for `close`. */
  readonly pairs: Set<Pair>;
  /** Data ports that are open, of all sessions. */
  readonly room: { taken: number };
  readonly tell: (event: RelayEvent) => void;
}

/** Two connections that become one. */
export interface Joint {
  readonly connection: number;
  readonly which: Which;
  /** Beside the connection's number, what tells this one's random numbers from all others. */
  readonly name: string;
  readonly client: Conn;
  readonly server: Conn;
  /** Bytes before the data, by direction. */
  readonly skip?: { readonly there?: number; readonly back?: number };
  readonly limited: () => boolean;
  readonly filters?: { readonly there: Filter; readonly back: Filter };
}

/** Relays until nothing is left of either connection. Never rejects. */
export async function join(service: Service, joint: Joint): Promise<void> {
  const { client, server, connection, which } = joint;
  const pair = new Pair(service.clock, client, server);
  const course = (direction: 'there' | 'back', to: Endpoint): Course => {
    const stream: Stream = {
      name: [connection, joint.name, direction],
      which,
      skip: joint.skip?.[direction] ?? 0,
      limited: joint.limited,
      cut: () => pair.cut(),
      reset: () => pair.reset(),
      tell: (kind: Fault['kind'], offset: number) => service.tell({ kind, connection, which, offset, to }),
    };
    const filter = joint.filters?.[direction];
    return {
      faults: (out, life) => withFaults(service.faults, service.seed, stream, out, life),
      ...(filter !== undefined && { filter }),
    };
  };
  service.pairs.add(pair);
  if (service.signal.aborted) pair.close();
  try {
    const how = await pair.run(course('there', server.remote), course('back', client.remote));
    const [there, back] = [server.bytesWritten, client.bytesWritten];
    service.tell({ kind: 'closed', connection, which, how, there, back });
  } finally {
    service.pairs.delete(pair);
  }
}
