import type { Conn } from '../net/network';
import type { AnyDialect } from './slice';

/**
 * A dialect whose in-band commands get their connection as `over` makes it. It is put around every dialect from outside,
 * as the network is around those that open connections of their own: what lies in it no language can leave out.
 */
export function rated(dialect: AnyDialect, over: (conn: Conn) => Conn): AnyDialect {
  return {
    get name() {
      return dialect.name;
    },
    get tells() {
      return dialect.tells === true;
    },
    replies: dialect.replies,
    decoder: () => dialect.decoder(),
    row: (command) => {
      const row = dialect.row(command);
      if (row.inband !== true) return row;
      return {
        ...row,
        run: (request, turn) => {
          let conn: Conn | undefined;
          return row.run(request, { ...turn, conn: () => (conn ??= over(turn.conn())) });
        },
      };
    },
  };
}
