'use strict';
// `npm run demo`: a server in testfiles, a client in another directory; list, get and put, shown as each of the two
// users sees it and verified byte for byte. Ends with one line that says so, and status 0; or not.
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root, setup } = require('./setup.js');
const { build } = require('./build.js');

const HOST = '127.0.0.1';
const COMMAND_MS = 60_000;
const LARGE = 'every-byte-64MiB';

class Failure extends Error {}

function check(holds, sentence) {
  if (!holds) throw new Failure(sentence);
}

/** A program of ours in its own directory; what it prints is kept in the order it came. */
function start(program, words, cwd) {
  const child = spawn(process.execPath, [path.join(root, 'bin', program), ...words], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const window = { child, stdout: '', shown: '', ended: once(child, 'close') };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      window.shown += text;
      if (stream === 'stdout') window.stdout += text;
    });
  }
  return window;
}

/** Fails after COMMAND_MS instead of waiting for ever. */
async function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Failure(`${what} took too long.`)), COMMAND_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function startServer(words, cwd) {
  const window = start('ftserver', ['0', ...words], cwd);
  const open = new Promise((resolve, reject) => {
    const look = () => {
      const port = /^Server open on (\d+)$/m.exec(window.stdout)?.[1];
      if (port !== undefined) resolve(port);
    };
    window.child.stdout.on('data', look);
    window.child.once('close', () => reject(new Failure(`ftserver ended at once:\n${window.shown}`)));
  });
  try {
    return { ...window, window, port: await within(open, 'Opening the server'), words };
  } catch (error) {
    window.child.kill('SIGKILL');
    throw error;
  }
}

async function stopServer(server) {
  server.child.kill('SIGTERM');
  const [code] = await within(server.ended, 'Stopping the server');
  check(code === 0, `ftserver ended with ${code}.`);
}

/** One command as the client's user types it; returns its stdout lines. */
async function ftclient(cwd, server, ...words) {
  const command = ['ftclient', HOST, server.port, ...words];
  process.stdout.write(`$ ${command.join(' ')}\n`);
  const window = start('ftclient', command.slice(1), cwd);
  try {
    const [code] = await within(window.ended, command.join(' '));
    process.stdout.write(window.shown);
    check(code === 0, `"${command.join(' ')}" ended with ${code}.`);
  } finally {
    window.child.kill('SIGKILL');
  }
  const lines = window.stdout.split('\n');
  check(lines[0] === `Connected to ${HOST} on port ${server.port}...`, 'The first line is not as promised.');
  check(/^Data transfer initiated on \('127\.0\.0\.1', \d+\)\.\.\.$/.test(lines[1]), 'Nor is the second.');
  return lines.slice(2, -1);
}

async function getAndCompare(cwd, server, name, original) {
  const said = await ftclient(cwd, server, '-g', name);
  check(said.join('\n') === 'Transfer complete.', `The get of ${name} did not say that it is complete.`);
  check(fs.readFileSync(path.join(cwd, name)).equals(fs.readFileSync(original)), `${name} differs from its original.`);
}

async function putAndCompare(cwd, server, local, arrived) {
  const said = await ftclient(cwd, server, '-p', local);
  check(said.join('\n') === 'Transfer complete.', `The put of ${local} did not say that it is complete.`);
  check(fs.readFileSync(path.join(cwd, local)).equals(fs.readFileSync(arrived)), `${local} differs where it arrived.`);
}

async function demo(scratch) {
  const testfiles = path.join(root, 'testfiles');
  const client = path.join(scratch, 'client');
  const inbox = path.join(scratch, 'inbox');
  fs.mkdirSync(client);
  fs.mkdirSync(inbox);
  const pattern = Buffer.from(Array.from({ length: 65_521 }, (_, i) => (i + (i >> 8) * 7) & 255));
  fs.writeFileSync(path.join(client, LARGE), Buffer.alloc(64 * 1024 * 1024, pattern));

  const servers = [];
  try {
    const reading = await startServer([], testfiles);
    servers.push(reading);
    const writing = await startServer(['--writable'], inbox);
    servers.push(writing);

    console.log(`\n--- the client's window, in ${client}\n`);
    const names = fs.readdirSync(testfiles).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const listed = await ftclient(client, reading, '-l');
    check(listed.join('\n') === ['.', '..', ...names].join('\n'), 'The list is not what the directory holds.');
    for (const name of ['servertest.txt', 'apple.jpg', 'textfile-large']) {
      await getAndCompare(client, reading, name, path.join(testfiles, name));
    }
    await putAndCompare(client, writing, 'apple.jpg', path.join(inbox, 'apple.jpg'));
    await putAndCompare(client, writing, LARGE, path.join(inbox, LARGE));
    fs.unlinkSync(path.join(client, LARGE));
    await getAndCompare(client, writing, LARGE, path.join(inbox, LARGE));

    for (const [server, where] of [
      [reading, testfiles],
      [writing, inbox],
    ]) {
      await stopServer(server);
      console.log(`\n--- a server's window, in ${where}\n`);
      process.stdout.write(`$ ${['ftserver', '0', ...server.words].join(' ')}\n${server.window.shown}`);
      check(server.window.stdout.includes(`Connection from ${HOST}.\n`), 'The server tells of no connection.');
    }
  } finally {
    for (const server of servers) server.child.kill('SIGKILL');
  }
}

async function main() {
  setup();
  if (build() !== 0) return 1;
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'twinport-demo-'));
  try {
    await demo(scratch);
  } catch (error) {
    console.error(error instanceof Failure ? `\nThe demo failed: ${error.message}` : error);
    return 1;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  console.log('\nAll verified: one list, four gets and two puts, every file equal to its original byte for byte.');
  return 0;
}

void main().then((code) => {
  process.exitCode = code;
});
