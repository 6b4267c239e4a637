import { randomBytes, scrypt } from 'node:crypto';
import { encodeName } from '../wire/names';

/** What it costs to try a password (RFC 7914 §2). Memory is 128·N·r bytes. */
export interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/**
 * 32 MiB and some 60 ms of one core for each try. OWASP's least is 2^17 for r 8 where nothing else stands in the way; here
 * tries are counted, delayed and banned, and a server must be able to afford a few at once.
 */
export const COST: Cost = { N: 2 ** 15, r: 8, p: 1 };
/** 128 MiB: beyond it a line of the users file would be a way to exhaust the server. */
const MOST: Cost = { N: 2 ** 20, r: 32, p: 16 };
const MOST_MEMORY = 128 * 1024 * 1024;

/** A password as it is kept: no way leads back from it but trying. */
export interface Secret {
  readonly cost: Cost;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** 128 bits: no two secrets share a salt. */
const SALT = 16;
const HASH = 32;

/** Off this thread: a login must not hold up every transfer. */
export type Derive = (password: string, secret: Pick<Secret, 'cost' | 'salt'>, length: number) => Promise<Buffer>;

export const derive: Derive = (password, { cost, salt }, length) =>
  new Promise((resolve, reject) => {
    const maxmem = 2 * memoryOf(cost);
    scrypt(encodeName(password), salt, length, { ...cost, maxmem }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });

function memoryOf({ N, r, p }: Cost): number {
  return 128 * r * (N + p);
}

export async function makeSecret(password: string, using: Derive = derive): Promise<Secret> {
  const salt = randomBytes(SALT);
  return { cost: COST, salt, hash: await using(password, { cost: COST, salt }, HASH) };
}

/** A secret that nothing fits, for those who do not exist: trying it costs what theirs costs. */
export function nobodysSecret(cost: Cost): Secret {
  return { cost, salt: randomBytes(SALT), hash: randomBytes(HASH) };
}

/** The PHC string format, as other programs write it: `$scrypt$ln=15,r=8,p=1$SALT$HASH`, base64 without `=`. */
export function formatSecret({ cost: { N, r, p }, salt, hash }: Secret): string {
  return `$scrypt$ln=${Math.log2(N)},r=${r},p=${p}$${base64(salt)}$${base64(hash)}`;
}

/** Undefined where it is none; a sentence where it is one that is not taken. */
export function parseSecret(text: string): Secret | string | undefined {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(text);
  if (match === null) return undefined;
  const [, ln = '', r = '', p = '', salt = '', hash = ''] = match;
  const secret = {
    cost: { N: 2 ** Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
  const { cost } = secret;
  if (cost.N < COST.N || cost.r < COST.r || cost.p < COST.p) return 'costs less to try than ln=15,r=8,p=1';
  if (cost.N > MOST.N || cost.r > MOST.r || cost.p > MOST.p || memoryOf(cost) > MOST_MEMORY)
    return 'takes more than 128 MiB to try';
  // A hash cut short in an editor would fit more than one password; a short salt, more than one user.
  if (secret.salt.length < 8 || secret.salt.length > 64 || secret.hash.length !== HASH) {
    return 'is cut short, or too long';
  }
  return formatSecret(secret) === text ? secret : undefined;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
