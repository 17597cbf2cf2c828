/** Completions for bash 3.2 and later. What comes from the mailbox is compared and offered, and never evaluated. */
import { type CommandCompletion, groupsOf, mailboxKinds, type ValueKind } from "./table.ts";

/** Writes the script. */
export function bashCompletion(commands: readonly CommandCompletion[]): string {
  return `# Completions of mailctl for bash. In ~/.bashrc: eval "$(mailctl completion bash)"

_mailctl() {
  local IFS=' ' cur=\${COMP_WORDS[COMP_CWORD]} words=() choices=()
  local word name='' count kind='' position=0 ended=''
  COMPREPLY=()
  [[ $cur == = ]] && cur=''
  [[ \${COMP_WORDS[COMP_CWORD - 1]} == @ ]] && return 0
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == = ]] || words+=("$word")
  done
  for count in 3 2 1; do
    ((\${#words[@]} >= count)) || continue
    name="\${words[*]:0:count}"
    case $name in
      ${commands.map(({ name }) => quote(name)).join(" | ")}) break ;;
    esac
    name=''
  done
  case "\${words[*]}" in
${groupCases(commands)}
  esac
  [[ -n $name ]] || return 0
  for word in "\${words[@]:count}"; do
    if [[ -n $kind ]]; then kind=''
    elif [[ -n $ended || $word != -?* ]]; then position=$((position + 1))
    elif [[ $word == -- ]]; then ended=1
    else _mailctl_value
    fi
  done
  if [[ -n $kind ]]; then _mailctl_complete
  elif [[ -z $ended && $cur == -* ]]; then _mailctl_flags
  else
    _mailctl_argument
    _mailctl_complete
  fi
}

# What follows the flag $word.
_mailctl_value() {
  case "$name $word" in
${valueCases(commands)}
  esac
}

# What stands at $position.
_mailctl_argument() {
  case "$name $position" in
${argumentCases(commands)}
  esac
}

_mailctl_flags() {
  case $name in
${flagCases(commands)}
  esac
}

_mailctl_offer() {
  local each
  for each in "$@"; do
    [[ $each == "$cur"* ]] && COMPREPLY+=("$each")
  done
}

_mailctl_complete() {
  local line
  case $kind in
    file | folder)
      compopt -o filenames 2>/dev/null
      local action=-f
      [[ $kind == folder ]] && action=-d
      while IFS='' read -r line; do COMPREPLY+=("$line"); done < <(compgen "$action" -- "$cur")
      ;;
    words) _mailctl_offer "\${choices[@]}" ;;
    ${mailboxKinds.join(" | ")})
      while IFS=$'\\t' read -r line _; do
        _mailctl_offer "$line"
      done < <(command mailctl __complete "$kind" "\${words[@]}" 2>/dev/null </dev/null)
      ;;
  esac
}

complete -o nosort -F _mailctl mailctl 2>/dev/null || complete -F _mailctl mailctl
`;
}

function groupCases(commands: readonly CommandCompletion[]): string {
  return groupsOf(commands).map(({ name, members }) =>
    `    ${quote(name)}) _mailctl_offer ${members.map(({ word }) => quote(word)).join(" ")} ;;`
  ).join("\n");
}

function valueCases(commands: readonly CommandCompletion[]): string {
  return commands.flatMap(({ name, flags }) =>
    flags.flatMap(({ long, short, value }) => {
      if (value === null) return [];
      const words = [long, ...(short === null ? [] : [short])];
      return `    ${words.map((word) => quote(`${name} ${word}`)).join(" | ")}) ${
        set(value.kind)
      } ;;`;
    })
  ).join("\n");
}

function argumentCases(commands: readonly CommandCompletion[]): string {
  return commands.flatMap(({ name, arguments: kinds, repeats }) =>
    kinds.map((kind, at) => {
      const isOpen = repeats && at === kinds.length - 1;
      return `    ${isOpen ? `${quote(`${name} `)}*` : quote(`${name} ${at}`)}) ${set(kind)} ;;`;
    })
  ).join("\n");
}

function flagCases(commands: readonly CommandCompletion[]): string {
  return commands.map(({ name, flags }) =>
    `    ${quote(name)}) _mailctl_offer ${flags.map(({ long }) => long).join(" ")} ;;`
  ).join("\n");
}

function set(value: ValueKind): string {
  if (value.kind !== "words") return `kind=${value.kind}`;
  return `kind=words choices=(${value.words.map(quote).join(" ")})`;
}

/** Quotes a word for any shell of POSIX. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
