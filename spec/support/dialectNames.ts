import * as fs from 'node:fs';
import * as nodePath from 'node:path';
import { expect } from 'chai';
import { Readable } from 'node:stream';
import type { DialectHouse } from './dialectHouse';
import { onStage, type Ground, type Stage, type StageOptions } from './dialectStage';
import { coded, Collector, mute } from './dialectTools';
import { HARD_NAMES, rejects } from './storageHelpers';

/** Names that hurt, names that the wire cannot carry, and names that would lead astray. */
export function namesSuite(house: DialectHouse, ground: Ground): void {
  const staged = (options: StageOptions, spec: (stage: Stage) => Promise<void>): (() => Promise<void>) =>
    onStage(house, ground, options, spec);
  const [get, put] = [house.verbs.includes('get'), house.verbs.includes('put')];
  const carries = house.carries ?? (() => true);

  if (house.savedAs === undefined) {
    it(
      'names that hurt are carried, and those that the wire cannot carry are refused before anything is said',
      staged({}, async (stage) => {
        const heard = await mute(stage);
        const silent = await stage.client({ port: heard.port });
        const client = await stage.client();
        for (const name of [...HARD_NAMES, 'x'.repeat(5000)]) {
          const body = Buffer.from(`the content of ${name}`);
          const whole = carries(name) && name.length < 5000;
          const at = whole ? client : silent;
          if (put) {
            const done = stage.until(at.put(Readable.from([body]), name));
            if (!whole) await rejects('invalid-name', () => done);
            else {
              await done;
              expect(stage.shelf.bytes(name)?.equals(body), JSON.stringify(name)).to.equal(true);
            }
          } else if (whole) stage.shelf.put(name, body);
          if (!get) continue;
          const into = new Collector();
          const done = stage.until(at.get(name, into));
          if (!whole) await rejects('invalid-name', () => done);
          else {
            await done;
            expect(into.bytes.equals(body), JSON.stringify(name)).to.equal(true);
          }
        }
        await stage.until(silent.close());
        expect(await heard.everything()).to.equal('');
      }),
    );
  }

  it(
    'a name with a NUL is refused before anything is said',
    staged({}, async (stage) => {
      const heard = await mute(stage);
      const client = await stage.client({ port: heard.port });
      if (get) await rejects('invalid-name', () => stage.until(client.get('a\0b', new Collector())));
      if (put) {
        const from = Readable.from([Buffer.from('x')]);
        await rejects('invalid-name', () => stage.until(client.put(from, 'a\0b')));
      }
      await stage.until(client.close());
      expect(await heard.everything()).to.equal('');
    }),
  );

  if (ground === 'TCP') {
    it(
      'no name leads out of the served directory',
      staged({ files: { inside: 'inside' } }, async (stage) => {
        const { outside } = stage.shelf as unknown as { outside: string };
        fs.writeFileSync(nodePath.join(outside, 'secret'), 'secret');
        const client = await stage.client();
        for (const name of ['../secret', '/etc/passwd', 'a/../../secret', `${outside}/secret`, '..', '.', '/']) {
          const into = new Collector();
          if (get) await coded(stage.until(client.get(name, into)));
          expect(into.bytes.toString()).to.equal('');
          if (put) await coded(stage.until(client.put(Readable.from([Buffer.from('x')]), `${name}.new`)));
        }
        expect(fs.readdirSync(outside).sort()).to.deep.equal(['secret', 'served']);
        expect(fs.readFileSync(nodePath.join(outside, 'secret'), 'utf8')).to.equal('secret');
      }),
    );
  }
}
