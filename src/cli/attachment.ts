/** Finds and writes the attachments of an opened message. */
import { burnsWhenRead } from "../client/burn.ts";
import type { OpenedMessage } from "../client/mailbox.ts";
import { parseParts } from "../mime/parse.ts";
import { isAttachment } from "../mime/part.ts";
import { MailError } from "../model/errors.ts";
import type { Attachment } from "../model/message.ts";
import { harmlessName, writeFreeFile } from "./new_file.ts";

/** An attachment as it comes out of the message. */
export interface FoundAttachment {
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Hands out the attachments in order, each to be read before the next. */
export async function* attachmentsOf(message: OpenedMessage): AsyncGenerator<FoundAttachment> {
  let number = 0;
  for await (const { part, content } of parseParts(message.source())) {
    if (!isAttachment(part)) continue;
    number++;
    yield { name: part.fileName ?? `attachment-${number}`, content };
  }
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

/**
 * Writes every attachment into a folder, which is made if need be, and returns their paths; of a message that burns
 * also its text, which nothing shows again.
 */
export async function saveAttachments(message: OpenedMessage, folder: string): Promise<string[]> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause) => {
    throw new MailError("cannot_create", `Cannot make the folder ${folder}`, { cause });
  });
  const paths: string[] = [];
  for await (const { name, content } of savedOf(message)) {
    paths.push(await writeFreeFile(folder, harmlessName(name), content));
  }
  return paths;
}

async function* savedOf(message: OpenedMessage): AsyncGenerator<FoundAttachment> {
  if (!burnsWhenRead(message)) return yield* attachmentsOf(message);
  let number = 0;
  for await (const { part, content } of parseParts(message.source())) {
    if (isAttachment(part)) yield { name: part.fileName ?? `attachment-${++number}`, content };
    else yield { name: part.type === "text/html" ? "body.html" : "body.txt", content };
  }
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
