'use strict';
// What is seen of a run: a bar on a terminal, a line for each file anywhere else.
const { bytes, megabytes, shown } = require('./shown.js');

const WIDTH = 24;

/** `[======------]  25 %  250 of 1000 MB  310 MB/s  0:03 left  "igigS.txt"`, cut to be narrower than `columns`. */
function barLine(done, total, seconds, name, columns) {
  const part = total === 0 ? 1 : Math.min(done / total, 1);
  const full = Math.floor(part * WIDTH);
  const rate = seconds > 0 ? done / seconds : 0;
  const left = rate > 0 ? `  ${clock((total - done) / rate)} left` : '';
  const percent = `${Math.floor(part * 100)}`.padStart(3);
  const amounts = `${Math.floor(done / 1e6)} of ${megabytes(total)}  ${megabytes(rate)}/s${left}`;
  const line = `[${'='.repeat(full)}${'-'.repeat(WIDTH - full)}] ${percent} %  ${amounts}  ${name}`;
  // A full last column makes some terminals wrap.
  return Array.from(line)
    .slice(0, Math.max(columns - 1, 0))
    .join('');
}

/** `0:07`, `12:34`. */
function clock(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${(whole % 60).toString().padStart(2, '0')}`;
}

class View {
  /** `stream` is where all goes: standard output, and in specs something that remembers. */
  constructor(stream, now = () => performance.now()) {
    this.stream = stream;
    this.now = now;
    this.bar = undefined;
    this.name = '';
    this.done = 0;
    this.total = 0;
    this.begun = 0;
  }

  /** So many bytes will be written. */
  begin(total) {
    this.total = total;
    this.begun = this.now();
  }

  there(entry) {
    this.line(`there already: ${shown(entry.path)}`);
  }

  skipped(entry, why) {
    this.line(`skipped ${shown(entry.path)}: ${why}`);
  }

  making(entry) {
    this.name = shown(entry.path);
    if (this.stream.isTTY) this.draw();
  }

  wrote(size) {
    this.done += size;
    this.bar?.update(this.done);
  }

  made(entry) {
    if (this.stream.isTTY) return;
    this.line(`made ${shown(entry.path)}, ${entry.empty ? 'a directory' : bytes(entry.size)}`);
  }

  /** A line of its own; the bar, if there is one, is drawn anew beneath it by the next file. */
  line(text) {
    this.end();
    this.stream.write(`${text}\n`);
  }

  /** Clears the bar away. */
  end() {
    this.bar?.stop();
    this.bar = undefined;
  }

  draw() {
    if (this.bar !== undefined) return;
    const { SingleBar } = require('cli-progress');
    this.bar = new SingleBar({
      stream: this.stream,
      clearOnComplete: true,
      // Lines are cut to the terminal's width instead: a killed run would leave wrapping off.
      linewrap: true,
      // It would leave on SIGINT with an exit code of its own.
      gracefulExit: false,
      // A terminal that was never told its size says 0.
      format: () =>
        barLine(this.done, this.total, (this.now() - this.begun) / 1000, this.name, this.stream.columns || 80),
    });
    this.bar.start(this.total, this.done);
  }
}

module.exports = { View, barLine };
