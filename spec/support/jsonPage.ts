import { expect } from 'chai';
import { blocksOf, codeIn, document, rowsOf, section } from './markdown';

/** docs/JSON.md as a spec reads it: which members each event has, and the examples. */

const PAGE = document('docs/JSON.md');

export interface EventRow {
  readonly event: string;
  readonly members: readonly string[];
  /** Those that are always there. */
  readonly needed: readonly string[];
}

export const EVENTS: readonly EventRow[] = rowsOf(section(PAGE, 'Events')).map(([event = '', members = '']) => ({
  event: codeIn(event)[0] ?? '',
  members: codeIn(members),
  needed: codeIn(members.replace(/\[[^\]]*\]/g, '')),
}));

export const EXAMPLES: readonly string[] = blocksOf(PAGE).map(({ text }) => text);

/** What the page says that a command gives. */
export const RESULTS = codeIn(/\*\*`result`\*\*[^]*?\n\n/.exec(PAGE)?.[0] ?? '');

export type JsonObject = Readonly<Record<string, unknown>>;

/** The objects of what was printed: every line is one, and ends. */
export function objectsOf(printed: string): JsonObject[] {
  const lines = printed.split('\n');
  expect(lines.pop()).to.equal('');
  return lines.map((line) => JSON.parse(line) as JsonObject);
}

/** Members that any object can have. */
const ANYWHERE = ['event', 'line', 'client'];

/** Fails unless the object is one that the page tells of. */
export function expectDocumented(object: JsonObject): void {
  const row = EVENTS.find(({ event }) => event === object['event']);
  if (row === undefined) throw new Error(`docs/JSON.md knows no event ${String(object['event'])}`);
  const texts = Object.keys(object).filter((key) => !(key.endsWith('Hex') && key.slice(0, -3) in object));
  const keys = texts.filter((key) => !ANYWHERE.includes(key));
  expect(keys, row.event).to.include.members([...row.needed]);
  if (row.event !== 'result') expect(row.members, row.event).to.include.members(keys);
  else expect(RESULTS).to.include.members([...keys.slice(1), object['command']]);
}
