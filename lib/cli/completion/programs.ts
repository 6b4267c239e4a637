import { CLIENT_FLAGS } from '../options';
import { PASSWD_FLAGS } from '../passwd';
import { RELAY_FLAGS } from '../relayOptions';
import { SERVER_FLAGS } from '../serverOptions';
import type { Flag } from '../flags';
import { COMMANDS } from './commands';
import { SHELLS } from './shells';

export type ProgramName = 'ftclient' | 'ftserver' | 'ftrelay';
export const PROGRAMS: readonly ProgramName[] = ['ftclient', 'ftserver', 'ftrelay'];

/** A word that may stand somewhere, and what it means. */
export type Offered = readonly [word: string, text: string];

/** What may stand at one place of a command line. */
export interface Place {
  /**
   * `WORDS:COMMAND:FIRST` as a pattern of all three shells: how many words stand before (two, once there is a
   * command), the command, the first word. The first place that matches counts.
   */
  readonly at: string;
  readonly words?: readonly Offered[];
  readonly more?: 'file' | 'host' | 'remote';
}

/** A first word that has options of its own, in place of the program's. */
export interface Subcommand {
  readonly word: string;
  readonly flags: readonly Flag[];
}

/** A program as a shell completes it. */
export interface Completed {
  readonly program: ProgramName;
  readonly flags: readonly Flag[];
  /** An option that one of these shares with the program means the same. */
  readonly subcommands: readonly Subcommand[];
  readonly places: readonly Place[];
  /** Each word that is a command after HOST and PORT, and the command that it means. */
  readonly commands: readonly (readonly [said: string, word: string])[];
  /** The commands with a dash, which look like options. */
  readonly dashed: readonly Offered[];
}

/** Every option that can be typed, whatever stands before it. */
export function allFlags({ flags, subcommands }: Completed): readonly Flag[] {
  const own = subcommands.flatMap((one) => one.flags).filter(({ name }) => flags.every((flag) => flag.name !== name));
  return [...flags, ...own];
}

const COMPLETION: Offered = ['completion', 'print completion for a shell'];
const SHELL_PLACE: Place = { at: '1::completion', words: SHELLS.map((shell) => [shell, `completion for ${shell}`]) };

function clientPlaces(): readonly Place[] {
  return [
    SHELL_PLACE,
    { at: '0::', words: [COMPLETION], more: 'host' },
    { at: '2::*', words: COMMANDS.map(({ word, text }) => [word, text]) },
    ...COMMANDS.filter(({ takes }) => takes !== 'nothing').map(({ word, takes }): Place => ({
      at: `2:${word}:*`,
      more: takes === 'local' ? 'file' : 'remote',
    })),
  ];
}

/** Made when it is asked for: the choices of some options have to be loaded. */
export function completed(program: ProgramName): Completed {
  switch (program) {
    case 'ftclient':
      return {
        program,
        flags: CLIENT_FLAGS,
        subcommands: [],
        places: clientPlaces(),
        commands: COMMANDS.flatMap(({ word, letter }) =>
          letter === undefined ? [[word, word] as const] : [[word, word] as const, [letter, word] as const],
        ),
        dashed: COMMANDS.flatMap(({ letter, text }) => (letter === undefined ? [] : [[letter, text] as const])),
      };
    case 'ftserver':
      return {
        program,
        flags: SERVER_FLAGS,
        subcommands: [{ word: 'passwd', flags: PASSWD_FLAGS }],
        places: [
          SHELL_PLACE,
          { at: '1::check', more: 'file' },
          {
            at: '0::',
            words: [
              ['check', 'say whether a configuration is in order'],
              ['passwd', 'make or change a user of a users file'],
              COMPLETION,
            ],
          },
        ],
        commands: [],
        dashed: [],
      };
    case 'ftrelay':
      return {
        program,
        flags: RELAY_FLAGS,
        subcommands: [],
        places: [SHELL_PLACE, { at: '0::', words: [COMPLETION] }, { at: '1::*', more: 'host' }],
        commands: [],
        dashed: [],
      };
  }
}
