import type { Settings } from './settings';

/** The logs that are kept beside the one that is shown: where they are. */
export interface BookFiles {
  readonly xferlog?: string;
  readonly audit?: string;
}

/** Undefined where none is kept. */
export function bookFiles(settings: Settings): BookFiles | undefined {
  const xferlog = settings.get('xferlog')?.text;
  const audit = settings.get('audit')?.text;
  if (xferlog === undefined && audit === undefined) return undefined;
  return { ...(xferlog === undefined ? {} : { xferlog }), ...(audit === undefined ? {} : { audit }) };
}
