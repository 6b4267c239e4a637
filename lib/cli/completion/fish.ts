import { allFlags, type Completed, type Offered, type Place } from './programs';
import { fishQuoted } from './shells';
import { clusterPattern, spellings, valueOf, type Value } from './values';
import type { Flag } from '../flags';

/** What `complete` is told of a value. */
function valueWords({ kind, choices }: Value): string {
  const words = choices.join(' ');
  switch (kind) {
    case 'file':
      return '-r -F';
    case 'dir':
      return `-x -a '(__fish_complete_directories)'`;
    case 'list':
      return `-x -a ${fishQuoted(`(__fish_complete_list , "printf '%s\\n' ${words}")`)}`;
    case 'words':
    case 'prefix':
      // Each with a description that says nothing: otherwise each has the option's, cut off in the middle.
      return `-x -a ${fishQuoted(choices.map((word) => `${word}\\t`).join(' '))}`;
    case 'text':
      return '-x';
  }
}

/** An option, and behind which first words it is one. */
function optionLine({ program, flags, subcommands }: Completed, flag: Flag): string {
  const value = valueOf(flag);
  const short = flag.short === undefined ? '' : ` -s ${flag.short}`;
  const argument = value === undefined ? '' : ` ${valueWords(value)}`;
  const isOf = (own: readonly Flag[]): boolean => own.some(({ name }) => name === flag.name);
  const [there, elsewhere] = [true, false].map((has) => subcommands.filter((one) => isOf(one.flags) === has));
  const words = (some: typeof subcommands = []): string => some.map(({ word }) => word).join(' ');
  const where = isOf(flags)
    ? elsewhere?.length === 0
      ? undefined
      : `not __${program}_behind ${words(elsewhere)}`
    : `__${program}_behind ${words(there)}`;
  const condition = where === undefined ? '' : ` -n ${fishQuoted(where)}`;
  return `complete -c ${program}${condition}${short} -l ${flag.name}${argument} -d ${fishQuoted(flag.text)}\n`;
}

function placeLines(program: string, { at, words = [], more }: Place): string {
  const here = `complete -c ${program} -n ${fishQuoted(`__${program}_at ${fishQuoted(at)}`)}`;
  const offered = words.map(([word, text]: Offered) => `${here} -a ${fishQuoted(word)} -d ${fishQuoted(text)}\n`);
  if (more === 'file') offered.push(`${here} -F\n`);
  if (more === 'host') offered.push(`${here} -a '(__fish_print_hostnames)'\n`);
  if (more === 'remote') offered.push(`${here} -a '(__${program}_remote)'\n`);
  return offered.join('');
}

/** For fish 3 and newer. */
export function fishScript(it: Completed): string {
  const { program } = it;
  const valued = allFlags(it)
    .filter((flag) => valueOf(flag) !== undefined)
    .flatMap(spellings);
  const cluster = clusterPattern(it.flags);
  const takesValue = `contains -- $word ${valued.join(' ')}${cluster === undefined ? '' : `; or string match -qr -- ${fishQuoted(cluster)} $word`}`;
  const behind =
    it.subcommands.length === 0
      ? ''
      : `
function __${program}_behind
    set -l place (__${program}_place)
    contains -- (string replace -r '^[^:]*:[^:]*:' '' -- $place[1]) $argv
end
`;
  // A short option without a value is how fish knows a word with a dash: \`-l\`, and what follows is not its value.
  const dashed = it.dashed.map(
    ([word, text]) => `complete -c ${program} -n '__${program}_at "2::*"' -s ${word.slice(1)} -d ${fishQuoted(text)}\n`,
  );
  return `# fish completion for ${program}, made by \`${program} completion fish\`. Once:
#   ${program} completion fish > ~/.config/fish/completions/${program}.fish

# WORDS:COMMAND:FIRST of what stands before the cursor, and HOST and PORT beneath.
function __${program}_place
    set -l command
    set -l words
    set -l ended
    set -l foreign
    set -l skip
    for word in (commandline -opc)[2..-1]
        if test -n "$skip"
            set skip
            continue
        end
        if test -z "$command" -a (count $words) -eq 2
            switch $word
${it.commands.map(([said, word]) => `                case ${said}\n                    set command ${word}\n                    continue\n`).join('')}                case ''
            end
        end
        string match -qr -- '^--(dialect|relay)' $word; and set foreign 1
        if test -z "$ended" -a "$word" = --
            set ended 1
        else if test -z "$ended"; and string match -q -- '-?*' $word
            if ${takesValue}
                set skip 1
            end
        else if test -z "$command"
            set -a words $word
        end
    end
    echo (count $words):"$command":"$words[1]"
    test -z "$foreign" -a (count $words) -eq 2; and printf '%s\\n' $words
end

function __${program}_at
    set -l place (__${program}_place)
    # The first that matches counts.
    for at in ${it.places.map(({ at }) => fishQuoted(at)).join(' ')}
        if string match -q -- $at $place[1]
            test $at = $argv[1]
            return
        end
    end
    return 1
end
${
  program === 'ftclient'
    ? `
# Names there that begin with what is typed, one a line and without control characters.
function __ftclient_remote
    set -l place (__ftclient_place)
    string match -qr -- '^[0-9A-Za-z:\\[][]0-9A-Za-z.:%_-]*$' $place[2]; and string match -qr -- '^[0-9]+$' $place[3]; or return
    command ftclient completion remote $place[2] $place[3] (string unescape -- (commandline -ct)) 2>/dev/null </dev/null
end
`
    : ''
}${behind}
complete -c ${program} -f
${allFlags(it)
  .map((flag) => optionLine(it, flag))
  .join('')}${dashed.join('')}${it.places.map((place) => placeLines(program, place)).join('')}`;
}
