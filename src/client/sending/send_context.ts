/** What sending needs of the mailbox it is done in. */
import type { MailboxContext } from "../mailbox_context.ts";

export type SendContext = Pick<
  MailboxContext,
  "client" | "account" | "keyring" | "reopen" | "now" | "requireVerified"
>;
