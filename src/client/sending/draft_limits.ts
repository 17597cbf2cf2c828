/** What of a draft is known to be too much before anything is made of it. */
import { utf8 } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { Draft } from "./draft.ts";
import { checkContentSize } from "./outgoing_message.ts";

/** @throws {MailError} `too_large` */
export function checkTexts({ subject, attachments, key }: Draft): void {
  const most = limits.maxAttachments;
  if (attachments.length > most) {
    throw new MailError(
      "too_large",
      `Cannot send ${attachments.length} attachments at once: the limit is ${most}`,
    );
  }
  requireShort("a subject", subject, limits.maxSubjectBytes);
  for (const { name } of attachments) requireShort("a file name", name, limits.maxFileNameBytes);
  if (key !== undefined) requireShort("a key", key, limits.maxIdempotencyKeyBytes);
}

function requireShort(what: string, text: string, most: number): void {
  const bytes = utf8(text).length;
  if (bytes <= most) return;
  throw new MailError("too_large", `Cannot send ${what} of ${bytes} bytes: the limit is ${most}`);
}

/** Refuses what is known to be too much before reading any of it. `most`: bytes. @throws {MailError} `too_large` */
export function checkSize({ body, attachments }: Draft, most: number): void {
  const known = [
    body instanceof Uint8Array ? body.length : 0,
    ...attachments.map((a) => a.size ?? 0),
  ];
  checkContentSize(known.reduce((sum, size) => sum + size, 0), most);
}
