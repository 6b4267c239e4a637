'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** The programs of one build, copied: an hour's run is of one program, whoever compiles meanwhile. */
function copyPrograms(root, scratch) {
  const home = path.join(scratch, 'twinport');
  fs.mkdirSync(home);
  for (const name of ['bin', 'dist', 'package.json']) {
    fs.cpSync(path.join(root, name), path.join(home, name), { recursive: true });
  }
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(home, 'node_modules'));
  return home;
}

const alive = new Set();

/** From here on nothing that was started outlives this process, whatever it dies of. */
function endTogether() {
  process.on('exit', () => alive.forEach((child) => child.kill('SIGKILL')));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
}

/** A program that runs; what it says is gathered. */
class Program {
  constructor(home, name, words, { cwd } = {}) {
    this.child = this.start(home, words, name, cwd);
    alive.add(this.child);
    this.child.once('close', () => alive.delete(this.child));
    this.said = '';
    this.waiting = [];
    const hear = (text) => {
      if (!this.muted) this.said += text;
      for (const look of this.waiting) look();
    };
    this.child.stdout.setEncoding('utf8').on('data', hear);
    this.child.stderr.setEncoding('utf8').on('data', hear);
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => hear(String(error)));
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.over = false;
    void this.ended.then(() => {
      this.over = true;
      for (const look of this.waiting) look();
    });
  }

  start(home, words, name, cwd) {
    const stdio = ['ignore', 'pipe', 'pipe'];
    return spawn(process.execPath, [path.join(home, 'bin', name), ...words], { cwd, stdio });
  }

  /** From now on what it says is read and forgotten. */
  quiet() {
    this.muted = true;
  }

  /** Resolves with the match, or undefined when it ends without saying so. */
  says(pattern) {
    return new Promise((resolve) => {
      const look = () => {
        const found = pattern.exec(this.said);
        if (found === null && !this.over) return;
        this.waiting = this.waiting.filter((other) => other !== look);
        resolve(found ?? undefined);
      };
      this.waiting.push(look);
      look();
    });
  }

  async kill(signal = 'SIGKILL') {
    this.child.kill(signal);
    return this.ended;
  }

  /** Its end, or undefined when it is still there after so many milliseconds. */
  async endsWithin(ms) {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
    const end = await Promise.race([this.ended, late]);
    clearTimeout(timer);
    return end;
  }
}

/** A server on a port of its own, or on this one. Undefined where it cannot have it. */
async function startServer(home, words, port = 0) {
  const server = new Program(home, 'ftserver', [String(port), '--host', '127.0.0.1', ...words]);
  const open = await server.says(/Server open on (\d+)/);
  if (open !== undefined) {
    server.port = Number(open[1]);
    return server;
  }
  if (port !== 0) return undefined;
  throw new Error(`the server does not start: ${server.said}`);
}

module.exports = { Program, copyPrograms, endTogether, startServer };
