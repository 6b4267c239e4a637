import { expect } from 'chai';
import * as fs from 'node:fs';
import { pooledIo } from '../../lib/storage/io';
import { LINK, type Dir } from '../../lib/storage/rooted';
import { walk, type Trail, type WalkOptions } from '../../lib/storage/walk';
import { LIMITS } from '../../lib/options';
import { atRest, DAY, HOUR, leavePart } from '../support/leftParts';
import { agedIo, hookedIo } from '../support/hookedIo';
import { localHarness, type LocalHarness } from '../support/localHarness';
import { deepen, flatten, LEVELS } from '../support/deepTree';

interface Node {
  readonly id: number;
  readonly below: Map<string, Node>;
  above: Node | undefined;
}

/** Directories in memory, and which of them are open. */
class Forest {
  readonly top: Node = { id: 0, below: new Map(), above: undefined };
  open = 0;
  most = 0;
  private made = 0;

  make(path: string): Node {
    let node = this.top;
    for (const name of path.split('/')) {
      const next: Node = node.below.get(name) ?? { id: (this.made += 1), below: new Map(), above: node };
      node.below.set(name, next);
      node = next;
    }
    return node;
  }

  move(from: string, to: string): void {
    const node = this.make(from);
    node.above?.below.delete(from.split('/').pop() ?? '');
    const above = to.includes('/') ? this.make(to.slice(0, to.lastIndexOf('/'))) : this.top;
    above.below.set(to.split('/').pop() ?? '', node);
    node.above = above;
  }

  dir(node: Node): Dir {
    this.open += 1;
    this.most = Math.max(this.most, this.open);
    const dir: Dir = {
      at: (name) => name,
      enter: async (name) => {
        if (name === 'link') return LINK;
        const next = name === '..' ? node.above : node.below.get(name);
        if (next === undefined)
          throw Object.assign(new Error('none'), { code: name === 'locked' ? 'EACCES' : 'ENOENT' });
        return this.dir(next);
      },
      confirm: () => undefined,
      identity: () => String(node.id),
      hold: () => {
        this.open += 1;
        return dir;
      },
      release: () => void (this.open -= 1),
    };
    return Object.assign(dir, { node });
  }

  /** The ways that a walk visits, in its order. */
  async walk(
    options: WalkOptions & { readonly onVisit?: (way: string) => void } = {},
  ): Promise<[string[], Trail | undefined]> {
    const visited: string[] = [];
    const top = this.dir(this.top);
    const visit = async (dir: Dir): Promise<readonly string[]> => {
      const { node } = dir as Dir & { node: Node };
      const way = this.way(node);
      visited.push(way);
      options.onVisit?.(way);
      return [...node.below.keys(), ...(way === 'b' ? ['link', 'gone', 'locked'] : [])];
    };
    const stopped = await walk(top, visit, options);
    top.release();
    expect(this.open, 'left open').to.equal(0);
    return [visited, stopped];
  }

  private way(node: Node): string {
    if (node.above === undefined) return '';
    const [name = ''] = [...node.above.below].find(([, each]) => each === node) ?? [];
    const above = this.way(node.above);
    return above === '' ? name : `${above}/${name}`;
  }
}

function forest(...paths: readonly string[]): Forest {
  const made = new Forest();
  for (const path of paths) made.make(path);
  return made;
}

const ALL = ['', 'a', 'a/a', 'a/a/a', 'a/b', 'b', 'b/x', 'b/y', 'b/y/1', 'b/y/2', 'c'];

describe('walking a tree', () => {
  it('visits each directory once, in an order that stays, and follows no link', async () => {
    const errors: unknown[] = [];
    const trees = forest(...ALL.slice(1).reverse());
    const [visited, stopped] = await trees.walk({ failed: (error) => errors.push(error) });
    expect([visited, stopped]).to.deep.equal([ALL, undefined]);
    expect(errors).to.have.length(1).and.to.have.nested.property('0.code', 'EACCES');
    expect(trees.most).to.be.at.most(3);
  });

  it('goes on where it stopped, however little it may visit at once', async () => {
    for (const most of [1, 2, 3, 5]) {
      const seen = new Set<string>();
      let from: Trail | undefined;
      let looks = 0;
      do {
        let visits = 0;
        const [visited, stopped] = await forest(...ALL.slice(1)).walk({
          ...(from && { from }),
          goesOn: () => (visits += 1) < most + 1,
        });
        for (const way of visited) seen.add(way);
        from = stopped;
        looks += 1;
      } while (from !== undefined && looks < 20);
      expect([...seen].sort(), `${most}`).to.deep.equal([...ALL].sort());
      expect(looks).to.be.at.most(ALL.length + 1);
    }
  });

  it('goes on where the way to that is no more what it was', async () => {
    for (const from of [['a', 'gone', 'x'], ['aa'], ['a', 'a', 'a', 'a', 'a']]) {
      const [visited] = await forest(...ALL.slice(1)).walk({ from });
      expect(visited).to.include.members(['b', 'b/y/2', 'c']);
    }
  });

  it('is not led elsewhere by a directory that is moved while it is in there', async () => {
    const trees = forest('a/in/deep/er', 'a/other', 'b/x', 'outside/secret');
    trees.make('top/outside');
    const moved = new Set<string>();
    const [visited] = await trees.walk({
      onVisit: (way) => {
        if (way !== 'a/in/deep/er' || moved.has(way)) return;
        moved.add(way);
        trees.move('a/in', 'top/outside/in');
      },
    });
    // What is left of it is not looked for; everything else is visited as ever.
    expect(visited).to.include.members(['a', 'a/other', 'b/x', 'outside/secret', 'top/outside']);
    expect(visited.filter((way) => way === 'a/other')).to.have.length(1);
  });
});

describe('a tree deeper than any path', function () {
  this.timeout(120_000);
  let house: LocalHarness;
  let now: number;
  let open: number;
  let most: number;

  beforeEach(async function () {
    // Elsewhere paths are all there is.
    if (process.platform !== 'linux') this.skip();
    now = Date.now();
    [open, most] = [0, 0];
    const counting = hookedIo(agedIo(pooledIo), {
      after: (call) => {
        if (call === 'open') most = Math.max(most, (open += 1));
        if (call === 'closeNow') open -= 1;
      },
    });
    house = await localHarness({ now: () => now }, counting);
  });
  afterEach(async () => {
    flatten(house.root);
    await house.cleanup();
  });

  it('is counted, to the last file, with few directories open', async () => {
    deepen(house.root, 13, (bottom) => fs.writeFileSync(`${bottom}/file`, 'text'));
    expect(await house.storage.measure?.('', 1e6)).to.deep.equal({ bytes: 13 * 4, files: 13 * LEVELS + 13 });
    expect(most).to.be.at.most(10);
  });

  it('is swept, to the last part', async () => {
    deepen(house.root, 13, (bottom) => {
      const directory = bottom.slice(house.root.length + 1);
      leavePart(house, atRest, { directory, at: now - DAY });
      leavePart(house, { ...atRest, what: 'c'.repeat(32) }, { directory, at: now - HOUR });
    });
    await house.storage.sweep();
    expect((await house.storage.measure?.('', 1e6))?.files).to.equal(13 * LEVELS + 13);
    expect(most).to.be.at.most(10);
    expect(LEVELS).to.be.above(LIMITS.listDepth);
  });
});
