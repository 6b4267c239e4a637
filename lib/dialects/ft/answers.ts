import { TwinportError } from '../../errors';
import type { FileType, Stat } from '../../storage/storage';
import { parseTime } from '../../wire/facts';
import { hasControl } from '../../wire/names';
import type { Reply } from '../../wire/replies';
import { numberFact, replyFacts, textFact } from './facts';
import { pathOnWire, type FtOptions, type Verb } from './grammar';

/** What success is called, for the requests without a data connection (PROTOCOL.md, Replies). */
const SUCCESS: Partial<Record<Verb, number>> = { s: 213, h: 213, m: 226, d: 226, r: 226, f: 211, u: 230 };

/**
 * Is this the answer to that request? A server out of step gives the answer to another one, and a request line
 * that was spoilt on its way is about another file: neither may pass for what was asked. Throws `protocol`.
 */
export function assertAnswers(reply: Reply, verb: Verb, path: string | undefined): void {
  const code = SUCCESS[verb];
  if (code !== undefined && reply.code !== code) {
    throw new TwinportError('protocol', `the server answers -${verb} with ${reply.code}, not ${code}`);
  }
  if (code !== 213 || path === undefined) return;
  const { facts, rest } = replyFacts(reply);
  if (facts.size === 0) throw new TwinportError('protocol', `the server answers -${verb} without facts`);
  if (rest !== pathOnWire(path === '' ? '.' : path))
    throw new TwinportError('protocol', 'the server answers for another path');
}

/** Count and digest as the server gave them: lower-case hexadecimal digits, 8 and 64 of them. */
export interface Digested {
  readonly length: number;
  readonly crc32: string;
  readonly sha256?: string;
  readonly version?: string;
}

/** What `-s` was answered. Throws `protocol` on what is no type, size or time, and on a file without a size. */
export function statOf(reply: Reply): Stat {
  const type = typeOf(textFact(reply, 'type'));
  const size = numberFact(reply, 'size');
  if (type === 'file' && size === undefined)
    throw new TwinportError('protocol', 'the server gave a file without a size');
  const modify = textFact(reply, 'modify');
  const modified = modify === undefined ? 0 : parseTime(modify);
  if (modified === undefined) throw malformed('modify');
  return { type, size: size ?? 0, modified, ...versionOf(reply) };
}

/** What `-h` was answered to these options. Throws `protocol` on what is no digest, or not the one asked for. */
export function digestOf(reply: Reply, asked: Pick<FtOptions, 'length' | 'digest'>): Digested {
  const length = numberFact(reply, 'length');
  const crc32 = crc32Of(reply);
  const sha256 = digitsFact(reply, 'sha256', 64);
  if (length === undefined || crc32 === undefined) throw new TwinportError('protocol', 'the server gave no digest');
  if (asked.length !== undefined && asked.length !== length) {
    throw new TwinportError('protocol', `the server digested ${length} bytes, not ${asked.length}`);
  }
  if (asked.digest === 'sha256' && sha256 === undefined) {
    throw new TwinportError('protocol', 'the server gave no sha256 digest');
  }
  return { length, crc32, ...(sha256 !== undefined && { sha256 }), ...versionOf(reply) };
}

function typeOf(text: string | undefined): FileType {
  if (text === undefined || text === '') throw new TwinportError('protocol', 'the server gave no type');
  const type = text.toLowerCase();
  return type === 'file' || type === 'dir' ? type : 'other';
}

export function crc32Of(reply: Reply): string | undefined {
  return digitsFact(reply, 'crc32', 8);
}

/** A digest in lower-case hexadecimal digits, as this wire has them: it goes out to programs that compare text. */
function digitsFact(reply: Reply, name: string, digits: number): string | undefined {
  const value = textFact(reply, name);
  if (value !== undefined && (value.length !== digits || !/^[0-9a-f]+$/.test(value))) throw malformed(name);
  return value;
}

/** Opaque, but text: it is shown, and sent back. */
function versionOf(reply: Reply): { version?: string } {
  const version = textFact(reply, 'version');
  if (version === undefined) return {};
  if (version === '' || hasControl(version)) throw malformed('version');
  return { version };
}

/** The value is not repeated: it may be anything, and long. */
function malformed(name: string): TwinportError {
  return new TwinportError('protocol', `the server gave a ${name} that is none`);
}
