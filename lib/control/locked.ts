import { TwinportError } from '../errors';
import type { Storage } from '../storage/storage';

/** What those see who are not served before a login: that it is so, whatever they ask. */
export const LOCKED: Storage = {
  features: { write: false, resume: false },
  stat: refuse,
  list: refuse,
  read: refuse,
  write: refuse,
  partLength: refuse,
  makeDirectory: refuse,
  remove: refuse,
  rename: refuse,
};

/** Where a language has a word for a login, it says so itself. */
export function locked(): TwinportError {
  return new TwinportError('denied', 'nobody is served here before a login', { reply: 530 });
}

function refuse(): Promise<never> {
  return Promise.reject(locked());
}
