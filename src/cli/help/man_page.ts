/** The man page: all of the help, from the same tables. */
import { endedBySignal, failures } from "../../model/errors.ts";
import type { CommandTable } from "../command_module.ts";
import { allCommandHelps, type CommandHelp } from "./command_help.ts";
import { configPath, dataFolder, type Environment, stateFolder } from "../settings/folders.ts";
import { example, item, paragraph, roffText, section, subsection } from "./roff.ts";
import { describeSetting, settingTable, waysOf } from "../settings/settings.ts";
import { type Block, parseMarkdown } from "./markdown.ts";
import { topicPages } from "./topics.ts";
import { version } from "../version.ts";

/** Writes mailctl(1) in the language of man(7). */
export async function manPage(table: CommandTable): Promise<string> {
  const commands = await allCommandHelps(table);
  const page = [
    `.TH MAILCTL 1 "" "mailctl ${roffText(version)}"\n`,
    `${section("NAME")}mailctl \\- private mail in one executable\n`,
    `${section("SYNOPSIS")}.B mailctl\nCOMMAND [FLAGS] [ARGUMENTS]\n`,
    section("DESCRIPTION") + description,
    section("COMMANDS") + commands.map(commandPart).join(""),
    section("SETTINGS") + settingsPart(),
    section("FILES") + filesPart(),
    section("EXIT STATUS") + exitPart(),
    section("KEYS AND PASSWORDS") + topicPart(topicPages.keys),
    section("SECURITY") + topicPart(topicPages.security),
    section("EXAMPLES") + example(commands.flatMap(({ examples }) => examples.slice(0, 1))),
  ].join("");
  return page.replace(/^(\.S[HS] .*\n)\.PP\n/gm, "$1"); // a heading begins a paragraph itself
}

const description = paragraph(
  "A mail server, and a client for people, scripts and pipelines. Only the recipients of a message\n" +
    "can read it. Data goes to standard output, everything else to standard error. On a terminal,\n" +
    "lists are tables, messages open in a pager, and mailctl asks questions. Off a terminal, columns\n" +
    "are separated by tabs, and no questions are asked.",
) + paragraph(
  "With --json, every answer and every failure is JSON. `mailctl help schemas` lists the JSON\n" +
    "Schemas. `mailctl help COMMAND` explains a command.",
);

function commandPart(command: CommandHelp): string {
  const { name, usage, flags, arguments: given, examples } = command;
  return [
    subsection(name),
    paragraph(usage),
    paragraph(command.description),
    ...[...given, ...flags].map((each) => item(each.usage.trim(), each.brief)),
    example(examples.map((line) => `$ ${line}`)),
  ].join("");
}

function settingsPart(): string {
  const entries = Object.values(settingTable).map((setting) =>
    item(waysOf(setting).join(", "), describeSetting(setting))
  );
  return paragraph(
    "The first of these that is set counts: the flag, the variable, the credential of systemd (see\n" +
      "systemd.exec(5)), the configuration file. The file has lines of `key = value`, and comments\n" +
      "after #.",
  ) + entries.join("");
}

function filesPart(): string {
  const home: Environment = { get: (name) => name === "HOME" ? "~" : undefined };
  return [
    item(configPath(home)!, "The configuration file (in XDG_CONFIG_HOME if set)"),
    item(
      stateFolder(home),
      "Known servers and saved logins (in XDG_STATE_HOME if set)",
    ),
    item(dataFolder(home), "Data and keys of the server (in XDG_DATA_HOME if set)"),
    paragraph("If MAILCTL_HOME is set, all of them are in that folder."),
  ].join("");
}

function exitPart(): string {
  const rows = Object.entries(failures).map(([code, { exit, meaning, retry }]) => ({
    exit,
    text: `${code}: ${meaning}${retry ? " (try again later)" : ""}`,
  }));
  const ends = Object.entries(endedBySignal).map(([exit, text]) => ({ exit: Number(exit), text }));
  const all = [{ exit: 0, text: "success" }, ...rows, ...ends];
  return all.sort((a, b) => a.exit - b.exit).map(({ exit, text }) => item(String(exit), text))
    .join("");
}

/** A page of docs/ below its title, which the section has. */
function topicPart(page: string): string {
  return parseMarkdown(page).slice(1).map(topicBlock).join("");
}

function topicBlock(block: Block): string {
  switch (block.kind) {
    case "heading":
      return subsection(block.text);
    case "paragraph":
      return paragraph(block.text);
    case "list":
      return block.items.map((text) => item("-", text)).join("");
    case "table":
      return block.rows.map(([term, meaning]) => item(term, meaning)).join("");
    case "code":
      return example(block.lines);
  }
}
