import type { Turn } from '../../control/dialect';
import type { Answered, Login } from '../../control/login';
import { TwinportError } from '../../errors';
import { formatReply } from '../../wire/replies';
import type { FtRequest } from './grammar';

/** What is said to each outcome. One text for every reason not to let somebody in: none of them is told. */
const REPLIES: Readonly<Record<Answered['outcome'], () => Buffer>> = {
  in: () => formatReply(230, 'Logged in.'),
  refused: () => formatReply(530, 'Login refused.'),
  clear: () => formatReply(530, 'No password is taken in clear text here: use TLS.'),
  already: () => formatReply(503, 'Logged in already.'),
  pointless: () => formatReply(502, 'Nobody logs in here.'),
  // There is only the end of the session to tell of.
  away: () => Buffer.alloc(0),
};

/** `-u`. Where the session ends with it, its last words are behind the reply. */
export async function serveLogin(request: FtRequest, turn: Turn<FtRequest>, login: Login | undefined): Promise<Buffer> {
  const { name, password } = request.login ?? {};
  if (name === undefined || password === undefined) throw new TwinportError('syntax', '-u needs a name');
  const { outcome, over } = (await login?.enter(name, password, turn.signal)) ?? { outcome: 'pointless' };
  const last = over === undefined ? [] : [formatReply(421, `${over}, closing.`)];
  return Buffer.concat([REPLIES[outcome](), ...last]);
}
