import { expect } from 'chai';
import {
  assertPort,
  DIALECTS,
  openPort,
  PORT_DIALECTS,
  takesPuts,
  type DialectEntry,
  type PortDialect,
} from '../../lib/dialects/registry';
import type { FtService } from '../../lib/dialects/ft/job';
import { cuts } from '../support/splits';
import { rejects } from '../support/storageHelpers';

const entries = Object.entries(DIALECTS) as [keyof typeof DIALECTS, DialectEntry][];
const NONE = ['gopher', '', 'FT', 'constructor', '__proto__', 'toString', 'hasOwnProperty'];

describe('the registry of dialects', () => {
  for (const [name, entry] of entries) {
    it(`${name}: a server, and a client of the same name but for the native one`, () => {
      expect(entry.server().open).to.be.a('function');
      const client = entry.client?.();
      if (name === 'ft') expect(client).to.equal(undefined);
      else expect(client?.name).to.equal(name);
    });
  }

  it('takes files unasked where the original was made for uploads, and nowhere else', () => {
    const taking = PORT_DIALECTS.filter((name) => takesPuts(name));
    expect([...taking].sort()).to.deep.equal(['colon', 'framed', 'numbered', 'privateshare']);
    for (const name of NONE) expect(takesPuts(name as PortDialect), name).to.equal(false);
  });

  it('has the usual ports of the originals', () => {
    expect(Object.fromEntries(entries.map(([name, { port }]) => [name, port]))).to.deep.equal({
      ft: 3555,
      stepwise: 3555,
      framed: 50001,
      privateshare: 365,
      colon: 5050,
      numbered: 5555,
    });
  });

  it('a port can be told to speak each of them, or several', () => {
    expect(PORT_DIALECTS).to.deep.equal([...Object.keys(DIALECTS), 'default', 'auto']);
  });

  it('numbered is spoken above 1023 alone, the others anywhere', () => {
    for (const name of PORT_DIALECTS) {
      for (const port of [1, 365, 1023]) {
        const refused = (): void => assertPort(name, port);
        if (name === 'numbered') expect(refused, `${name} ${port}`).to.throw(/1024/);
        else expect(refused, `${name} ${port}`).to.not.throw();
      }
      for (const port of [0, 1024, 65_535]) expect(() => assertPort(name, port), `${name} ${port}`).to.not.throw();
    }
  });

  for (const name of NONE) {
    it(`knows no ${JSON.stringify(name)}`, async () => {
      const sentence = await rejects('invalid-argument', () =>
        openPort(name as PortDialect, {} as unknown as FtService, {}),
      );
      expect(sentence).to.include('ft, ').and.include('auto').and.include(JSON.stringify(name));
    });
  }
});

/** First bytes, and whose they are on a port of several languages; ft's are what is nobody else's. */
const FIRST: readonly (readonly [bytes: string, of: string])[] = [
  ['13:get notes.txt', 'framed'],
  ['007:put abc', 'framed'],
  ['list', 'privateshare'],
  ['get,notes.txt', 'privateshare'],
  ['put,notes.txt', 'privateshare'],
  ['-l 8555', 'ft'],
  ['-g list 8555', 'ft'],
  ['-p --size=3 get,x 8555', 'ft'],
  ['-lx', 'ft'],
  ['--', 'ft'],
  ['13:got', 'ft'],
  ['GET / HTTP/1.1', 'ft'],
  ['\x16\x03\x01', 'ft'],
  ['lost', 'ft'],
];

describe('the first bytes of the languages that one port can speak', () => {
  const telling = entries.flatMap(([name, entry]) => {
    const { begins } = entry.server();
    return begins === undefined ? [] : [[name, begins] as const];
  });

  it('are told apart for framed, privateshare and stepwise', () => {
    expect(telling.map(([name]) => name).sort()).to.deep.equal(['framed', 'privateshare', 'stepwise']);
  });

  for (const [bytes, of] of FIRST) {
    it(`${JSON.stringify(bytes)} are ${of}'s and nobody else's, and nobody changes his mind`, () => {
      for (const [name, begins] of telling) {
        const verdicts = Array.from(bytes, (_, at) => begins(Buffer.from(bytes.slice(0, at + 1), 'latin1'), false));
        expect(verdicts.at(-1), name).to.equal(name === of);
        const decided = verdicts.findIndex((verdict) => verdict !== undefined);
        expect(new Set(verdicts.slice(decided)).size, `${name}: ${verdicts.join(' ')}`).to.equal(1);
      }
    });
  }

  it('never two of them claim the same bytes, however they are cut, silent or not', () => {
    for (const [bytes] of FIRST) {
      for (const { chunks } of cuts(Buffer.from(bytes, 'latin1'))) {
        for (const silent of [false, true]) {
          const claims = telling.filter(([, begins]) => begins(Buffer.from(chunks[0] as Uint8Array), silent) === true);
          expect(claims.length, `${bytes} ${Buffer.from(chunks[0] as Uint8Array).toString()}`).to.be.at.most(1);
        }
      }
    }
  });

  it('-l and -g alone are stepwise after silence, and only then', () => {
    const begins = entries.find(([name]) => name === 'stepwise')?.[1].server().begins;
    for (const verb of ['-l', '-g']) {
      expect(begins?.(Buffer.from(verb), false)).to.equal(undefined);
      expect(begins?.(Buffer.from(verb), true)).to.equal(true);
      expect(begins?.(Buffer.from(`${verb} `), true)).to.equal(false);
    }
    expect(begins?.(Buffer.from('-p'), true)).to.equal(false);
  });
});
