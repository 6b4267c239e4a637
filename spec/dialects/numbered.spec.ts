import { dialectSuite, fin, hear, hearFin, say, send } from '../support/dialectSuite';
import type { DialectHouse } from '../support/dialectSuite';

/** What both forms have in common: no names, no words, and a file for each connection. */
const house = {
  name: 'numbered',
  verbs: ['put'],
  savedAs: (_name, nth) => `${nth}.file`,
  codes: { readOnly: ['refused'] },
  farewell: { by: 'rst' },
  asksByConnecting: true,
  instead: 'ERROR',
  takesRubbish: true,
  uploadPatience: 10_000,
  silent: { by: 'rst' },
} as const satisfies Partial<DialectHouse>;

dialectSuite({
  ...house,
  client: { put: (_name, body) => [send(body), fin, hearFin] },
  empty: { by: 'fin' },
});

dialectSuite({
  ...house,
  variant: 'accio',
  // Our own client's, behind its last confirmation.
  silence: 200,
  marked: true,
  port: { accio: true },
  settings: { accio: true },
  client: {
    put: (_name, body) => [
      hear('accio\r\n'),
      say('confirm-accio\r\n'),
      hear('accio\r\n'),
      say('confirm-accio-again\r\n\r\n'),
      send(body),
      fin,
      hearFin,
    ],
  },
  empty: { by: 'rst', says: 'accio\r\n' },
  silent: { by: 'rst', says: 'accio\r\n' },
});
