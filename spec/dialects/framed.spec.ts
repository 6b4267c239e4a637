import { formatFrame } from '../../lib/dialects/framed';
import { dialectSuite, fin, hear, hearBody, hearFin, hearRst, rst, say, send } from '../support/dialectSuite';

const get = (name: string): Buffer => formatFrame({ verb: 'get', name });
const put = (name: string): Buffer => formatFrame({ verb: 'put', name });

dialectSuite({
  name: 'framed',
  verbs: ['get', 'put'],
  // Our own client's, between a frame and a body.
  silence: 200,
  marked: true,
  codes: { missing: ['refused'], taken: ['refused'], readOnly: ['refused'] },
  client: {
    get: (name, body) => [say(get(name)), hearBody(body), hearFin, fin],
    put: (name, body) => [say(put(name)), send(body), fin, hearFin],
  },
  empty: { by: 'fin' },
  silent: { by: 'rst' },
  farewell: { by: 'rst' },
  scripts: [
    { what: 'a get of what is not there', steps: [say(get('missing')), hearRst] },
    {
      what: 'a put onto another',
      files: { taken: 'theirs' },
      steps: [say(put('taken')), send(Buffer.from('mine')), fin, hearRst],
    },
    {
      what: 'a put where nothing may be written',
      readOnly: true,
      steps: [say(put('new')), send(Buffer.from('mine')), fin, hearRst],
    },
  ],
  answers: [
    { what: 'a get of what is not there', verb: 'get', steps: [hear(get('notes.txt')), rst], fails: ['refused'] },
    { what: 'a put that is refused', verb: 'put', steps: [hear(put('notes.txt')), rst], fails: ['refused'] },
  ],
  strange: [
    { what: 'another verb', bytes: '8:xyz name', then: 'fin', ends: { by: 'rst' } },
    { what: 'no name', bytes: '4:get ', then: 'fin', ends: { by: 'rst' } },
    { what: 'an empty frame', bytes: '0:', then: 'fin', ends: { by: 'rst' } },
    { what: 'white space', bytes: ' \r\n', then: 'silence', ends: { by: 'rst' } },
    { what: 'half a frame', bytes: '13:get no', then: 'fin', ends: { by: 'rst' } },
    { what: 'half a frame and nothing more', bytes: '13:get no', then: 'silence', ends: { by: 'rst' } },
    { what: 'a length over the limit', bytes: '4097:get x', then: 'silence', ends: { by: 'rst' } },
    { what: 'a length without end', bytes: '1'.repeat(10), then: 'silence', ends: { by: 'rst' } },
    { what: 'a path with NUL', bytes: '7:get a\0b', then: 'fin', ends: { by: 'rst' } },
  ],
});
