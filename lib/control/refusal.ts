import type { Endpoint } from '../net/network';
import { hostPort } from '../wire/addresses';
import { withoutPasswords } from '../log';
import { decodeName, escaped } from '../wire/names';
import type { NoteAbout } from './events';

/** A connection that asked for nothing which its language knows, as the server's owner hears of it. */
export interface Refusal {
  readonly remote: Endpoint;
  readonly local: Endpoint;
  /** What it said, or the beginning of that. */
  readonly said?: Uint8Array;
  readonly what: 'not understood' | 'not finished' | 'refused';
  readonly why: string;
  /** How the client hears of it: in words, by RST, or not at all, when it has left. */
  readonly answer: 'words' | 'reset' | 'none';
}

/** Bytes of what was said that a line shows: enough to tell what spoke, too few to fill a log with. */
export const SHOWN = 40;

/** One sentence or two, in the voice of the others (DESIGN §7). Whatever a client says, it can forge no line. */
export function refusalNote({ remote, local, said = new Uint8Array(), what, why, answer }: Refusal): string {
  const more = said.length > SHOWN ? '…' : '';
  // A login in a language that is not spoken here is a password all the same.
  const shown = withoutPasswords(decodeName(said.subarray(0, SHOWN)));
  const quoted = said.length === 0 ? '' : ` ("${escaped(shown)}${more}")`;
  const reason = escaped(why.replace(/[.\s]+$/, ''));
  const first = `Request ${what}${quoted}: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}.`;
  if (answer === 'words') return `${first} Sending error message to ${at(remote.address, local.port)}.`;
  return answer === 'none' ? first : `${first} Resetting the connection from ${at(remote.address, remote.port)}.`;
}

export function refusedIn({ remote: { address } }: Refusal): NoteAbout {
  return { outcome: 'refused', address };
}

function at(address: string, port: number): string {
  return hostPort(escaped(address), port);
}
