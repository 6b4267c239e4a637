/** What is sorted: by `key`, each character of it one byte; `note` goes along with it. */
export interface Row {
  readonly key: string;
  readonly note: string;
}

/** Rows sorted at once, and bytes of them: some milliseconds of the only thread there is. */
const RUN_ROWS = 4096;
const RUN_BYTES = 128 * 1024;
/** The two lengths in front of a packed row. */
const HEAD = 8;

/**
 * Any number of rows in order. They are sorted a run at a time as they come, packed, and merged as they are asked for: to
 * sort a million objects at once kept everybody else waiting for seconds, and to hold them took five times their bytes.
 */
export class SortedRows {
  private readonly runs: Buffer[] = [];
  private rows: Row[] = [];
  private bytes = 0;
  private beside = 0;

  /** `onRun` hears of the bytes of each whole run before it is held; what it throws, `add` throws. */
  constructor(private readonly onRun: (bytes: number) => void = () => undefined) {}

  /** `beside`: bytes that are held elsewhere because of this row. */
  add(key: string, note: string, beside = 0): void {
    this.rows.push({ key, note });
    this.bytes += HEAD + key.length + note.length;
    this.beside += beside;
    if (this.rows.length < RUN_ROWS && this.bytes + this.beside < RUN_BYTES) return;
    this.onRun(this.bytes + this.beside);
    this.seal();
  }

  /** All of them. Nothing may be added meanwhile, nor behind it. */
  *[Symbol.iterator](): Iterator<Row> {
    if (this.rows.length > 0) this.seal();
    const heap = new Heap(this.runs.map((run) => new Cursor(run)));
    for (let least = heap.least; least !== undefined; least = heap.least) {
      const { row } = least;
      heap.advance();
      yield row;
    }
  }

  private seal(): void {
    this.runs.push(packed(this.rows.sort(byKey), this.bytes));
    this.rows = [];
    this.bytes = this.beside = 0;
  }
}

function byKey(a: Row, b: Row): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function packed(rows: readonly Row[], bytes: number): Buffer {
  const run = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const { key, note } of rows) {
    run.writeUInt32LE(key.length, at);
    run.writeUInt32LE(note.length, at + 4);
    run.write(key, at + HEAD, 'latin1');
    run.write(note, at + HEAD + key.length, 'latin1');
    at += HEAD + key.length + note.length;
  }
  return run;
}

/** Where a run has been read to. */
class Cursor {
  row: Row;
  private at = 0;

  constructor(private readonly run: Buffer) {
    this.row = this.read();
  }

  /** False behind the last row. */
  next(): boolean {
    if (this.at >= this.run.length) return false;
    this.row = this.read();
    return true;
  }

  private read(): Row {
    const { run, at } = this;
    const note = at + HEAD + run.readUInt32LE(at);
    this.at = note + run.readUInt32LE(at + 4);
    return { key: run.toString('latin1', at + HEAD, note), note: run.toString('latin1', note, this.at) };
  }
}

/** Cursors, the one with the least row first: each is no greater than the two at twice its place. */
class Heap {
  constructor(private readonly cursors: Cursor[]) {
    for (let at = cursors.length >> 1; at >= 0; at -= 1) this.sink(at);
  }

  get least(): Cursor | undefined {
    return this.cursors[0];
  }

  /** The first one's row was taken. */
  advance(): void {
    const { cursors } = this;
    if (cursors[0]?.next() === false) {
      const last = cursors.pop();
      if (last !== undefined && cursors.length > 0) cursors[0] = last;
    }
    this.sink(0);
  }

  private sink(from: number): void {
    const { cursors } = this;
    for (let at = from; ;) {
      let least = at;
      for (const below of [2 * at + 1, 2 * at + 2]) if (this.before(below, least)) least = below;
      if (least === at) return;
      [cursors[at], cursors[least]] = [cursors[least] as Cursor, cursors[at] as Cursor];
      at = least;
    }
  }

  private before(a: number, b: number): boolean {
    const [one, other] = [this.cursors[a], this.cursors[b]];
    return one !== undefined && other !== undefined && one.row.key < other.row.key;
  }
}
