/** The pages of `mailctl help`, each made from the table or command that it explains. */
import { endedBySignal, failures, MailError } from "../../model/errors.ts";
import type { CommandTable } from "../command_module.ts";
import { allCommandHelps, commandHelp } from "./command_help.ts";
import { fill, pageColumns, refill, rowsOf, screenColumns } from "./layout.ts";
import { allCommandsPage, firstScreen } from "./overview.ts";
import { formatJson } from "../terminal/output.ts";
import { describeSetting, settingTable, waysOf } from "../settings/settings.ts";
import { plainPage } from "./markdown.ts";
import { topicPages } from "./topics.ts";

const topics: Readonly<Record<string, (columns: number) => string>> = {
  "exit-statuses": exitStatusesPage,
  environment: environmentPage,
  security: (columns) => plainPage(topicPages.security, columns),
};

/** What help explains, by first words. */
export function topicNames({ names }: CommandTable): string[] {
  const words = new Set(names.map((name) => name.split(" ")[0]!));
  return [...words, ...Object.keys(topics), "schemas", "all"];
}

/**
 * Writes a page of help, in so many columns but for what is to be copied; null is the first screen.
 * @throws {MailError} `usage` where there is no such page
 */
export async function helpPage(
  topic: string | null,
  commands: CommandTable,
  columns = screenColumns(),
): Promise<string> {
  if (topic === null) return await firstScreen(commands, columns);
  if (topic === "all") return await allCommandsPage(commands, columns);
  if (Object.hasOwn(topics, topic)) return topics[topic]!(columns);
  if (/^schemas?( |$)/.test(topic)) return await schemaPage(topic, columns);
  return await commandPage(topic, commands, columns) ??
    await groupPage(topic, commands, columns) ?? await missing(topic, commands);
}

async function commandPage(
  name: string,
  commands: CommandTable,
  columns: number,
): Promise<string | null> {
  const help = await commandHelp(name, commands);
  if (help === null) return null;
  const flags = [...help.flags, { usage: "-h, --help", brief: "Show this help" }];
  return [
    `USAGE\n${fill(help.usage, "  ", "    ", columns)}`,
    refill(help.description, columns),
    help.arguments.length > 0 ? `ARGUMENTS\n${rowsOf(help.arguments, columns)}` : null,
    `FLAGS\n${rowsOf(flags, columns)}`,
    `EXAMPLES\n${help.examples.map((line) => `  $ ${line}\n`).join("")}`,
  ].filter((part) => part !== null).join("\n");
}

/** Lists the commands of a group, and what docs/ says of it; null where there is no such group. */
async function groupPage(
  name: string,
  commands: CommandTable,
  columns: number,
): Promise<string | null> {
  const helps = await allCommandHelps(commands);
  const rows = helps.filter((command) => command.name.startsWith(`${name} `))
    .map(({ name, brief }) => ({ usage: name, brief }));
  if (rows.length === 0) return null;
  const list = `COMMANDS\n${rowsOf(rows, columns)}`;
  return name === "keys" ? `${list}\n${plainPage(topicPages.keys, columns)}` : list;
}

function exitStatusesPage(columns: number): string {
  const rows = Object.entries(failures).map(([code, { exit, meaning, retry }]) => ({
    exit,
    usage: `${String(exit).padStart(3)}  ${code}`,
    brief: retry ? `${meaning} (try again later)` : meaning,
  })).sort((a, b) => a.exit - b.exit);
  const ends = Object.entries(endedBySignal).map(([usage, brief]) => ({ usage, brief }));
  const all = [{ usage: "  0", brief: "success" }, ...rows, ...ends];
  const asJson = "With --json, a failure is written to stdout, with the word above as its code:";
  const late =
    "If data is already on stdout, that stays valid JSON and the failure goes to stderr. " +
    "Only a message of more than 1 MiB can break off in the middle.";
  return `EXIT STATUSES
${rowsOf(all, columns)}
${fill(asJson, "", "", columns)}  {"error":{"code":"denied","message":"...","hint":"..."}}
${fill(late, "", "", columns)}`;
}

function environmentPage(columns: number): string {
  const isNarrow = columns < pageColumns;
  const under = " ".repeat(6);
  const entries = Object.values(settingTable).map((setting) => {
    return `  ${waysOf(setting).join(isNarrow ? "\n  " : "  ")}\n` +
      fill(describeSetting(setting), under, under, isNarrow ? columns : Infinity);
  });
  return `SETTINGS
${refill(settingsText, columns)}
${entries.join("")}`;
}

const settingsText =
  `The first of these that is set counts: the flag, the variable, the credential of
systemd (LoadCredential= in systemd.exec(5)), the configuration file.

The configuration file is ~/.config/mailctl/config, or mailctl/config in
$XDG_CONFIG_HOME. It has lines of \`key = value\`, and comments after #. Known
servers and saved logins are in ~/.local/state/mailctl, or $XDG_STATE_HOME. If
MAILCTL_HOME is set, everything is in that folder.`;

async function schemaPage(topic: string, columns: number): Promise<string> {
  const { findSchema, schemaNames } = await import("../schema/schemas.ts");
  const name = topic.replace(/^schemas? ?/, "");
  const schema = findSchema(name);
  if (schema !== null) return `${formatJson(schema, 2)}\n`;
  if (name !== "") throw noSchema(name);
  const text = "Each of these commands prints a JSON Schema (draft 2020-12) of the output of a\n" +
    "command with --json. The schema `error` describes a failure.";
  return `SCHEMAS
${refill(text, columns)}
${schemaNames.map((each) => `  mailctl help schema ${each}\n`).join("")}`;
}

function noSchema(name: string): MailError {
  return new MailError("usage", `Cannot show the schema "${name}": there is no such schema`, {
    hint: "Run `mailctl help schemas` for the list.",
  });
}

async function missing(topic: string, commands: CommandTable): Promise<never> {
  const { nearNames } = await import("../near_names.ts");
  const longer = commands.names.filter((name) => name.split(" ").includes(topic));
  const near = longer.length > 0 ? longer : await nearNames(topic, topicNames(commands));
  throw new MailError(
    "usage",
    `Cannot show help for "${topic}": there is no such command or topic`,
    {
      hint: near.length > 0
        ? `Did you mean ${near.join(" or ")}?`
        : "Run `mailctl help all` for the list.",
    },
  );
}
