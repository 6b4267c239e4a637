import { parseRequest } from '../../../lib/dialects/ft/grammar';
import { RequestDecoder } from '../../../lib/dialects/ft/requests';
import { isTwinportError } from '../../../lib/errors';
import { openedPort, ReplyLines, withOpenedPort } from '../../../lib/relay/replyLines';
import { RequestLines, withPort } from '../../../lib/relay/requestLines';
import { Sniffer } from '../../../lib/relay/sniff';
import { parseFacts } from '../../../lib/wire/facts';
import { ReplyDecoder } from '../../../lib/wire/replies';
import { holds, outcome, same, type Claim } from '../claim';
import { Draw } from '../draw';
import { sameHoweverCut } from '../splitting';
import { FT_WORDS, REQUESTS } from './ft';

interface Passed {
  readonly bytes: string;
  readonly asks: number;
  readonly ports: readonly number[];
}

function passOn(chunks: readonly Uint8Array[]): Passed {
  const lines = new RequestLines();
  const out: Buffer[] = [];
  const ports: number[] = [];
  let asks = 0;
  const take = (how: 'next' | 'end'): void => {
    for (let said = lines[how](); said !== undefined; said = lines[how]()) {
      out.push(said.bytes);
      if (said.asks) asks += 1;
      if (said.request !== undefined && said.request.port !== 0) {
        ports.push(said.request.port);
        onlyPortChanges(said.bytes);
      }
    }
  };
  for (const chunk of chunks) {
    const reused = Uint8Array.from(chunk);
    lines.push(reused);
    reused.fill(0x21);
    take('next');
  }
  take('end');
  return { bytes: Buffer.concat(out).toString('latin1'), asks, ports };
}

function onlyPortChanges(bytes: Buffer): void {
  const changed = withPort(bytes, 40000);
  if (changed === undefined) return;
  const text = (line: Buffer): Buffer => Buffer.from(line.toString('latin1').replace(/[\r\n\0]+$/, ''), 'latin1');
  same('another port and nothing else', parseRequest(text(changed)), { ...parseRequest(text(bytes)), port: 40000 });
  const there = withPort(changed, parseRequest(text(bytes)).port);
  // Leading zeros are the port's own.
  if (there?.length === bytes.length) holds('and back again', there.equals(bytes), bytes.toString('latin1'));
}

/** Every byte comes out, in order, and as many requests are seen as the server will answer. */
const requestLines: Claim = {
  name: 'relay-requests',
  kind: 'codec',
  corpus: [
    ...REQUESTS.map((line) => `\x01${line}\n`),
    `\x01${REQUESTS.join('\r\n')}\n`,
    '\x01-g hello.txt 8555\0\0\0-l 8555\0',
    '\x01-l 008555',
  ],
  words: [...FT_WORDS, '\0'],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const seed = draw.byte();
    const stream = draw.rest();
    const got = sameHoweverCut('relayed requests', stream, seed, passOn) as Passed;
    same('every byte', got.bytes, stream.toString('latin1'));
    const served = answered(stream);
    if (served !== undefined) same('as many as the server answers', got.asks, served.asks);
    if (served !== undefined) same('the ports that the server dials', got.ports, served.ports);
  },
};

/** Undefined where a line is too long: the server ends there. */
function answered(stream: Buffer): { asks: number; ports: number[] } | undefined {
  const decoder = new RequestDecoder();
  const ports: number[] = [];
  let asks = 0;
  try {
    decoder.push(stream);
    for (const how of ['next', 'end'] as const) {
      for (let incoming; (incoming = decoder[how]()) !== undefined; asks += 1) {
        if ('request' in incoming && incoming.request.port !== 0) ports.push(incoming.request.port);
      }
    }
  } catch (error) {
    if (!isTwinportError(error)) throw error;
    return undefined;
  }
  return { asks, ports };
}

const replyLines: Claim = {
  name: 'relay-replies',
  kind: 'codec',
  corpus: [
    '\x01150 type=file;size=13;port=40001; x\r\n226 length=13; done\r\n',
    '\x02211-Features:\r\n SIZE\r\n211 End\r\n',
    '\x03220 hi\r\n550 FILE NOT FOUND\r\nnoise\n',
  ],
  words: ['150 ', '226 ', '226-', '211-', '120 ', '220 ', '\r\n', '\n', 'port=1024;', 'PORT=80;', '=', ';'],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const seed = draw.byte();
    const stream = draw.rest();
    const got = sameHoweverCut('relayed replies', stream, seed, (chunks) => {
      const lines = new ReplyLines();
      lines.holds = seed % 3 !== 0;
      let out = '';
      let finals = 0;
      const take = (how: 'next' | 'flush'): void => {
        for (let said = lines[how](); said !== undefined; said = lines[how]()) {
          out += said.bytes.toString('latin1');
          if (said.final === true) finals += 1;
          if (said.opens === true) samePorts(said.bytes);
        }
      };
      for (const chunk of chunks) {
        const reused = Uint8Array.from(chunk);
        lines.push(reused);
        reused.fill(0x21);
        take('next');
      }
      take('flush');
      return { out, finals };
    }) as { out: string; finals: number };
    same('every byte', got.out, stream.toString('latin1'));
    const heard = finalsOf(stream);
    if (heard !== undefined) same('as many final replies as a client hears', got.finals, heard);
  },
};

function finalsOf(stream: Buffer): number | undefined {
  const decoder = new ReplyDecoder();
  let finals = 0;
  const counted = outcome(() => {
    decoder.push(stream);
    for (let said; (said = decoder.next()) !== undefined;) {
      // A greeting answers nothing.
      if (said.kind === 'reply' && said.reply.code >= 200 && said.reply.code !== 220) finals += 1;
    }
  });
  return 'code' in counted ? undefined : finals;
}

/** The port that the relay changes is the one that the client dials. */
function samePorts(line: Buffer): void {
  const decoder = new ReplyDecoder();
  decoder.push(line);
  const read = outcome(() => decoder.next(), 'protocol');
  // To a client a line that is too long is none.
  if (!('value' in read) || read.value?.kind !== 'reply') return;
  const said = read.value;
  const facts = parseFacts(said.reply.text).facts;
  const port = openedPort(line);
  const meant = /^[0-9]{1,5}$/.test(facts.get('port') ?? '') ? Number(facts.get('port')) : undefined;
  same('the port', port, meant !== undefined && meant >= 1 && meant <= 65535 ? meant : undefined);
  if (port === undefined) return;
  const changed = withOpenedPort(line, 40000);
  const again = new ReplyDecoder();
  again.push(changed);
  const after = again.next();
  if (after?.kind !== 'reply') throw new Error('the changed line is no reply');
  const parsed = parseFacts(after.reply.text);
  same(
    'nothing but the port',
    [[...parsed.facts], parsed.rest],
    [[...new Map(facts).set('port', '40000')], parseFacts(said.reply.text).rest],
  );
}

const sniffer: Claim = {
  name: 'relay-sniffer',
  kind: 'codec',
  corpus: ['\x01-l 8555\n', '\x01-g', '\x01\x16\x03\x01', '\x0113:get x'],
  words: ['-', 'l', 'g', '\x16'],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const seed = draw.byte();
    const stream = draw.rest();
    sameHoweverCut('tongue', stream, seed, (chunks) => {
      const sniff = new Sniffer();
      let tongue: string | undefined;
      for (const chunk of chunks) {
        sniff.push(chunk);
        const told = sniff.tongue();
        if (tongue !== undefined) same('it does not change its mind', told, tongue);
        tongue = told;
      }
      return [tongue, stream.length === 0 ? '' : sniff.quiet(), sniff.take().toString('latin1')];
    });
  },
};

export const RELAY: readonly Claim[] = [requestLines, replyLines, sniffer];
