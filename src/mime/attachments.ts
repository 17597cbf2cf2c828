/** The files of a message, as a reader finds them. */

import { extensionOf } from "../model/media_type.ts";
import type { Attachment } from "../model/message.ts";
import type { Leaf } from "./parse.ts";
import type { PartHeader } from "./part.ts";
import { withRoles } from "./role.ts";

/** A file of a message; its content may be read until the next one is asked for. */
export interface MessageFile {
  readonly name: string;
  readonly part: PartHeader;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Finds the files of a message in their order. @throws {MailError} as `parseMessage` does */
export async function* filesOf(leaves: AsyncIterable<Leaf>): AsyncGenerator<MessageFile> {
  let number = 0;
  for await (const { part, content, role } of withRoles(leaves)) {
    if (role === "file") yield { name: fileNameOf(part, ++number), part, content };
  }
}

/** The name of a file; one without gets the number that it has among them. */
export function fileNameOf({ fileName, type }: PartHeader, number: number): string {
  return fileName ?? `attachment-${number}${extensionOf(type)}`;
}

/** Describes the files of a message, for lists. @throws {MailError} as `parseMessage` does */
export async function* attachmentsOf(leaves: AsyncIterable<Leaf>): AsyncGenerator<Attachment> {
  for await (const { name, part: { type }, content } of filesOf(leaves)) {
    let size = 0;
    for await (const piece of content) size += piece.length;
    yield { name, type, size };
  }
}
