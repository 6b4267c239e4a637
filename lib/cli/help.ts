import { EXIT_MEANINGS } from './exit';
import { CLIENT_FLAGS } from './options';
import { helpPage } from './parser';
import { PASSWD_FLAGS } from './passwd';
import { RELAY_FLAGS } from './relayOptions';
import { SERVER_FLAGS } from './serverOptions';

const CLIENT_USAGE = [
  'ftclient [OPTIONS] HOST PORT -l [DIR] [DATAPORT]',
  'ftclient [OPTIONS] HOST PORT -g FILE... [DATAPORT]',
  'ftclient [OPTIONS] HOST PORT -p LOCAL [REMOTE] [DATAPORT]',
  'ftclient [OPTIONS] HOST PORT -p LOCAL... DIR/ [DATAPORT]',
  'ftclient [OPTIONS] HOST PORT stat|digest|delete|mkdir PATH... | rename OLD NEW',
  'ftclient [OPTIONS] HOST PORT [--batch FILE|--ping]',
  'ftclient [OPTIONS] HOST PORT FILE --dialect numbered',
  'ftclient [OPTIONS] [HOST [PORT]] --dialect framed|colon',
  'ftclient completion bash|zsh|fish',
];
const SERVER_USAGE = [
  'ftserver PORT [OPTIONS]',
  'ftserver [PORT] --dialect NAME [OPTIONS]',
  'ftserver --config FILE [PORT] [OPTIONS]',
  'ftserver check FILE [OPTIONS]',
  'ftserver passwd --users FILE NAME',
  'ftserver completion bash|zsh|fish',
];

const CLIENT_ABOUT = `
Lists, gets and puts files over two TCP connections: requests go to PORT, data
come to DATAPORT here, which the server dials. The words list, get and put mean
the same as -l, -g and -p. Without DATAPORT any free port is used; DATAPORT 0
is --passive.

FILE and LOCAL are taken as they are, also when they begin with a dash. A sole
number after -l, or after LOCAL, is DATAPORT: write ./2024 for a directory of
that name. A DIR or REMOTE that reads as an option is written ./-q, or after --.
Options may stand before HOST, before the command and after its arguments.

The words -m, -d and -r mean the same as mkdir, delete and rename. *, ? and [...]
in FILE are looked for on the server; delete removes what is named and nothing
else, and takes patterns in the shell alone. LOCAL - is standard input. Without a
command, on a terminal, ftclient is a shell; help lists what it knows.

A get never overwrites unasked: when "name" is taken it goes to "name.1".

The other dialects verify nothing, and those of one connection have no data
port. numbered takes a bare FILE. framed and colon ask when no command is
given: framed for lines (put NAME, get NAME, exit), colon for a batch of
clients. They find a server here on their usual port, or at HOST and PORT.
`;

const SERVER_ABOUT = `
Serves the current directory, read-only, over two TCP connections. PORT 0 takes
any free port and prints it. SIGINT or SIGTERM stops it: transfers get --grace
seconds to finish; a second signal ends it at once.

PORT speaks ft, and other languages by --dialect and --listen. privateshare,
framed and colon have usual ports (365, 50001, 5050) and take new files without
--writable, as numbered does, but never replace one. numbered saves every
connection as 1.file, 2.file, … in DIR, which it makes.

Every option can stand in FILE, without its dashes (root: /srv/files), and in
the environment (FTSERVER_ROOT=/srv/files). The command line is stronger than
the environment, and that than FILE. check says whether FILE is in order, and
what would be served; SIGHUP has it read again.

With --users only those are served who log in, and others as far as --anonymous
goes: with --anonymous-root DIR to that directory, else to everything, users'
own directories too. passwd makes the entries of users, and asks for the
passwords (ftserver passwd --help).
`;

const RELAY_ABOUT = `
Stands between clients and the server at HOST PORT, and does what a bad network
does. LISTEN 0 takes any free port and prints it. Of ft and stepwise it knows
both connections: the data ports in what passes become its own, so that data
come through it too. Other languages have one connection, which is relayed as
it is. What is spoken is told from the client's first bytes, or by --dialect.

Under TLS it cannot read what passes: it says so, relays the control connection
alone, and data only on pairs of ports given with --data (for a server that is
started with --data-ports, and clients with --passive).

--cut-after, --reset-after and --corrupt are about data connections; the first
two also about the only connection of other languages, and --corrupt-control
spoils that one. Offsets count from 0, in each direction by itself, without the
token that a data connection may begin with. The same seed does the same to the
same connections. SIGINT or SIGTERM stops it.
`;

const USAGES = { ftclient: CLIENT_USAGE, ftserver: SERVER_USAGE, ftrelay: ['ftrelay LISTEN HOST PORT [OPTIONS]'] };

function usageLines(program: keyof typeof USAGES): string {
  return USAGES[program].map((line, at) => `${at === 0 ? 'Usage:' : '      '} ${line}\n`).join('');
}

const list = (rows: readonly (readonly [number, string])[]): string =>
  rows.map(([code, meaning]) => `  ${code.toString().padStart(2)}  ${meaning}`).join('\n');

/** What stands on standard error beneath a usage error. */
export function usageOf(program: keyof typeof USAGES): string {
  return `${usageLines(program)}Try ${program} --help.\n`;
}

export function clientHelp(): Promise<string> {
  return helpPage('ftclient', CLIENT_FLAGS, {
    above: usageLines('ftclient') + CLIENT_ABOUT,
    examples: [
      ['ftclient flip1 3555 -l 8555', 'list, data on port 8555'],
      ['ftclient flip1 3555 -l docs', 'list docs, data on any port'],
      ['ftclient flip1 3555 -g docs/a.txt', 'get docs/a.txt as a.txt'],
      ['ftclient flip1 3555 -g a.txt -o -', 'get to standard output'],
      ['ftclient flip1 3555 -g big --resume', 'continue a broken get'],
      ['ftclient flip1 3555 -p a.txt b.txt', 'put a.txt there as b.txt'],
      ["ftclient flip1 3555 -g '*.log' --to logs", 'get what a pattern means'],
      ['ftclient flip1 3555 -g big --retry 10', 'over a line that breaks'],
      ['ftclient flip1 3555 -l --json', 'for a program to read'],
      ['ftclient flip1 3555', 'a shell, on a terminal'],
      ['ftclient flip1 3555 -l --passive', 'from behind a firewall'],
      ['ftclient -q -0 flip1 3555 -l', 'names alone, for xargs -0'],
      ['ftclient flip1 365 list --dialect privateshare', 'another wire language'],
      ['ftclient flip1 5000 a.txt --dialect numbered', 'upload to a collector'],
      ['ftclient --dialect framed', 'ask what to put and get'],
    ],
    epilogue: `Exit codes:\n${list(EXIT_MEANINGS)}\nDEBUG=ft:* traces both connections on standard error.`,
  });
}

export function serverHelp(): Promise<string> {
  return helpPage('ftserver', SERVER_FLAGS, {
    above: usageLines('ftserver') + SERVER_ABOUT,
    examples: [
      ['ftserver 3555', 'serve this directory'],
      ['ftserver 3555 --root /srv/files', 'serve another one'],
      ['ftserver 3555 --writable', 'take puts as well'],
      ['ftserver 3555 --host 127.0.0.1', 'for this machine alone'],
      ['ftserver 3555 --data-ports 8000-8099', 'passive, behind a firewall'],
      ['ftserver --dialect framed', 'another language, its usual port'],
      ['ftserver 3555 --listen framed:50001', 'both at once'],
      ['ftserver --listen auto:3555', 'whatever the client speaks first'],
      ['ftserver 5000 --dialect numbered', 'collect uploads'],
      ['ftserver --config ftserver.yaml', 'whatever is written there'],
      ['ftserver 21 --user nobody', 'no longer root once 21 is open'],
    ],
    epilogue: `Exit codes:\n${list([
      [0, 'stopped by a signal'],
      [64, 'usage, or a wrong configuration'],
      [66, 'the directory cannot be served, or the configuration not read'],
      [69, 'the port cannot be had'],
      [70, 'a defect of ours: please report it'],
      [77, "not permitted (ports below 1024 are the system's)"],
    ])}\nDEBUG=ft:* traces both connections on standard error.`,
  });
}

const PASSWD_ABOUT = `
Makes an entry for NAME in a users file, or gives it another password, which is
asked for twice and not shown. Where standard input is no terminal, its first
line is the password. The file is written whole, for its owner alone; what else
stands in it is left as it is: rights, root, rate, quota-bytes, quota-files and
disabled are words behind the hash, written by hand.
`;

export function passwdHelp(): Promise<string> {
  return helpPage('ftserver passwd', PASSWD_FLAGS, {
    above: `Usage: ftserver passwd --users FILE [OPTIONS] NAME\n       ftserver passwd --users FILE --list\n${PASSWD_ABOUT}`,
    examples: [
      ['ftserver passwd --users users alice', 'asks for a password'],
      ['pwgen 20 1 | ftserver passwd --users users bob', 'takes one'],
      ['ftserver passwd --users users --delete bob', 'bob is nobody again'],
    ],
    epilogue: `Exit codes:\n${list([
      [0, 'done'],
      [64, 'usage, a wrong line in the file, or two passwords that differ'],
      [66, 'no such file or name'],
      [77, 'not permitted, or a file that others may write'],
    ])}`,
  });
}

export function relayHelp(): Promise<string> {
  return helpPage('ftrelay', RELAY_FLAGS, {
    above: usageLines('ftrelay') + RELAY_ABOUT,
    examples: [
      ['ftrelay 50000 127.0.0.1 50001 --stammer', 'short writes and pauses'],
      ['ftrelay 0 flip1 3555 --rate 64K', 'a slow link'],
      ['ftrelay 0 flip1 3555 --corrupt 3', 'three flipped bits in each file'],
      ['ftrelay 0 flip1 3555 --cut-after 1M', 'the server dies in mid-file'],
      ['ftrelay 0 flip1 3555 --data 8000:8000', 'one data port, under TLS'],
    ],
    epilogue: `Exit codes:\n${list([
      [0, 'stopped by a signal'],
      [64, 'usage'],
      [69, 'the port cannot be had'],
      [70, 'a defect of ours: please report it'],
      [77, "not permitted (ports below 1024 are the system's)"],
    ])}\nDEBUG=ft:* traces data connections on standard error.`,
  });
}
