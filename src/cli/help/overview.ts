/** The first screen of help, and the list of all commands. */
import type { CommandTable } from "../command_module.ts";
import { allCommandHelps, commandHelp } from "./command_help.ts";
import { fill, type HelpRow, rowsOf, screenColumns } from "./layout.ts";

const title = "mailctl: private mail in one executable. Only its recipients can read it.";

const start: readonly HelpRow[] = [
  { usage: "mailctl serve", brief: "Start a server (skip this if you have an invite)" },
  { usage: "mailctl register alice", brief: "Create an account; add --invite-file FILE" },
  { usage: "mailctl send alice -m Hi", brief: "Send a message, here to yourself" },
];

/** The commands that a newcomer needs. */
const firstCommands = [
  "register",
  "login",
  "send",
  "reply",
  "inbox",
  "read",
  "sent",
  "delete",
  "verify",
  "web",
  "bridge",
  "serve",
];

const topics: readonly HelpRow[] = [
  { usage: "mailctl help COMMAND", brief: "Explain a command, with every flag and examples" },
  { usage: "mailctl help exit-statuses", brief: "List the exit statuses" },
  {
    usage: "mailctl help environment",
    brief: "List all settings: flags, variables, configuration",
  },
  { usage: "mailctl help security", brief: "Say what is protected, and what is not" },
  { usage: "mailctl help keys", brief: "Explain keys, passwords and fingerprints" },
  { usage: "mailctl help schemas", brief: "List the JSON Schemas of --json" },
  { usage: "mailctl help --man", brief: "Write all help as a man page" },
  { usage: "mailctl --version", brief: "Print the version" },
];

/** Writes the first screen: at most 23 lines of 80 columns, and readable at 40. */
export async function firstScreen(
  commands: CommandTable,
  columns = screenColumns(),
): Promise<string> {
  const helps = await Promise.all(firstCommands.map((name) => commandHelp(name, commands)));
  const rows = helps.map((help) => ({ usage: help!.name, brief: help!.brief }));
  const more =
    "Run `mailctl help COMMAND` for a command, `mailctl help all` for all commands and topics.";
  return `${fill(title, "", "", columns)}
GET STARTED
${rowsOf(start, columns)}
COMMANDS
${rowsOf(rows, columns)}
${fill(more, "", "", columns)}`;
}

/** Lists every command by section, and the topics. */
export async function allCommandsPage(
  commands: CommandTable,
  columns: number,
): Promise<string> {
  const briefs = new Map((await allCommandHelps(commands)).map(({ name, brief }) => [name, brief]));
  const width = Math.max(...[...briefs.keys()].map(({ length }) => length));
  const sections = commands.sections.map(([title, names]) => {
    const rows = names.map((name) => ({ usage: name.padEnd(width), brief: briefs.get(name)! }));
    return `${title.toUpperCase()}\n${rowsOf(rows, columns)}`;
  });
  return `USAGE
  mailctl COMMAND [FLAGS] [ARGUMENTS]

${sections.join("\n")}
MORE
${rowsOf(topics, columns)}`;
}
