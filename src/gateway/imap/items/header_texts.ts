/** The header of a message as SEARCH looks for it: decoded, and folded as `mailctl search` folds it. */
import { foldText } from "../../../client/searching/folded_text.ts";
import { foldHeader } from "../../../client/searching/message_texts.ts";
import { bytesOfString } from "../../../mime/byte_string.ts";
import { decodeText } from "../../../mime/charset/charset.ts";
import { parseDay } from "../../../mime/header/date.ts";
import { type Header, parseHeader } from "../../../mime/header/header.ts";
import { readEnvelopeAddresses } from "./envelope_addresses.ts";

/** What may stand within an address that is not in it: RFC 5322 3.2.2, 3.2.4 and 4.4. */
const brokenAddress = /[(\\]|"@|[ \t][@.]|[@.][ \t]/;

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
