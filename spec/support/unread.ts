import { Unread } from '../../lib/wire/bytes';

/** What decoders did with the bytes that came, all of them together. */
export interface UnreadUse {
  /** Bytes that were kept, if only for a moment. */
  kept: number;
  /** How often some of them were taken or dropped: work that is done for each. */
  taken: number;
}

/** Watches every decoder while `work` runs. */
export async function watchingUnread(work: (use: UnreadUse) => Promise<void>): Promise<void> {
  const use = { kept: 0, taken: 0 };
  const { append, drop } = Object.getOwnPropertyDescriptors(Unread.prototype);
  Unread.prototype.append = function (this: Unread, bytes: Uint8Array): void {
    use.kept += bytes.length;
    append.value?.call(this, bytes);
  };
  Unread.prototype.drop = function (this: Unread, count: number): void {
    use.taken += 1;
    drop.value?.call(this, count);
  };
  try {
    await work(use);
  } finally {
    Object.defineProperties(Unread.prototype, { append, drop });
  }
}
