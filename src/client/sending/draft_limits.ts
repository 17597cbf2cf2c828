/** What of a draft is too much: what is known before anything is made of it, and what is found as it is read. */
import { ByteCounter } from "../../model/byte_counter.ts";
import { utf8 } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { contentBytesOf, formatSize } from "../../model/size.ts";
import type { Draft } from "./draft.ts";

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

/** Counts the content of a message as it is read. */
export class ContentBound {
  readonly #most: number;
  #bytes = 0;

  /** `most`: bytes of all parts together. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Hands a part on as it is. What is MIME already may be base64, and counts as what it then has of content.
   * @throws {MailError} `too_large` while reading
   */
  pass(type: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    let before = 0;
    const counter = new ByteCounter((bytes) => {
      const content = type === "message/rfc822" ? contentBytesOf(bytes) : bytes;
      this.#bytes += content - before; // other parts may have begun meanwhile
      before = content;
      checkContentSize(this.#bytes, this.#most);
    });
    return counter.pass(source);
  }
}

/** `bytes` may be what was seen so far. @throws {MailError} `too_large` */
function checkContentSize(bytes: number, most: number): void {
  if (bytes <= most + limits.uncountedContentBytes) return;
  throw new MailError(
    "too_large",
    `Cannot send ${formatSize(bytes)} or more: the server's limit is ${formatSize(most)}`,
    { hint: "Nothing was sent. Send less, or several messages." },
  );
}
