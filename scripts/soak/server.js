'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Program } = require('../trial/programs.js');

/** An ftserver whose process can be asked, from outside, what it holds. */
class SoakedServer extends Program {
  /** Resolves when it listens on all its ports: `ports` has them by the names of their languages, the first as `default`. */
  static async start(home, name, words, languages) {
    const listens = languages.flatMap((language) => ['--listen', `${language}:0`]);
    const server = new SoakedServer(home, ['0', '--host', '127.0.0.1', ...words, ...listens]);
    const lines = new RegExp(`(?:Server open on \\d+\\n(?:Speaking \\w+\\.\\n)?){${languages.length + 1}}`);
    if ((await server.says(lines)) === undefined) throw new Error(`the server does not start: ${server.said}`);
    const [native, ...others] = [...server.said.matchAll(/Server open on (\d+)/g)].map(([, port]) => Number(port));
    server.name = name;
    server.ports = { default: native, ...Object.fromEntries(languages.map((language, at) => [language, others[at]])) };
    // An hour's log is not for keeping.
    server.quiet();
    return server;
  }

  constructor(home, words) {
    super(home, 'ftserver', words);
    this.asked = new Map();
    this.numbers = 0;
    this.child.on('message', (answer) => {
      this.asked.get(answer.id)?.(answer);
      this.asked.delete(answer.id);
    });
  }

  start(home, words) {
    const node = ['--expose-gc', '--require', path.join(__dirname, 'report.js')];
    return spawn(process.execPath, [...node, path.join(home, 'bin', 'ftserver'), ...words], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
  }

  /** After a collection: bytes, what keeps its loop alive, and how many objects are remembered (report.js). */
  memory() {
    const id = (this.numbers += 1);
    return new Promise((resolve, reject) => {
      this.asked.set(id, resolve);
      this.child.send({ id }, (error) => error && reject(new Error('the server is gone')));
      void this.ended.then(() => reject(new Error('the server is gone')));
    });
  }

  /** What its descriptors lead to. */
  descriptors() {
    const directory = `/proc/${this.child.pid}/fd`;
    return fs.readdirSync(directory).flatMap((fd) => {
      try {
        return [fs.readlinkSync(path.join(directory, fd))];
      } catch {
        return [];
      }
    });
  }

  /** Processor time so far, seconds: user's and system's, of which Linux counts a hundred ticks a second. */
  processorTime() {
    const stat = fs.readFileSync(`/proc/${this.child.pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }
}

module.exports = { SoakedServer };
