/** What stands in the place of a message that a mail program must not show: it has no way to say what is wrong with it. */
import type { EntryId } from "../../model/ids.ts";
import type { ListedMessage } from "../../client/mailbox.ts";
import { utf8 } from "../../model/bytes.ts";
import type { Outcome } from "../../model/message.ts";
import { systemDisplayName } from "../../model/returned.ts";
import { formatMarks } from "./marks.ts";

type Held = Pick<ListedMessage, "id" | "from" | "storedAt"> & { readonly outcome: Outcome };

/** True for a message that is kept back until a person has looked at it with mailctl. */
export function isHeld(outcome: Outcome): outcome is "invalid" | "changed" {
  return outcome === "invalid" || outcome === "changed";
}

/** Writes the note, a whole message; nothing in it is the sender's but the account name. */
export function formatNote({ id, from, storedAt, outcome }: Held): Uint8Array {
  const [, domain = ""] = from.split("@");
  const marks = new TextDecoder().decode(formatMarks({ sender: from, outcome, fingerprint: null }));
  const text = outcome === "changed" ? changed(from) : invalid(id);
  return utf8(
    `${marks}Date: ${new Date(storedAt).toUTCString().replace("GMT", "+0000")}
From: ${systemDisplayName}@${domain}
Subject: mailctl kept back message ${id}
Message-ID: <held.${id}.${storedAt}@${domain}>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

${text}
It stays in your mailbox, also if you delete this note.
`.replace(/\r?\n/g, "\r\n"),
  );
}

function changed(from: string): string {
  return `Message from ${from} is signed by another key than the one known for it.

Ask the sender, by another way than mail, whether the key was changed. If it was,
"mailctl trust ${from}" accepts the new one, and the message comes.
`;
}

function invalid(id: EntryId): string {
  return `The message does not verify: it was altered, or is not from who it says.

"mailctl read ${id} --anyway" shows what there is of it.
`;
}
