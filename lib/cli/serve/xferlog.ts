import { HARMFUL_LETTER } from './harmless';

/** One transfer, or a deleted file, in the words of xferlog(5). */
export interface Xfer {
  readonly at: Date;
  readonly seconds: number;
  readonly address: string;
  readonly bytes: number;
  /** As the events have it: relative to the served root. */
  readonly path: string;
  readonly direction: 'i' | 'o' | 'd';
  /** Who had logged in; a visitor is `anonymous`, which is nobody's name, or nobody where there are no accounts. */
  readonly user: string | undefined;
  readonly complete: boolean;
}

/** Who has not logged in, where there are accounts. */
const VISITOR = 'anonymous';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * A line of wu-ftpd's xferlog, as vsftpd and ProFTPD write it too. Its fields stand between blanks and nothing quotes
 * them: so a blank in a name is `_`, and what is no letter is `?`, as with vsftpd. What it was is in the audit log.
 */
export function xferLine({ at, seconds, address, bytes, path, direction, user = VISITOR, complete }: Xfer): string {
  return [
    ctime(at),
    // At least one, as others write it: programs divide by it.
    Math.max(1, Math.round(seconds)),
    word(address),
    bytes,
    word(`/${path}`),
    'b',
    '_',
    direction,
    user === VISITOR ? 'a' : 'r',
    word(user),
    'twinport',
    '0',
    '*',
    complete ? 'c' : 'i',
  ].join(' ');
}

/** Local time, as ctime(3) has it. */
function ctime(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = String(at.getDate()).padStart(2, ' ');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${DAYS[at.getDay()] ?? ''} ${MONTHS[at.getMonth()] ?? ''} ${day} ${time} ${at.getFullYear()}`;
}

function word(text: string): string {
  const clean = text
    .replace(/\s/g, '_')
    .replace(HARMFUL_LETTER, '?')
    .replace(/\p{Surrogate}|\p{Cc}|\p{Cn}/gu, '?');
  return clean === '' ? '?' : clean;
}
