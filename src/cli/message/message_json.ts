/** Messages as JSON: data as it is. A body is streamed, and never collected beyond `inlineBytes`. */
import { deliveryState } from "../../client/reading/delivery.ts";
import type {
  ListedDelivery,
  ListedMessage,
  OpenedMessage,
} from "../../client/reading/opened_entry.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { BodyReader } from "../../mime/text.ts";
import { concatBytes, utf8 } from "../../model/bytes.ts";
import { builtInFolders, type FolderList, folderNameOf, shownFlagsOf } from "../../model/filing.ts";
import type { Attachment } from "../../model/message.ts";
import type { ListedJson } from "../schema/schemas.ts";
import { formatJson, writeData } from "../terminal/output.ts";
import { isoTime } from "../time_format.ts";

const inlineBytes = 1024 * 1024;

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

/**
 * Writes a message with its body: `body` is text where it is UTF-8 of at most 1 MiB, else null, and
 * `bodyBase64` is the bytes then. `text` is what a person is shown, decoded.
 */
export async function writeMessageJson(
  message: OpenedMessage,
  folders?: FolderList,
): Promise<void> {
  const start = formatJson(listedJson(message, folders)).slice(0, -1);
  const reader = new BodyReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  const base64 = new Base64Pieces();
  for await (const piece of reader.read(message.source())) {
    if (length > inlineBytes) {
      await writeData(base64.add(piece));
      continue;
    }
    pieces.push(piece.slice());
    length += piece.length;
    if (length > inlineBytes) {
      await writeData(`${start},"body":null,"bodyBase64":"${addAll(base64, pieces)}`);
    }
  }
  const isLong = length > inlineBytes;
  await writeData(isLong ? `${base64.end()}"` : start + inlineBody(concatBytes(pieces)));
  await writeData(`${await textFields(reader)}}`);
}

async function textFields(reader: BodyReader): Promise<string> {
  const text = await reader.text();
  const { type = null, charset = null } = reader.part ?? {};
  return formatJson({ text: text?.text ?? null, type, charset }).replace(/^\{/, ",").slice(0, -1);
}

/** Makes a line of JSON of a message with its whole MIME source, in base64. */
export async function* messageSourceJson(
  message: OpenedMessage,
  folders?: FolderList,
): AsyncGenerator<Uint8Array> {
  const start = formatJson(listedJson(message, folders)).slice(0, -1);
  const base64 = new Base64Pieces();
  yield utf8(`${start},"source":"`);
  for await (const piece of message.source()) yield utf8(base64.add(piece));
  yield utf8(`${base64.end()}"}\n`);
}

function inlineBody(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return `,"body":${formatJson(text)},"bodyBase64":null`;
  } catch {
    return `,"body":null,"bodyBase64":"${bytes.toBase64()}"`;
  }
}

/** Base64 of a stream: what does not fill a group of three bytes waits for the next piece. */
class Base64Pieces {
  #rest: Uint8Array = new Uint8Array();

  add(piece: Uint8Array): string {
    const bytes = concatBytes([this.#rest, piece]);
    const whole = bytes.length - bytes.length % 3;
    this.#rest = bytes.subarray(whole);
    return bytes.subarray(0, whole).toBase64();
  }

  end(): string {
    return this.#rest.toBase64();
  }
}

function addAll(base64: Base64Pieces, pieces: readonly Uint8Array[]): string {
  return pieces.map((piece) => base64.add(piece)).join("");
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
