/**
 * What a message that somebody else made says of itself, found as it streams by. Nothing of it is believed, and
 * nothing in it is an error: what cannot be used is left out, or replaced.
 */

import { cutText } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";
import { limits } from "../model/limits.ts";
import type { Attachment, Headers } from "../model/message.ts";
import { heardElsewhere } from "../model/promises.ts";
import { readAddressList } from "./header/address_list.ts";
import { attachmentsOf } from "./attachments.ts";
import { StartOf } from "./block.ts";
import { parseDate } from "./header/date.ts";
import { type Header, parseHeader } from "./header/header.ts";
import { type Leaf, parseMessage } from "./parse.ts";
import { idsOf } from "./submission.ts";

/** Headers as the message has them; its id is null where it has none that can be used. */
type FoundHeaders = Omit<Headers, "messageId"> & { readonly messageId: string | null };

/** A message that is read once, and described by it. */
export interface UnsignedMessage {
  /** Hands the source on as it is. Whoever takes a chunk leaves it as it is. */
  readonly source: AsyncIterable<Uint8Array>;
  /** What it says of itself; once the source was read to its end. */
  headers(): Promise<FoundHeaders>;
}

/** Reads a message on its way. `date` (milliseconds since 1970) stands in for one that it does not have. */
export function readUnsigned(source: AsyncIterable<Uint8Array>, date: number): UnsignedMessage {
  const handover = new Handover();
  // It may end early: then nothing waits for it.
  const described = describe(handover.taken(), date).finally(() => handover.end());
  heardElsewhere(described); // by `headers`
  return { source: passOn(source, handover), headers: () => described };
}

/** Tells by its beginning who a message says that it is from, and its id. */
export function describeStart(bytes: Uint8Array): Pick<FoundHeaders, "from" | "messageId"> {
  const header = parseHeader(bytes.subarray(0, limits.maxHeaderBytes));
  return { from: authorOf(header), messageId: messageIdOf(header) };
}

async function* passOn(
  source: AsyncIterable<Uint8Array>,
  handover: Handover,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source) {
      await handover.give(chunk);
      yield chunk;
    }
  } finally {
    handover.give(null);
  }
}

/** Hands chunks from one side to the other, one at a time. A stream of the web would cost more than the parsing. */
class Handover {
  #given = Promise.withResolvers<Uint8Array | null>();
  #wanted = Promise.withResolvers<void>();

  /** Hands a chunk over, or null for the end; resolves once another one is wanted, or none any more. */
  give(chunk: Uint8Array | null): Promise<void> {
    this.#given.resolve(chunk);
    return this.#wanted.promise;
  }

  async *taken(): AsyncGenerator<Uint8Array> {
    for (let chunk = await this.#given.promise; chunk !== null;) {
      this.#given = Promise.withResolvers();
      yield chunk;
      const { resolve } = this.#wanted;
      this.#wanted = Promise.withResolvers();
      resolve();
      chunk = await this.#given.promise;
    }
  }

  /** Nothing is taken any more. */
  end(): void {
    this.#wanted.resolve();
  }
}

async function describe(source: AsyncIterable<Uint8Array>, date: number): Promise<FoundHeaders> {
  const start = new StartOf(limits.maxHeaderBytes);
  const attachments: Attachment[] = [];
  let charset: string | null = null;
  const watched = async function* (leaves: AsyncIterable<Leaf>) {
    for await (const leaf of leaves) {
      charset ??= leaf.part.charset;
      yield leaf;
    }
  };
  try {
    const { leaves } = await parseMessage(start.pass(source));
    for await (const attachment of attachmentsOf(watched(leaves))) {
      attachments.push(attachment);
      if (attachments.length === limits.maxAttachments) break;
    }
  } catch (error) {
    if (!(error instanceof MailError)) throw error; // out of the parser's bounds: what was found is kept
  }
  const header = parseHeader(start.bytes()).inCharset(charset);
  return { ...headersOf(header, date), attachments };
}

function headersOf(header: Header, date: number): Omit<FoundHeaders, "attachments"> {
  const people = (name: string) =>
    header.getAllStructured(name).flatMap((text) =>
      readAddressList(text, { withNames: false }).found.map(({ address }) => address)
    );
  const ids = (name: string) => readIds(header.getStructured(name) ?? "");
  return {
    messageId: messageIdOf(header),
    date: parseDate(header.getStructured("date") ?? "") ?? date,
    from: authorOf(header),
    to: people("to"),
    cc: people("cc"),
    bcc: people("bcc"),
    subject: cutText(header.get("subject") ?? "", limits.maxSubjectBytes),
    inReplyTo: ids("in-reply-to")[0] ?? null,
    references: ids("references").slice(-limits.maxReferences),
  };
}

function messageIdOf(header: Header): string | null {
  return readIds(header.getStructured("message-id") ?? "")[0] ?? null;
}

/** Ids as `idsOf` finds them; where none has its brackets, words with an `@` are ids. */
function readIds(text: string): string[] {
  if (/[<>]/.test(text)) return idsOf(text);
  return text.split(/[\s,]+/).filter((word) => /^[!-;=?A-~]{1,450}@[!-;=?-~]{1,449}$/.test(word));
}

/** A bare word before an address is of a name with a comma. What is no address is shown as it is; empty where there is nothing. */
function authorOf(header: Header): string {
  const text = header.getStructured("from") ?? "";
  const { found } = readAddressList(text, { withNames: false });
  const author = found.find(({ address }) => address.includes("@")) ?? found[0];
  return author?.address ?? cutText(text, 254);
}
