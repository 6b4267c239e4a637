import type { RelayEvent } from '../index';
import { sentenceOf } from '../errors';
import { hostPort } from '../wire/addresses';
import { sentence } from './render';

/** What the relay prints, one line an event. */
export function relayLine(event: RelayEvent): string {
  return `${sentence(worded(event))}.`;
}

type Address = { readonly address: string; readonly port: number };
const at = ({ address, port }: Address): string => hostPort(address, port);

function worded(event: RelayEvent): string {
  switch (event.kind) {
    case 'connection':
      return `Connection ${event.connection} from ${at(event.from)}`;
    case 'data':
      return `${dataOf(event, 'Data')} from ${at(event.from)} to ${at(event.to)}`;
    case 'flip':
      return `Flipped byte ${event.offset} of ${what(event)} to ${at(event.to)}`;
    case 'cut':
      return `Cut ${what(event)} after ${bytes(event.offset)} to ${at(event.to)}`;
    case 'reset':
      return `Reset ${what(event)} after ${bytes(event.offset)} to ${at(event.to)}`;
    case 'unreachable':
      return `Cannot reach ${at(event.to)} for ${whose(event)}: ${stripped(event.error)}`;
    case 'note':
      return `Connection ${event.connection}: ${event.text}`;
    case 'closed':
      return `${closed(event)}: ${bytes(event.there)} there, ${bytes(event.back)} back`;
  }
}

type Some<K extends RelayEvent['kind']> = Extract<RelayEvent, { kind: K }>;

/** A fixed pair of ports belongs to no connection that has a number. */
function dataOf({ connection }: { readonly connection: number }, begin: 'Data' | 'data'): string {
  return `${begin} connection${connection === 0 ? '' : ` of ${connection}`}`;
}

function what(event: Some<'flip' | 'cut' | 'reset'>): string {
  return event.which === 'data' ? `the ${dataOf(event, 'data')}` : `connection ${event.connection}`;
}

function whose(event: Some<'unreachable'>): string {
  return event.which === 'data' ? `a ${dataOf(event, 'data')}` : `connection ${event.connection}`;
}

function closed(event: Some<'closed'>): string {
  const name = event.which === 'data' ? dataOf(event, 'Data') : `Connection ${event.connection}`;
  return `${name} ${event.how === 'lost' || event.how === 'reset' ? 'was reset' : 'closed'}`;
}

const bytes = (count: number): string => `${count} byte${count === 1 ? '' : 's'}`;
const stripped = (error: unknown): string => sentenceOf(error).replace(/[.\s]+$/, '');
