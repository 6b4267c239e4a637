import { expect } from 'chai';
import { Sniffer, type Tongue } from '../../lib/relay/sniff';
import { portField, Steps } from '../../lib/relay/steps';
import { cuts } from '../support/splits';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('what a client speaks', () => {
  for (const [first, tongue, afterSilence] of [
    ['-l 8555\n', 'ft', 'ft'],
    ['-g a 8555', 'ft', 'ft'],
    ['-l\n', 'ft', 'ft'],
    ['-q', 'ft', 'ft'],
    ['--', 'ft', 'ft'],
    ['-', undefined, 'ft'],
    ['-l', undefined, 'stepwise'],
    ['-g', undefined, 'stepwise'],
    ['list', 'single', 'single'],
    ['get,a', 'single', 'single'],
    ['7:get abc', 'single', 'single'],
    ['\0\0\0', 'single', 'single'],
    ['\x16\x03\x01', 'tls', 'tls'],
  ] as const satisfies readonly (readonly [string, Tongue | undefined, Tongue])[]) {
    it(`${JSON.stringify(first)} is ${tongue ?? 'not yet told'}, after a silence ${afterSilence}`, () => {
      for (const { how, chunks } of cuts(bytes(first))) {
        const sniffer = new Sniffer();
        expect(sniffer.tongue()).to.equal(undefined);
        for (const chunk of chunks) sniffer.push(chunk);
        expect(sniffer.tongue(), how).to.equal(tongue);
        expect(sniffer.quiet(), how).to.equal(afterSilence);
        expect(sniffer.take().toString('latin1'), how).to.equal(first);
        expect(sniffer.holds).to.equal(false);
      }
    });
  }
});

describe('the fields of a stepwise client', () => {
  /** Each word arrives in these cuts, then there is a silence. */
  function fieldsOf(words: readonly string[], chunksOf: (word: string) => readonly Uint8Array[]): string[] {
    const steps = new Steps();
    const out: string[] = [];
    for (const word of words) {
      for (const chunk of chunksOf(word)) {
        const reused = Uint8Array.from(chunk);
        steps.push(reused);
        reused.fill(0x21);
        const early = steps.next();
        if (early !== undefined) out.push(`${early.field} ${early.bytes.toString('latin1')}`);
      }
      const step = steps.quiet();
      if (step !== undefined) out.push(`${step.field} ${step.bytes.toString('latin1')}`);
    }
    expect(steps.waiting).to.equal(false);
    return out;
  }

  it('are ended by silence, however each arrives', () => {
    const words = ['-g', '8555', '10.0.0.2', 'a b.txt'];
    for (let n = 0; n < 9; n += 1) {
      const out = fieldsOf(words, (word) => [...cuts(bytes(word))].at(n % (word.length + 1))?.chunks ?? []);
      expect(out).to.deep.equal(['verb -g', 'port 8555', 'address 10.0.0.2', 'name a b.txt']);
    }
  });

  it('are three for a list; what follows passes at once', () => {
    const out = fieldsOf(['-l', '8555', '10.0.0.2', 'more'], (word) => [bytes(word)]);
    expect(out).to.deep.equal(['verb -l', 'port 8555', 'address 10.0.0.2', 'rest more']);
  });

  it('are none of ours without a verb, or when they are too long', () => {
    expect(fieldsOf(['hello', '8555'], (word) => [bytes(word)])).to.deep.equal(['verb hello', 'rest 8555']);
    const long = 'x'.repeat(5000);
    expect(fieldsOf(['-g', long, '8555'], (word) => [bytes(word)])).to.deep.equal([
      'verb -g',
      `rest ${long}`,
      'rest 8555',
    ]);
  });

  it('name a port that may be dialled, whatever pads it', () => {
    for (const [text, port] of [
      ['8555', 8555],
      ['8555\0\0', 8555],
      ['08555', 8555],
      ['8555\n', 8555],
      ['80', undefined],
      ['0999', undefined],
      ['65536', undefined],
      ['8555x', undefined],
      ['', undefined],
    ] as const) {
      expect(portField(bytes(text))?.port, text).to.equal(port);
    }
    expect(portField(bytes('8555\0\n '))?.padding).to.equal('\0\n ');
  });
});
