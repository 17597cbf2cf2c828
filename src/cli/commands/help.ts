/** `mailctl help` */
import { buildCommand } from "@stricli/core";
import { write } from "../output.ts";

export const examples = ["mailctl help send", "mailctl help exit-codes"];

export const command = buildCommand({
  docs: {
    brief: "Explain a command, or exit-codes, environment, security",
    fullDescription:
      "Explain a command or a topic: exit-codes, environment (every setting) or security\n" +
      "(what is protected, and what is not). Without either, list the commands.",
  },
  parameters: {
    positional: {
      kind: "array",
      parameter: { placeholder: "TOPIC", brief: "A command or a topic", parse: String },
    },
  },
  func: async (_flags: Record<never, never>, ...words: string[]) => {
    const { helpPage } = await import("../help_page.ts");
    await write(await helpPage(words.length === 0 ? null : words.join(" ")));
  },
});
