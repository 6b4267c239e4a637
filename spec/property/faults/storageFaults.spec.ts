import { expect } from 'chai';
import { crc32 } from 'node:zlib';
import type { Fault } from '../../support/faultyStorage';
import { HELLO, LARGE, localShelf, memoryShelf, partsOf, Stage, type Shelf } from './stage';

const BODY = Buffer.alloc(1_100_000, 'body ');
const CONFIRM = `-c ${BODY.length} ${crc32(BODY).toString(16).padStart(8, '0')}`;

interface Work {
  readonly request: string;
  readonly body?: Buffer;
  /** Names that it may change, and to what; undefined: to nothing at all. */
  readonly changes?: Readonly<Record<string, Buffer | undefined>>;
  /** What a success must have brought. */
  readonly data?: Buffer;
}

const WORK: Readonly<Record<string, Work>> = {
  get: { request: '-g large.bin PORT', data: LARGE },
  list: { request: '-l PORT', data: Buffer.from('.\n..\nempty\nhello.txt\nlarge.bin\n') },
  'list with facts': { request: '-l --facts --recursive PORT' },
  stat: { request: '-s hello.txt' },
  digest: { request: '-h large.bin' },
  put: { request: '-p new.txt PORT', body: BODY, changes: { 'new.txt': BODY } },
  'confirmed put': {
    request: `-p --confirm --size=${BODY.length} new.txt PORT\n${CONFIRM}`,
    body: BODY,
    changes: { 'new.txt': BODY },
  },
  'put that can be resumed': {
    request: `-p --confirm --size=${BODY.length} --modify=20200102030405.000 new.txt PORT\n${CONFIRM}`,
    body: BODY,
    changes: { 'new.txt': BODY },
  },
  'put over a file': {
    request: `-p --confirm --if-exists=overwrite hello.txt PORT\n${CONFIRM}`,
    body: BODY,
    changes: { 'hello.txt': BODY },
  },
  'make directory': { request: '-m --parents a/b' },
  delete: { request: '-d hello.txt', changes: { 'hello.txt': undefined } },
  'delete directory': { request: '-d empty' },
  rename: { request: '-r hello.txt\tmoved.txt', changes: { 'hello.txt': undefined, 'moved.txt': Buffer.from(HELLO) } },
};

/** What may be said of a failing disk (PROTOCOL.md, "Replies"). */
const FAILURES: Readonly<Record<Fault, readonly number[]>> = {
  EIO: [451, 426, 450, 550, 553],
  ENOSPC: [452, 451, 426],
  EACCES: [550, 553, 451, 426],
  EROFS: [550, 553, 451, 426],
  EDQUOT: [452, 451, 426],
  EMFILE: [451, 426, 450, 550, 553],
  short: [],
};
/** More calls than any of it makes. */
const MOST_CALLS = 200;

const SHELVES: Readonly<Record<string, { make: () => Promise<Shelf> | Shelf; faults: readonly Fault[] }>> = {
  'a directory, on the calling thread': {
    make: () => localShelf(true),
    faults: ['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EDQUOT', 'EMFILE', 'short'],
  },
  'a directory, on the thread pool': { make: () => localShelf(false), faults: ['EIO'] },
  'a storage whose errors have codes': { make: () => memoryShelf(true), faults: ['EIO', 'ENOSPC', 'EACCES', 'short'] },
  'a storage whose errors have none': { make: () => memoryShelf(false), faults: ['EIO'] },
};

for (const [where, { make, faults }] of Object.entries(SHELVES)) {
  describe(`each call that fails, of ${where}`, function () {
    this.timeout(120_000);
    let stage: Stage;

    beforeEach(async () => {
      stage = await new Stage(await make()).open();
    });

    afterEach(() => stage.close());

    for (const fault of faults) {
      for (const [name, work] of Object.entries(WORK)) {
        it(`${name}: ${fault}`, async () => {
          const { shelf } = stage;
          let calls = 0;
          for (let at = 1; at <= MOST_CALLS; at += 1) {
            shelf.reset();
            shelf.saboteur.arm(at, fault);
            const said = await stage.ask(work.request, work.body);
            const { struck } = shelf.saboteur;
            shelf.saboteur.disarm();
            judge(shelf, work, said, struck, fault, where.startsWith('a storage whose errors have none'));
            // The session lives, and so does the server.
            expect((await stage.ask('-s large.bin')).code, struck).to.equal(213);
            if (struck === undefined) {
              expect(said.code, 'without a fault').to.be.oneOf([226, 213]);
              break;
            }
            calls = at;
            if (!/unlink|rename|link/.test(struck))
              expect(partsOf(shelf).length, `parts behind ${struck}`).to.be.at.most(1);
            expect(
              (await stage.listed()).filter((each) => /part/.test(each)),
              struck,
            ).to.deep.equal([]);
          }
          expect(calls, 'calls that were failed').to.be.within(1, MOST_CALLS - 1);
        });
      }
    }
  });
}

function judge(
  shelf: Shelf,
  { changes = {}, data }: Work,
  said: { code: number; text: string; data: Buffer; whole: boolean },
  struck: string | undefined,
  fault: Fault,
  uncoded: boolean,
): void {
  const what = `${struck} ${fault}: ${said.code} ${said.text}`;
  const isDone = said.code === 226 || said.code === 213;
  if (!isDone) {
    expect(said.code, what).to.be.oneOf(uncoded ? [451, 426] : FAILURES[fault]);
    expect(said.text, what).to.match(/^\S.*\S$/);
    expect(said.text, what).not.to.contain(shelf.secret);
    expect(said.text, what).not.to.match(/undefined|\[object|\bat .*:\d+/);
  }
  if (isDone && data !== undefined) {
    expect(said.whole, what).to.equal(true);
    expect(said.data.equals(data), what).to.equal(true);
  }
  // Half of a get is never ended as if it were whole.
  if (!isDone && data !== undefined)
    expect(said.whole && said.data.length < data.length && said.data.length > 0, what).to.equal(false);
  const before: Readonly<Record<string, Buffer | undefined>> = { 'hello.txt': Buffer.from(HELLO), 'large.bin': LARGE };
  for (const name of ['hello.txt', 'large.bin', 'new.txt', 'moved.txt']) {
    const is = shelf.bytes(name);
    const [old, wanted] = [before[name], name in changes ? changes[name] : before[name]];
    const same = (other: Buffer | undefined): boolean =>
      is === undefined || other === undefined ? is === other : is.equals(other);
    // What is done is done, and what failed has happened not at all, or all of it.
    expect(isDone ? same(wanted) : same(old) || same(wanted), `${what}: ${name} has ${is?.length} bytes`).to.equal(
      true,
    );
  }
  if ('moved.txt' in changes && shelf.bytes('hello.txt') === undefined) {
    expect(shelf.bytes('moved.txt')?.toString(), `${what}: it is somewhere`).to.equal(HELLO);
  }
}
