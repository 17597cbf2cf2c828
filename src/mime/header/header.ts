/** A header on the way in: fields by name, unfolded and decoded. Never throws, whatever the bytes. */

import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { bytesOfString, byteString, ownText } from "../byte_string.ts";
import { decodeText } from "../charset/charset.ts";
import { decodeWords } from "./word.ts";

/** RFC 5322 3.6 has one of most. To decode each takes microseconds, and a header has room for 50,000. */
const maxFieldsOfName = 1_000;

interface Field {
  /** In lower case. */
  readonly name: string;
  /** One character a byte, without their line breaks; all but the first begin with a blank. */
  readonly lines: readonly string[];
}

/** The fields of one header, in their order. */
export class Header {
  readonly #fields: readonly Field[];
  /** What raw bytes are that are no UTF-8: programs that write them use the charset of the text. */
  readonly #charset: string | null;

  constructor(fields: readonly Field[], charset: string | null = null) {
    this.#fields = fields;
    this.#charset = charset;
  }

  /** The same header, whose raw bytes are read by the charset of the message's text. */
  inCharset(charset: string | null): Header {
    return new Header(this.#fields, charset);
  }

  /** Gets the first field of a name for a person to read: words decoded, no control character. */
  get(name: string): string | null {
    return this.getAll(name)[0] ?? null;
  }

  /** Gets every field of a name, as `get` does. */
  getAll(name: string): string[] {
    return this.#texts(name).map((text) => removeControls(decodeWords(text)));
  }

  /**
   * Gets the first field of a name with its encoded words as they are: for addresses and
   * parameters, whose punctuation an encoded word must not be able to add (RFC 2047 5).
   */
  getStructured(name: string): string | null {
    const [text] = this.#texts(name);
    return text === undefined ? null : removeControls(text);
  }

  /** Gets every field of a name, as `getStructured` does. */
  getAllStructured(name: string): string[] {
    return this.#texts(name).map(removeControls);
  }

  /** Gets the first field of a name, as `getAllBytes` does. */
  getBytes(name: string): string | null {
    return this.getAllBytes(name)[0] ?? null;
  }

  /** Gets every field of a name as it was written: one character a byte, nothing decoded, each fold made one blank. */
  getAllBytes(name: string): string[] {
    return this.#named(name)
      .map(({ lines }) => lines.map(trimBlanks).filter((line) => line !== "").join(" "))
      .map(ownText);
  }

  #texts(name: string): string[] {
    return this.#named(name)
      .map(({ lines }) => decodeRaw(bytesOfString(lines.join("")), this.#charset).trim());
  }

  #named(name: string): Field[] {
    const wanted = name.toLowerCase();
    return this.#fields.filter((field) => field.name === wanted).slice(0, maxFieldsOfName);
  }
}

function decodeRaw(bytes: Uint8Array, charset: string | null): string {
  const text = decodeText(bytes, null);
  const isRaw = charset !== null && text !== new TextDecoder().decode(bytes);
  return isRaw ? decodeText(bytes, charset) : text;
}

/** Parses a header, up to its blank line if there is one; lines that are no field are skipped. */
export function parseHeader(bytes: Uint8Array): Header {
  const fields: Field[] = [];
  let field: { name: string; lines: string[] } | null = null;
  for (const line of splitLines(byteString(bytes.subarray(lengthOfMark(bytes))))) {
    if (line === "") break;
    if (/^[ \t]/.test(line)) {
      field?.lines.push(line);
      continue;
    }
    field = parseField(line);
    if (field !== null) fields.push(field);
  }
  return new Header(fields);
}

/** Of a header over `limits.maxHeaderBytes`. */
export function headerTooLong(): MailError {
  const message = `Cannot read a header of more than ${limits.maxHeaderBytes} bytes`;
  return new MailError("too_large", message);
}

/** A byte order mark is put before whole messages, too, by editors. */
export function lengthOfMark([first, second, third]: Uint8Array): number {
  return first === 0xef && second === 0xbb && third === 0xbf ? 3 : 0;
}

function parseField(line: string): { name: string; lines: string[] } | null {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0)).trimEnd(); // RFC 5322 4.5 allows blanks here
  return /^[!-9;-~]+$/.test(name)
    ? { name: name.toLowerCase(), lines: [line.slice(colon + 1)] }
    : null;
}

function* splitLines(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const feed = text.indexOf("\n", at);
    const end = feed < 0 ? text.length : feed;
    yield text.slice(at, text[end - 1] === "\r" && end > at ? end - 1 : end);
    at = end + 1;
  }
}

/** Blanks of a header, of which no byte of UTF-8 is one. A pattern for those at the end would look at inner ones again and again. */
function trimBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

function removeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
