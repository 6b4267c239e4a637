import { isByteExample } from './exampleBytes';
import { blocksOf, type Block } from './markdown';

/**
 * The ```` ```example ```` blocks of PROTOCOL.md about `ft`: what each line says, and how it compares with what really
 * comes. Those of the other dialects are in exampleBytes.
 */

export type Kind = 'server' | 'writable-server' | 'accounts-server' | 'tls-server' | 'client';
export type Actor = 'C' | 'S' | 'c' | 's';

export type Step =
  | { readonly kind: 'line'; readonly actor: Actor; readonly text: string }
  | { readonly kind: 'end'; readonly actor: Actor }
  | { readonly kind: 'open'; readonly dials: 'server' | 'client' }
  | { readonly kind: 'remark'; readonly text: string };

export interface Example {
  readonly kind: Kind;
  readonly title: string;
  readonly line: number;
  readonly steps: readonly Step[];
}

/** Throws on whatever it does not understand: an example that nobody executes is worse than none. */
export function parseExample({ info, text, line }: Block): Example {
  const [, kind, title] = /^example (server|writable-server|accounts-server|tls-server|client): (.+)$/.exec(info) ?? [];
  if (kind === undefined || title === undefined) throw new Error(`line ${line}: whose example is "${info}"?`);
  const steps = text
    .split('\n')
    .slice(0, -1)
    .map((each, at) => parseStep(each, line + 1 + at));
  if (steps.length === 0) throw new Error(`line ${line}: an example without lines`);
  return { kind: kind as Kind, title, line, steps };
}

export function parseStep(text: string, line = 0): Step {
  if (text === 'Q <-') return { kind: 'open', dials: 'server' };
  if (text === 'Q ->') return { kind: 'open', dials: 'client' };
  if (text.startsWith('# ')) return { kind: 'remark', text: text.slice(2) };
  const [, actor, said] = /^([CScs]) (.*)$/.exec(text) ?? [];
  if (actor === undefined || said === undefined) throw new Error(`line ${line}: what does "${text}" mean?`);
  if (said === 'FIN') return { kind: 'end', actor: actor as Actor };
  return { kind: 'line', actor: actor as Actor, text: said.replaceAll('<TAB>', '\t') };
}

/** Any block whose info mentions an example, so that a mistyped one is found and refused, not skipped. */
export function examplesOf(markdown: string): readonly Example[] {
  return blocksOf(markdown)
    .filter(({ info }) => /example/i.test(info) && !isByteExample(info))
    .map(parseExample);
}

/** What stands in a document for what nobody can know before. `*` may be anything within the line. */
const SHAPES = {
  DATA: '[0-9]{4,5}',
  PORT: '[0-9]{4,5}',
  TIME: '[0-9]{14}\\.[0-9]{3}',
  VERSION: '[^;= ]+',
  TOKEN: '[0-9a-f]{32}',
  '*': '[^\\r\\n]*',
} as const;
/** A file has one version, a connection one port: those mean the same wherever they stand in one example. */
const BOUND = new Set(['DATA', 'PORT', 'VERSION', 'TOKEN']);
const PLACEHOLDER = /\b(?:DATA|PORT|TIME|VERSION|TOKEN)\b|\*/g;

/** The placeholders' values, learnt from what comes and put into what goes. */
export class Bindings {
  readonly #values = new Map<string, string>();

  set(name: Exclude<keyof typeof SHAPES, '*'>, value: string): void {
    this.#values.set(name, value);
  }

  get(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined) throw new Error(`${name} is used before anything said what it is`);
    return value;
  }

  /** A line to send. */
  filled(template: string): string {
    return template.replace(PLACEHOLDER, (name) => this.get(name));
  }

  /** Compares a line that came, byte for byte but for the placeholders, and learns from it. */
  expect(template: string, came: string): void {
    this.#match(template, came, '$');
  }

  /** As `expect`, where more may follow; returns how much of it was meant. */
  begins(template: string, came: string): number {
    return this.#match(template, came, '');
  }

  #match(template: string, came: string, end: '$' | ''): number {
    const names: string[] = [];
    let pattern = '';
    let at = 0;
    for (const match of template.matchAll(PLACEHOLDER)) {
      const [name] = match;
      const known = BOUND.has(name) ? this.#values.get(name) : undefined;
      pattern +=
        literally(template.slice(at, match.index)) +
        `(${known === undefined ? SHAPES[name as '*'] : literally(known)})`;
      names.push(name);
      at = match.index + name.length;
    }
    const found = new RegExp(`^${pattern}${literally(template.slice(at))}${end}`, 's').exec(came);
    if (found === null)
      throw new Error(`came ${JSON.stringify(came)} where the document says ${JSON.stringify(template)}`);
    names.forEach((name, index) => {
      if (BOUND.has(name)) this.#values.set(name, found[index + 1] ?? '');
    });
    return found[0].length;
  }
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
