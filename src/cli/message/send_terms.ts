/** What of `send` does not go together. */
import { MailError } from "../../model/errors.ts";
import { missingArgument } from "../usage_error.ts";

/** The flags of a send; absent ones are undefined or false. */
interface SendTerms {
  readonly draft: number | undefined;
  readonly saveDraft: boolean;
  readonly wait: unknown;
  readonly timeout: unknown;
  readonly partial: boolean;
  readonly burn: boolean;
}

/** Terms of delivery, which a draft that is kept has none of yet, by their flags. */
const deliveryTerms = ["at", "hold", "expires", "burn", "partial", "key", "wait"];
/** What a draft has already. */
const contentFlags = [
  ...["message", "bodyFile", "subject", "cc", "bcc", "attach", "replyTo"],
  ...["key", "saveDraft"],
];

/** @throws {MailError} `usage` for what does not go together */
export function checkTerms(flags: SendTerms, to: readonly string[]): void {
  const { draft, saveDraft, wait, timeout } = flags;
  if (timeout !== undefined && wait === undefined) {
    throw new MailError("usage", "Cannot use --timeout without --wait");
  }
  if (draft !== undefined) return checkOnlyDraft(flags, to);
  checkKept(flags);
  if (!saveDraft && to.length === 0) throw missingArgument("send", "TO");
}

function checkOnlyDraft(flags: SendTerms, to: readonly string[]): void {
  if (to.length === 0 && given(flags, contentFlags) === undefined) return;
  throw new MailError("usage", "Cannot change a draft as it is sent", {
    hint: "Use --draft without recipients, subject, body, files and --key.",
  });
}

/** @throws {MailError} `usage` for a draft that is kept with terms of its delivery */
export function checkKept(flags: Pick<SendTerms, "saveDraft">): void {
  const term = flags.saveDraft ? given(flags, deliveryTerms) : undefined;
  if (term === undefined) return;
  throw new MailError("usage", `Cannot use --${term} with --save-draft`, {
    hint: `Use --${term} when you send the draft.`,
  });
}

function given(flags: object, names: readonly string[]): string | undefined {
  const values = new Map(Object.entries(flags));
  return names.find((name) => ![undefined, false].includes(values.get(name)));
}
