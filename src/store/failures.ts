/** The failures every back end tells of in the same words. */
import type { AccountName, Address } from "../model/address.ts";
import { lastArgument, MailError } from "../model/errors.ts";
import { type AccountId, type EntryId, listIds, type UploadId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { Identity } from "./store.ts";

export function nameTaken(name: AccountName): MailError {
  return new MailError(
    "name_taken",
    `Cannot create ${name}: the name is taken, or looks like one that is`,
  );
}

export function sessionOver(): MailError {
  return new MailError(
    "unavailable",
    "Cannot continue: the account was changed, which ends its sessions",
    { hint: "Try again." },
  );
}

/** Says that something has to be carried out before a read. */
export class DueFirst extends MailError {
  constructor() {
    super("unavailable", "Cannot read yet: mail is due", { hint: "Try again." });
  }
}

export function tooOften(meaning: string, seconds: number): MailError {
  const retryAfterSeconds = Math.ceil(seconds);
  return new MailError(
    "try_later",
    `Cannot do that now: too many ${meaning}, so wait ${retryAfterSeconds} seconds`,
    { retryAfterSeconds, hint: `Try again in ${retryAfterSeconds} seconds.` },
  );
}

export function keyringChanged(): MailError {
  return new MailError(
    "keyring_changed",
    "Cannot replace the keyring: another machine changed it in the meantime",
    { hint: "Try again." },
  );
}

export function keyringTooLarge(): MailError {
  return new MailError("too_large", "Cannot change the keyring: it has too many parts");
}

export function noSuchRecipient(names: readonly (AccountName | Address)[]): MailError {
  return new MailError(
    "no_such_recipient",
    `Cannot send to ${names.join(", ")}: there is no such account`,
  );
}

/** Names those whose mailbox is full; where none is, those in whose mailboxes the sender's share is used up. */
export function noRoom(
  found: readonly { readonly name: AccountName; readonly isOver: boolean }[],
): MailError {
  const full = found.filter(({ isOver }) => isOver);
  return full.length > 0
    ? overQuota(full.map(({ name }) => name))
    : overShare(found.map(({ name }) => name));
}

export function overShare(names: readonly AccountName[]): MailError {
  return new MailError(
    "over_quota",
    `Cannot send to ${names.join(", ")}: your share of the mailbox is full`,
    { hint: "Nothing was sent. The recipient has to delete some of your mail first." },
  );
}

export function overQuota(names: readonly AccountName[]): MailError {
  return new MailError("over_quota", `Cannot send to ${names.join(", ")}: the mailbox is full`, {
    hint: "Nothing was sent. Send to the others, or try again later.",
  });
}

export function ownOverQuota(): MailError {
  return new MailError("over_quota", "Cannot send: your own mailbox is full", {
    hint: "Run `mailctl delete ID...` to make room. Sent messages count too.",
  });
}

export function noRoomToImport(): MailError {
  return new MailError("over_quota", "Cannot import: your own mailbox is full", {
    hint: "Run `mailctl delete ID...` to make room, then repeat the import.",
  });
}

export function noRoomForSummaries(): MailError {
  return new MailError("over_quota", "Cannot keep summaries: your own mailbox is full", {
    hint: "Run `mailctl delete ID...` to make room.",
  });
}

export function summaryTooLong(bytes: number, most: number): MailError {
  return new MailError(
    "too_large",
    `Cannot keep a summary of ${bytes} bytes: the limit for its envelope is ${most}`,
  );
}

export function tooManyBlocked(): MailError {
  return new MailError(
    "too_large",
    `Cannot block more senders: the limit is ${limits.maxBlocked}`,
    { hint: "Run `mailctl unblock NAME` first." },
  );
}

export function notBlocked(addresses: readonly string[]): MailError {
  const message = `Cannot unblock ${addresses.join(", ")}: it is not blocked`;
  return new MailError("no_such_recipient", message, {
    hint: "Run `mailctl contacts --blocked` for the list.",
  });
}

export function tooManyHeld(): MailError {
  return new MailError(
    "over_quota",
    "Cannot schedule the message: too many messages wait for delivery",
    {
      hint: `Run \`mailctl cancel ID...\` first. The limit is ${limits.maxHeldMessages} messages.`,
    },
  );
}

export function alreadySent(ids: readonly EntryId[]): MailError {
  return new MailError(
    "already_sent",
    `Cannot cancel message ${listIds(ids)}: it does not wait for delivery`,
  );
}

export function notYourMessage(ids: readonly EntryId[]): MailError {
  return new MailError("no_such_message", `Cannot find message ${listIds(ids)} in sent`, {
    hint: "Run `mailctl sent` for the list.",
  });
}

export function stillHeld(ids: readonly EntryId[]): MailError {
  return new MailError("denied", `Cannot delete message ${listIds(ids)}: it waits for delivery`, {
    hint: "Run `mailctl cancel ID...` first.",
  });
}

export function cannotCopy(ids: readonly EntryId[]): MailError {
  return new MailError(
    "denied",
    `Cannot copy message ${listIds(ids)}: it burns, waits for delivery, or is a notice`,
  );
}

export function noRoomToFile(): MailError {
  return new MailError("over_quota", "Cannot file or copy messages: the mailbox is full", {
    hint: "Run `mailctl delete ID...` to make room.",
  });
}

export function notInvited(): MailError {
  return new MailError("denied", "Cannot register: the invite is wrong, used up or expired", {
    hint:
      "If an earlier run was cut off, try `mailctl login NAME` first. Otherwise, ask the server's administrator for another invite.",
  });
}

type Labelled = "application password" | "device";

/** What ends one of them. */
const revokeCommand = {
  "application password": "mailctl app-password revoke",
  device: "mailctl login revoke",
} as const;

export function labelTaken(what: Labelled, label: string): MailError {
  const article = what === "device" ? "a" : "an";
  return new MailError(
    "name_taken",
    `Cannot make ${article} ${what} ${JSON.stringify(label)}: the name is taken`,
    { hint: `Use another name, or run \`${revokeCommand[what]} ${lastArgument(label)}\` first.` },
  );
}

export function tooManyLabels(what: Labelled, most: number): MailError {
  return new MailError(
    "too_large",
    `Cannot make another ${what}: the limit is ${most}`,
    { hint: `Run \`${revokeCommand[what]} ${what === "device" ? "LABEL" : "NAME"}\` first.` },
  );
}

export function noSuchInvite(ids: readonly Uint8Array[]): MailError {
  const names = ids.map((id) => id.toHex()).join(", ");
  return new MailError("no_such_message", `Cannot find the invite ${names}`, {
    hint: "Run `mailctl admin invites` for the list.",
  });
}

export function noSuchAlias(names: readonly string[]): MailError {
  return new MailError(
    "no_such_recipient",
    `Cannot find ${names.join(", ")}: there is no such alias`,
    { hint: "Run `mailctl admin alias list` for the list." },
  );
}

export function keyChanged(names: readonly AccountName[]): MailError {
  return new MailError("key_changed", `Cannot send to ${names.join(", ")}: the key changed`);
}

export function accountClosed(): MailError {
  return new MailError("denied", "Cannot do that: the account is deleted");
}

export function conflict(): MailError {
  return new MailError("conflict", "Cannot send: a different message was sent with the same key");
}

export function conflictingRequest(): MailError {
  return new MailError("conflict", "Cannot do that: a different request was made with the same id");
}

export function noSuchMessage(ids: readonly EntryId[]): MailError {
  return new MailError("no_such_message", `Cannot find message ${listIds(ids)}`, {
    hint: "Run `mailctl inbox` or `mailctl sent` for the list.",
  });
}

/** What a session names was there: it is lost with a process that others took for gone, or with a database's primary. */
export function lostUpload(upload: UploadId): MailError {
  return new MailError("try_later", `Cannot use upload ${upload}: the server has lost it`, {
    hint: "Send the message again.",
  });
}

export function badChunk(bytes: number, maxBytes: number): MailError {
  return new MailError(
    "malformed",
    `Cannot add a chunk of ${bytes} bytes: it must be 1 to ${maxBytes}`,
  );
}

export function noSuchAccount(id: AccountId): MailError {
  return new MailError("internal", `Cannot find account ${id}`);
}

export function anotherDomain(domain: string, kept: Identity): MailError {
  return new MailError(
    "configuration",
    `Cannot serve ${domain}: the database belongs to ${kept.domain}`,
    { hint: `Use --domain ${kept.domain}, or another database with --data.` },
  );
}

export function anotherKey(): MailError {
  return new MailError(
    "configuration",
    "Cannot serve: the database belongs to a server with another key",
    { hint: "Copy the folder of --keys from the machine that serves it." },
  );
}

export function storageFull(cause?: unknown): MailError {
  return new MailError("storage_full", "Cannot store: the storage is full", {
    cause,
    hint: "Ask the administrator of the server to make room on its disk.",
  });
}

export function storeClosed(): MailError {
  return new MailError("internal", "Cannot use the store: it is closed");
}
