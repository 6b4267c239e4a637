/** What a bare peer says and hears, step by step. Each is the peer's own side of it: `say` goes to the program under test. */
export type Step =
  | { readonly does: 'say' | 'hear'; readonly words: Words; readonly on: On }
  | { readonly does: 'send' | 'hearBody'; readonly bytes: Buffer; readonly on: On }
  | { readonly does: 'silence'; readonly ms: number; readonly on: On }
  | { readonly does: 'fin' | 'hearFin' | 'rst' | 'hearRst' | 'dataConnection'; readonly on: On };

type On = 'control' | 'data';

/** Words of the language; where they name a place, it is known only when they are said. */
export type Words = string | Uint8Array | ((scene: Scene) => string);

export interface Scene {
  /** Where the client waits for the data connection. */
  readonly dataPort: number;
  /** The client's address, as the server sees it. */
  readonly address: string;
}

/** Says words of the language: they are cut at every point. */
export const say = (words: Words): Step => ({ does: 'say', words, on: 'control' });
/** Hears exactly these words next. */
export const hear = (words: Words): Step => ({ does: 'hear', words, on: 'control' });
/** Sends (part of) a file: it may be abandoned in the middle, and is not cut at every point. */
export const send = (bytes: Uint8Array): Step => ({ does: 'send', bytes: Buffer.from(bytes), on: 'control' });
export const hearBody = (bytes: Uint8Array): Step => ({ does: 'hearBody', bytes: Buffer.from(bytes), on: 'control' });
/** Keeps silent; with nothing else in between, that is how some languages end a message. */
export const silence = (ms: number): Step => ({ does: 'silence', ms, on: 'control' });
export const fin: Step = { does: 'fin', on: 'control' };
/** Hears the end, and nothing more before it. */
export const hearFin: Step = { does: 'hearFin', on: 'control' };
export const rst: Step = { does: 'rst', on: 'control' };
export const hearRst: Step = { does: 'hearRst', on: 'control' };
/** The server's dial: a bare client waits for it (it listens from the start), a bare server dials. */
export const dataConnection: Step = { does: 'dataConnection', on: 'data' };

/** The same step on the data connection. */
export function onData(step: Step): Step {
  return { ...step, on: 'data' };
}

const OPPOSITE = {
  say: 'hear',
  hear: 'say',
  send: 'hearBody',
  hearBody: 'send',
  fin: 'hearFin',
  hearFin: 'fin',
  rst: 'hearRst',
  hearRst: 'rst',
} as const;

/** The other side's steps of the same exchange. Who only hears does not know why somebody is silent. */
export function mirrored(steps: readonly Step[]): Step[] {
  return steps
    .filter(({ does }) => does !== 'silence')
    .map((step) =>
      step.does === 'dataConnection' || step.does === 'silence'
        ? step
        : ({ ...step, does: OPPOSITE[step.does] } as Step),
    );
}

/** The same steps with each file in two halves, so that one can stop in the middle of it. */
export function halved(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => {
    if (!isBody(step) || step.bytes.length < 2) return [step];
    const middle = step.bytes.length >> 1;
    return [
      { ...step, bytes: step.bytes.subarray(0, middle) },
      { ...step, bytes: step.bytes.subarray(middle) },
    ];
  });
}

export function isBody(step: Step): step is Extract<Step, { readonly bytes: Buffer }> {
  return step.does === 'send' || step.does === 'hearBody';
}

export function bytesOf(words: Words, scene: Scene): Buffer {
  return Buffer.from(typeof words === 'function' ? words(scene) : (words as string));
}

/** For messages: which step it was. */
export function shownStep(step: Step | undefined): string {
  if (step === undefined) return 'the end';
  const where = step.on === 'data' ? ' on the data connection' : '';
  if (isBody(step)) return `${step.does} (${step.bytes.length} bytes)${where}`;
  if (step.does !== 'say' && step.does !== 'hear') return step.does + where;
  if (typeof step.words === 'function') return step.does + where;
  return `${step.does} ${JSON.stringify(Buffer.from(step.words as string).toString('latin1', 0, 24))}${where}`;
}
