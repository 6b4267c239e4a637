import { expect } from 'chai';
import { longListing, names, tellsNamesOnly, type ListingHow } from '../../../lib/cli/report/listing';
import { pour } from '../../../lib/cli/report/pour';
import { humanSize } from '../../../lib/cli/report/sizes';
import { localTime, localTimeExact } from '../../../lib/cli/report/times';
import { Output } from '../../../lib/cli/output';
import type { ListEntry } from '../../../lib/index';
import { Captured, Failing } from '../../support/stdio';

const AT = new Date(2026, 10, 20, 14, 30, 5).getTime();
const HOW: ListingHow = { end: '\n', human: false, slash: false };

const long = (entries: readonly ListEntry[], how: Partial<ListingHow> = {}): string =>
  Buffer.concat([...longListing(entries, { ...HOW, ...how })]).toString('latin1');

describe('a size for people', () => {
  // As `ls -h` and `numfmt --to=iec --round=up` print them.
  for (const [bytes, shown] of [
    [0, '0'],
    [1, '1'],
    [1023, '1023'],
    [1024, '1.0K'],
    [1025, '1.1K'],
    [4608, '4.5K'],
    [10_188, '10K'],
    [10_239, '10K'],
    [10_240, '10K'],
    [10_241, '11K'],
    [1_047_552, '1023K'],
    [1_047_553, '1.0M'],
    [1_048_576, '1.0M'],
    [325_058_560, '310M'],
    [2 ** 40, '1.0T'],
    [2 ** 53, '8.0P'],
  ] as const) {
    it(`of ${bytes} is ${shown}`, () => expect(humanSize(bytes)).to.equal(shown));
  }

  it('is short', () => {
    for (let bytes = 1; bytes < 2 ** 53; bytes = Math.ceil(bytes * 1.01)) {
      expect(humanSize(bytes).length, `${bytes}`).to.be.at.most(5);
    }
  });
});

describe('a time for people', () => {
  it('is local, and sorts', () => {
    expect(localTime(AT)).to.equal('2026-11-20 14:30');
    expect(localTimeExact(AT)).to.equal('2026-11-20 14:30:05');
    expect(localTime(new Date(2026, 0, 2, 3, 4).getTime())).to.equal('2026-01-02 03:04');
    expect(localTime(new Date(999, 0, 2).setFullYear(999))).to.match(/^0999-01-02 /);
  });

  it('follows TZ', () => {
    const before = process.env['TZ'];
    try {
      process.env['TZ'] = 'Asia/Tokyo';
      expect(localTime(Date.UTC(2026, 10, 20, 20, 30))).to.equal('2026-11-21 05:30');
      process.env['TZ'] = 'America/New_York';
      expect(localTime(Date.UTC(2026, 10, 20, 2, 30))).to.equal('2026-11-19 21:30');
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  });
});

describe('a long listing', () => {
  const FILE: ListEntry = { name: 'textfile-large', type: 'file', size: 82_500, modified: AT };
  const DIR: ListEntry = { name: 'sub', type: 'dir', size: 4096, modified: AT };

  it('stands in columns, sizes to the right', () => {
    const entries: ListEntry[] = [
      DIR,
      FILE,
      { name: 'huge', type: 'file', size: 2 ** 53, modified: AT },
      { name: 'a socket', type: 'other', size: 0, modified: AT },
    ];
    expect(long(entries)).to.equal(
      [
        'd                - 2026-11-20 14:30 sub',
        '-            82500 2026-11-20 14:30 textfile-large',
        '- 9007199254740992 2026-11-20 14:30 huge',
        'o                0 2026-11-20 14:30 a socket',
        '',
      ].join('\n'),
    );
    expect(long(entries, { human: true })).to.equal(
      [
        'd    - 2026-11-20 14:30 sub',
        '-  81K 2026-11-20 14:30 textfile-large',
        '- 8.0P 2026-11-20 14:30 huge',
        'o    0 2026-11-20 14:30 a socket',
        '',
      ].join('\n'),
    );
  });

  it('marks directories where it is for eyes', () => {
    expect(long([DIR, FILE], { slash: true })).to.match(/ sub\/\n.* textfile-large\n$/);
  });

  it('keeps the bytes of names, and escapes what would steer a terminal', () => {
    const names = ['caf\udce9', 'ünï', 'a\nb', '\x1b[2J', '\udc9b', '日本'];
    const text = long(names.map((name) => ({ ...FILE, name })));
    expect(text.split('\n').map((line) => line.slice(25))).to.deep.equal([
      ...['caf\xe9', Buffer.from('ünï').toString('latin1'), 'a\\x0ab', '\\x1b[2J', '\\x9b'],
      ...[Buffer.from('日本').toString('latin1'), ''],
    ]);
  });

  it('ends with NUL where that was asked for', () => {
    expect(long([DIR, FILE], { end: '\0' }).split('\0')).to.have.length(3);
  });

  it('has a question mark for what is not told', () => {
    expect(long([{ name: 'gone', type: 'file' }, FILE, { name: 'x' }])).to.equal(
      [
        '-     ?                ? gone',
        '- 82500 2026-11-20 14:30 textfile-large',
        '?     ?                ? x',
        '',
      ].join('\n'),
    );
    expect(long([{ name: '.' }, { name: 'x' }])).to.equal('? ? ? .\n? ? ? x\n');
  });

  it('knows a server that tells names only', () => {
    expect(tellsNamesOnly([{ name: '.' }, { name: 'x' }])).to.equal(true);
    expect(tellsNamesOnly([{ name: '.' }, FILE])).to.equal(false);
    expect(tellsNamesOnly([])).to.equal(false);
  });

  it('is empty where nothing is', () => expect(long([])).to.equal(''));
});

describe('a listing of names', () => {
  it('is names, each ended', () => {
    expect(Buffer.concat([...names([{ name: 'a\tb' }, { name: 'ü' }], '\0')]).toString()).to.equal('a\\x09b\0ü\0');
  });
});

describe('what is poured', () => {
  const pieces = (count: number): Buffer[] => Array.from({ length: count }, (_, at) => Buffer.from(`${at}\n`));

  it('arrives whole, in few writes', async () => {
    const captured = new Captured();
    let writes = 0;
    const write = captured._write.bind(captured);
    captured._write = (...args) => {
      writes++;
      write(...args);
    };
    await pour(new Output(() => captured), pieces(100_000));
    expect(captured.text).to.equal(pieces(100_000).join(''));
    expect(writes).to.be.below(20);
  });

  it('ends when nobody reads any more', async () => {
    let asked = 0;
    const endless = function* (): Generator<Buffer> {
      for (;;) {
        asked++;
        yield Buffer.alloc(100, 0x61);
      }
    };
    await pour(new Output(() => new Failing(300_000, 'EPIPE')), endless());
    expect(asked).to.be.below(10_000);
  });

  it('of nothing is nothing', async () => {
    const captured = new Captured();
    await pour(new Output(() => captured), []);
    expect(captured.text).to.equal('');
  });
});
