import type { Account, AccountLimits } from './auth/auth';
import { Rates, type SessionRates } from './data/rates';
import type { Clock } from './net/network';
import { wholeNumber } from './options';
import { Quotas, type QuotaLimit } from './storage/quotas';
import type { Storage } from './storage/storage';
import { normalisePath } from './wire/paths';

/** What clients may take of a server. Of one user: `AccountLimits`. */
export interface LimitOptions {
  /**
   * Bytes a second of all transfers together, in each direction, shared fairly among those that run. Default: as fast as
   * it goes.
   */
  readonly limitRate?: number;
  /** The same of each session. */
  readonly limitSessionRate?: number;
  /**
   * Bytes, and files (directories and kept parts among them), that may lie in the directory, whoever put them there: what
   * would be beyond is refused, `quota`. Counted when it is first served. Default: as much as the disk takes.
   */
  readonly quotaBytes?: number;
  readonly quotaFiles?: number;
}

/** Throws `invalid-argument` on what is no limit. */
export function checkLimits({
  limitRate = 1,
  limitSessionRate = 1,
  quotaBytes = 1,
  quotaFiles = 1,
}: LimitOptions): void {
  for (const [name, value] of Object.entries({ limitRate, limitSessionRate, quotaBytes, quotaFiles })) {
    wholeNumber(name, value, 1, Number.MAX_SAFE_INTEGER);
  }
}

/** The rates and quotas of one server, as its options say at each moment. */
export class ServerLimits {
  private readonly rates: Rates;
  private readonly quotas: Quotas;

  constructor(clock: Clock, options: () => LimitOptions) {
    this.rates = new Rates(clock, () => {
      const { limitRate, limitSessionRate } = options();
      return { server: limitRate, session: limitSessionRate };
    });
    this.quotas = new Quotas(options, () => clock.now());
  }

  /** What one session's data connections are put under. */
  session(): SessionRates {
    return this.rates.session();
  }

  /**
   * The storage within its quotas, those of `options`, for an account or everybody; what is there has been counted then.
   * Also where there is none: one that a reload brings must know of what is being written at that moment.
   */
  async within(storage: Storage, options: LimitOptions): Promise<(account?: Account) => Storage> {
    await this.quotas.ready(storage, quotaOf(options));
    return (account) => this.quotas.view(storage, quotaOf(account?.limits, normalisePath(account?.root ?? '')));
  }

  /** Whoever listens again may find other files. */
  forget(): void {
    this.quotas.clear();
  }
}

/** What may lie in a directory; nothing where nothing is said. */
function quotaOf({ quotaBytes, quotaFiles }: AccountLimits = {}, dir = ''): readonly QuotaLimit[] {
  return quotaBytes === undefined && quotaFiles === undefined ? [] : [{ dir, bytes: quotaBytes, files: quotaFiles }];
}
