import { once } from 'node:events';
import * as net from 'node:net';

/** A port that takes every connection, counts it and drops it: whether anybody came. */
export interface Knocks {
  readonly port: number;
  readonly count: number;
  close(): Promise<void>;
}

export async function knocks(): Promise<Knocks> {
  let count = 0;
  const listener = net.createServer((socket) => {
    count += 1;
    socket.on('error', () => undefined).destroy();
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as net.AddressInfo).port,
    get count() {
      return count;
    },
    close: async () => {
      listener.close();
      await once(listener, 'close');
    },
  };
}
