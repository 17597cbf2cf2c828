/** What of a message its reader will find as attachments: names, types and sizes. */

import type { Attachment } from "../model/message.ts";
import type { Leaf } from "./parse.ts";
import { isAttachment } from "./part.ts";

/** Finds attachments as the leaves go by. @throws {MailError} as `parseMessage` does */
export async function* attachmentsOf(leaves: AsyncIterable<Leaf>): AsyncGenerator<Attachment> {
  let number = 0;
  for await (const { part, content } of leaves) {
    if (!isAttachment(part)) continue;
    number++;
    let size = 0;
    for await (const piece of content) size += piece.length;
    yield { name: part.fileName ?? `attachment-${number}`, type: part.type, size };
  }
}
