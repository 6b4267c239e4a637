import { WrappedConn, type Batch } from '../data/wrapped';

/** A connection that knows whether its peer is what is waited for, rather than a disk of ours. */
export class AwaitedConn extends WrappedConn {
  private pending = 0;

  /** Somebody reads or writes, and neither is done. */
  get awaited(): boolean {
    return this.pending > 0;
  }

  override read(gather?: number): Promise<Batch> {
    return this.counted(super.read(gather));
  }

  override write(bytes: Uint8Array): Promise<void> {
    return this.counted(super.write(bytes));
  }

  private counted<T>(promise: Promise<T>): Promise<T> {
    this.pending += 1;
    const settled = (): void => void (this.pending -= 1);
    promise.then(settled, settled);
    return promise;
  }
}
