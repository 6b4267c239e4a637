import { TwinportError } from '../errors';
import { networkOf } from '../wire/addresses';

/** Ranges below this are for a relay or a tunnel, through which all clients have one address. */
const FEW = 8;

/**
 * Who listens on how many of the ports that a server has for passive data connections. Behind a firewall these are a few
 * dozen, and each is held until somebody connects: one address could ask for all of them, again and again, and nobody else
 * had any. It has half of them; who connects gives the port back at once.
 */
export class PortShares {
  private readonly perAddress = new Map<string, number>();

  /** Takes one of a range; what it returns gives it back, once. Throws `no-data-connection` with reply 425. */
  take(address: string, [low, high]: readonly [low: number, high: number]): () => void {
    const count = high - low + 1;
    // Of any free port there are thousands, and fewer sessions.
    if (low === 0 || count < FEW) return () => undefined;
    const asker = networkOf(address);
    const theirs = this.perAddress.get(asker) ?? 0;
    if (theirs >= Math.ceil(count / 2)) {
      throw new TwinportError('no-data-connection', 'too many data ports are held for you, connect to one first', {
        reply: 425,
      });
    }
    this.perAddress.set(asker, theirs + 1);
    let held = true;
    return () => {
      if (held) this.give(asker);
      held = false;
    };
  }

  private give(asker: string): void {
    const left = (this.perAddress.get(asker) ?? 1) - 1;
    if (left === 0) this.perAddress.delete(asker);
    else this.perAddress.set(asker, left);
  }
}
