import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';

/**
 * Node lets only a socket that dials receive into buffers of ours (`onread`). The active client's data
 * connection is one that it accepts, and there the same is worth 1.5 times the speed. So the connection is
 * taken out of the socket that Node made and put into one of ours. How a socket holds its connection
 * (`_handle`) is not public: each thing relied on is looked at first, and where it is not as expected the
 * socket stays as it is and is read through its `'data'` events. The same specs run over both ways.
 *
 * Call at once when the socket was accepted, before anything was read from it. Returns the socket to use.
 */
export function adopt(socket: Socket, onread: OnReadOpts): Socket | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (!isStreamHandle(handle)) return undefined;
  // `handle` is an option that no documentation names; the types forget `onread` here.
  const options: SocketConstructorOpts & { handle: unknown; onread: OnReadOpts } = {
    handle,
    onread,
    allowHalfOpen: true,
  };
  const adopted = new Socket(options);
  if (Reflect.get(adopted, '_handle') !== handle) {
    adopted.destroy();
    return undefined;
  }
  // The empty shell must not close what it no longer owns; destroying it tells the server that it is done.
  Reflect.set(socket, '_handle', null);
  socket.destroy();
  return adopted;
}

function isStreamHandle(handle: unknown): boolean {
  if (typeof handle !== 'object' || handle === null) return false;
  return ['useUserBuffer', 'readStart', 'readStop', 'close', 'reset'].every(
    (name) => typeof Reflect.get(handle, name) === 'function',
  );
}
