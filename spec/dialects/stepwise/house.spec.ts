import {
  dataConnection,
  dialectSuite,
  fin,
  hear,
  hearBody,
  hearFin,
  onData,
  say,
  silence,
} from '../../support/dialectSuite';
import type { Script } from '../../support/dialectSuite';
import type { Step } from '../../support/dialectSteps';

/** Milliseconds after which a field that could still grow is whole. */
const QUIET = 500;

/** What a client says before the data come; the address of a spec's host ends in one digit, and could go on. */
const asked = (verb: '-l' | '-g', name?: string): Step[] => [
  say(verb),
  hear('OK'),
  say(({ dataPort }) => String(dataPort)),
  hear('OK'),
  say(({ address }) => address),
  silence(QUIET),
  hear('OK'),
  ...(name === undefined ? [] : [say(name), silence(QUIET), hear('OK')]),
];
const received = (body: Buffer): Step[] => [
  dataConnection,
  ...[hearBody(body), hearFin, fin].map(onData),
  hearFin,
  fin,
];
const listing = (names: readonly string[]): Buffer =>
  Buffer.from(['.', '..', ...names].map((name) => `${name}\n`).join(''));
const missing: Script = {
  what: 'a get of what is not there',
  steps: [...asked('-g', 'nothing'), ...received(Buffer.from('File not found.'))],
};

dialectSuite({
  name: 'stepwise',
  verbs: ['list', 'get'],
  silence: QUIET,
  carries: (name) => !/\p{Cc}/u.test(name),
  codes: { missing: ['refused'] },
  client: {
    list: (names) => [...asked('-l'), ...received(listing(names))],
    get: (name, body) => [...asked('-g', name), ...received(body)],
  },
  scripts: [missing],
  answers: [
    {
      what: 'an answer to a get of what is not there',
      verb: 'get',
      steps: [
        ...[hear('-g'), say('OK')],
        ...[hear(({ dataPort }) => String(dataPort)), say('OK')],
        ...[hear(({ address }) => address), say('OK')],
        ...[hear('notes.txt'), say('OK')],
        ...[dataConnection, onData(say('File not found.')), onData(fin), onData(hearFin)],
        fin,
      ],
      fails: ['refused'],
    },
    {
      what: 'an error in words',
      verb: 'get',
      steps: [hear('-g'), say('no such luck\n'), fin],
      fails: ['refused'],
    },
  ],
  empty: { by: 'fin' },
  silent: { says: 'Nothing asked for 60 s, closing.\n', by: 'fin' },
  farewell: { says: /^(Too many sessions|The server stops), closing\.\n$/, by: 'fin' },
  strange: [
    {
      what: 'a client of ft',
      bytes: '-l 8555\n',
      then: 'fin',
      ends: { says: 'OKThat is no data port (1024 to 65535).\n', by: 'fin' },
    },
  ],
});
