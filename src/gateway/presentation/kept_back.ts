/** What stands in the place of a message that a mail program must not show: it has no way to say what is wrong with it. */
import type { ListedMessage } from "../../client/reading/opened_entry.ts";
import type { Address } from "../../model/address.ts";
import { systemDisplayName } from "../../model/bounce.ts";
import { utf8 } from "../../model/bytes.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Outcome } from "../../model/message.ts";
import { formatTrustFields } from "./trust_fields.ts";

/** Why a note stands there: what is withheld, or a message that IMAP must not erase by showing it. */
export type NoteReason = "invalid" | "changed" | "burns";

/** True for a message that is kept back until a person has looked at it with mailctl. */
export function isWithheld(outcome: Outcome): outcome is "invalid" | "changed" {
  return outcome === "invalid" || outcome === "changed";
}

/** Writes the note, a whole message; nothing in it is the sender's but the account name. */
export function formatNote(
  { id, from, storedAt }: Pick<ListedMessage, "id" | "from" | "storedAt">,
  reason: NoteReason,
): Uint8Array {
  const [, domain = ""] = from.split("@");
  const marks = new TextDecoder().decode(
    formatTrustFields({ sender: "unsigned", fingerprint: null }),
  );
  const text = { changed: () => changed(from), invalid: () => invalid(id), burns: () => burns(id) };
  return utf8(
    `${marks}Date: ${new Date(storedAt).toUTCString().replace("GMT", "+0000")}
From: ${systemDisplayName}@${domain}
Subject: mailctl ${reason === "burns" ? "keeps" : "withheld"} message ${id}
Message-ID: <held.${id}.${storedAt}@${domain}>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

${text[reason]()}
The message stays in your mailbox, even if you delete this note.
`.replace(/\r?\n/g, "\r\n"),
  );
}

function changed(from: Address): string {
  return `The key of ${from} changed.

Ask the sender, by another way than mail, whether they have a new key. If so,
run "mailctl trust ${from}". Then the message arrives here.
`;
}

function invalid(id: EntryId): string {
  return `The signature of the message is invalid: it was changed, or somebody else wrote
it.

Run "mailctl read ${id} --anyway" to see it.
`;
}

function burns(id: EntryId): string {
  return `The message is erased when it is read, and a mail program reads a message to
list it.

Run "mailctl read ${id}" to see it, once.
`;
}
