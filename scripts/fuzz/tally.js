'use strict';

/** What all threads tried, told target by target: a row when the last of them is through with it. */
class Tally {
  #rows = new Map();
  #threads;

  constructor(threads) {
    this.#threads = threads;
  }

  /** Takes what one thread tells of one target; its row, once it is whole. */
  add({ name, kind, inputs, found, seconds }) {
    const row = this.#rows.get(name) ?? { kind, inputs: 0, found: 0, seconds: 0, told: 0 };
    row.inputs += inputs;
    row.found += found;
    row.seconds = Math.max(row.seconds, seconds);
    row.told += 1;
    this.#rows.set(name, row);
    return row.told === this.#threads ? shown(name, row) : undefined;
  }

  /** Both kinds apart, where both were tried: a session is worth more than a message, and there are fewer. */
  get sums() {
    const rows = [...this.#rows.values()];
    const kinds = ['codec', 'session'].filter((kind) => rows.some((row) => row.kind === kind));
    const sums =
      kinds.length < 2
        ? []
        : kinds.map((kind) => shown(`all ${kind}s`, sumOf(rows.filter((row) => row.kind === kind))));
    return [...sums, shown('all', sumOf(rows))];
  }
}

function sumOf(rows) {
  const sum = (pick) => rows.reduce((total, row) => total + pick(row), 0);
  return { inputs: sum((row) => row.inputs), found: sum((row) => row.found), seconds: sum((row) => row.seconds) };
}

function shown(name, { inputs, found, seconds }) {
  const speed = `${Math.round(inputs / Math.max(seconds, 0.001))} inputs/s`;
  return `${name.padEnd(20)} ${speed.padStart(18)} ${String(inputs).padStart(10)} inputs ${String(found).padStart(3)} findings`;
}

module.exports = { Tally };
