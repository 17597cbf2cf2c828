/** Completions for zsh, with descriptions. What comes from the mailbox is shown, and never evaluated. */
import { quote } from "./bash.ts";
import { type CommandCompletion, type FlagCompletion, groupsOf, type ValueKind } from "./table.ts";

/** Writes the script. */
export function zshCompletion(commands: readonly CommandCompletion[]): string {
  return `#compdef mailctl
# Completions of mailctl for zsh. In ~/.zshrc, after compinit: eval "$(mailctl completion zsh)"

_mailctl() {
  local name='' count
  local -a found
  for count in 3 2 1; do
    (( CURRENT > count + 1 )) || continue
    name="\${(j: :)words[2,count+1]}"
    case $name in
      (${commands.map(({ name }) => quote(name)).join(" | ")}) break ;;
    esac
    name=''
  done
  case "\${(j: :)words[2,CURRENT-1]}" in
${groupCases(commands)}
  esac
  [[ -n $name ]] || return 0
  shift $count words
  (( CURRENT -= count ))
  case $name in
${commands.map(commandCase).join("\n")}
  esac
}

# Offers what only the mailbox knows.
_mailctl_ask() {
  local word about
  local -a found
  while IFS=$'\\t' read -r word about; do
    found+=("$word:$about")
  done < <(command mailctl __complete "$1" "\${(@)words[1,CURRENT-1]}" 2>/dev/null </dev/null)
  _describe -V "$1" found
}

if [[ $funcstack[1] == _mailctl ]]; then _mailctl "$@"; else compdef _mailctl mailctl; fi
`;
}

function groupCases(commands: readonly CommandCompletion[]): string {
  return groupsOf(commands).map(({ name, members }) => {
    const lines = members.map(({ word, brief }) => `      ${quote(`${word}:${brief}`)}\n`);
    return `    (${quote(name)})\n    found=(\n${
      lines.join("")
    }    )\n    _describe command found ;;`;
  }).join("\n");
}

function commandCase({ name, flags, arguments: kinds, repeats }: CommandCompletion): string {
  const positions = kinds.map((kind, at) => {
    const place = repeats && at === kinds.length - 1 ? "*" : String(at + 1);
    return quote(`${place}: :${action(kind)}`);
  });
  const specs = [...flags.flatMap(flagSpecs), ...positions];
  return `    (${quote(name)}) _arguments -s -S : \\\n      ${specs.join(" \\\n      ")} ;;`;
}

/** `(-n --limit)--limit=[At most so many]:COUNT: `: once, unless the help says it may be repeated. */
function flagSpecs({ long, short, brief, value }: FlagCompletion): string[] {
  const once = brief.includes("repeatable")
    ? "*"
    : `(${short === null ? long : `${short} ${long}`})`;
  const rest = `[${escape(brief)}]` +
    (value === null ? "" : `:${escape(value.placeholder)}:${action(value.kind)}`);
  const specs = [`${once}${long}${value === null ? "" : "="}${rest}`];
  if (short !== null) specs.push(`${once}${short}${value === null ? "" : "+"}${rest}`);
  return specs.map(quote);
}

function action(value: ValueKind): string {
  if (value.kind === "file") return "_files";
  if (value.kind === "folder") return "_files -/";
  if (value.kind === "words") return `(${value.words.join(" ")})`;
  return value.kind === "text" ? " " : ` _mailctl_ask ${value.kind}`;
}

/** Keeps text from ending the part of a specification that it stands in. */
function escape(text: string): string {
  return text.replace(/[\\[\]:]/g, "\\$&");
}
