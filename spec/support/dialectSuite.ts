import { crowdSuite } from './dialectCrowd';
import { titleOf, type DialectHouse } from './dialectHouse';
import { peersSuite } from './dialectPeers';
import { transfersSuite } from './dialectTransfers';
import { wireSuite } from './dialectWire';
import { noLeaks } from './leaks';

export type { Answer, DialectHouse, Ending, Script, Strange, Verb, Wire } from './dialectHouse';
export { dataConnection, fin, hear, hearBody, hearFin, hearRst, onData, rst, say, send, silence } from './dialectSteps';

/**
 * Everything that is promised of a language whose connections serve one request each, in one call; nothing is skipped
 * but by what the dialect declares. A dialect says what a bare client says and hears, step by step:
 *
 *     dialectSuite({
 *       name: 'framed',
 *       verbs: ['get', 'put'],
 *       codes: { missing: ['refused'], taken: ['refused'], readOnly: ['refused'] },
 *       client: {
 *         get: (name, body) => [say(get(name)), hearBody(body), hearFin, fin],
 *         put: (name, body) => [say(put(name)), send(body), fin, hearFin],
 *       },
 *       empty: { by: 'fin' },
 *       silent: { by: 'rst' },
 *       farewell: { by: 'rst' },
 *       scripts: [{ what: 'a get of what is not there', steps: [say(get('missing')), hearRst] }],
 *       answers: [{ what: 'a refusal', verb: 'get', steps: [hear(get('notes.txt')), rst], fails: ['refused'] }],
 *       strange: [{ what: 'another verb', bytes: '8:xyz name', then: 'fin', ends: { by: 'rst' } }],
 *     });
 *
 * A bare server's steps are the same ones mirrored, unless `server` has its own. `say` is for words of the language:
 * they are cut at every point; `send` is for a file: who plays may vanish in the middle of it. Where silence ends a
 * message, `silence` names the longest such wait and the steps have `silence(ms)` where it is kept: no clock moves
 * otherwise, or by a millisecond less. Where only our own client pauses, the house is `marked` besides. On a second connection, the server's dial is `dataConnection`, and its steps are
 * `onData(hearBody(body))`; words that name its port are functions of the scene: `say(({ dataPort }) => …)`.
 */
export function dialectSuite(house: DialectHouse): void {
  describe(`the dialect house suite: ${titleOf(house)}`, () => {
    describe('in memory', () => {
      transfersSuite(house, 'memory');
      wireSuite(house, 'memory');
      peersSuite(house);
      crowdSuite(house, 'memory');
    });
    describe('over TCP', () => {
      transfersSuite(house, 'TCP');
      wireSuite(house, 'TCP');
      crowdSuite(house, 'TCP');
      noLeaks();
    });
  });
}
