/** Messages as JSON: what lists show of them, as data. Apart from their bodies, which take all of MIME to read. */
import { deliveryState } from "../../client/reading/delivery.ts";
import type { ListedDelivery, ListedMessage } from "../../client/reading/opened_entry.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import {
  builtInFolders,
  type FolderList,
  folderNameOf,
  receivedAt,
  shownFlagsOf,
} from "../../model/filing.ts";
import type { Attachment } from "../../model/message.ts";
import type { ListedJson } from "../schema/schemas.ts";
import { isoTime } from "../time_format.ts";

/**
 * Describes a message as lists and `read --json` show it. `folders`: those of the account, to be left out where all that
 * is told of is in its box's own.
 */
export function listedJson(
  message: ListedMessage,
  folders: FolderList = builtInFolders,
): ListedJson {
  const { headers, senderFingerprint, filing } = message;
  return {
    id: message.id,
    box: message.box,
    outcome: message.outcome,
    senderFingerprint: senderFingerprint === null ? null : formatFingerprint(senderFingerprint),
    from: message.origin === null ? message.from : null,
    claimedFrom: message.origin === null ? null : headers?.from ?? "",
    to: headers?.to ?? [],
    cc: headers?.cc ?? [],
    bcc: headers?.bcc ?? [],
    subject: headers?.subject ?? null,
    date: headers === null ? null : isoTime(headers.date),
    storedAt: isoTime(message.storedAt),
    receivedAt: isoTime(receivedAt(message)),
    readAt: message.readAt === null ? null : isoTime(message.readAt),
    messageId: headers?.messageId ?? null,
    inReplyTo: headers?.inReplyTo ?? null,
    sealedBytes: message.sealedBytes,
    attachments: (headers?.attachments ?? []).map(attachmentJson),
    deliveries: message.deliveries.map(deliveryJson),
    bounced: bouncedJson(message),
    retentionNotice: retentionNoticeJson(message),
    origin: originJson(message),
    notBefore: message.notBefore === null ? null : isoTime(message.notBefore),
    heldUntil: message.heldUntil === null ? null : isoTime(message.heldUntil),
    cancelledAt: message.cancelledAt === null ? null : isoTime(message.cancelledAt),
    expiresAt: message.expiresAt === null ? null : isoTime(message.expiresAt),
    burn: message.burn,
    folder: folderNameOf(folders, message),
    flags: shownFlagsOf(filing),
    keywords: filing.keywords,
  };
}

function attachmentJson(
  { name, type, size }: Attachment,
  index: number,
): ListedJson["attachments"][number] {
  return { number: index + 1, name, type, size };
}

function deliveryJson(delivery: ListedDelivery): ListedJson["deliveries"][number] {
  const { recipient, readAt, receipt, bounced } = delivery;
  return {
    recipient,
    state: deliveryState(delivery),
    readAt: readAt === null ? null : isoTime(readAt),
    receipt,
    reason: bounced,
  };
}

function bouncedJson({ bounced }: ListedMessage) {
  if (bounced === null) return null;
  const { reason, recipient, at } = bounced;
  return { reason, recipient, at: isoTime(at) };
}

function retentionNoticeJson({ retentionNotice }: ListedMessage) {
  if (retentionNotice === null) return null;
  const { messages, oldest, at, goesAt } = retentionNotice;
  return { messages, oldest: isoTime(oldest), at: isoTime(at), goesAt: isoTime(goesAt) };
}

function originJson({ origin }: ListedMessage): ListedJson["origin"] {
  if (origin === null) return null;
  const { kind } = origin;
  if (kind === "import") {
    const at = isoTime(origin.importedAt);
    return { kind, at, account: null, sender: null, host: null, address: null };
  }
  const { arrivedAt, account, sender, host, address } = origin;
  return { kind, at: isoTime(arrivedAt), account, sender, host, address };
}
