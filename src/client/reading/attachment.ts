/** Finds the attachments of an opened message. */
import { filesOf, type MessageFile } from "../../mime/attachments.ts";
import { parseParts } from "../../mime/parse.ts";
import { MailError } from "../../model/errors.ts";
import type { Attachment } from "../../model/message.ts";
import type { OpenedMessage } from "./opened_entry.ts";

/** Hands out the files of a message in their order, each to be read before the next. */
export function attachmentsOf(message: OpenedMessage): AsyncGenerator<MessageFile> {
  return filesOf(parseParts(message.source()));
}

/**
 * Hands the content of one attachment to `use`.
 * @throws {MailError} `no_input` where there is none, `usage` where a name is not unique
 */
export async function useAttachment(
  message: OpenedMessage,
  which: string,
  use: (content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const wanted = numberOf(message, which);
  let number = 0;
  for await (const { content } of attachmentsOf(message)) {
    if (++number === wanted) return await use(content);
  }
  throw notThere(message, which);
}

/** Finds the number of an attachment given by number or by name. */
function numberOf(message: OpenedMessage, which: string): number {
  const { attachments } = message.headers;
  const number = /^[0-9]{1,4}$/.test(which) ? Number(which) : 0;
  if (number >= 1 && number <= attachments.length) return number;
  const named = attachments.flatMap(({ name }, at) => name === which ? [at + 1] : []);
  if (named.length > 1) {
    throw new MailError(
      "usage",
      `Cannot choose "${which}": attachments ${named.join(", ")} have this name`,
    );
  }
  if (named[0] === undefined) throw notThere(message, which);
  return named[0];
}

function notThere({ id, headers }: OpenedMessage, which: string): MailError {
  return new MailError("no_input", `Cannot find attachment "${which}" in message ${id}`, {
    hint: headers.attachments.length === 0
      ? "It has no attachments."
      : `It has ${headers.attachments.map(describe).join(", ")}.`,
  });
}

function describe({ name }: Attachment, at: number): string {
  return `${at + 1} (${name})`;
}
