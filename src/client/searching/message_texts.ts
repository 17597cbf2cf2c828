/** All texts of a message: decoded, and folded as a search folds them. */
import { bytesOfString, byteString } from "../../mime/byte_string.ts";
import { decodeText } from "../../mime/charset/charset.ts";
import { decodeWords } from "../../mime/header/word.ts";
import { type Leaf, parseMessage } from "../../mime/parse.ts";
import { readLeafText } from "../../mime/text.ts";
import { isFailure } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { foldText } from "./folded_text.ts";

const maxTextBytes = 1024 * 1024; // of one message, decoded

/** What only the body has: 1 MiB of all texts, and the headers of its parts. */
export interface MessageTexts {
  readonly body: string;
  readonly partHeaders: string;
}

/**
 * Reads the texts of a message, those of messages inside it as well; HTML without its tags. A message that cannot be
 * parted any more is searched as far as it can. @throws {MailError} as the source does
 */
export async function readMessageTexts(source: AsyncIterable<Uint8Array>): Promise<MessageTexts> {
  const reader = new TextsReader();
  await reader.read(source, 0);
  return { body: foldText(reader.body.join("\n")), partHeaders: reader.headers.join("\n") };
}

class TextsReader {
  readonly body: string[] = [];
  readonly headers: string[] = [];
  #room = maxTextBytes;

  async read(source: AsyncIterable<Uint8Array>, depth: number): Promise<void> {
    try {
      const { headers, leaves } = await parseMessage(source);
      if (depth > 0) this.#take(this.headers, foldHeader(headers));
      for await (const leaf of leaves) await this.#readLeaf(leaf, depth);
    } catch (error) {
      if (!isFailure(error, "too_large")) throw error;
    }
  }

  async #readLeaf(leaf: Leaf, depth: number): Promise<void> {
    const { type, headers, isWhole } = leaf.part;
    if (!isWhole && this.#room > 0) this.#take(this.headers, foldHeader(headers));
    if (type === "message/rfc822" && depth < limits.maxMimeDepth) {
      await this.read(leaf.content, depth + 1);
    } else if (type.startsWith("text/") && this.#room > 0) {
      const { text } = await readLeafText(leaf, this.#room);
      this.#take(this.body, type === "text/html" ? await withoutTags(text) : text);
    }
  }

  #take(texts: string[], text: string): void {
    texts.push(text.slice(0, this.#room));
    this.#room = Math.max(0, this.#room - text.length);
  }
}

async function withoutTags(html: string): Promise<string> {
  return await (await import("../../mime/html.ts")).parseHtml(html);
}

/** Folds the fields of a header, each decoded by itself: bytes that are no UTF-8 take nothing from the others. */
export function foldHeader(bytes: Uint8Array): string {
  const fields = byteString(bytes).split(/(?<=\n)(?![ \t])/);
  return foldText(decodeWords(fields.map(decodeField).join("")));
}

function decodeField(field: string): string {
  return /[\x80-\xff]/.test(field) ? decodeText(bytesOfString(field), null) : field;
}
