import { expect } from 'chai';
import { eventually } from '../../support/eventually';
import { Captured } from '../../support/stdio';
import { Person, PROMPT } from '../../support/shellPerson';

/** A terminal whose window can be made another size. */
class Window extends Captured {
  override columns = 40;

  constructor() {
    super(true);
  }

  resize(columns: number): string {
    const before = this.utf8.length;
    this.columns = columns;
    this.emit('resize');
    return this.utf8.slice(before);
  }
}

describe('the shell at a terminal that is resized', () => {
  // With the prompt, 69 columns: two rows of 40.
  const LINE = `stat ${'x'.repeat(55)}`;
  const drawn = (rows: number, column: number): string =>
    `${rows === 0 ? '' : `\x1b[${rows}A`}\x1b[1G\x1b[0J${PROMPT}${LINE}\x1b[${column}G`;
  const typing = async (keys = ''): Promise<{ who: Person; window: Window }> => {
    const window = new Window();
    const who = new Person({ stdout: window });
    await who.prompts(1);
    who.type(`${LINE}${keys}`);
    await who.sees(LINE.slice(-31));
    return { who, window };
  };
  const leave = async (who: Person): Promise<void> => {
    who.type('\x03');
    await who.prompts(1);
    await who.leave();
  };

  it('draws the line from where the terminal has put its beginning, however narrow or wide it is made', async () => {
    const { who, window } = await typing();
    for (const [columns, rows] of [
      [20, 3],
      [10, 6],
      [39, 1],
      [80, 0],
      [69, 1],
      [40, 1],
    ] as const) {
      const text = window.resize(columns);
      // At the very edge a blank makes the terminal begin the next row.
      const edge = 69 % columns === 0 ? ' ' : '';
      expect(text, String(columns)).to.equal(drawn(rows, (69 % columns) + 1).replace(LINE, LINE + edge));
    }
    who.type('y\r');
    await eventually('it was done', () => who.verbs.length === 1);
    expect(who.bench.requests).to.deep.equal([{ verb: 'stat', path: `${'x'.repeat(55)}y` }]);
    await who.leave();
  });

  it('counts from the cursor, wherever it stands in the line', async () => {
    const { who, window } = await typing('\x01');
    await who.sees(`\x1b[${PROMPT.length + 1}G`);
    const rows = Math.ceil(69 / 15) - 1;
    expect(window.resize(15)).to.equal(`${drawn(0, PROMPT.length + 1)}\x1b[${rows}A`);
    await leave(who);
  });

  it('says nothing of it between two prompts', async () => {
    const window = new Window();
    let finish = (): void => undefined;
    const who = new Person({
      stdout: window,
      onRun: () => new Promise((resolve) => (finish = () => resolve(0))),
    });
    await who.prompts(1);
    who.type('ping\r');
    await who.sees('ping\r\n');
    await eventually('it began', () => who.verbs.length === 1);
    expect([window.resize(20), window.listenerCount('resize')]).to.deep.equal(['', 0]);
    finish();
    await who.prompts(1);
    await who.leave();
  });
});
