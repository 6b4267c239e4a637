import { expect } from 'chai';
import * as fs from 'node:fs';
import type { GetOptions, TransferResult } from '../../lib/transfers';
import { BEGUN, DONE, endsIn, tokenIn } from '../support/attacked';
import { Place } from '../support/ftPair';
import { watch, withPlay, type Play, type Watched } from '../support/ftPlay';

const MINE = 'what nobody may touch';

/** A directory with links in it, and beside it what they lead to. */
class Yard {
  readonly place = new Place();
  private readonly elsewhere = new Place();
  readonly victim = this.elsewhere.write('victim', MINE);

  link(name: string, to: string): string {
    fs.symlinkSync(to, this.place.path(name));
    return this.place.path(name);
  }

  /** Nothing was written through any link, nor made where one dangles. */
  unharmed(): void {
    expect(this.elsewhere.names).to.deep.equal(['victim']);
    expect(fs.readFileSync(this.victim, 'utf8')).to.equal(MINE);
  }

  nowhere(name: string): string {
    return `${this.elsewhere.root}/${name}`;
  }

  remove(): void {
    this.place.remove();
    this.elsewhere.remove();
  }
}

function inYard(spec: (play: Play, yard: Yard) => Promise<void>): () => Promise<void> {
  return withPlay({}, async (play) => {
    const yard = new Yard();
    try {
      await spec(play, yard);
      yard.unharmed();
      await play.onlyP();
    } finally {
      yard.remove();
    }
  });
}

/** The server's side of a get of `hello`; `meanwhile` happens when all bytes are there, and it has yet to say so. */
async function serving(play: Play, meanwhile: () => void = () => undefined): Promise<void> {
  const { line, port } = await play.request();
  await play.say(BEGUN);
  const q = await play.dial(port);
  await q.send(tokenIn(line));
  await q.end('hello');
  // The client answers FIN with its own once it has written everything.
  await q.over();
  meanwhile();
  await play.say(DONE);
}

/** A get into that place, and its server's side. */
async function getting(
  play: Play,
  to: string,
  options: GetOptions,
  meanwhile?: () => void,
): Promise<Watched<TransferResult>> {
  const got = watch(play.client.get('a.txt', to, options));
  await serving(play, meanwhile);
  return got;
}

describe('hostile: links where a get goes', function () {
  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  it(
    'C34 a link in the place of the file',
    inYard(async (play, yard) => {
      const { place, victim } = yard;
      for (const [name, to] of [
        ['to-file', victim],
        ['dangling', yard.nowhere('made')],
        ['to-directory', yard.nowhere('.')],
        ['loop', 'loop'],
      ] as const) {
        yard.link(name, to);
        const renamed = await (await getting(play, place.path(name), { onExists: 'rename' })).value();
        expect(renamed.localPath).to.equal(place.path(`${name}.1`));
        expect(place.read(`${name}.1`).toString()).to.equal('hello');
        expect(fs.readlinkSync(place.path(name))).to.equal(to);
        const replaced = await (await getting(play, place.path(name), { onExists: 'overwrite' })).value();
        expect(replaced.localPath).to.equal(place.path(name));
        expect(fs.lstatSync(place.path(name)).isFile(), name).to.equal(true);
      }
      expect(place.parts).to.deep.equal([]);
    }),
  );

  it(
    'C35 a link swapped in while the file comes',
    inYard(async (play, yard) => {
      const { place, victim } = yard;
      const swap = (): void => void yard.link('a', victim);
      const renamed = await getting(play, place.path('a'), { onExists: 'rename' }, swap);
      // The name was free when the get began: it fetches once more, and goes where there is room.
      await serving(play);
      expect((await renamed.value()).localPath).to.equal(place.path('a.1'));
      expect(fs.readlinkSync(place.path('a'))).to.equal(victim);
      fs.unlinkSync(place.path('a'));
      await endsIn(await getting(play, place.path('a'), { onExists: 'fail' }, swap), 'exists');
      expect(fs.readlinkSync(place.path('a'))).to.equal(victim);
      const over = await getting(play, place.path('b'), { onExists: 'overwrite' }, () => void yard.link('b', victim));
      await over.value();
      expect(fs.lstatSync(place.path('b')).isFile()).to.equal(true);
      expect(place.names).to.deep.equal(['a', 'a.1', 'b']);
    }),
  );

  it(
    'C36 a link to a device or a pipe, that was named with -o',
    inYard(async (play, yard) => {
      const { place } = yard;
      const named = await (await getting(play, yard.link('null', '/dev/null'), { onExists: 'rename' })).value();
      expect(named).to.include({ localPath: place.path('null'), verified: true });
      expect(fs.readlinkSync(place.path('null'))).to.equal('/dev/null');
      // A name that the server gave is none that anybody has chosen for its own sake.
      const given = { onExists: 'rename', specialFiles: false } as const;
      const saved = await (await getting(play, place.path('null'), given)).value();
      expect(saved.localPath).to.equal(place.path('null.1'));
    }),
  );
});
