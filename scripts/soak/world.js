'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Program } = require('../torture/programs.js');

const LANGUAGES = ['auto', 'framed', 'colon', 'numbered', 'privateshare', 'stepwise'];
/** What each relay does to what passes. Bytes are well within the larger files. */
const RELAYS = {
  stammer: ['--stammer', '--rate', '4M'],
  cut: ['--cut-after', '300000'],
  reset: ['--reset-after', '300000'],
  corrupt: ['--corrupt', '3'],
  'corrupt-control': ['--corrupt-control'],
};
const SIZES = [0, 1, 1000, 70_000, 400_000, 1_500_000, 6_000_000];

/** Asks the server's process, from outside, what it holds. */
class SoakedServer extends Program {
  constructor(home, words) {
    super(home, 'ftserver', words);
    this.asked = new Map();
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

  /** Its memory after a collection, in bytes, and its open sockets. Rejects when it is gone. */
  memory() {
    const id = this.asked.size + Math.random();
    return new Promise((resolve, reject) => {
      this.asked.set(id, resolve);
      this.child.send({ id }, (error) => error && reject(new Error('the server is gone')));
    });
  }

  /** What its descriptors lead to, without those of directories held for good. */
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

/** The server, five relays that lead to it, and files it has. */
async function makeWorld(home, scratch, random) {
  const served = path.join(scratch, 'served');
  const local = path.join(scratch, 'local');
  fs.mkdirSync(served);
  fs.mkdirSync(local);
  const files = SIZES.map((size, at) => {
    const file = { name: `file-${at}`, bytes: random.bytes(size) };
    fs.writeFileSync(path.join(served, file.name), file.bytes);
    return file;
  });
  const words = ['0', '--host', '127.0.0.1', '--root', served, '--allow', 'list,read,write,overwrite,delete'];
  const server = new SoakedServer(home, [...words, ...LANGUAGES.flatMap((name) => ['--listen', `${name}:0`])]);
  const lines = new RegExp(`(?:Server open on \\d+\\n(?:Speaking \\w+\\.\\n)?){${LANGUAGES.length + 1}}`);
  if ((await server.says(lines)) === undefined) throw new Error(`the server does not start: ${server.said}`);
  const [native, ...others] = [...server.said.matchAll(/Server open on (\d+)/g)].map(([, port]) => Number(port));
  const ports = { default: native, ...Object.fromEntries(LANGUAGES.map((name, at) => [name, others[at]])) };
  // An hour's log is not for keeping.
  server.quiet();
  const relays = {};
  const programs = [];
  for (const [name, faults] of Object.entries(RELAYS)) {
    const relay = new Program(home, 'ftrelay', [
      ...['0', '127.0.0.1', String(native), '--host', '127.0.0.1'],
      ...['--seed', String(random.whole(0, 1e9)), ...faults],
    ]);
    programs.push(relay);
    const open = await relay.says(/Relay open on (\d+)/);
    if (open === undefined) throw new Error(`the relay does not start: ${relay.said}`);
    relays[name] = Number(open[1]);
    relay.quiet();
  }
  return { home, served, local, files, server, ports, relays, programs };
}

module.exports = { makeWorld };
