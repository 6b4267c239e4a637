import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { BulkInlet } from './bulkInlet';

/** What Node calls the places in which a socket keeps its `onread`: the buffer, who gives the next one, and who is told. */
const PLACES = ['kBuffer', 'kBufferGen', 'kBufferCb'] as const;

/**
 * Has a socket of TLS receive into large buffers that go round. Node takes `onread` for one that makes its own connection, and
 * ignores it for one that stands on a socket which is there; each record of 16 KiB is new memory then, a third more for a
 * receiver. So what Node keeps of `onread` is found in the socket beneath, which was made with it, and put into this one as
 * well. These places are not public: each is looked at first, and where they are not as expected nothing is changed, false is
 * returned, and the `'data'` events serve. The same specs run over both ways.
 *
 * Call at once when the socket was made, before anything was read from it.
 */
export function receiveInto(bulk: BulkInlet, socket: TLSSocket, beneath: Socket): boolean {
  const symbols = PLACES.map((name) =>
    Object.getOwnPropertySymbols(beneath).find(({ description }) => description === name),
  );
  const [buffer, generator, callback] = symbols;
  const handle: unknown = Reflect.get(socket, '_handle');
  const use: unknown = Reflect.get(Object(handle), 'useUserBuffer');
  if (buffer === undefined || generator === undefined || callback === undefined) return false;
  const known =
    Reflect.get(beneath, buffer) instanceof Uint8Array &&
    typeof Reflect.get(beneath, generator) === 'function' &&
    typeof Reflect.get(beneath, callback) === 'function' &&
    [buffer, generator, callback].every((place) => Reflect.get(socket, place) === null);
  if (!known || typeof use !== 'function') return false;
  const first = bulk.room();
  Reflect.set(socket, buffer, first);
  Reflect.set(socket, generator, () => bulk.room());
  Reflect.set(socket, callback, (count: number) => bulk.filled(count));
  Reflect.apply(use, handle, [first]);
  return true;
}
