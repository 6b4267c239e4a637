import { escaped } from '../../wire/names';
import { columnsOf, lastColumns } from '../report/columns';
import { shown } from './place';

/**
 * `flip1:/docs> `, never more than half of a row: in a deep directory its end is what tells it from others. Names on
 * the server put no control letter into it.
 */
export function promptOf(server: { readonly host: string }, directory: string, columns: number): string {
  const host = escaped(server.host);
  const path = escaped(shown(directory));
  const room = Math.max(Math.floor(columns / 2), 12) - '> '.length;
  const who = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const whole = `${who}:${path}`;
  return `${columnsOf(whole) <= room ? whole : lastColumns(path, room)}> `;
}
