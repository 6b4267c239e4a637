import { autoDialect, type Candidate } from '../../../lib/control/auto';
import type { CommandDecoder, Dialect, Incoming } from '../../../lib/control/dialect';
import { amongStrangers } from '../../../lib/control/strangers';
import type { AnyDialect } from '../../../lib/control/slice';
import { HeaderDecoder } from '../../../lib/dialects/colon';
import { formatFrame, FrameDecoder, framedServer } from '../../../lib/dialects/framed';
import { RequestDecoder } from '../../../lib/dialects/ft/requests';
import { formatMessage, privateshareServer, ShareDecoder } from '../../../lib/dialects/privateshare';
import { StepDecoder, stepwiseServer } from '../../../lib/dialects/stepwise/server';
import { isTwinportError } from '../../../lib/errors';
import { LIMITS } from '../../../lib/options';
import { encodeName } from '../../../lib/wire/names';
import { holds, outcome, same, type Claim } from '../claim';
import { Draw } from '../draw';
import { sameHoweverCut } from '../splitting';
import { FT_WORDS, REQUESTS } from './ft';

interface Heard {
  readonly said: readonly unknown[];
  readonly rest: string;
  readonly threw?: string;
}

function shown(incoming: Incoming<unknown>): unknown {
  return 'request' in incoming
    ? [incoming.request, incoming.half, incoming.line]
    : [incoming.refusal.message, incoming.line];
}

/** As a session does: until a command is whole, if its data follow; then all that comes is data. */
function heard(
  decoder: CommandDecoder<unknown>,
  chunks: readonly Uint8Array[],
  last: 'end' | 'quiet',
  inband: boolean,
): Heard {
  const said: unknown[] = [];
  const drain = (how: 'next' | 'quiet' | 'end'): void => {
    for (let more; (!inband || said.length === 0) && (more = decoder[how]()) !== undefined;) said.push(shown(more));
  };
  let threw: string | undefined;
  try {
    for (const chunk of chunks) {
      const reused = Uint8Array.from(chunk);
      decoder.push(reused);
      reused.fill(0x21);
      drain('next');
    }
    drain(last);
  } catch (error) {
    if (!isTwinportError(error)) throw error;
    // Nothing is asked of it any more, and what it holds is nobody's.
    return { said, rest: '', threw: `${error.code} ${error.message}` };
  }
  const rest = inband && said.length > 0 ? Buffer.from(decoder.rest?.() ?? []).toString('latin1') : '';
  return { said, rest, ...(threw !== undefined && { threw }) };
}

function decoderClaim(
  name: string,
  make: () => CommandDecoder<unknown>,
  how: { corpus: readonly string[]; words: readonly string[]; inband: boolean; skips?: (stream: Buffer) => boolean },
  more: (stream: Buffer, got: Heard) => void = () => undefined,
): Claim {
  return {
    name,
    kind: 'codec',
    corpus: how.corpus.map((text) => `\x01${text}`),
    words: how.words,
    check: (bytes) => {
      const draw = new Draw(bytes);
      const seed = draw.byte();
      const last = seed % 2 === 0 ? 'quiet' : 'end';
      const stream = draw.rest();
      if (how.skips?.(stream) === true) return void heard(make(), [stream], last, how.inband);
      const got = sameHoweverCut(name, stream, seed, (chunks) => heard(make(), chunks, last, how.inband)) as Heard;
      more(stream, got);
    },
  };
}

const stepwise = decoderClaim('stepwise', () => new StepDecoder(), {
  corpus: ['-l30021192.168.001.100', '-g\n30021\r\n10.0.0.2\nhello.txt\0\0\0', '-g8555\x00127.0.0.1\x00a b'],
  words: ['-l', '-g', '8555', '30021', '127.0.0.1', '192.168.100.100', '\0', '\n', '.', '999'],
  inband: false,
  // A field is a line's worth, also as one piece with those behind it: what is more is nobody's request, and not looked at.
  skips: (stream) => stream.length > LIMITS.requestLine,
});

const framed = decoderClaim(
  'framed',
  () => new FrameDecoder(),
  {
    corpus: ['13:get hello.txt', '11:put new.txtgood morning\n', '0004097:get x', ':get x', '5:get '],
    words: ['get ', 'put ', ':', '13', '4096', '4097', '0'],
    inband: true,
  },
  (stream, { said, rest, threw }) => {
    // Nothing that came is lost, whatever came together.
    if (threw !== undefined || said.length === 0) return;
    const [[request, , line]] = said as [[{ verb: string; name: string }, unknown, string]];
    holds('the frame is as it was announced', line.startsWith(`${request.verb} `), line);
    const frame = stream.toString('latin1').slice(0, stream.length - rest.length);
    const [digits = '', ...payload] = frame.split(':');
    same('its length', Number(digits), payload.join(':').length);
  },
);

const frameFormat: Claim = {
  name: 'framed-format',
  kind: 'codec',
  corpus: ['hello.txt', 'a:b', '\n'],
  words: [],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const verb = draw.pick(['get', 'put'] as const);
    const name = draw.text(60);
    const frame = outcome(() => formatFrame({ verb, name }), 'invalid-name');
    if ('code' in frame || name === '') return;
    const decoder = new FrameDecoder();
    decoder.push(Buffer.concat([frame.value, Buffer.from('data')]));
    const got = decoder.next();
    if (got === undefined || !('request' in got)) throw new Error('no frame came of it');
    same('the verb', got.request.verb, verb);
    holds('the name', encodeName(got.request.name).equals(encodeName(name)), got);
    same('the rest', decoder.rest().toString(), 'data');
  },
};

const privateshare = decoderClaim('privateshare', () => new ShareDecoder(), {
  corpus: [
    'list',
    'get,hello.txt',
    'put,new.txt\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0data',
    'put,new.txt\ndata',
    'get,1234567890123456789012345678\r\n',
  ],
  words: ['list', 'get,', 'put,', '\0', '\n', '\r\n', ':PUT', ': SEND'],
  inband: true,
  // `list` is whole with its last byte: what comes together with it makes it something else.
  skips: (stream) => stream.toString('latin1', 0, 4) === 'list',
});

const shareFormat: Claim = {
  name: 'privateshare-format',
  kind: 'codec',
  corpus: ['\x00\x05hello\x00'],
  words: [],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const verb = draw.pick(['get,', 'put,'] as const);
    const name = draw.text(36);
    const message = outcome(() => formatMessage(verb, name), 'invalid-name');
    if ('code' in message) return;
    holds('it fits', message.value.length <= 32);
    const decoder = new ShareDecoder();
    decoder.push(message.value);
    const got = outcome(() => decoder.next() ?? decoder.quiet(), 'syntax');
    // What would be a put of colon is none of ours, at the server; the client learns it from `cancel`.
    if ('code' in got)
      return holds('only what reads as colon is refused', verb === 'put,' && /: *(PUT|SEND)/.test(name), name);
    holds(
      'the name',
      got.value !== undefined && 'request' in got.value && encodeName(got.value.request.name).equals(encodeName(name)),
      got,
    );
  },
};

const colon = decoderClaim('colon', () => new HeaderDecoder(), {
  corpus: [
    'hello.txt:GET',
    'new.txt : SENDgood morning',
    '2:CLIENTShello.txt:get',
    '13:get hello.txt',
    '13:get',
    ' 12 : clients a:b: PUT x',
    '0:CLIENTSa:GET',
  ],
  words: [':', ' ', 'GET', 'PUT', 'SEND', 'CLIENTS', 'get', '13', '1000', '1001', '0'],
  inband: true,
});

/** A dialect whose rows nobody runs. */
function only(name: string, decoder: () => CommandDecoder<unknown>): AnyDialect {
  const dialect: Dialect<unknown> = {
    name,
    decoder,
    row: () => ({ run: () => Promise.resolve(undefined) }),
    replies: { error: () => undefined, closing: () => undefined },
  };
  return dialect;
}

function candidate(
  name: string,
  begins: Candidate['begins'] | undefined,
  decoder: () => CommandDecoder<unknown>,
): Candidate {
  return { begins: begins ?? (() => false), dialect: only(name, decoder) };
}

/** PROTOCOL.md's table of first bytes. */
function spoken(stream: Buffer): string {
  const text = stream.toString('latin1');
  if (/^[0-9]{1,4}:(get|put) /.test(text)) return 'framed';
  if (/^(list|get,|put,)/.test(text)) return 'privateshare';
  return /^-[lg]\0+$/.test(text) ? 'stepwise' : 'ft';
}

const auto: Claim = {
  name: 'auto',
  kind: 'codec',
  corpus: [
    ...REQUESTS,
    '13:get hello.txt',
    '3:put a',
    'list',
    'get,x',
    'put,x',
    '-l\0\0\0',
    '-g',
    '\x16\x03\x01',
    'GET / HTTP/1.1\r\n\r\n',
  ].map((text) => `\x01${text}`),
  words: [...FT_WORDS, 'get ', 'put ', 'get,', 'put,', 'list', '13:', ':', '\0'],
  check: (bytes) => {
    const draw = new Draw(bytes);
    const seed = draw.byte();
    const stream = draw.rest();
    // Padding with something behind it is stepwise's if it came alone, and otherwise not: told by how it came.
    if (/^-[lg]\0+[^\0]/.test(stream.toString('latin1'))) return;
    const name = sameHoweverCut('auto', stream, seed, (chunks) => {
      const several = autoDialect(
        [
          candidate('stepwise', stepwiseServer.begins, () => new StepDecoder()),
          candidate('framed', framedServer.begins, () => new FrameDecoder()),
          candidate('privateshare', privateshareServer.begins, () => new ShareDecoder()),
        ],
        only('ft', () => new RequestDecoder()),
      );
      const guarded = amongStrangers(several, [{ name: 'none', opensGet: () => false }]);
      heard(guarded.decoder(), chunks, 'end', true);
      return guarded.name;
    });
    same('the language', name, spoken(stream));
  },
};

export const DIALECT_CLAIMS: readonly Claim[] = [stepwise, framed, frameFormat, privateshare, shareFormat, colon, auto];
