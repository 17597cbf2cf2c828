/** A header on the way in: fields by name, unfolded and decoded. Never throws, whatever the bytes. */

import { decodeText } from "./charset.ts";
import { decodeWords } from "./word.ts";

interface Field {
  /** In lower case. */
  readonly name: string;
  /** One character a byte, still folded, with its line breaks removed. */
  readonly value: string;
}

const bytesPerString = 8 * 1024; // as many arguments as a call surely takes

/** The fields of one header, in their order. */
export class Header {
  readonly #fields: readonly Field[];

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
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

  #texts(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#fields.filter((field) => field.name === wanted)
      .map((field) => decodeText(bytesOf(field.value), null).trim());
  }
}

/** Parses a header, up to its blank line if there is one; lines that are no field are skipped. */
export function parseHeader(bytes: Uint8Array): Header {
  const fields: { name: string; value: string }[] = [];
  let field: { name: string; value: string } | null = null;
  for (const line of splitLines(bytes)) {
    if (line === "") break;
    if (/^[ \t]/.test(line)) {
      if (field !== null) field.value += line;
      continue;
    }
    field = parseField(line);
    if (field !== null) fields.push(field);
  }
  return new Header(fields);
}

function parseField(line: string): Field | null {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0)).trimEnd(); // RFC 5322 4.5 allows blanks here
  return /^[!-9;-~]+$/.test(name)
    ? { name: name.toLowerCase(), value: line.slice(colon + 1) }
    : null;
}

function* splitLines(bytes: Uint8Array): Generator<string> {
  for (let at = 0; at < bytes.length;) {
    const feed = bytes.indexOf(10, at);
    const end = feed < 0 ? bytes.length : feed;
    yield byteString(bytes.subarray(at, bytes[end - 1] === 13 && end > at ? end - 1 : end));
    at = end + 1;
  }
}

/** Writes bytes as a string of one character each. */
export function byteString(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += bytesPerString) {
    text += String.fromCharCode(...bytes.subarray(at, at + bytesPerString));
  }
  return text;
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

function removeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
