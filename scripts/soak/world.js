'use strict';
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Program } = require('../trial/programs.js');
const { root } = require('../setup.js');
const { SoakedServer } = require('./server.js');

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
/** Less than what twelve clients put at once. */
const QUOTA = 6_000_000;
const PASSWORD = 'sesame, open';
const RIGHTS = 'rights=list,read,write,overwrite,delete';
/** Names, and what stands behind the hash in their lines. */
const USERS = { reader: 'rights=list,read', writer: `${RIGHTS} root=writer`, bounded: `${RIGHTS} root=bounded` };

const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex');
const fixture = (name) => path.join(root, 'spec', 'support', 'tls', name);

/** Everything that clients meet: an open server and one with accounts, both with TLS, and relays that lead to the first. */
class World {
  constructor(home, scratch, random) {
    Object.assign(this, { home, random, quota: QUOTA, password: PASSWORD });
    const directory = (name) => {
      const made = path.join(scratch, name);
      fs.mkdirSync(made, { recursive: true });
      return made;
    };
    this.served = directory('served');
    this.guarded = directory('guarded');
    this.local = directory('local');
    this.roots = { writer: directory('guarded/writer'), bounded: directory('guarded/bounded') };
    this.logs = ['audit', 'xferlog'].map((name) => path.join(scratch, name));
    this.users = path.join(scratch, 'users');
    this.ca = { file: fixture('ca.crt') };
    this.relays = {};
    this.programs = [];
    /** Files that may come late, for all that their clients know, and the digest of the only bytes they may have. */
    this.late = new Map();
    this.files = SIZES.map((size, at) => {
      const file = { name: `file-${at}`, bytes: random.bytes(size) };
      for (const there of [this.served, this.guarded]) fs.writeFileSync(path.join(there, file.name), file.bytes);
      return file;
    });
  }

  async open() {
    const { home, served, guarded, users, logs } = this;
    this.makeUsers();
    const tls = ['--tls-cert', fixture('server.crt'), '--tls-key', fixture('server.key')];
    const all = ['--allow', 'list,read,write,overwrite,delete'];
    this.server = await SoakedServer.start(home, 'open', ['--root', served, ...all, ...tls], LANGUAGES);
    const told = ['--users', users, '--anonymous', '--audit', logs[0], '--xferlog', logs[1]];
    this.keeper = await SoakedServer.start(home, 'guarded', ['--root', guarded, ...all, ...told, ...tls], []);
    this.servers = [this.server, this.keeper];
    return this;
  }

  makeUsers() {
    for (const name of Object.keys(USERS)) {
      const words = [path.join(this.home, 'bin', 'ftserver'), 'passwd', '--users', this.users, '--stdin', name];
      const { status, stderr } = spawnSync(process.execPath, words, { input: `${PASSWORD}\n`, encoding: 'utf8' });
      if (status !== 0) throw new Error(`a user cannot be made: ${stderr}`);
    }
    const lines = fs.readFileSync(this.users, 'utf8').trim().split('\n');
    const quota = (name) => (name === 'bounded' ? ` quota-bytes=${QUOTA}` : '');
    const full = lines.map((line) => {
      const [name] = line.split(' ');
      return `${line} ${USERS[name]}${quota(name)}\n`;
    });
    fs.writeFileSync(this.users, full.join(''));
  }

  async openRelays() {
    await Promise.all(
      Object.entries(RELAYS).map(async ([name, faults]) => {
        const relay = new Program(this.home, 'ftrelay', [
          ...['0', '127.0.0.1', String(this.server.ports.default), '--host', '127.0.0.1'],
          ...['--seed', String(this.random.whole(0, 1e9)), ...faults],
        ]);
        this.programs.push(relay);
        const open = await relay.says(/Relay open on (\d+)/);
        if (open === undefined) throw new Error(`the relay does not start: ${relay.said}`);
        this.relays[name] = Number(open[1]);
        relay.quiet();
      }),
    );
  }

  mayCome(file, bytes) {
    this.late.set(file, digestOf(bytes));
  }

  /** Takes away what came late; what has other bytes stays, to be found. */
  clearLate() {
    for (const [file, digest] of this.late) {
      if (fs.existsSync(file) && digestOf(fs.readFileSync(file)) === digest) fs.rmSync(file);
    }
    this.late.clear();
  }

  /** With them goes all that still hangs in them. */
  async closeRelays() {
    for (const relay of this.programs.splice(0)) await relay.kill();
  }

  async close() {
    await this.closeRelays();
    for (const server of this.servers ?? [this.server]) await server?.kill();
  }
}

module.exports = { World };
