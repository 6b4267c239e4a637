import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { HOST, ROOT, startOn, startOurs, startPrinting, which, type Started } from '../support/programs';
import type { Workspace } from '../support/workspace';

/** The file that everybody moves. */
export const NAME = 'big';

/** Somebody who moves a file: a server, unless it needs none, and the command that fetches. */
export interface Contender {
  readonly name: string;
  /** Why it cannot take part, in a few words; undefined when it can. */
  readonly missing?: string;
  start?(): Promise<Started>;
  /** Leaves the file in the directory it is run in. */
  command(port: number): readonly string[];
}

/** Ours first: the others are compared with it. */
export function contenders({ source, notes }: Workspace, otherBins: readonly string[]): readonly Contender[] {
  const own = path.join(ROOT, 'bin');
  return [
    ours('ftserver + ftclient', own, source),
    ours('  the same, --passive', own, source, '--passive'),
    ours('  the same, --digest sha256', own, source, '--digest', 'sha256'),
    oursSecured('  the same, --tls', own, source),
    ...otherBins.flatMap((bin) => [
      ours(`  build in ${bin}`, path.resolve(bin), source),
      ours(`  build in ${bin}, --passive`, path.resolve(bin), source, '--passive'),
      oursSecured(`  build in ${bin}, --tls`, path.resolve(bin), source),
    ]),
    vsftpdAndCurl('vsftpd + curl', { source, notes }),
    vsftpdAndCurl('  the same, TLS', { source, notes }, true),
    nodePeers(source),
    { name: 'cp', command: () => ['cp', path.join(source, NAME), NAME] },
  ];
}

function ours(name: string, bin: string, source: string, ...options: string[]): Contender {
  return {
    name,
    start: () => startOurs(bin, source),
    command: (port) => [path.join(bin, 'ftclient'), HOST, String(port), '-g', NAME, ...options],
  };
}

/** Both pairs under TLS have the same certificate and key: the specs' own. */
const [CERT, KEY, AUTHORITY] = ['rsa.crt', 'rsa.key', 'ca.crt'].map((name) =>
  path.join(ROOT, 'spec', 'support', 'tls', name),
) as [string, string, string];

function oursSecured(name: string, bin: string, source: string): Contender {
  const { command } = ours(name, bin, source, '--tls', '--cafile', AUTHORITY);
  return { name, start: () => startOurs(bin, source, '--tls-cert', CERT, '--tls-key', KEY), command };
}

type Places = Pick<Workspace, 'source' | 'notes'>;

function vsftpdAndCurl(name: string, { source, notes }: Places, secured = false): Contender {
  const none = { name, command: () => [] };
  const vsftpd = which('vsftpd');
  if (vsftpd === undefined) return { ...none, missing: 'vsftpd is not installed' };
  const curl = which('curl');
  if (curl === undefined) return { ...none, missing: 'curl is not installed' };
  if (process.getuid?.() !== 0) return { ...none, missing: 'vsftpd needs root' };
  const cell = path.join(notes, 'empty');
  return {
    name,
    start: () => {
      fs.mkdirSync(cell, { recursive: true });
      return startOn((port) => {
        const file = path.join(notes, secured ? 'vsftpd-tls.conf' : 'vsftpd.conf');
        fs.writeFileSync(file, vsftpdConf(port, source, cell, secured), { mode: 0o600 });
        return [vsftpd, file];
      }, notes);
    },
    command: (port) => [
      curl,
      '-sS',
      ...(secured ? ['--ssl-reqd', '--cacert', AUTHORITY] : []),
      '-o',
      NAME,
      `ftp://${HOST}:${port}/${NAME}`,
    ],
  };
}

/** As it comes, but for what lets it serve one directory to anybody on loopback in the foreground. */
function vsftpdConf(port: number, root: string, cell: string, secured: boolean): string {
  const settings = {
    listen: 'YES',
    listen_address: HOST,
    listen_port: port,
    background: 'NO',
    anonymous_enable: 'YES',
    local_enable: 'NO',
    no_anon_password: 'YES',
    anon_root: root,
    secure_chroot_dir: cell,
    // Its seccomp rules are older than today's C library.
    seccomp_sandbox: 'NO',
    // One process for each session, that its listener waits for: otherwise nobody learns what it used.
    one_process_model: 'YES',
    xferlog_enable: 'NO',
    ...(secured && {
      ssl_enable: 'YES',
      allow_anon_ssl: 'YES',
      force_anon_data_ssl: 'YES',
      rsa_cert_file: CERT,
      rsa_private_key_file: KEY,
      // What it comes with is older than TLS 1.2.
      ssl_ciphers: 'HIGH',
    }),
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

const PEERS = path.join(ROOT, 'bench', 'peers');

function nodePeers(source: string): Contender {
  const name = 'ftp-srv + basic-ftp';
  const missing = installPeers();
  if (missing !== undefined) return { name, missing, command: () => [] };
  return {
    name,
    start: () => startPrinting([process.execPath, path.join(PEERS, 'serve.js'), source], PEERS, /^port (\d+)$/m),
    command: (port) => [process.execPath, path.join(PEERS, 'fetch.js'), String(port), NAME, NAME],
  };
}

/** Installs the pinned packages if they are missing; says why it could not. */
function installPeers(): string | undefined {
  if (!['basic-ftp', 'ftp-srv'].every((name) => fs.existsSync(path.join(PEERS, 'node_modules', name)))) {
    process.stderr.write('Installing basic-ftp and ftp-srv into bench/peers…\n');
    // Without their install scripts: nothing here needs them.
    const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const run = spawnSync('npm', words, { cwd: PEERS, stdio: ['ignore', 2, 2] });
    if (run.status !== 0) return 'npm ci failed in bench/peers';
  }
  return undefined;
}
