/** `mailctl completion` */
import { buildCommand } from "@stricli/core";
import { MailError } from "../../model/errors.ts";
import type { CliContext } from "../command_module.ts";
import { writeData } from "../terminal/output.ts";

export const examples = [
  'eval "$(mailctl completion bash)"  # in ~/.bashrc; with zsh in ~/.zshrc, after compinit',
  "mailctl completion fish > ~/.config/fish/completions/mailctl.fish",
];

const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

export const command = buildCommand({
  docs: {
    brief: "Print shell completions for bash, zsh or fish",
    fullDescription:
      "Print a script that completes commands, flags, file names and values. With a\n" +
      "saved login it also completes message ids, correspondents and accounts. It asks\n" +
      "the server for those, for at most a second.",
  },
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [{ placeholder: shells.join("|"), brief: "Your shell", parse: parseShell }],
    },
  },
  async func(this: CliContext, _flags: Record<never, never>, shell: Shell) {
    const { completionTable } = await import("../completion/table.ts");
    const makers = {
      bash: async () => (await import("../completion/bash.ts")).bashCompletion,
      zsh: async () => (await import("../completion/zsh.ts")).zshCompletion,
      fish: async () => (await import("../completion/fish.ts")).fishCompletion,
    };
    const make = await makers[shell]();
    await writeData(make(await completionTable(this.commands)));
  },
});

function parseShell(text: string): Shell {
  const shell = shells.find((each) => each === text);
  if (shell !== undefined) return shell;
  throw new MailError(
    "usage",
    `Cannot write completions for "${text}": the shells are ${shells.join(", ")}`,
  );
}
