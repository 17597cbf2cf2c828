/** The text of a message as SEARCH looks for it: decoded, and folded as `mailctl search` folds it. */
import { foldText } from "../../../client/searching/folded_text.ts";
import { bytesOfString } from "../../../mime/byte_string.ts";
import { decodeText } from "../../../mime/charset/charset.ts";
import { parseDay } from "../../../mime/header/date.ts";
import { type Header, parseHeader } from "../../../mime/header/header.ts";
import { decodeWords } from "../../../mime/header/word.ts";
import { type Leaf, parseMessage } from "../../../mime/parse.ts";
import { readLeafText } from "../../../mime/text.ts";
import { MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import { readEnvelopeAddresses } from "./envelope_addresses.ts";

/** What may stand within an address that is not in it: RFC 5322 3.2.2, 3.2.4 and 4.4. */
const brokenAddress = /[(\\]|"@|[ \t][@.]|[@.][ \t]/;
const maxTextBytes = 1024 * 1024; // of one message, decoded

/** A header, whose fields are folded once somebody looks for them. */
export class HeaderTexts {
  readonly #bytes: Uint8Array;
  readonly #fields = new Map<string, readonly string[]>();
  readonly #addresses = new Map<string, readonly string[]>();
  #parsed: Header | null = null;
  #whole: string | null = null;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The day that the Date field names, as `parseDay` has it. */
  get sentDay(): number | null {
    return parseDay(this.#header.getStructured("date") ?? "");
  }

  /** All of it. */
  get whole(): string {
    return this.#whole ??= foldHeader(this.#bytes);
  }

  /** Every field of a name, as a person reads it. */
  fields(name: string): readonly string[] {
    return this.#fields.getOrInsertComputed(
      name.toLowerCase(),
      (name) => this.#header.getAll(name).map(foldText),
    );
  }

  /** As `fields`, and each address that is written with comments, blanks or quotes in it as it is without. */
  addresses(name: string): readonly string[] {
    return this.#addresses.getOrInsertComputed(name, (name) => {
      const bare = this.#header.getAllBytes(name).filter((text) => brokenAddress.test(text))
        .flatMap(readEnvelopeAddresses)
        .map(({ mailbox, host }) =>
          foldText(decodeText(bytesOfString(`${mailbox}@${host}`), null))
        );
      return [...this.fields(name), ...bare];
    });
  }

  get #header(): Header {
    return this.#parsed ??= parseHeader(this.#bytes);
  }
}

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
      if (!(error instanceof MailError && error.code === "too_large")) throw error;
    }
  }

  async #readLeaf(leaf: Leaf, depth: number): Promise<void> {
    const { type, headers, isWhole } = leaf.part;
    if (!isWhole) this.#take(this.headers, foldHeader(headers));
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
  return (await import("../../../mime/html.ts")).parseHtml(html);
}

function foldHeader(bytes: Uint8Array): string {
  return foldText(decodeWords(decodeText(bytes, null)));
}
