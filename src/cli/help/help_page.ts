/** The pages of `mailctl help`, each made from the table or command that it explains. */
import { failures, MailError } from "../../model/errors.ts";
import type { CommandTable } from "../command_module.ts";
import { allCommandHelps, commandHelp, type FlagHelp } from "./command_help.ts";
import { formatJson } from "../terminal/output.ts";
import { settingTable, waysOf } from "../settings/settings.ts";
import { plainPage } from "./markdown.ts";
import { topicPages } from "./topics.ts";

const topics: Readonly<Record<string, () => string>> = {
  "exit-codes": exitCodesPage,
  environment: environmentPage,
  security: () => plainPage(topicPages.security),
};

/** What help explains, by first words. */
export function topicNames({ names }: CommandTable): string[] {
  const words = new Set(names.map((name) => name.split(" ")[0]!));
  return [...words, ...Object.keys(topics), "schemas"];
}

/** Writes a page of help; null is the overview. @throws {MailError} `usage` where there is no such page */
export async function helpPage(topic: string | null, commands: CommandTable): Promise<string> {
  if (topic === null) return await overviewPage(commands);
  if (Object.hasOwn(topics, topic)) return topics[topic]!();
  if (/^schemas?( |$)/.test(topic)) return await schemaPage(topic);
  return await commandPage(topic, commands) ?? await groupPage(topic, commands) ?? missing(topic);
}

async function overviewPage(commands: CommandTable): Promise<string> {
  const briefs = new Map((await allCommandHelps(commands)).map(({ name, brief }) => [name, brief]));
  const width = Math.max(...[...briefs.keys()].map(({ length }) => length));
  const sections = commands.sections.map(([title, names]) => {
    const rows = names.map((name) => ({ usage: name.padEnd(width), brief: briefs.get(name)! }));
    return `${title.toUpperCase()}\n${rowsOf(rows)}\n`;
  });
  return `mailctl: mail that only its readers can read, in one executable

USAGE
  mailctl COMMAND [FLAGS] [ARGUMENTS]

FIRST STEPS
  mailctl serve               a server on this machine; another one is --server HOST:PORT
  mailctl register alice      an account there, and its keys
  mailctl login alice         from here on mail needs no password
  mailctl send alice -m Hi    seal, sign and send; \`mailctl inbox\` lists what came

${sections.join("\n")}
MORE
  mailctl help COMMAND       a command, with every flag and an example
  mailctl help exit-codes    what each exit status means
  mailctl help environment   every setting: flag, variable, configuration
  mailctl help security      what is protected, and what is not
  mailctl help keys          keys, passwords and fingerprints
  mailctl help schemas       the JSON Schemas of what --json writes
  mailctl help --man         all of the help as a man page
  mailctl --version          the version
`;
}

async function commandPage(name: string, commands: CommandTable): Promise<string | null> {
  const help = await commandHelp(name, commands);
  if (help === null) return null;
  const flags = [...help.flags, { usage: "-h, --help", brief: "Show this help" }];
  return [
    `USAGE\n  ${help.usage}\n\n${help.description}\n`,
    help.arguments.length > 0 ? `ARGUMENTS\n${rowsOf(help.arguments)}\n` : null,
    `FLAGS\n${rowsOf(flags)}\n`,
    `EXAMPLE\n${help.examples.map((line) => `  $ ${line}\n`).join("")}`,
  ].filter((part) => part !== null).join("\n");
}

/** Lists the commands of a group, and what docs/ says of it; null where there is no such group. */
async function groupPage(name: string, commands: CommandTable): Promise<string | null> {
  const helps = await allCommandHelps(commands);
  const rows = helps.filter((command) => command.name.startsWith(`${name} `))
    .map(({ name, brief }) => ({ usage: name, brief }));
  if (rows.length === 0) return null;
  const list = `COMMANDS\n${rowsOf(rows)}\n`;
  return name === "keys" ? `${list}\n${plainPage(topicPages.keys)}` : list;
}

function exitCodesPage(): string {
  const rows = Object.entries(failures).map(([code, { exit, meaning, retry }]) => ({
    exit,
    usage: `${String(exit).padStart(3)}  ${code}`,
    brief: retry ? `${meaning}; may work later` : meaning,
  })).sort((a, b) => a.exit - b.exit);
  return `EXIT STATUSES
${rowsOf([{ usage: "  0", brief: "done" }, ...rows, { usage: "130", brief: "interrupted" }])}

The word is the code of a failure with --json, which is written to stdout:
  {"error":{"code":"denied","message":"...","hint":"..."}}
It goes to stderr instead if part of the data is already on stdout.
`;
}

function environmentPage(): string {
  const entries = Object.values(settingTable).map((setting) => {
    const { fallback, meaning } = setting;
    return `  ${waysOf(setting).join("  ")}\n      ${meaning}${
      fallback === null ? "" : ` (default: ${fallback})`
    }\n`;
  });
  return `SETTINGS
A flag wins over a variable, a variable over a credential of systemd (see
LoadCredential= in systemd.exec(5)), a credential over the configuration file.
The file is $XDG_CONFIG_HOME/mailctl/config (~/.config/mailctl/config), with
lines of \`key = value\` and comments after #. Known servers and saved logins are in
$XDG_STATE_HOME/mailctl. With MAILCTL_HOME all of it is in that one folder.

${entries.join("")}`;
}

async function schemaPage(topic: string): Promise<string> {
  const { findSchema, schemaNames } = await import("../schema/schemas.ts");
  const name = topic.replace(/^schemas? ?/, "");
  const schema = findSchema(name);
  if (schema !== null) return `${formatJson(schema, 2)}\n`;
  if (name !== "") throw noSchema(name);
  return `SCHEMAS
A JSON Schema (draft 2020-12) of what a command writes with --json, and of a failure:

${schemaNames.map((each) => `  mailctl help schema ${each}\n`).join("")}`;
}

function noSchema(name: string): MailError {
  return new MailError("usage", `Cannot show the schema "${name}": there is none of that name`, {
    hint: "`mailctl help schemas` lists them.",
  });
}

function rowsOf(rows: readonly FlagHelp[]): string {
  const width = Math.max(...rows.map(({ usage }) => usage.length));
  return rows.map(({ usage, brief }) => `  ${usage.padEnd(width)}  ${brief}`).join("\n");
}

function missing(topic: string): never {
  throw new MailError("usage", `Cannot explain "${topic}": there is no such command or topic`, {
    hint: "`mailctl help` lists the commands and topics.",
  });
}
