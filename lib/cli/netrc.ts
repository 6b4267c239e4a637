/** What a .netrc says of one machine (as ftp(1) and curl read it). */
export interface NetrcEntry {
  /** Lower case; undefined: any machine (`default`). */
  readonly machine?: string;
  readonly login?: string;
  readonly password?: string;
}

/** Behind a backslash, in quotes: the others stand for themselves. */
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * The entries of a .netrc, in their order. Words may stand in double quotes, with `\` before a quote, as curl has them;
 * macros are skipped, and so is a comment where a word of the file's own could stand. Never throws: what is none of it is skipped.
 */
export function parseNetrc(file: string): readonly NetrcEntry[] {
  // Some editors begin with a mark that would be a part of the first word.
  const text = file.replace(/^\ufeff/, '');
  const entries: NetrcEntry[] = [];
  let entry: { machine?: string; login?: string; password?: string } | undefined;
  const word = /[ \t\r\n]*(?:"((?:[^"\\]|\\.)*)"|([^ \t\r\n]+))/y;
  let over = false;
  const next = (): string | undefined => {
    const match = over ? null : word.exec(text);
    // A search that fails begins anew.
    over ||= match === null;
    return match?.[1]?.replace(/\\(.)/gs, (_, letter: string) => ESCAPES[letter] ?? letter) ?? match?.[2];
  };
  for (let said = next(); said !== undefined; said = next()) {
    if (said === 'machine' || said === 'default') {
      const machine = said === 'machine' ? next()?.toLowerCase() : undefined;
      entry = machine === undefined ? {} : { machine };
      entries.push(entry);
    } else if (said === 'login' || said === 'password') {
      const value = next();
      if (entry !== undefined && value !== undefined) entry[said] = value;
    } else if (said === 'account') next();
    else if (said === 'macdef') skipTo(/\n[ \t\r]*\n/g);
    else if (said.startsWith('#')) skipTo(/\n/g);
  }
  return entries;

  function skipTo(end: RegExp): void {
    end.lastIndex = word.lastIndex;
    const found = end.exec(text);
    word.lastIndex = found === null ? text.length : end.lastIndex;
  }
}

/** The first entry for that machine, or for any, that has a password for that user: for whatever user it has, where none is named. */
export function netrcEntryFor(text: string, host: string, user: string | undefined): NetrcEntry | undefined {
  return parseNetrc(text).find((entry) => {
    const { login, password } = entry;
    if (!isFor(entry, host) || password === undefined) return false;
    return user === undefined ? login !== undefined : login === undefined || login === user;
  });
}

/** Whom an entry for that machine names without saying the password. */
export function loginWithoutPassword(text: string, host: string): string | undefined {
  return parseNetrc(text).find((entry) => isFor(entry, host) && entry.password === undefined)?.login;
}

function isFor({ machine }: NetrcEntry, host: string): boolean {
  return machine === undefined || machine === host.toLowerCase();
}
