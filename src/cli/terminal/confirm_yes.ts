/** A person says yes before something is gone for good; a script says so by a flag. */
import { type Hint, MailError } from "../../model/errors.ts";
import type { VisibleText } from "../../model/visible_text.ts";

interface Confirmation {
  readonly question: VisibleText;
  /** What does not happen otherwise: `Cannot empty the trash`. */
  readonly failure: string;
  /** What a script does. */
  readonly hint: Hint;
}

/** @throws {MailError} `usage` where the answer is no, or nobody is there to give it */
export async function confirmYes({ question, failure, hint }: Confirmation): Promise<void> {
  const { askYesNo, openTerminal } = await import("./prompt.ts");
  const terminal = openTerminal();
  if (terminal === null) {
    throw new MailError("usage", `${failure}: there is no terminal to ask on`, { hint });
  }
  try {
    if (await askYesNo(terminal, question)) return;
  } finally {
    terminal.close();
  }
  throw new MailError("usage", `${failure}: you did not say yes`);
}
