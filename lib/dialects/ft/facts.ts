import { TwinportError } from '../../errors';
import { parseFacts } from '../../wire/facts';
import { parseDecimal } from '../../wire/numbers';
import type { Reply } from '../../wire/replies';

/** The facts of a reply, and the words behind them. */
export function replyFacts(reply: Reply): { readonly facts: ReadonlyMap<string, string>; readonly rest: string } {
  return parseFacts(reply.text);
}

/** A fact that is a number; `protocol` when it is something else. */
export function numberFact(reply: Reply | undefined, name: string): number | undefined {
  const value = reply && replyFacts(reply).facts.get(name);
  if (value === undefined) return undefined;
  const number = parseDecimal(value);
  if (number === undefined) throw new TwinportError('protocol', `the server gave a ${name} that is no number`);
  return number;
}

export function textFact(reply: Reply | undefined, name: string): string | undefined {
  return reply && replyFacts(reply).facts.get(name);
}
