import { isatty } from 'node:tty';

const STANDARD = [0, 1, 2];

/**
 * At its end Node makes those of its standard streams that began as terminals what they were, and where that cannot be
 * done it aborts, with a stack of its own: the terminal has hung up, and a server that was told to stop had ended well.
 * What is closed it leaves alone.
 */
export function outliveTerminals(): void {
  const terminals = STANDARD.filter((fd) => isatty(fd));
  if (terminals.length === 0) return;
  process.on('exit', () => {
    const gone = terminals.filter((fd) => !isatty(fd));
    if (gone.length > 0) (require('./terminal') as typeof import('./terminal')).letGo(gone);
  });
}
