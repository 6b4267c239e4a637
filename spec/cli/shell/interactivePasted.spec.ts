import { expect } from 'chai';
import { eventually } from '../../support/eventually';
import { Person } from '../../support/shellPerson';

describe('what is pasted at the prompt', () => {
  it('drives no terminal, not for the moment before it is known to be no letter', async () => {
    const who = new Person();
    await who.prompts(1);
    who.type('ls \x9b2J\x9d0;title\x9c\rls \x9b31m\rls b.txt\x9b1\x9b');
    await eventually('two lists', () => who.verbs.length === 2);
    who.type('\r');
    await eventually('three lists', () => who.verbs.length === 3);
    expect(who.screen)
      .to.include('title')
      .and.to.not.match(/[\u0080-\u009f]/);
    await who.leave();
  });
});
