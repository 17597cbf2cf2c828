/** What `verify` and `trust` share: a person's answer, or a fingerprint that stands for it, becomes a pin. */
import type { Comparison } from "../../client/correspondents/trust.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import { type FingerprintTest, parseGiven } from "../../crypto/account/spoken.ts";
import { MailError } from "../../model/errors.ts";
import { visibleText } from "../../model/visible_text.ts";
import { parsedFlag } from "../flag.ts";
import { closing } from "../session.ts";
import type { PromptTerminal } from "../terminal/prompt.ts";
import { isPersonReading } from "../terminal/terminal.ts";

export const fingerprintFlag = parsedFlag(
  "F",
  "Expect the fingerprint F: 64 hex or 40 spoken digits",
  parseGiven,
);

/** Pins a key as verified if it is the one given. @throws {MailError} `key_changed` if not: nothing is changed then */
export async function acceptGiven(
  mailbox: Mailbox,
  shown: Comparison,
  isGiven: FingerprintTest,
): Promise<Comparison> {
  if (isGiven(shown.fingerprint)) return await mailbox.accept(shown, { verified: true });
  const { address, pinned } = shown;
  const isPinned = pinned !== null && isGiven(pinned.fingerprint);
  const what = isPinned
    ? "is that of the known key, but the server shows another"
    : "is that of another key";
  throw new MailError(
    "key_changed",
    `Cannot accept the key of ${address}: the fingerprint that you gave ${what}`,
    {
      hint:
        "Ask for the fingerprint again. Either it is wrong, or the server shows you a false key.",
    },
  );
}

/** Opens the terminal of a person who sees what they are asked about; null where there is none. */
export async function findPerson(): Promise<PromptTerminal | null> {
  if (!isPersonReading()) return null;
  const { openTerminal } = await import("../terminal/prompt.ts");
  return openTerminal();
}

/** What a person is asked, and what their yes makes of the key. */
export interface Question {
  readonly person: PromptTerminal;
  readonly text: string;
  readonly verified: boolean;
}

/**
 * Asks about a comparison and pins its key if the answer is yes; null if it is no. No connection waits for the answer,
 * and the key is the one that was shown, whatever the server says by then.
 */
export async function decide(
  mailbox: Mailbox,
  shown: Comparison,
  question: Question,
): Promise<Comparison | null> {
  mailbox.requireAllowed("block"); // before anybody is asked: a login of less power decides nothing
  mailbox.close();
  if (!await answer(question)) return null;
  return await closing(await mailbox.reopen(), (again) => again.accept(shown, question));
}

async function answer({ person, text }: Question): Promise<boolean> {
  const { askYesNo } = await import("../terminal/prompt.ts");
  try {
    return await askYesNo(person, visibleText(text));
  } finally {
    person.close();
  }
}
