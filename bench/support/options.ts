/** A bench's options: `--rounds 9 --size 1073741824`, and nothing that is not listed. */
export interface Limits {
  readonly fallback: number;
  readonly least: number;
  readonly most: number;
}

export interface Asked {
  readonly numbers: ReadonlyMap<string, number>;
  /** `--bin DIR`, any number of times: other builds of the programs, to be compared with this one. */
  readonly bins: readonly string[];
}

/** Throws one sentence on anything that is not understood. */
export function optionsOf(argv: readonly string[], known: Readonly<Record<string, Limits>>): Asked {
  const numbers = new Map(Object.entries(known).map(([name, { fallback }]) => [name, fallback]));
  const bins: string[] = [];
  for (let at = 0; at < argv.length; at += 2) {
    const [option = '', value = ''] = argv.slice(at, at + 2);
    const name = option.replace(/^--/, '');
    const limits = Object.hasOwn(known, name) ? known[name] : undefined;
    if (option === '--bin' && value !== '') bins.push(value);
    else if (limits === undefined || !option.startsWith('--')) {
      throw new Error(`The options are ${[...Object.keys(known), 'bin DIR'].map((each) => `--${each}`).join(', ')}.`);
    } else {
      const number = Number(value);
      if (!/^[0-9]+$/.test(value) || number < limits.least || number > limits.most) {
        throw new Error(`--${name} takes a number from ${limits.least} to ${limits.most}.`);
      }
      numbers.set(name, number);
    }
  }
  return { numbers, bins };
}
