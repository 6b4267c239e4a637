import { isTwinportError } from '../../../lib/errors';
import type { Client } from '../../../lib/client';
import type { RelayOptions } from '../../../lib/relaying';
import type { TransferResult } from '../../../lib/transfers';
import { pattern } from '../../support/bytes';
import { RelayWorld } from '../../support/relayWorld';
import { holds, type Claim } from '../claim';
import { Draw } from '../draw';

const FILE = pattern(3000);
const LARGE = pattern(70_000, 3);
const PUT = pattern(2000, 77);

function drawFaults(draw: Draw): Partial<RelayOptions> {
  const where = (): number => (draw.oneIn(3) ? draw.below(80_000) : draw.below(4000));
  return {
    seed: 1 + draw.below(60_000),
    ...(draw.oneIn(3) && { stammer: true }),
    ...(draw.oneIn(4) && { latency: draw.pick([1, 150, 2000]) }),
    ...(draw.oneIn(3) && { cutAfter: where() }),
    ...(draw.oneIn(3) && { resetAfter: where() }),
    ...(draw.oneIn(3) && { corrupt: 1 + draw.below(3) }),
    ...(draw.oneIn(4) && { corruptControl: true }),
  };
}

/** Through a bad network: what is done is right, what is not leaves nothing wrong, and the next good try makes it whole. */
async function play(draw: Draw): Promise<void> {
  const world = await new RelayWorld({ a: FILE, large: LARGE }).open();
  try {
    world.place.write('local', PUT);
    for (let turn = 0; turn < 3 && draw.left > 0; turn += 1) {
      const remote = draw.pick(['a', 'large'] as const);
      const name = `up${turn}`;
      const puts = draw.oneIn(2);
      const how = { passive: draw.oneIn(2) };
      const get = (client: Client): Promise<TransferResult> =>
        client.get(remote, world.place.path(name), { onExists: 'resume' });
      const put = (client: Client): Promise<TransferResult> =>
        client.put(world.place.path('local'), name, { onExists: 'resume' });
      const faults = drawFaults(draw);
      const tried = await world.through(faults, puts ? put : get, how);
      if (tried.error !== undefined && !isTwinportError(tried.error)) throw tried.error;
      // Spoilt twice, a reply of ours can look like that of a plain server, for whom nobody vouches: the client says so.
      if (faults.corruptControl === true && tried.value?.verified === false) world.forgetLocal(name);
      await judge(world, puts ? undefined : name, remote);
      // A put that was stored and whose answer was lost is there already, and the same.
      await world.directly(puts ? put : get);
      await judge(world, puts ? undefined : name, remote);
      holds(
        'a good try makes it whole',
        puts ? world.storage.bytes(name) !== undefined : world.place.names.includes(name),
        name,
      );
    }
  } finally {
    await world.close();
  }
}

async function judge(world: RelayWorld, local: string | undefined, remote: 'a' | 'large'): Promise<void> {
  const wrong = await world.wrongOnServer({ up0: PUT, up1: PUT, up2: PUT });
  holds('nothing wrong is on the server', wrong.length === 0, wrong);
  if (local === undefined || !world.place.names.includes(local)) return;
  const bytes = world.place.read(local);
  holds('what came is what is there', bytes.equals(remote === 'a' ? FILE : LARGE), local, bytes.length);
}

export const relayedScripts: Claim = {
  name: 'session-relay',
  kind: 'session',
  corpus: Array.from({ length: 12 }, (_, seed) =>
    Buffer.from(
      Array.from({ length: 60 }, (_value, at) => (Math.imul(at * 41 + seed * 1013 + 11, 2654435761) >>> 24) & 0xff),
    ),
  ),
  words: [],
  check: (bytes) => play(new Draw(bytes)),
};
