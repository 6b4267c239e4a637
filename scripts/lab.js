'use strict';
// `npm run lab`: a server that speaks framed, a relay that stammers in front of it, and the client that asks, on their
// usual ports in one terminal. What the server and the relay print is marked, and stands above the line that is typed for
// the client; or the client has whatever is piped in. Everything ends with the client, whose exit status is this one's.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root, setup } = require('./setup.js');
const { build } = require('./build.js');
const { eachLine, isTerminal, Terminal } = require('./labTerminal.js');

const HOST = '127.0.0.1';
/** The files that the two begin with. What `npm run testfiles` has made joins the client's. */
const CLIENT_FILES = ['apple.jpg', 'textfile-small', 'empty'];
const SERVER_FILES = ['servertest.txt', 'textfile-large'];
const LARGE_FILES = ['imegU.txt', 'igigS.txt'];
const USAGE = 64;
const UNAVAILABLE = 69;

class Failure extends Error {
  constructor(sentence, code = UNAVAILABLE) {
    super(sentence);
    this.code = code;
  }
}

let print = (line) => process.stderr.write(`${line}\n`);
const say = (line) => print(`lab: ${line}`);

/** `--server-port N --relay-port N`; 0 takes any free one. */
function portsOf(argv) {
  const ports = { server: '50001', relay: '50000' };
  for (let at = 0; at < argv.length; at += 2) {
    const [, which] = /^--(server|relay)-port$/.exec(argv[at]) ?? [];
    const port = argv[at + 1] ?? '';
    if (which === undefined || !/^[0-9]+$/.test(port) || Number(port) > 65535) {
      throw new Failure('the options are --server-port N and --relay-port N.', USAGE);
    }
    ports[which] = port;
  }
  return ports;
}

/** Compiles what is missing or older than its source: yesterday's programs would show yesterday's faults. */
function compile() {
  const newest = (folder) =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true })
      .map((name) => fs.statSync(path.join(root, folder, name)).mtimeMs)
      .reduce((a, b) => Math.max(a, b), 0);
  const built = ['ftserver', 'ftrelay', 'ftclient'].map(
    (program) => fs.statSync(path.join(root, 'dist/bin', `${program}.js`), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  if (Math.min(...built) > newest('lib')) return;
  say('compiling…');
  if (build() !== 0) throw new Failure('the sources cannot be compiled.', 1);
}

/** Two directories: what the server has, and where the client is. */
function furnish(scratch) {
  const testfiles = path.join(root, 'testfiles');
  for (const [folder, files] of [
    ['server', SERVER_FILES],
    ['client', CLIENT_FILES],
  ]) {
    fs.mkdirSync(path.join(scratch, folder));
    for (const file of files) fs.copyFileSync(path.join(testfiles, file), path.join(scratch, folder, file));
  }
  for (const file of LARGE_FILES) {
    const made = path.join(testfiles, 'generated', file);
    if (fs.existsSync(made)) fs.symlinkSync(made, path.join(scratch, 'client', file));
  }
}

/** A program in the background, each of its lines marked. Resolves with its port once it is open. */
function open(background, mark, program, words) {
  const child = spawn(process.execPath, [path.join(root, 'bin', program), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  background.push(child);
  return new Promise((resolve, reject) => {
    /** What was said before it was open: the reason, should it never be. */
    let early = [];
    const hear = (line) => {
      if (early === undefined) {
        print(`${mark} | ${line}`);
        return;
      }
      early.push(line);
      const [, port] = /^(?:Server|Relay) open on (\d+)/.exec(line) ?? [];
      if (port === undefined) return;
      const lines = early;
      early = undefined;
      lines.forEach(hear);
      resolve(port);
    };
    for (const stream of [child.stdout, child.stderr]) eachLine(stream, hear);
    child.once('error', (error) => reject(new Failure(`${program} cannot be started: ${error.message}`)));
    child.once('close', () => reject(new Failure((early ?? []).at(-1) ?? `${program} ended at once.`)));
  });
}

/** Milliseconds for a program to end by itself. */
const PATIENCE_MS = 3000;

function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return undefined;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  return ended.then(() => clearTimeout(timer));
}

/** The client, with this terminal or pipe for its own. Resolves with how it ended. */
function ask(foreground, cwd, server, relay) {
  const words = [HOST, server, '--dialect', 'framed', '--relay', `${HOST}:${relay}`];
  const shared = isTerminal();
  const stdio = shared ? ['pipe', process.stdout.isTTY ? 'pipe' : 'inherit', 'pipe'] : 'inherit';
  const client = spawn(process.execPath, [path.join(root, 'bin', 'ftclient'), ...words], { cwd, stdio });
  foreground.push(client);
  const terminal = shared ? new Terminal() : undefined;
  const alone = print;
  if (terminal !== undefined) {
    terminal.lend(client);
    print = (line) => terminal.say(line);
  }
  return new Promise((resolve, reject) => {
    client.once('error', reject);
    client.once('close', (code, signal) => resolve(signal === null ? code : 128 + os.constants.signals[signal]));
  }).finally(() => {
    terminal?.close();
    print = alone;
  });
}

async function lab(argv) {
  const ports = portsOf(argv);
  setup();
  compile();
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-lab-'));
  const background = [];
  const foreground = [];
  // At a terminal Ctrl-C reaches all of them; sent to this process alone, it is passed on, and then waited for.
  const passOn = (signal) => [...foreground, ...background].forEach((child) => child.kill(signal));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
  try {
    furnish(scratch);
    const shelf = path.join(scratch, 'server');
    const words = ['--dialect', 'framed', '--host', HOST, '--root', shelf, '--grace', '0'];
    const server = await open(background, 'server', 'ftserver', [ports.server, ...words]);
    const relay = await open(background, 'relay ', 'ftrelay', [ports.relay, HOST, server, '--stammer', '--host', HOST]);
    const desk = path.join(scratch, 'client');
    say(`your files (${fs.readdirSync(desk).join(', ')}) are in ${desk},`);
    say(`the server's (${fs.readdirSync(shelf).join(', ')}) in ${shelf}; both go when you leave.`);
    return await ask(foreground, desk, server, relay);
  } finally {
    await Promise.all(background.map(end));
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

lab(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    if (error instanceof Failure) say(error.message);
    else console.error(error);
    process.exitCode = error instanceof Failure ? error.code : 1;
  },
);
