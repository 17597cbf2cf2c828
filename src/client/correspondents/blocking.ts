/** Senders whose mail the server drops for this account. It has to know them. */
import { addressAt, parseName } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { blocksOneself, parseSender } from "../../model/sender_address.ts";
import type { ReplyOf } from "../../wire/operations.ts";
import type { OpenAccount } from "../account.ts";
import type { Client } from "../connection/client.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import { resumeNumbers } from "./numbered_contacts.ts";

export type BlockedSender = ReplyOf<"blocked">["blocked"][number];

/** Blocks senders, all or none; see `Mailbox.block`. */
export async function blockSenders(
  client: Client,
  account: OpenAccount,
  senders: readonly string[],
): Promise<readonly string[]> {
  const addresses = parseSenders(senders, account.domain);
  if (addresses.includes(account.name)) throw oneself();
  return (await client.change("block", { addresses })).addresses;
}

/** Ends blocks, all or none; see `Mailbox.unblock`. What was dropped meanwhile is not missing. */
export async function unblockSenders(
  context: Pick<MailboxContext, "client" | "account" | "keyring">,
  senders: readonly string[],
): Promise<readonly string[]> {
  context.client.requireAllowed("unblock"); // before the keyring is changed
  const { domain } = await context.account;
  const addresses = parseSenders(senders, domain);
  const contacts = addresses.filter((address) => !address.includes("@"))
    .map((name) => addressAt(parseName(name), domain));
  await (await context.keyring()).change((all) => resumeNumbers(all, contacts));
  return (await context.client.change("unblock", { addresses })).addresses;
}

function parseSenders(texts: readonly string[], domain: string): string[] {
  const senders = new Set(texts.map((text) => parseSender(text, domain)));
  if (senders.size <= limits.maxBlocked) return [...senders];
  throw new MailError(
    "too_large",
    `Cannot use ${senders.size} senders at once: the limit is ${limits.maxBlocked}`,
  );
}

function oneself(): MailError {
  return new MailError("usage", blocksOneself);
}
