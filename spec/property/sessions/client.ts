import * as fs from 'node:fs';
import * as nodePath from 'node:path';
import { Readable } from 'node:stream';
import { isPartName } from '../../../lib/storage/partNames';
import type { TransferResult } from '../../../lib/transfers';
import { holds, type Claim } from '../claim';
import { Draw } from '../draw';
import { Liar, text } from './liar';

const OLD = 'an old file that stays';

/** A file that a get left is what came, all of it, and vouched for; and where it failed, there is none. */
function judge(liar: Liar, file: string, outcome: { value?: TransferResult }, wasThere: boolean): void {
  const { value } = outcome;
  const bytes = fs.existsSync(file) ? fs.readFileSync(file) : undefined;
  if (value === undefined) {
    holds(
      'a failure leaves what was there, or nothing',
      wasThere ? bytes?.toString() === OLD : bytes === undefined,
      bytes?.length,
    );
    return;
  }
  if (value.skipped || bytes === undefined) return holds('a file came of it', bytes !== undefined);
  const wholes = liar.sent.filter(({ stranger }) => !stranger);
  holds(
    'it is what one data connection brought',
    wholes.some((sent) => sent.bytes.equals(bytes)),
    bytes.length,
    wholes,
  );
  holds(
    'no reset was taken for an end',
    wholes.some((sent) => sent.bytes.equals(bytes) && sent.how === 'FIN'),
    bytes.length,
    wholes,
  );
  if (value.verified) holds('somebody vouched for it', liar.vouched.includes(text(bytes)), text(bytes), liar.vouched);
}

async function play(draw: Draw, secured: boolean): Promise<void> {
  const liar = new Liar(draw, secured);
  if (await liar.begin()) await use(liar, draw);
  await liar.close();
}

async function use(liar: Liar, draw: Draw): Promise<void> {
  const { client, root } = liar;
  for (let turn = 0; turn < 4 && draw.left > 0; turn += 1) {
    const file = nodePath.join(root, `file${turn}`);
    const wasThere = draw.oneIn(5);
    switch (draw.below(10)) {
      case 0:
        await liar.settled(client.list('notes', { facts: draw.oneIn(2) }));
        break;
      case 1:
        await liar.settled(client.stat('hello.txt'));
        break;
      case 2:
        await liar.settled(client.digest('hello.txt', { length: draw.below(9) }));
        break;
      case 3:
        await liar.settled(draw.oneIn(2) ? client.rename('a', 'b') : client.remove('a'));
        break;
      case 4:
        await liar.settled(
          client.put(Readable.from([Buffer.alloc(draw.below(900), 'put')]), 'new.txt', { onExists: 'overwrite' }),
        );
        break;
      case 5:
        fs.writeFileSync(file, Buffer.alloc(draw.below(900), 'file'));
        await liar.settled(client.put(file, 'new.txt', { resume: draw.oneIn(2) }));
        break;
      default: {
        if (wasThere) fs.writeFileSync(file, OLD);
        const onExists = wasThere
          ? draw.pick(['overwrite', 'fail'] as const)
          : draw.pick(['fail', 'resume', 'overwrite'] as const);
        judge(liar, file, await liar.settled(client.get('hello.txt', file, { onExists })), wasThere);
        // A second try of the same, which may go on from what is kept.
        if (!fs.existsSync(file))
          judge2(file, await liar.settled(client.get('hello.txt', file, { onExists: 'resume' })));
      }
    }
  }
  for (const name of fs.readdirSync(root))
    holds('no name but ours', /^file[0-9]$/.test(name) || isPartName(name), name);
}

/** What was resumed is of two connections; there is a file, or there is none. */
function judge2(file: string, { value }: { value?: TransferResult }): void {
  holds('a file where it was said, and only there', fs.existsSync(file) === (value !== undefined));
  if (value !== undefined) holds('of the size that was said', fs.statSync(file).size === value.size);
}

const scripts = (name: string, secured: boolean): Claim => ({
  name,
  kind: 'session',
  corpus: Array.from({ length: 24 }, (_, seed) =>
    Buffer.from(
      Array.from(
        { length: 40 + 12 * seed },
        (_value, at) => (Math.imul(at * 37 + seed * 1009 + 3, 2654435761) >>> 24) & 0xff,
      ),
    ),
  ),
  words: [],
  check: (bytes) => play(new Draw(bytes), secured),
});

export const clientScripts = scripts('session-client', false);

/** The same, where the client wants TLS: whoever answers may have it, another one's, or none. */
export const securedScripts = scripts('session-secured', true);
