/** What can stand where on a command line, read off the help: the completions of every shell are made from it. */
import type { CommandTable } from "../command_module.ts";
import { allCommandHelps, type CommandHelp, type FlagHelp } from "../help/command_help.ts";
import { topicNames } from "../help/help_page.ts";

/** What a value is: a path, something that only the mailbox knows, one of a few words, or any text. */
export type ValueKind =
  | { readonly kind: "text" | "file" | "folder" | MailboxKind }
  | { readonly kind: "words"; readonly words: readonly string[] };

/** What only the mailbox, or the saved logins, know. `filing`: messages and mail folders; `flags`: messages and flags. */
export const mailboxKinds = [
  "message",
  "contact",
  "login",
  "device",
  "mail-folder",
  "filing",
  "flags",
] as const;

export type MailboxKind = typeof mailboxKinds[number];

export interface FlagCompletion {
  /** `--limit` */
  readonly long: string;
  /** `-n` */
  readonly short: string | null;
  readonly brief: string;
  /** What stands for the value in the help, and what it is; null for a switch. */
  readonly value: { readonly placeholder: string; readonly kind: ValueKind } | null;
}

export interface CommandCompletion {
  readonly name: string;
  readonly brief: string;
  readonly flags: readonly FlagCompletion[];
  /** Of the arguments in order; where `repeats`, the last one goes on. */
  readonly arguments: readonly ValueKind[];
  readonly repeats: boolean;
}

/** What may follow some first words that are no whole command. */
export interface GroupCompletion {
  /** `keys`; empty for the first word of all. */
  readonly name: string;
  readonly members: readonly { readonly word: string; readonly brief: string }[];
}

/** What the placeholders of the help stand for; any other is text. */
const placeholders: ReadonlyMap<string, ValueKind> = new Map([
  ["FILE", { kind: "file" }],
  ["PATH", { kind: "file" }],
  ["DIR", { kind: "folder" }],
  ["ID", { kind: "message" }],
  ["LABEL", { kind: "device" }],
  ["TO", { kind: "contact" }],
  ["FOLDER", { kind: "mail-folder" }],
  ["ID FOLDER", { kind: "filing" }],
  ["ID CHANGE", { kind: "flags" }],
  ["NAME|ADDRESS", { kind: "contact" }],
]);

/** Flags whose placeholder says too little. */
const byFlag: ReadonlyMap<string, ValueKind> = new Map([
  ["--from", { kind: "contact" }],
  ["--label", { kind: "text" }],
  ["--user", { kind: "login" }],
]);

/** Collects what can be completed, in the order of the help. */
export async function completionTable(commands: CommandTable): Promise<CommandCompletion[]> {
  const topics = topicNames(commands);
  return (await allCommandHelps(commands)).map((help) => ofCommand(help, topics));
}

/** Collects the groups of commands, that of all first words among them. */
export function groupsOf(commands: readonly CommandCompletion[]): GroupCompletion[] {
  const prefixes = commands.flatMap(({ name }) => {
    const words = name.split(" ");
    return words.map((_, at) => words.slice(0, at).join(" "));
  });
  return [...new Set(prefixes)].map((name) => ({ name, members: membersOf(name, commands) }));
}

function membersOf(group: string, commands: readonly CommandCompletion[]) {
  const start = group === "" ? "" : `${group} `;
  const briefs = new Map<string, string>();
  for (const { name, brief } of commands.filter(({ name }) => name.startsWith(start))) {
    const [word = "", ...more] = name.slice(start.length).split(" ");
    if (more.length === 0 || !briefs.has(word)) briefs.set(word, more.length === 0 ? brief : "...");
  }
  return [...briefs].map(([word, brief]) => ({ word, brief }));
}

function ofCommand(
  { name, brief, flags, arguments: given }: CommandHelp,
  topics: readonly string[],
): CommandCompletion {
  const help = { long: "--help", short: "-h", brief: "Show this help", value: null };
  return {
    name,
    brief,
    flags: [...flags.map(ofFlag), help],
    arguments: given.map(({ usage }) => argumentKind(usage.replace(/^\[|\.\.\.|\]$/g, ""), topics)),
    repeats: given.at(-1)?.usage.includes("...") ?? false,
  };
}

function ofFlag({ usage, brief }: FlagHelp): FlagCompletion {
  const [, short, long = "", placeholder] = /^(?:(-.), )?\s*(--\S+)(?: (.+))?$/.exec(usage) ?? [];
  const value = placeholder === undefined
    ? null
    : { placeholder, kind: byFlag.get(long) ?? kindOf(placeholder) };
  return { long, short: short ?? null, brief, value };
}

function argumentKind(placeholder: string, topics: readonly string[]): ValueKind {
  return placeholder === "TOPIC" ? { kind: "words", words: topics } : kindOf(placeholder);
}

/** A placeholder such as `bash|zsh` is the words themselves. */
function kindOf(placeholder: string): ValueKind {
  if (/^[a-z-]+(\|[a-z-]+)+$/.test(placeholder)) {
    return { kind: "words", words: placeholder.split("|") };
  }
  return placeholders.get(placeholder) ?? { kind: "text" };
}
