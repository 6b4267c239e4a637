import { expect } from 'chai';
import { Auditor } from '../../lib/cli/serve/audit';
import { textLog } from '../../lib/cli/serve/log';
import { Tellable } from '../../lib/cli/serve/tellable';
import { Output } from '../../lib/cli/output';
import { attack, HONEST, servesHonestly, type Attack } from '../support/attack';
import { CLIENT, SERVER } from '../support/ftBench';
import { Captured } from '../support/stdio';
import { certified, helloOf } from '../support/tls';
import { portIn, TRUST } from '../support/tlsPeers';

const FLOOD = 150;
const PER_MINUTE = 100;

interface Logs {
  /** Lines so far, and from then on only those that follow. */
  readonly text: () => string[];
  readonly audit: () => Record<string, unknown>[];
  readonly xferlog: string[];
}

/** The logs of a server, as the program keeps them. */
function logsOf({ bench: { server, clock } }: Attack): Logs {
  const tellable = new Tellable(server, clock);
  const plain = new Captured();
  const log = textLog(new Output(() => plain), new Output(() => new Captured()), () => []);
  tellable.on('session', (session) => log.session(session));
  tellable.on('transfer', (event) => log.transfer(event));
  tellable.on('login', (event) => log.login(event));
  tellable.on('note', (note) => log.note(note));
  const [audit, xferlog]: [string[], string[]] = [[], []];
  const book = (lines: string[]) => ({ say: (line: string) => void lines.push(line) });
  new Auditor({ audit: book(audit), xferlog: book(xferlog) }).follow(tellable);
  let read = 0;
  return {
    text: () => {
      const fresh = plain.utf8.slice(read);
      read += fresh.length;
      return fresh.split('\n').slice(0, -1);
    },
    audit: () => audit.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>),
    xferlog,
  };
}

describe('hostile: logs', () => {
  it(
    'S98 a log that connections, broken handshakes and refusals are to fill',
    attack({ tls: certified('server'), honest: { tls: TRUST } }, async (attacking) => {
      const { dial, bench } = attacking;
      const logs = logsOf(attacking);
      const broken = (await helloOf()).fill(0xff, 5);
      for (let i = 0; i < FLOOD; i += 1) {
        const p = await dial();
        await p.send(broken);
        await p.over();
        p.conn.destroy();
      }
      const p = await dial();
      for (let i = 0; i < FLOOD; i += 1) {
        await p.send('-g missing 0\n');
        expect(await p.line()).to.match(/^550 /);
      }
      const text = logs.text();
      // One more: of whoever anything else is told, the connection is too.
      expect(text.filter((line) => line.startsWith('Connection from'))).to.have.lengthOf(PER_MINUTE + 1);
      expect(text.filter((line) => line.startsWith('TLS with'))).to.have.lengthOf(PER_MINUTE);
      expect(text.filter((line) => line.startsWith('File "missing" requested'))).to.have.lengthOf(PER_MINUTE);
      expect(text.filter((line) => line.startsWith('File not found'))).to.have.lengthOf(PER_MINUTE);
      expect(logs.audit()).to.have.lengthOf(4 * PER_MINUTE + 1);
      // What is done is told, also of somebody whose connection was one too many; and others are told of.
      await p.send(`-g ${HONEST} 0\n`);
      const q = await dial(CLIENT, { host: SERVER, port: portIn(await p.line()) });
      await q.whole();
      expect(await p.line()).to.match(/^226 /);
      await servesHonestly(bench, { tls: TRUST });
      const done = logs.text();
      expect(done).to.include(`File "${HONEST}" requested in passive mode.`);
      expect(done.filter((line) => line.startsWith('Connection from'))).to.have.lengthOf(1);
      expect(done.filter((line) => line.startsWith('Sending'))).to.have.lengthOf(2);
      expect(logs.audit().filter(({ what, outcome }) => what === 'get' && outcome === 'ok')).to.have.lengthOf(2);
      expect(logs.xferlog).to.have.lengthOf(2);
      // A minute later it is said how many there were.
      await bench.clock.advance(60_000);
      const left = FLOOD - PER_MINUTE;
      expect(logs.text()).to.include.members([
        `... and ${left} more connections from ${CLIENT}.`,
        `... and ${left} more connections from ${CLIENT} that were not served.`,
        `... and ${left} more refused requests from ${CLIENT}.`,
      ]);
      expect(logs.audit().filter(({ message }) => String(message).startsWith('... and'))).to.have.lengthOf(3);
    }),
  );
});
