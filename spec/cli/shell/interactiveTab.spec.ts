import { expect } from 'chai';
import { eventually } from '../../support/eventually';
import { Person } from '../../support/shellPerson';

describe('the shell at a terminal, and Tab', () => {
  it('completes, though the names come later', async () => {
    const who = new Person();
    await who.prompts(1);
    who.type('get a.\t');
    await who.sees('get a.txt ');
    who.type('\r');
    await who.prompts(2);
    expect(who.bench.requests).to.have.length(1);
    await who.leave();
  });

  it('shows what there is to choose from, harmless', async () => {
    const who = new Person();
    await who.prompts(1);
    who.type('get \t');
    await who.sees('b.txt');
    expect(who.screen).to.include("$'esc\\x1b[2Jape'");
    expect(who.screen).to.not.include('esc\x1b');
    who.type('\x03');
    await who.leave();
  });

  it('keeps nobody from typing while the server is slow, and goes for nothing then', async () => {
    const who = new Person();
    await who.prompts(1);
    let answer = (): void => undefined;
    who.bench.server.pause = new Promise((resolve) => (answer = resolve));
    who.type('get a\t');
    await eventually('it asked', () => who.bench.server.asked.length === 1);
    who.type('.t');
    await who.sees('get a.t');
    answer();
    await eventually('it has answered', () => who.bench.server.asked.length === 2);
    who.type('\r');
    await who.prompts(2);
    expect(who.bench.requests[0]).to.deep.include({ files: [{ remote: 'a.t', local: 'a.t' }] });
    await who.leave();
  });

  it('is given up by a command that comes first', async () => {
    const who = new Person();
    await who.prompts(1);
    who.bench.server.pause = new Promise(() => undefined);
    who.type('get a\t');
    await eventually('it asked', () => who.bench.server.asked.length === 1);
    who.type('\r');
    await who.prompts(2);
    expect(who.verbs).to.deep.equal(['get']);
    await who.leave();
  });

  it('is given up by leaving', async () => {
    const who = new Person();
    await who.prompts(1);
    who.bench.server.pause = new Promise(() => undefined);
    who.type('get a\t');
    await eventually('it asked', () => who.bench.server.asked.length === 1);
    who.type('\x03');
    await who.prompts(2);
    await who.leave();
  });
});
