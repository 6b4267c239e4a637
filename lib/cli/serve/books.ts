import type { AppendedFile } from '../../index';
import { Auditor, type Told } from './audit';
import type { BookFiles } from './bookFiles';

/** Those logs while a server runs. SIGHUP has their files opened anew, as whoever renames them (logrotate) expects. */
export class KeptBooks {
  private readonly files: readonly AppendedFile[];
  private readonly onHangup = (): void => void this.reopen();

  /** Hears of what the server tells at once; the files are opened with `open`, or by the first line. */
  constructor({ xferlog, audit }: BookFiles, server: Told, complain: (sentence: string) => void) {
    const { appendTo } = require('../../index') as typeof import('../../index');
    const opened = (path: string | undefined): AppendedFile | undefined =>
      path === undefined ? undefined : appendTo(path, complain);
    const books = { xferlog: opened(xferlog), audit: opened(audit) };
    this.files = Object.values(books).filter((file) => file !== undefined);
    new Auditor(books).follow(server);
    process.on('SIGHUP', this.onHangup);
  }

  /** As the user that the server is by now. What cannot be opened is said, and tried again. */
  async open(): Promise<void> {
    await Promise.all(this.files.map((file) => file.open()));
  }

  async reopen(): Promise<void> {
    await Promise.all(this.files.map((file) => file.reopen()));
  }

  async close(): Promise<void> {
    process.off('SIGHUP', this.onHangup);
    await Promise.all(this.files.map((file) => file.close()));
  }
}
