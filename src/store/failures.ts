/** The failures every back end tells of in the same words. */
import type { EntryId, UploadId } from "../model/ids.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";

export function nameTaken(name: string): MailError {
  return new MailError("name_taken", `Cannot create ${name}: it, or a name like it, is taken`);
}

export function noSuchRecipient(names: readonly string[]): MailError {
  return new MailError("no_such_recipient", `Cannot send to ${names.join(", ")}: no such account`);
}

export function overQuota(names: readonly string[]): MailError {
  return new MailError("over_quota", `Cannot send to ${names.join(", ")}: no room in the mailbox`, {
    hint: "Nothing was sent to anybody; send to the others, or try again when there is room.",
  });
}

export function ownOverQuota(): MailError {
  return new MailError("over_quota", "Cannot send: there is no room left in your own mailbox", {
    hint: "`mailctl delete ID...` makes room, also of what was sent.",
  });
}

export function noRoomToImport(): MailError {
  return new MailError("over_quota", "Cannot import: there is no room left in your own mailbox", {
    hint: "`mailctl delete ID...` makes room; the same import goes on where it stopped.",
  });
}

export function tooManyHeld(): MailError {
  return new MailError("over_quota", "Cannot hold the message: too many are waiting to be sent", {
    hint: `\`mailctl cancel ID...\` takes some back; ${limits.maxHeldMessages} may wait.`,
  });
}

export function alreadySent(ids: readonly EntryId[]): MailError {
  return new MailError("already_sent", `Cannot cancel message ${ids.join(", ")}: it was sent`);
}

export function notYourMessage(ids: readonly EntryId[]): MailError {
  return new MailError("no_such_message", `Cannot find message ${ids.join(", ")} in sent`);
}

export function stillHeld(ids: readonly EntryId[]): MailError {
  return new MailError("denied", `Cannot delete message ${ids.join(", ")}: it waits to be sent`, {
    hint: "`mailctl cancel ID...` takes it back first.",
  });
}

export function notInvited(): MailError {
  return new MailError("denied", "Cannot register: the invite is wrong, used up or expired", {
    hint: "Ask the server's administrator for another one.",
  });
}

export function labelTaken(label: string): MailError {
  return new MailError(
    "name_taken",
    `Cannot make an application password ${JSON.stringify(label)}: there is one of that name`,
    { hint: "Choose another name, or end that one with `mailctl app-password revoke`." },
  );
}

export function tooManyAppPasswords(most: number): MailError {
  return new MailError(
    "too_large",
    `Cannot make another application password: the limit is ${most}`,
    { hint: "`mailctl app-password revoke NAME` ends one." },
  );
}

export function noSuchInvite(ids: readonly Uint8Array[]): MailError {
  const names = ids.map((id) => id.toHex()).join(", ");
  return new MailError("no_such_message", `Cannot find the invite ${names}`, {
    hint: "`mailctl admin invites` lists those that can be used.",
  });
}

export function keyChanged(names: readonly string[]): MailError {
  return new MailError("key_changed", `Cannot send to ${names.join(", ")}: the key changed`);
}

export function accountClosed(): MailError {
  return new MailError("denied", "Cannot do that: the account is deleted");
}

export function conflict(): MailError {
  return new MailError("conflict", "Cannot send: other content was sent under the same key");
}

export function noSuchMessage(ids: readonly EntryId[]): MailError {
  return new MailError("no_such_message", `Cannot find message ${ids.join(", ")}`);
}

export function noSuchUpload(upload: UploadId): MailError {
  return new MailError("malformed", `Cannot use upload ${upload}: it is not open`);
}

export function badChunk(bytes: number, maxBytes: number): MailError {
  return new MailError(
    "malformed",
    `Cannot add a chunk of ${bytes} bytes: it must be 1 to ${maxBytes}`,
  );
}

export function noSuchAccount(id: number): MailError {
  return new MailError("internal", `Cannot find account ${id}`);
}

export function storeClosed(): MailError {
  return new MailError("internal", "Cannot use the store: it is closed");
}
