import { expect } from 'chai';
import { clientHelp, relayHelp, serverHelp } from '../../lib/cli/help';
import { CLIENT_FLAGS } from '../../lib/cli/options';
import { helpPage } from '../../lib/cli/parser';

describe('a help page', () => {
  it('leaves each example one line, that can be pasted', async () => {
    const long = `ftclient host 3555 -g ${'x'.repeat(50)}`;
    const page = await helpPage('ftclient', CLIENT_FLAGS, {
      above: 'Usage: ftclient\n',
      examples: [
        ['ftclient host 3555 -l --dialect stepwise', 'list'],
        [long, 'a name that takes all the room'],
        ['ftclient host 3555 -l', 'list, too'],
      ],
      epilogue: 'Exit codes: 0',
    });
    const [, examples] = /\n\nExamples:\n([^]*)\n\nExit codes: 0\n$/.exec(page) ?? [];
    expect(examples?.split('\n')).to.deep.equal([
      '  ftclient host 3555 -l --dialect stepwise  list',
      `  ${long}`,
      '                                            a name that takes all the room',
      '  ftclient host 3555 -l                     list, too',
    ]);
  });

  it('of each program has its examples in full', async () => {
    for (const page of [await clientHelp(), await serverHelp(), await relayHelp()]) {
      const [program = ''] = /(?<=^Usage: )\w+/.exec(page) ?? [];
      const [, examples = ''] = /\n\nExamples:\n([^]*?)\n\n/.exec(page) ?? [];
      const lines = examples.split('\n');
      expect(lines.length).to.be.at.least(5);
      for (const line of lines) {
        expect(line)
          .to.match(new RegExp(`^ {2}${program} .*\\S {2,}\\S`))
          .and.to.have.length.at.most(80);
      }
    }
  });
});
