import { RequestDecoder } from '../../../lib/dialects/ft/requests';
import { isTwinportError } from '../../../lib/errors';
import { ReplyDecoder } from '../../../lib/wire/replies';
import { Broken, holds } from '../claim';

/** What one request may be answered (PROTOCOL.md, "Replies"). A `-c` that belongs to a put has no answer (optional, and no codes). */
interface Owed {
  readonly asked: string;
  readonly codes: readonly number[];
  readonly optional: boolean;
}

const CODES: Readonly<Partial<Record<string, readonly number[]>>> = {
  l: [226, 425, 426, 451, 550],
  g: [226, 425, 426, 451, 550, 554],
  p: [226, 425, 426, 450, 451, 452, 501, 552, 553, 554],
  c: [503],
  s: [213, 426, 550],
  h: [213, 426, 451, 550],
  m: [226, 426, 550, 553],
  d: [226, 426, 550, 553],
  r: [226, 426, 550, 553],
  f: [211, 426],
  q: [221, 426],
  x: [226],
  u: [230, 426, 502, 503, 530],
};

/** What else may be answered, by what the server is like. */
export interface MayAnswer {
  /** Nobody is served before a login. */
  readonly logins?: boolean;
  /** Not everything is allowed. */
  readonly rights?: boolean;
  /** The disk fails. */
  readonly faults?: boolean;
}

const FILES = ['l', 'g', 'p', 's', 'h', 'm', 'd', 'r'];

function codesOf(verb: string, { logins = false, rights = false, faults = false }: MayAnswer): readonly number[] {
  const files = FILES.includes(verb);
  return [
    ...(CODES[verb] ?? []),
    ...(logins && verb !== 'u' && verb !== 'q' && verb !== 'x' ? [530] : []),
    ...(rights && files ? [553] : []),
    ...(faults && files ? [450, 451, 452, 550, 553] : []),
  ];
}

/** What a server owes for these bytes. `ended`: by FIN, which makes a line of what has no newline. */
export function owedFor(sent: Buffer, ended: boolean, may: MayAnswer = {}): Owed[] {
  const decoder = new RequestDecoder();
  const owed: Owed[] = [];
  // The next `-c` is some put's second half, whatever became of the put.
  let confirms = false;
  const aborts = /(^|[\n\0])-x\r?(\n|$)/.test(sent.toString('latin1'));
  try {
    decoder.push(sent);
    for (const how of ended ? (['next', 'end'] as const) : (['next'] as const)) {
      for (let incoming; (incoming = decoder[how]()) !== undefined;) {
        const asked = incoming.line.slice(0, 60);
        if ('refusal' in incoming) {
          owed.push({ asked, codes: [incoming.refusal.reply ?? 501, 426], optional: false });
        } else {
          const { verb, options } = incoming.request;
          if (verb === 'p') confirms = options.confirm === true;
          // An abort takes second halves out of the queue, and puts that have not begun: then it may be either.
          const codes = verb === 'c' && confirms && !aborts ? [] : codesOf(verb, may);
          owed.push({ asked, codes, optional: verb === 'c' && (confirms || aborts) });
          if (verb === 'c') confirms = false;
        }
      }
    }
  } catch (error) {
    if (!isTwinportError(error)) throw error;
    owed.push({ asked: 'a line without end', codes: [500], optional: false });
  }
  return owed;
}

export interface FinalReply {
  readonly code: number;
  readonly text: string;
}

/** The final replies in what a server said; every byte of it must be replies. */
export function finals(said: Buffer, whole: boolean): FinalReply[] {
  const decoder = new ReplyDecoder();
  const all: FinalReply[] = [];
  decoder.push(said);
  for (let next; (next = decoder.next()) !== undefined;) {
    if (next.kind !== 'reply') throw new Broken('a server says nothing but replies', next.text);
    const { code, text } = next.reply;
    if (code >= 200) all.push({ code, text });
  }
  if (whole) holds('no reply is cut off', decoder.pendingLength === 0);
  return all;
}

/**
 * Every request has exactly one final reply, in order. Where the session was broken off (`cut`), or said goodbye with
 * a 421, those at the end have none.
 */
export function matches(owed: readonly Owed[], replies: readonly FinalReply[], cut: boolean): void {
  const goodbye = replies.at(-1)?.code === 421;
  const answers = goodbye ? replies.slice(0, -1) : replies;
  // Which replies may have been given when so many requests were answered: `-c` has one or none.
  let at = new Set([0]);
  const ends = (): boolean => at.has(answers.length);
  let complete = ends() && (cut || goodbye);
  for (const { codes, optional } of owed) {
    const next = new Set<number>(optional ? at : []);
    for (const count of at) {
      const code = answers[count]?.code ?? 0;
      if (!codes.includes(code)) continue;
      // Behind a farewell there is nothing more; but a `-q` that was aborted while it waited (426) is none.
      if (code === 221) complete ||= count + 1 === answers.length;
      else next.add(count + 1);
    }
    at = next;
    complete ||= ends() && (cut || goodbye);
  }
  if (complete || ends()) return;
  throw new Broken(
    'one final reply for each request, in order',
    owed.map(({ asked, codes }) => `${asked} → ${codes.join()}`),
    replies.map(({ code, text }) => `${code} ${text}`),
    { cut, goodbye },
  );
}
