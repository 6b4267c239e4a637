import type { CommandDecoder, Dialect, Row, Turn } from '../../control/dialect';
import { loginFirst, type Login } from '../../control/login';
import type { AnySession } from '../../control/serve';
import { seenBy } from '../../control/service';
import { anyDialect, type ServerSlice } from '../../control/slice';
import { TwinportError } from '../../errors';
import { formatReply } from '../../wire/replies';
import { serveDelete, serveMakeDirectory, serveRename } from './change';
import { serveGet } from './get';
import type { FtRequest, Verb } from './grammar';
import { features, serveDigest, serveStat } from './inspect';
import { Job, type FtService } from './job';
import { serveList } from './list';
import { serveLogin } from './login';
import { numbered } from './numbering';
import { servePut, type Owed } from './put';
import { capitalised, errorReply } from './replies';
import { RequestDecoder } from './requests';

export type { FtService } from './job';

/** The native dialect's server side: a row per verb (PROTOCOL.md has the same table in words). */
export function ftDialect(port: FtService, session: AnySession): Dialect<FtRequest> {
  const { login } = session;
  const service = seenBy(port, () => login?.account);
  const owed: Owed = { confirms: 0 };
  const job = (request: FtRequest, turn: Turn<FtRequest>): Job => new Job(service, session, request, turn);
  const rows: Readonly<Record<Verb, Row<FtRequest>>> = {
    l: { login: true, run: (request, turn) => serveList(job(request, turn)) },
    g: { login: true, run: (request, turn) => serveGet(job(request, turn)) },
    p: { login: true, run: (request, turn) => servePut(job(request, turn), owed) },
    c: { continues: true, run: () => strayConfirm(owed, login) },
    s: { login: true, run: (request, turn) => serveStat(job(request, turn)) },
    h: { login: true, run: (request, turn) => serveDigest(job(request, turn)) },
    m: { login: true, run: (request, turn) => serveMakeDirectory(job(request, turn)) },
    d: { login: true, run: (request, turn) => serveDelete(job(request, turn)) },
    r: { login: true, run: (request, turn) => serveRename(job(request, turn)) },
    // It ends the session, or does not, once it is known what becomes of it.
    u: {
      run: (request, turn) => serveLogin(request, turn, login),
      get last() {
        return login?.over === true;
      },
    },
    f: {
      run: () => {
        const { rights, active, account } = service;
        const secured = session.conn.secured !== undefined;
        return Promise.resolve(features({ rights, active, login: account !== undefined, secured }));
      },
    },
    q: { last: true, run: () => Promise.resolve(formatReply(221, 'Goodbye.')) },
    x: { urgent: true, run: () => Promise.resolve(formatReply(226, 'Aborted what there was to abort.')) },
  };
  return {
    name: 'ft',
    decoder: (): CommandDecoder<FtRequest> => numbered(new RequestDecoder()),
    row: ({ verb }) => {
      const row = rows[verb];
      return login === undefined ? row : login.guarded(row, (request) => refusedPut(request, owed));
    },
    replies: {
      error: errorReply,
      closing: (why) => formatReply(421, `${capitalised(why)}, closing.`),
    },
  };
}

/** Of what every server gives its slices it needs more: an `FtService`. */
export const ftServer: ServerSlice = {
  open: (service) => Promise.resolve((session) => anyDialect(ftDialect(service as FtService, session))),
};

/** The second half of a put that was refused before it began may be on its way too. */
function refusedPut({ verb, options }: FtRequest, owed: Owed): void {
  if (verb === 'p') owed.confirms = options.confirm === true ? 1 : 0;
}

/**
 * A `-c` is the second half of a put and has no reply of its own. One that comes after its put has failed
 * already (it was on its way) is swallowed, so that replies still match requests one to one.
 */
function strayConfirm(owed: Owed, login: Login | undefined): Promise<undefined> {
  if (owed.confirms === 0) {
    if (login?.unserved === true) return Promise.reject(loginFirst());
    return Promise.reject(new TwinportError('protocol', 'there is no put to confirm', { reply: 503 }));
  }
  owed.confirms -= 1;
  return Promise.resolve(undefined);
}
