import { expect } from 'chai';
import fc from 'fast-check';
import { Unread } from '../../lib/wire/bytes';
import { countedWork } from '../support/splits';

describe('wire/bytes', () => {
  it('gives back what came, in order, however it is appended, taken and dropped', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), bytes: fc.uint8Array({ maxLength: 300 }) }),
      fc.record({ do: fc.constantFrom('take' as const, 'drop' as const), count: fc.nat({ max: 300 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const unread = new Unread();
        let model = Buffer.alloc(0);
        for (const each of steps) {
          if (each.do === 'append') {
            const reused = Uint8Array.from(each.bytes);
            unread.append(reused);
            reused.fill(0);
            model = Buffer.concat([model, each.bytes]);
          } else {
            const expected = model.subarray(0, each.count);
            if (each.do === 'drop') unread.drop(each.count);
            else expect(unread.take(each.count)).to.deep.equal(expected);
            model = model.subarray(each.count);
          }
          expect(unread.length).to.equal(model.length);
          expect(unread.view()).to.deep.equal(model);
          expect(unread.at(0)).to.equal(model[0]);
          expect(unread.at(model.length)).to.equal(undefined);
          expect(unread.indexOf(7, 1)).to.equal(model.indexOf(7, 1));
        }
      }),
    );
  });

  it('gives copies: what was taken survives what comes later', () => {
    const unread = new Unread();
    unread.append(Buffer.from('first'));
    const taken = unread.take(5);
    unread.append(Buffer.from('other'));
    expect(taken.toString()).to.equal('first');
  });

  it('never looks beyond its end into memory it does not own', () => {
    const unread = new Unread();
    unread.append(Buffer.from('ab'));
    expect(unread.at(2)).to.equal(undefined);
    expect(unread.take(9).toString()).to.equal('ab');
    expect(unread.length).to.equal(0);
  });

  it('copies O(n) when n bytes come one by one', () => {
    const count = 1 << 16;
    const byte = Uint8Array.of(1);
    const unread = new Unread();
    const { copied } = countedWork(() => {
      for (let at = 0; at < count; at += 1) unread.append(byte);
    });
    expect(unread.length).to.equal(count);
    expect(copied).to.be.within(count, 3 * count);
  });

  it('copies O(n) when bytes come and go one by one behind a tail', () => {
    const count = 1 << 16;
    const byte = Uint8Array.of(1);
    const unread = new Unread();
    unread.append(Buffer.alloc(5000));
    const { copied } = countedWork(() => {
      for (let at = 0; at < count; at += 1) {
        unread.append(byte);
        unread.drop(1);
      }
    });
    expect(copied).to.be.within(count, 3 * count);
    expect(unread.view().buffer.byteLength).to.be.at.most(2 * 5001);
  });

  it('holds no memory once it is empty', () => {
    const unread = new Unread();
    unread.append(Buffer.alloc(1 << 20));
    expect(unread.view().buffer.byteLength).to.equal(1 << 20);
    unread.drop(1 << 20);
    expect(unread.view().buffer.byteLength).to.equal(0);
  });
});
