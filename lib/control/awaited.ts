import { WrappedConn, type Batch } from '../data/wrapped';

/** A connection that knows whether its peer is what is waited for, rather than a disk of ours. */
export class AwaitedConn extends WrappedConn {
  private pending = 0;
  private writing = 0;
  /** Bytes taken at the last look at which they were more than before, and when that was. */
  private taken = -1;
  private takenAt = 0;

  /** Somebody reads or writes, and neither is done. */
  get awaited(): boolean {
    return this.pending > 0;
  }

  /**
   * Milliseconds between looks for which writes have waited, and not a byte of them was taken; a look is a call of this. All
   * bytes together say nothing of a peer that reads nothing: the kernel takes megabytes for it, and then no more.
   */
  stillFor(now: number): number {
    const { bytesWritten } = this;
    if (this.writing === 0 || bytesWritten !== this.taken) {
      this.taken = bytesWritten;
      this.takenAt = now;
    }
    return now - this.takenAt;
  }

  override read(gather?: number): Promise<Batch> {
    return this.counted(super.read(gather));
  }

  override write(bytes: Uint8Array): Promise<void> {
    this.writing += 1;
    const writing = super.write(bytes);
    const settled = (): void => void (this.writing -= 1);
    writing.then(settled, settled);
    return this.counted(writing);
  }

  private counted<T>(promise: Promise<T>): Promise<T> {
    this.pending += 1;
    const settled = (): void => void (this.pending -= 1);
    promise.then(settled, settled);
    return promise;
  }
}
