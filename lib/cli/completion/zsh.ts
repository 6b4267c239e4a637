import { allFlags, type Completed, type Offered, type Place } from './programs';
import type { Flag } from '../flags';
import { quoted } from './shells';
import { clusterPattern, spellings, valueOf, type Value } from './values';

/** What `_describe` reads: a colon ends the word. */
const described = (offered: readonly Offered[]): string =>
  offered.map(([word, text]) => quoted(`${word.replace(/[\\:]/g, '\\$&')}:${text}`)).join(' ');

function valueAction(name: string, { kind, choices }: Value): string {
  const words = choices.map(quoted).join(' ');
  switch (kind) {
    case 'file':
      return '_files';
    case 'dir':
      return '_files -/';
    case 'list':
      return `_values -s , ${quoted(name)} ${words}`;
    case 'prefix':
      return `compadd -S '' -- ${words}`;
    case 'words':
      return `compadd -- ${words}`;
    case 'text':
      return `_message -e value ${quoted(name)}`;
  }
}

const optionsOf = (flags: readonly Flag[]): readonly Offered[] =>
  flags.flatMap((flag) => spellings(flag).map((word): Offered => [word, flag.text]));

function valueCases(it: Completed): string {
  return allFlags(it)
    .flatMap((flag) => {
      const value = valueOf(flag);
      if (value === undefined) return [];
      return [`    ${spellings(flag).join('|')}) act=(${valueAction(flag.value ?? '', value)}) ;;\n`];
    })
    .join('');
}

function placeCases(program: string, places: readonly Place[]): string {
  const more = { file: '_files', host: '_hosts', remote: `[[ -n $foreign ]] || _${program}_remote "$first" "$second"` };
  return places
    .map((place) => {
      const { words = [] } = place;
      const actions = [
        ...(words.length === 0 ? [] : [`offers=(${described(words)})`, `_describe -t words ${program} offers`]),
        ...(place.more === undefined ? [] : [more[place.more]]),
      ];
      return `    ${place.at}) ${actions.join('; ')} ;;\n`;
    })
    .join('');
}

/** For zsh 5 and newer, sourced or as a file of \`fpath\`. */
export function zshScript(it: Completed): string {
  const { program } = it;
  const options = optionsOf(it.flags);
  const others = it.subcommands
    .map(({ word, flags }) => `    [[ $first == ${word} ]] && offers=(${described(optionsOf(flags))})\n`)
    .join('');
  const cluster = clusterPattern(it.flags);
  return `#compdef ${program}
# zsh completion for ${program}, made by \`${program} completion zsh\`. In ~/.zshrc, behind compinit:
#   source <(${program} completion zsh)

# Sets \`act\` to what completes the value of the option $1; fails where it takes none.
_${program}_value() {
  local option=$1
${cluster === undefined ? '' : `  [[ $option =~ ${quoted(cluster)} ]] && option=-\${option[-1]}\n`}  case $option in
${valueCases(it)}    *) return 1 ;;
  esac
}
${
  program === 'ftclient'
    ? `
# Names there that begin with what is typed, one a line and without control characters.
_ftclient_remote() {
  [[ $1 == [0-9A-Za-z:\\[][][0-9A-Za-z.:%_-]# && $2 == <-> ]] || return 1
  local -a names
  names=("\${(@f)$(command ftclient completion remote "$1" "$2" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  local -a folders=("\${(@M)names:#*/}") files=("\${(@)names:#(|*/)}")
  compadd -S '' -- "\${folders[@]}"
  compadd -- "\${files[@]}"
}
`
    : ''
}
_${program}() {
  emulate -L zsh
  setopt extendedglob
  local word command first second option ended foreign count=0 at
  local -a act offers
  for ((at = 2; at < CURRENT; at++)); do
    word=\${(Q)words[at]}
    if [[ -n $option ]]; then option=; continue; fi
    if [[ -z $command ]]; then
      case $count:$word in
${it.commands.map(([said, word]) => `        2:${said}) command=${word} ;;\n`).join('')}        *) ;;
      esac
      [[ -n $command ]] && continue
    fi
    [[ $word == --(dialect|relay)* ]] && foreign=1
    if [[ -z $ended && $word == -- ]]; then ended=1
    elif [[ -z $ended && $word == -?* ]]; then _${program}_value $word && option=$word
    elif [[ -z $command ]]; then
      ((count == 0)) && first=$word
      ((count == 1)) && second=$word
      ((count += 1))
    fi
  done

  if [[ -n $option ]]; then
    _${program}_value $option
    "\${act[@]}"
  elif [[ -z $ended && $PREFIX == --*=* ]]; then
    _${program}_value \${PREFIX%%=*} || return 1
    compset -P '*='
    "\${act[@]}"
  elif [[ -z $ended && $PREFIX == -* ]]; then
    offers=(${described(options)})
${others}${it.dashed.length === 0 ? '' : `    [[ $count == 2 && -z $command ]] && offers+=(${described(it.dashed)})\n`}    _describe -o -t options option offers
  else
    case $count:$command:$first in
${placeCases(program, it.places)}      *) _message 'nothing more' ;;
    esac
  fi
}

# Loaded as a file it completes at once; sourced it makes itself known.
if [[ $funcstack[1] == _${program} ]]; then
  _${program} "$@"
else
  compdef _${program} ${program}
fi
`;
}
