import { expect } from 'chai';
import { withServer } from '../support/errandBench';
import type { Bench } from '../support/ftBench';
import { eventually } from '../support/talker';

const file = (bench: Bench, number: number): string | undefined => bench.storage.bytes(`${number}.file`)?.toString();
const numbered = withServer.bind(null, 'numbered');

describe('numbered: a client of framed', () => {
  for (const says of ['6:get f5', '7:get f5\0', '8:put name', '8:put namethe file', '0010:put abcdef\n1\n']) {
    it(
      `${JSON.stringify(says)} is no upload: it is reset, and \`ERROR\` is there`,
      numbered({}, async (bench) => {
        const p = await bench.dial();
        await p.send(says);
        void p.end().catch(() => undefined);
        expect(await p.over()).to.equal('lost');
        expect(file(bench, 1)).to.equal('ERROR');
        expect(bench.told).to.include('put failed not-understood');
      }),
    );
  }

  for (const says of ['6:get f5\n', '7:get f5', '9:put name', ':get x', '6:GET f5', '00006:get f5', '4:get ']) {
    it(
      `${JSON.stringify(says)} is a file as any other`,
      numbered({}, async (bench) => {
        await (await bench.dial()).end(says);
        await eventually('a file', () => file(bench, 1) !== undefined);
        expect(file(bench, 1)).to.equal(says);
      }),
    );
  }
});
