import { userInfo } from 'node:os';
import { sentenceOf } from '../../errors';

/** What was wrong, and for whom, where somebody else could have read it: a server changes its user, and `check` too. */
export function deniedTo(error: Error): string {
  const { cause } = error;
  const errno = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return errno === 'EACCES' || errno === 'EPERM' ? `${sentenceOf(error)} for ${whoWeAre()}` : sentenceOf(error);
}

function whoWeAre(): string {
  try {
    return userInfo().username;
  } catch {
    // A number may belong to nobody.
    return `user ${process.geteuid?.() ?? ''}`.trim();
  }
}
