import { expect } from 'chai';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { MAX_LINES, RULES, violations, type Rule } from './support/importRules';

const ROOT = path.dirname(__dirname);

function sourcesIn(folder: string): string[] {
  if (!fs.existsSync(path.join(ROOT, folder))) return [];
  const found = fs.readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && (/\.[cm]?[jt]s$/.test(entry.name) || folder === 'bin'))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((file) => !file.split('/').includes('node_modules'));
}

/** Sources that break one rule each, on purpose. */
const BROKEN: readonly [rule: Rule, file: string, source: string][] = [
  ['room', 'lib/wire/lines.ts', "import { logFor } from '../log';"],
  ['room', 'lib/wire/lines.ts', "import type { Options } from '../options';"],
  ['room', 'lib/net/tcp.ts', "import type { Storage } from '../storage/storage';"],
  ['room', 'lib/net/tcp.ts', "export * from '../data/send';"],
  ['room', 'lib/storage/local.ts', "import '../net/network';"],
  ['room', 'lib/storage/local.ts', "const x = require('../auth/auth');"],
  ['room', 'lib/data/send.ts', "import { dial } from '../net/tcp';"],
  ['room', 'lib/data/send.ts', "import type { TcpConn } from '../net/tcp';"],
  ['room', 'lib/data/send.ts', "import type { Local } from '../storage/local';"],
  ['room', 'lib/data/send.ts', "let s: import('../control/session').Session;"],
  ['room', 'lib/control/serve.ts', "const s = await import('../dialects/ft/server');"],
  ['room', 'lib/control/serve.ts', "import type { Server } from '../server';"],
  ['room', 'lib/dialects/ft/server.ts', "import { parse } from '../ftp/grammar';"],
  ['room', 'lib/dialects/ft/server.ts', "import { table } from '../registry';"],
  ['room', 'lib/dialects/ft/server.ts', "export { tcp } from '../../net/tcp';"],
  ['room', 'lib/dialects/ft/server.ts', "import { close } from '../../net/close';"],
  ['room', 'lib/dialects/colon.ts', "import { x } from './numbered';"],
  ['room', 'lib/dialects/registry.ts', "import { createServer } from '../server';"],
  ['room', 'lib/relay/relay.ts', "import { tcpNetwork } from '../net/tcp';"],
  ['room', 'lib/relay/talk.ts', "import { servePut } from '../dialects/ft/put';"],
  ['room', 'lib/relay/relay.ts', "import type { Storage } from '../storage/storage';"],
  ['types-only', 'lib/relay/pair.ts', "import { Conn } from '../net/network';"],
  ['room', 'lib/server.ts', "import { main } from './cli/ftserver';"],
  ['room', 'lib/errors.ts', "import { LIMITS } from './options';"],
  ['room', 'lib/cli/ftclient.ts', "import { connect } from '../client';"],
  ['room', 'lib/cli/ftclient.ts', "import net = require('../net/tcp');"],
  ['types-only', 'lib/data/send.ts', "import { Conn } from '../net/network';"],
  ['types-only', 'lib/control/serve.ts', "import { type Conn, dial } from '../net/network';"],
  ['types-only', 'lib/dialects/ft/server.ts', "import * as storage from '../../storage/storage';"],
  ['builtin', 'lib/data/active.ts', "import * as net from 'node:net';"],
  ['builtin', 'lib/data/active.ts', "import type { Socket } from 'node:net';"],
  ['builtin', 'lib/cli/ftserver.ts', "import { connect } from 'node:tls';"],
  ['builtin', 'lib/client.ts', "const { lookup } = require('node:dns/promises');"],
  ['builtin', 'lib/net/tcp.ts', "import { open } from 'node:fs/promises';"],
  ['builtin', 'lib/cli/ftclient.ts', "import * as fs from 'node:fs';"],
  ['builtin', 'lib/cli/shell/history.ts', "import * as fs from 'node:fs';"],
  ['builtin', 'lib/cli/shell/files.ts', "import * as net from 'node:net';"],
  ['builtin', 'lib/cli/typedWords.ts', "import { lookup } from 'node:dns';"],
  ['builtin', 'lib/client.ts', "const fs = process.getBuiltinModule('node:fs');"],
  ['builtin', 'lib/control/ask.ts', "import { setTimeout as sleep } from 'node:timers/promises';"],
  ['builtin', 'lib/wire/facts.ts', "import { EventEmitter } from 'node:events';"],
  ['package', 'lib/server.ts', "import yargs from 'yargs';"],
  ['package', 'lib/data/send.ts', "import stringWidth from 'string-width';"],
  ['package', 'lib/data/send.ts', "import createDebug from 'debug';"],
  ['package', 'lib/cli/ftclient.ts', "import { expect } from 'chai';"],
  ['package', 'lib/wire/lines.ts', "import x from '@scope/thing/deep';"],
  ['prefix', 'lib/net/tcp.ts', "import * as net from 'net';"],
  ['unseen', 'lib/server.ts', 'const x = require(name);'],
  ['unseen', 'lib/server.ts', 'const x = await import(`./${name}`);'],
  ['unseen', 'lib/server.ts', 'const load = require;'],
  ['unseen', 'lib/server.ts', "import { createRequire } from 'node:module';"],
  ['timer', 'lib/control/session.ts', 'setTimeout(() => end(), 10);'],
  ['timer', 'lib/data/send.ts', 'globalThis.setInterval(poll, 10);'],
  ['timer', 'lib/data/send.ts', "globalThis['setImmediate'](poll);"],
  ['timer', 'lib/cli/progress.ts', 'const later = setImmediate;'],
  ['timer', 'lib/client.ts', 'const signal = AbortSignal.timeout(1000);'],
  ['process', 'lib/server.ts', "process.on('uncaughtException', () => {});"],
  ['process', 'lib/client.ts', "process.once('SIGINT', stop);"],
  ['process', 'lib/data/send.ts', 'process.exit(1);'],
  ['length', 'lib/data/send.ts', '\n'.repeat(MAX_LINES + 1)],
  ['length', 'spec/data/send.spec.ts', '\n'.repeat(MAX_LINES + 1)],
];

/** Sources that look like a breach and are none. */
const SOUND: readonly [file: string, source: string][] = [
  ['lib/wire/lines.ts', "import { TwinportError } from '../errors'; import { x } from './facts'; import 'node:zlib';"],
  ['lib/wire/lines.ts', "// setTimeout(x), import 'node:net'\nconst text = \"import 'node:fs'\";"],
  ['lib/net/tcp.ts', "import * as net from 'node:net'; setTimeout(x, 1); import { LIMITS } from '../options';"],
  ['lib/storage/local/open.ts', "import * as fs from 'node:fs/promises'; import type { Storage } from '../storage';"],
  ['lib/data/send.ts', "import type { Conn } from '../net/network'; import { close } from '../net/close';"],
  ['lib/control/serve.ts', "import { type Conn } from '../net/network'; import { send } from '../data/send';"],
  ['lib/dialects/ft/server.ts', "import { parse } from './grammar'; import { x } from '../../control/dialect';"],
  ['lib/dialects/ft/server.ts', "import type { Storage } from '../../storage/storage';"],
  ['lib/relay/talk.ts', "import { parseRequest } from '../dialects/ft/grammar'; import { dial } from '../data/dial';"],
  ['lib/dialects/registry.ts', "import { ft } from './ft/server'; import { colon } from './colon';"],
  ['lib/client.ts', "import { tcp } from './net/tcp'; import { local } from './storage/local';"],
  ['lib/cli/ftclient.ts', "import { connect } from '..'; import yargs from 'yargs/yargs'; process.exit(0);"],
  ['lib/cli/ftclient.ts', "import { connect } from '../index'; process.on('SIGINT', stop);"],
  ['lib/cli/shell/files.ts', "import * as fs from 'node:fs'; import { open } from 'node:fs/promises';"],
  ['lib/cli/terminal.ts', "import { openSync } from 'node:fs';"],
  ['lib/cli/typedWords.ts', "import { readFileSync } from 'node:fs';"],
  ['lib/log.ts', "const d = require('debug') as typeof import('debug');"],
  ['spec/data/send.spec.ts', "import * as net from 'node:net'; setTimeout(x, 1);"],
  ['lib/data/send.ts', '\n'.repeat(MAX_LINES)],
];

describe('import rules', () => {
  const files = ['lib', 'bin', 'spec', 'bench', 'scripts'].flatMap(sourcesIn);

  it('look at every source', () => {
    expect(files).to.include.members(['lib/index.ts', 'lib/net/network.ts', 'spec/imports.spec.ts', 'bin/ftserver']);
  });

  it('hold in every source', () => {
    const found = files.flatMap((file) => violations(file, fs.readFileSync(path.join(ROOT, file), 'utf8')));
    expect(found.map(({ rule, path, line, what }) => `${path}:${line} ${rule}: ${what}`)).to.deep.equal([]);
  });

  for (const [rule, file, source] of BROKEN) {
    it(`catch ${rule} in ${file}: ${source.trim().slice(0, 70) || 'too many lines'}`, () => {
      expect(violations(file, source).map((violation) => violation.rule)).to.include(rule);
    });
  }

  for (const [file, source] of SOUND) {
    it(`let ${file} be: ${source.trim().slice(0, 70) || 'just enough lines'}`, () => {
      expect(violations(file, source)).to.deep.equal([]);
    });
  }

  it('are each broken on purpose at least once', () => {
    expect(new Set(BROKEN.map(([rule]) => rule))).to.deep.equal(new Set(RULES));
  });
});
