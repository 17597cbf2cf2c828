/** Completions for fish, with descriptions. What comes from the mailbox is shown, and never evaluated. */
import { type CommandCompletion, type FlagCompletion, groupsOf, type ValueKind } from "./table.ts";

/** Writes the script. */
export function fishCompletion(commands: readonly CommandCompletion[]): string {
  return `# Completions of mailctl for fish: mailctl completion fish >~/.config/fish/completions/mailctl.fish

# The words before the one that is typed, without the program.
function __mailctl_words
    set -l words (commandline -opc)
    set -e words[1]
    string join -- \\n $words
end

function __mailctl_at
    set -l words (__mailctl_words)
    test "$words" = "$argv"
end

# True where the longest command that the first words name is this one.
function __mailctl_is
    set -l names ${commands.map(({ name }) => quote(name)).join(" ")}
    set -l words (__mailctl_words)
    for count in 3 2 1
        test (count $words) -ge $count; or continue
        set -l name "$words[1..$count]"
        if contains -- $name $names
            test "$name" = "$argv"
            return
        end
    end
    return 1
end

# Offers what only the mailbox knows.
function __mailctl_ask
    command -q mailctl; or return
    command mailctl __complete $argv (__mailctl_words) 2>/dev/null </dev/null
end

complete -c mailctl -e
complete -c mailctl -f
${[...groupLines(commands), ...commands.flatMap(commandLines)].join("\n")}
`;
}

function groupLines(commands: readonly CommandCompletion[]): string[] {
  return groupsOf(commands).flatMap(({ name, members }) =>
    members.map(({ word, brief }) =>
      `complete -c mailctl -n ${quote(`__mailctl_at ${name}`.trimEnd())} -a ${word} -d ${
        quote(brief)
      }`
    )
  );
}

function commandLines({ name, flags, arguments: kinds }: CommandCompletion): string[] {
  const start = `complete -c mailctl -n ${quote(`__mailctl_is ${name}`)}`;
  const offers = kinds.map(argumentOffer).filter((offer) => offer !== null);
  return [
    ...flags.map((flag) => `${start} ${flagWords(flag)}`),
    ...offers.map((offer) => `${start} ${offer}`),
  ];
}

function flagWords({ long, short, brief, value }: FlagCompletion): string {
  const words = [`-l ${long.slice(2)}`, ...(short === null ? [] : [`-s ${short.slice(1)}`])];
  if (value !== null) words.push(valueOffer(value.kind));
  return [...words, `-d ${quote(brief)}`].join(" ");
}

function valueOffer(value: ValueKind): string {
  if (value.kind === "file") return "-r -F";
  const offer = argumentOffer(value);
  return offer === null ? "-x" : `-x ${offer}`;
}

function argumentOffer(value: ValueKind): string | null {
  if (value.kind === "text") return null;
  if (value.kind === "file") return "-F";
  if (value.kind === "folder") return "-a '(__fish_complete_directories)'";
  if (value.kind === "words") return `-a ${quote(value.words.join(" "))}`;
  return `-k -a '(__mailctl_ask ${value.kind})'`;
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
