/** `mailctl help` */
import { buildCommand } from "@stricli/core";
import { MailError } from "../../model/errors.ts";
import type { CliContext, CommandTable } from "../command_module.ts";
import { switchFlag } from "../flag.ts";
import { write, writeData } from "../terminal/output.ts";
import { visibleText } from "../../model/visible_text.ts";

interface Flags {
  readonly man: boolean;
}

export const examples = [
  "mailctl help send",
  "mailctl help exit-statuses",
  "mailctl help schema inbox > inbox.schema.json",
  "mailctl help --man > ~/.local/share/man/man1/mailctl.1  # man mailctl",
];

export const command = buildCommand({
  docs: {
    brief: "Show help for a command or topic",
    fullDescription:
      "Show help for a command or a topic. The topics are exit-statuses, environment\n" +
      "(all settings), security (what is protected, and what is not), keys (keys,\n" +
      "passwords and fingerprints) and schemas (JSON Schemas of --json). `mailctl help\n" +
      "schema COMMAND` prints the schema of a command.\n" +
      "\n" +
      "`mailctl help all` lists all commands.",
  },
  parameters: {
    flags: { man: switchFlag("Write all help as a man page") },
    positional: {
      kind: "array",
      parameter: { placeholder: "TOPIC", brief: "A command or a topic", parse: String },
    },
  },
  async func(this: CliContext, { man }: Flags, ...words: string[]) {
    if (man) return await writeManPage(words, this.commands);
    const { helpPage } = await import("../help/help_page.ts");
    const topic = words.length === 0 ? null : words.join(" ");
    await write(visibleText(await helpPage(topic, this.commands)));
  },
});

async function writeManPage(words: readonly string[], commands: CommandTable): Promise<void> {
  if (words.length > 0) {
    throw new MailError("usage", "Cannot write a man page about one topic: --man takes no topic");
  }
  const { manPage } = await import("../help/man_page.ts");
  await writeData(await manPage(commands));
}
