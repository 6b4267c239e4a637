import { hostPort } from '../../wire/addresses';
import { escaped } from '../../wire/names';
import { shown } from './place';

/**
 * `flip1:/docs> `, never more than half of a row: in a deep directory its end is what tells it from others. Names on
 * the server put no control letter into it.
 */
export function promptOf(
  server: { readonly host: string; readonly port: number },
  directory: string,
  columns: number,
): string {
  const host = escaped(server.host);
  const path = escaped(shown(directory));
  const room = Math.max(Math.floor(columns / 2), 12) - '> '.length;
  const whole = `${host.includes(':') ? hostPort(host, server.port).replace(/:\d+$/, '') : host}:${path}`;
  if (whole.length <= room) return `${whole}> `;
  return path.length <= room ? `${path}> ` : `…${path.slice(1 - room)}> `;
}
