import { expect } from 'chai';
import { ListingRoom } from '../../lib/data/listingRoom';
import { TwinportError } from '../../lib/errors';

const told = (take: () => void): string => {
  try {
    take();
    return 'room';
  } catch (error) {
    return error instanceof TwinportError ? `${error.code} ${error.reply}` : String(error);
  }
};

describe('the room for listings', () => {
  it('is for all of them together, and half of it for one address', () => {
    const room = new ListingRoom(100);
    const [one, two, other, third] = ['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.3'].map((from) => room.share(from));
    expect(told(() => one?.take(30))).to.equal('room');
    expect(told(() => two?.take(20))).to.equal('room');
    expect(told(() => two?.take(1))).to.equal('in-use 450');
    expect(told(() => other?.take(49))).to.equal('room');
    expect(told(() => third?.take(2))).to.equal('in-use 450');
    expect(told(() => third?.take(1))).to.equal('room');
    one?.giveBack();
    expect(told(() => two?.take(30))).to.equal('room');
  });

  it('never has enough for what is more than half of it', () => {
    const room = new ListingRoom(100);
    const share = room.share('10.0.0.1');
    share.take(50);
    expect(told(() => share.take(1))).to.equal('too-large 451');
  });

  it('counts an IPv6 network as one: a host has as many addresses as it likes', () => {
    const room = new ListingRoom(100);
    room.share('2001:db8::1').take(50);
    expect(told(() => room.share('2001:db8::2').take(1))).to.equal('in-use 450');
    expect(told(() => room.share('2001:db8:0:1::1').take(1))).to.equal('room');
  });

  it('is given back once, and all of it', () => {
    const room = new ListingRoom(100);
    const [one, two] = [room.share('10.0.0.1'), room.share('10.0.0.1')];
    one.take(25);
    two.take(25);
    one.giveBack();
    one.giveBack();
    expect(told(() => one.take(25))).to.equal('room');
    expect(told(() => one.take(1))).to.equal('in-use 450');
  });
});
