import { single, type Means } from './attempt';
import { list } from './lists';
import type { Request } from './request';
import { transfers } from './transfers';

/** Carries the request out. Resolves with the exit code: of the last failure, where there are several. Never rejects. */
export async function perform(request: Request, means: Means): Promise<number> {
  switch (request.verb) {
    case 'list':
      return single(means, (attempt) => list(request, means, attempt));
    case 'get':
    case 'put':
      return transfers(request, means);
    default:
      // Asked for least: its room is not read where there is no need.
      return (require('./simple') as typeof import('./simple')).performSimple(request, means);
  }
}
