import { encodeName, hasControl } from '../../lib/wire/names';
import { dialectSuite, fin, hear, hearBody, hearFin, say, send, silence } from '../support/dialectSuite';

const pause = silence(500);
const words = (verb: 'get' | 'put', name: string): Buffer => Buffer.concat([Buffer.from(`${verb},`), encodeName(name)]);
const cancelled = [hear('cancel'), hearFin, fin];
const other = Buffer.from('cancelled is not cancel\n');

dialectSuite({
  name: 'privateshare',
  verbs: ['list', 'get', 'put'],
  silence: 500,
  carries: (name) => encodeName(name).length <= 28 && !hasControl(name),
  codes: { missing: ['refused'], taken: ['refused'], readOnly: ['refused'] },
  client: {
    list: (names) => [say('list'), hear(names.map((name) => `${name}, `).join('')), hearFin, fin],
    get: (name, body) => [say(words('get', name)), pause, hear('pass'), silence(100), hearBody(body), hearFin, fin],
    put: (name, body) => [say(words('put', name)), pause, hear('pass'), send(body), fin, hearFin],
  },
  empty: { by: 'fin' },
  silent: { by: 'rst' },
  farewell: { by: 'rst' },
  scripts: [
    { what: 'gets what is not there', steps: [say('get,nothing'), pause, ...cancelled] },
    { what: 'gets the root', steps: [say('get,.'), pause, ...cancelled] },
    {
      what: 'ends its message with a newline',
      files: { a: other },
      steps: [say('get,a\r\n'), hear('pass'), silence(100), hearBody(other), hearFin, fin],
    },
    {
      what: 'pads its message with NULs',
      steps: [say('put,a'.padEnd(32, '\0')), hear('pass'), send(other), fin, hearFin],
      leaves: { a: other },
    },
    {
      what: 'does not wait for pass',
      steps: [say('put,a\n'), send(other), fin, hear('pass'), hearFin],
      leaves: { a: other },
    },
    {
      what: 'puts a taken name',
      files: { a: 'theirs' },
      steps: [say('put,a'), pause, ...cancelled],
      leaves: { a: 'theirs' },
    },
    {
      what: 'puts a taken name, and does not wait for pass',
      files: { a: 'theirs' },
      steps: [say('put,a\n'), send(other), hear('cancel'), hearFin, fin],
      leaves: { a: 'theirs' },
    },
    {
      what: 'puts where nothing may be written',
      readOnly: true,
      steps: [say('put,a'), pause, ...cancelled],
      leaves: { a: undefined },
    },
  ],
  answers: [
    { what: 'refuses a get', verb: 'get', steps: [hear('get,notes.txt'), say('cancel'), fin], fails: ['refused'] },
    { what: 'refuses a put', verb: 'put', steps: [hear('put,notes.txt'), say('cancel'), fin], fails: ['refused'] },
    { what: 'refuses to list', verb: 'list', steps: [hear('list'), say('cancel'), fin], fails: ['refused'] },
    {
      what: 'sends a file that begins like a refusal',
      verb: 'get',
      steps: [hear('get,notes.txt'), say('pass'), send(other), fin],
      gives: other,
    },
    {
      what: 'sends a file that is a code',
      verb: 'get',
      steps: [hear('get,notes.txt'), say('passcancel'), fin],
      gives: Buffer.from('cancel'),
    },
    {
      what: 'answers with something else',
      verb: 'get',
      steps: [hear('get,notes.txt'), say('path'), fin],
      fails: ['not-understood'],
    },
    { what: 'says nothing and ends', verb: 'get', steps: [hear('get,notes.txt'), fin], fails: ['refused'] },
    {
      what: 'ends inside of its answer',
      verb: 'put',
      steps: [hear('put,notes.txt'), say('pas'), fin],
      fails: ['incomplete'],
    },
    {
      what: 'breaks off inside of a name of its listing',
      verb: 'list',
      steps: [hear('list'), say('a, b c'), fin],
      fails: ['incomplete'],
    },
    { what: 'lists nothing', verb: 'list', steps: [hear('list'), fin], gives: [] },
  ],
  strange: [
    { what: 'another language', bytes: 'GET / HTTP/1.1\r\n\r\n', then: 'fin', ends: { says: 'cancel', by: 'fin' } },
    { what: 'an empty line', bytes: '\n', then: 'silence', ends: { says: 'cancel', by: 'fin' } },
    { what: 'half a verb', bytes: 'li', then: 'silence', ends: { says: 'cancel', by: 'fin' } },
    { what: 'a get of no name', bytes: 'get,', then: 'fin', ends: { says: 'cancel', by: 'fin' } },
    {
      what: 'a name of 29 bytes',
      bytes: `put,${'n'.repeat(29)}`,
      then: 'silence',
      ends: { says: 'cancel', by: 'fin' },
    },
  ],
});
