import { allFlags, type Completed, type Place } from './programs';
import { quoted } from './shells';
import { clusterPattern, spellings, valueOf } from './values';

const array = (words: readonly string[]): string => `(${words.map(quoted).join(' ')})`;

/** The options that take a value, in `case` labels: each sets what its value is completed with. */
function valueCases(it: Completed): string {
  return allFlags(it)
    .flatMap((flag) => {
      const value = valueOf(flag);
      if (value === undefined) return [];
      const choices = value.choices.length === 0 ? '' : ` choices=${array(value.choices)}`;
      return [`    ${spellings(flag).join('|')}) kind=${value.kind}${choices} ;;\n`];
    })
    .join('');
}

function placeCases(places: readonly Place[]): string {
  return places
    .map(({ at, words = [], more }) => {
      const choices = words.length === 0 ? '' : ` choices=${array(words.map(([word]) => word))}`;
      return `    ${at}) kind=${more ?? 'words'}${choices} ;;\n`;
    })
    .join('');
}

function commandCases({ commands }: Completed): string {
  return commands.map(([said, word]) => `      2:${said}) command=${word} ;;\n`).join('');
}

/**
 * For bash 3.2 (macOS, which cannot source a pipe) and newer, with bash-completion or without. Nothing of what is typed, and no name from a
 * server, is ever evaluated: `compgen -W` would expand `$(…)` in a name.
 */
export function bashScript(it: Completed): string {
  const { program } = it;
  const options = it.flags.flatMap(spellings);
  const others = it.subcommands
    .map(({ word, flags }) => `    [[ $first == ${word} ]] && choices=${array(flags.flatMap(spellings))}\n`)
    .join('');
  const cluster = clusterPattern(it.flags);
  return `# bash completion for ${program}, made by \`${program} completion bash\`. In ~/.bashrc:
#   eval "$(${program} completion bash)"

# What the value of the option $1 is completed with; fails where it takes none.
_${program}_value() {
  local option=$1
  kind= choices=()
  [[ $option == --* ]] || ${cluster === undefined ? ':' : `{ [[ $option =~ ${cluster} ]] && option=-\${option:\${#option}-1}; }`}
  case $option in
${valueCases(it)}    *) return 1 ;;
  esac
}
${
  program === 'ftclient'
    ? `
# Names there that begin with $3, quoted as it is. \`compopt -o filenames\` would leave \$HOME in a name to be expanded.
_ftclient_remote() {
  [[ $1 =~ ^[0-9A-Za-z:[][]0-9A-Za-z.:%_-]*$ && $2 =~ ^[0-9]+$ ]] || return 0
  local typed=$3 quote= name
  case $typed in
    [\\"\\']*) quote=\${typed:0:1} typed=\${typed:1} ;;
  esac
  [[ $quote == \\' ]] || typed=\${typed//\\\\/}
  while IFS= read -r name; do
    case $quote in
      \\') [[ $name == *\\'* ]] && continue ;;
      \\")
        # Nothing quotes a ! there.
        [[ $name == *!* ]] && continue
        name=\${name//\\\\/\\\\\\\\} name=\${name//\\"/\\\\\\"} name=\${name//\\$/\\\\\\$} name=\${name//\\\`/\\\\\\\`}
        ;;
      *)
        printf -v name %q "$name"
        [[ $name == '~'* ]] && name=\\\\$name
        ;;
    esac
    COMPREPLY+=("$quote$name")
  done < <(command ftclient completion remote "$1" "$2" "$typed" 2>/dev/null </dev/null)
}
`
    : ''
}
_${program}() {
  local IFS=$' \\t\\n' line=\${COMP_LINE:0:COMP_POINT} word whole i
  local kind= count=0 command= first= second= option= ended= foreign= at=1 head=
  local -a words choices
  words=() choices=()
  COMPREPLY=()
  # readline has broken words at = and : too; here they are whole.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]} whole=
    while [[ $line == [[:space:]]* ]]; do line=\${line:1} whole=1; done
    ((i == COMP_CWORD)) && word=$line
    if [[ $whole || $i == 0 ]]; then words+=("$word"); else words[\${#words[@]}-1]+=$word; fi
    line=\${line#"$word"}
  done
  local last=$((\${#words[@]} - 1))
  local cur=\${words[last]}

  for (( ; at < last; at++)); do
    word=\${words[at]}
    if [[ $option ]]; then option=; continue; fi
    if [[ ! $command ]]; then
      case $count:$word in
${commandCases(it)}        *) ;;
      esac
      [[ $command ]] && continue
    fi
    [[ $word == --dialect* || $word == --relay* ]] && foreign=1
    if [[ ! $ended && $word == -- ]]; then ended=1
    elif [[ ! $ended && $word == -?* ]]; then _${program}_value "$word" && option=$word
    elif [[ ! $command ]]; then
      ((count == 0)) && first=$word
      ((count == 1)) && second=$word
      ((count++))
    fi
  done

  kind= choices=()
  if [[ $option ]]; then
    _${program}_value "$option"
  elif [[ ! $ended && $cur == --*=* ]]; then
    _${program}_value "\${cur%%=*}"
    head=\${cur%%=*}= cur=\${cur#*=}
  elif [[ ! $ended && $cur == -* ]]; then
    kind=words choices=${array(options)}
${others}${it.dashed.length === 0 ? '' : `    [[ $count == 2 && ! $command ]] && choices+=${array(it.dashed.map(([word]) => word))}\n`}  else
    case $count:$command:$first in
${placeCases(it.places)}    esac
  fi

  if [[ $kind == list && $cur == *,* ]]; then head+=\${cur%,*}, cur=\${cur##*,}; fi
  for word in "\${choices[@]}"; do
    [[ $word == "$cur"* ]] && COMPREPLY+=("$head$word")
  done
  case $kind in
    host) while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -A hostname -- "$cur") ;;
${program === 'ftclient' ? `    remote) [[ $foreign ]] || _ftclient_remote "$first" "$second" "$cur" ;;\n` : ''}  esac
  # readline replaces what stands behind the last = or : alone.
  cur=$head$cur
  if [[ $cur != [\\"\\']* ]]; then
    head=
    [[ $COMP_WORDBREAKS == *=* && $cur == *=* ]] && head=\${cur%"\${cur##*=}"}
    [[ $COMP_WORDBREAKS == *:* && \${cur#"$head"} == *:* ]] && head=\${cur%"\${cur##*:}"}
    for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]=\${COMPREPLY[i]#"$head"}; done
  fi
  type compopt &>/dev/null || return 0
  case $kind in
    file) compopt -o default ;;
    dir) compopt -o dirnames ;;
  esac
  # What goes on: a directory there, \`framed:\` and its port, one of several.
  if [[ $kind == prefix || $kind == list || ( \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == */ ) ]]; then compopt -o nospace; fi
  return 0
}
complete -F _${program} ${program}
`;
}
