/** A person types the name of what is to be deleted: not by a slip of the hand, nor by a script that did not say so. */
import { MailError } from "../../model/errors.ts";
import { visible, visibleLine } from "../../model/visible_text.ts";

/** @throws {MailError} `usage` where another name is typed, or nobody is there to type it */
export async function confirmName(name: string): Promise<void> {
  const { askLine, openTerminal } = await import("./prompt.ts");
  const terminal = openTerminal();
  if (terminal === null) {
    throw new MailError("usage", "Cannot delete the account: there is no terminal to ask on", {
      hint: "Use --yes to delete it without asking.",
    });
  }
  try {
    const answer = await askLine(
      terminal,
      visible`Type ${visibleLine(name)} to delete this account for good: `,
    );
    if (answer?.trim() === name) return;
  } finally {
    terminal.close();
  }
  throw new MailError("usage", "Cannot delete the account: you did not type its name");
}
