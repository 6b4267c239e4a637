import { expect } from 'chai';
import { parseListing } from '../../../lib/dialects/ft/listing';
import { TwinportError } from '../../../lib/errors';

/** What is said of a listing with facts that cannot be read. */
function fault(listing: string | Buffer): string {
  try {
    parseListing(Buffer.from(listing as string), true);
  } catch (error) {
    if (!(error instanceof TwinportError)) throw error;
    expect(error.code).to.equal('protocol');
    return error.message;
  }
  throw new Error('expected protocol, but the listing was read');
}

describe('a listing', () => {
  it('is names, or facts and names, whatever its lines end with', () => {
    expect(parseListing(Buffer.from('.\n..\r\n\na b\r\nlast'), false)).to.deep.equal(
      ['.', '..', 'a b', 'last'].map((name) => ({ name })),
    );
    const facts = 'type=cdir;modify=20200102030405; .\r\n\ntype=file;size=3; a b\nOS=x;type=OS.unix=other; last';
    expect(parseListing(Buffer.from(facts), true)).to.deep.equal([
      { name: '.', type: 'dir', modified: Date.UTC(2020, 0, 2, 3, 4, 5) },
      { name: 'a b', type: 'file', size: 3 },
      { name: 'last', type: 'other' },
    ]);
  });

  it('fails as a whole, and says which line it was', () => {
    const cannot = 'of the listing cannot be understood:';
    const good = 'type=file;size=3; good\n';
    expect(fault(`${good}\r\ntype=file;size=9007199254740993; big\r\n${good}`)).to.equal(
      `line 3 ${cannot} "type=file;size=9007199254740993; big"`,
    );
    expect(fault('type=file; ')).to.equal(`line 1 ${cannot} "type=file; "`);
    expect(fault(`${good}no facts\n`)).to.equal(`line 2 ${cannot} "no facts"`);
  });

  it('shows no more of that line than is needed, and nothing that a terminal obeys', () => {
    expect(fault('a\x1b]0;b\x07\u009bc')).to.match(/: "a\\x1b\]0;b\\x07\\x9bc"$/);
    expect(fault(Buffer.from([0x61, 0x9b, 0x62]))).to.match(/: "a\\x9bb"$/);
    expect(fault('x'.repeat(100))).to.match(/: "x{100}"$/);
    expect(fault('x'.repeat(101))).to.match(/: "x{100}…"$/);
    for (const character of ['é', '€', '\u{1f600}']) {
      for (let before = 0; before < 4; before += 1) {
        const text = 'x'.repeat(before) + character.repeat(4000);
        expect(fault(text)).to.match(new RegExp(`: "x{${before}}${character}{${100 - before}}…"$`, 'u'));
      }
    }
  });
});
