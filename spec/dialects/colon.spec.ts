import { encodeName, hasControl } from '../../lib/wire/names';
import { dialectSuite, fin, hear, hearBody, hearFin, say, send } from '../support/dialectSuite';

const NOT_FOUND = 'File not found.';
const header = (name: string, choice: string): Buffer => Buffer.concat([encodeName(name), Buffer.from(`:${choice}`)]);
const body = Buffer.from(`${NOT_FOUND} is how it begins\n`);

dialectSuite({
  name: 'colon',
  verbs: ['get', 'put'],
  // Our own client's, between a header and a body.
  silence: 200,
  marked: true,
  carries: (name) => !hasControl(name) && !name.endsWith(' '),
  codes: { missing: ['refused'], taken: ['refused'], readOnly: ['refused'] },
  client: {
    get: (name, bytes) => [say(header(name, 'GET')), hearBody(bytes), hearFin, fin],
    put: (name, bytes) => [say(header(name, 'PUT')), send(bytes), fin, hearFin],
  },
  empty: { by: 'fin' },
  silent: { by: 'rst' },
  farewell: { by: 'rst' },
  scripts: [
    { what: 'gets what is not there', steps: [say('nothing:GET'), hear(NOT_FOUND), hearFin, fin] },
    { what: 'gets the root', steps: [say('. : get'), hear(NOT_FOUND), hearFin, fin] },
    {
      what: 'sends, spaces and all',
      steps: [say('a b  :   Send'), send(body), fin, hearFin],
      leaves: { 'a b': body },
    },
    {
      what: 'announces who comes',
      files: { a: body },
      steps: [say('3:CLIENTSa:GET'), hearBody(body), hearFin, fin],
    },
    {
      what: 'has no such file to put',
      steps: [say('a:PUT'), say(NOT_FOUND), fin],
      leaves: { a: undefined },
    },
    {
      what: 'puts a taken name',
      files: { a: 'theirs' },
      steps: [say('a:PUT'), send(body), hear('File exists already.'), hearFin, fin],
      leaves: { a: 'theirs' },
    },
    {
      what: 'puts where nothing may be written',
      readOnly: true,
      steps: [say('a:PUT'), send(body), hear('File not accepted.'), hearFin, fin],
      leaves: { a: undefined },
    },
  ],
  answers: [
    { what: 'has no such file', verb: 'get', steps: [hear('notes.txt:GET'), say(NOT_FOUND), fin], fails: ['refused'] },
    {
      what: 'sends a file that begins like the error',
      verb: 'get',
      steps: [hear('notes.txt:GET'), send(body), fin],
      gives: body,
    },
    {
      what: 'sends the beginning of the error',
      verb: 'get',
      steps: [hear('notes.txt:GET'), say('File not found'), fin],
      gives: Buffer.from('File not found'),
    },
    {
      what: 'refuses a put in words',
      verb: 'put',
      steps: [hear('notes.txt:PUT'), say('No thanks.'), fin],
      fails: ['refused'],
    },
  ],
  strange: [
    {
      what: 'a line without a choice',
      bytes: 'notes.txt\n',
      then: 'fin',
      ends: { says: 'Request not understood: NAME:PUT, NAME:SEND or NAME:GET, please.', by: 'fin' },
    },
    {
      what: 'too many clients announced',
      bytes: '1001:CLIENTSnotes.txt:GET',
      then: 'silence',
      ends: { says: 'Request not understood: NAME:PUT, NAME:SEND or NAME:GET, please.', by: 'fin' },
    },
    { what: 'half a header', bytes: 'notes.txt:', then: 'silence', ends: { by: 'rst' } },
  ],
});
