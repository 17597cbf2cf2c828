/** What stands in the place of a message that a mail program must not show: it has no way to say what is wrong with it. */
import type { ListedMessage } from "../../client/reading/opened_entry.ts";
import type { Address } from "../../model/address.ts";
import { systemDisplayName } from "../../model/bounce.ts";
import { utf8 } from "../../model/bytes.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Outcome } from "../../model/message.ts";
import { formatTrustFields } from "./trust_fields.ts";

/** Why a note stands there: what is withheld, what IMAP must not erase by showing it, and what is erased. */
export type NoteReason = "invalid" | "changed" | "burns" | "burnt";

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
  return utf8(
    `${marks}Date: ${new Date(storedAt).toUTCString().replace("GMT", "+0000")}
From: ${systemDisplayName}@${domain}
Subject: ${subjects[reason]} ${id}
Message-ID: <held.${id}.${storedAt}@${domain}>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

${explain(reason, { id, from })}`.replace(/\r?\n/g, "\r\n"),
  );
}

const subjects: Readonly<Record<NoteReason, string>> = {
  changed: "mailctl withheld message",
  invalid: "mailctl withheld message",
  burns: "mailctl keeps message",
  burnt: "mailctl erased message",
};

function explain(
  reason: NoteReason,
  { id, from }: { readonly id: EntryId; readonly from: Address },
): string {
  const stays = "The message stays in your mailbox, even if you delete this note.";
  switch (reason) {
    case "changed":
      return `The key of ${from} changed.

Ask the sender, by another way than mail, whether they have a new key. If so,
run "mailctl trust ${from}". Then the message arrives here.

${stays}
`;
    case "invalid":
      return `The signature of the message is invalid: it was changed, or somebody else wrote
it.

Run "mailctl read ${id} --anyway" to see it.

${stays}
`;
    case "burns":
      return `The message is erased when it is read, and mail programs read messages to list
them.

Run "mailctl read ${id}" to read it, once.

${stays}
`;
    case "burnt":
      return `The message was erased when the last recipient had read it. You see its headers
with "mailctl sent".
`;
  }
}
