/** Header fields on the way out: folded, encoded, and never with a line break that was not meant. */

import { cutText, utf8 } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";

const maxLineCharacters = 78; // RFC 5322 2.1.1
const maxEncodedWordCharacters = 75; // RFC 2047 2
const maxEncodedLineCharacters = 76; // RFC 2047 2
const encodedWordOverhead = "=?utf-8?B??=".length;
const maxItemBytes = 900; // one item and its field name stay under 998, RFC 5322 2.1.1
const maxParameterCharacters = 60;
const maxPhraseBytes = 256;

/** Formats a field of free text; anything but plain short words becomes encoded words, RFC 2047. */
export function formatText(name: string, text: string): string {
  checkValue(name, text);
  const words = isPlain(text) ? text.split(" ") : encodeWords(text, name.length + 2);
  return foldField(name, words);
}

/** Formats a field of items, each kept on one line. */
export function formatList(name: string, items: readonly string[], separator: "," | ""): string {
  const last = items.length - 1;
  return foldField(name, items.map((item, at) => at < last ? item + separator : item));
}

/** Folds a field before the words that would pass column 78. */
export function foldField(name: string, words: readonly string[]): string {
  let text = `${name}:`;
  let column = text.length;
  for (const [at, word] of words.entries()) {
    if (at > 0 && column + 1 + word.length > maxLineCharacters) {
      text += "\r\n";
      column = 0;
    }
    text += ` ${word}`;
    column += 1 + word.length;
  }
  return `${text}\r\n`;
}

/**
 * Formats an address as given, UTF-8 kept (RFC 6532).
 * @throws {MailError} `malformed`: not one bare address; `too_large`: over 900 bytes.
 */
export function formatBareAddress(address: string): string {
  if (!/^[^\s\p{Cc}<>()[\],;:"\\]+(?:\[[0-9A-Za-z.:]+\])?$/u.test(address)) {
    throw new MailError(
      "malformed",
      "Cannot compose a message: an address is not one bare address",
    );
  }
  return checkItem("an address", address);
}

/**
 * Formats a message id in its brackets, RFC 5322 3.6.4.
 * @throws {MailError} `malformed`: it holds a bracket, a blank or a control character; `too_large`.
 */
export function formatMessageId(id: string): string {
  if (!/^[^\s\p{Cc}<>]+$/u.test(id)) {
    throw new MailError("malformed", "Cannot compose a message: a message id is not one bare id");
  }
  return checkItem("a message id", `<${id}>`);
}

/** Formats a parameter as words to fold: quoted where that is safe, else by RFC 2231. */
export function formatParameter(name: string, value: string): string[] {
  checkValue(name, value);
  const isQuotable = /^[!#-[\]-~](?:[ !#-[\]-~]*[!#-[\]-~])?$/.test(value) &&
    value.length <= maxParameterCharacters && !value.includes("=?");
  return isQuotable ? [`${name}="${value}"`] : formatExtended(name, value);
}

// RFC 2231 3 and 4: sections that split no character.
function formatExtended(name: string, value: string): string[] {
  const sections = [""];
  for (const character of value) {
    const escaped = escapeCharacter(character);
    const section = sections.at(-1) ?? "";
    if (section.length + escaped.length > maxParameterCharacters - name.length) sections.push("");
    sections[sections.length - 1] += escaped;
  }
  const charset = "utf-8''";
  if (sections.length === 1) return [`${name}*=${charset}${sections[0]}`];
  return sections.map((section, at) =>
    `${name}*${at}*=${at === 0 ? charset : ""}${section}${at < sections.length - 1 ? ";" : ""}`
  );
}

function escapeCharacter(character: string): string {
  if (/^[0-9A-Za-z!#$&+.^_`|~-]$/.test(character)) return character; // RFC 2231 7
  const digits = utf8(character).toHex().toUpperCase();
  return digits.replace(/../g, "%$&");
}

function encodeWords(text: string, column: number): string[] {
  const words: string[] = [];
  let bytes: number[] = [];
  let room = wordRoom(maxEncodedLineCharacters - column);
  for (const character of text) {
    const more = utf8(character);
    if (bytes.length + more.length > room) {
      words.push(encodeWord(bytes));
      bytes = [];
      room = wordRoom(maxEncodedWordCharacters);
    }
    bytes.push(...more);
  }
  return [...words, encodeWord(bytes)];
}

/** Encodes a display name as words to fold, RFC 5322 3.2.5; none for an empty one, no character that steers a reader. */
export function encodePhrase(name: string): string[] {
  const text = name.replace(/[\p{Cc}\p{Bidi_Control}]/gu, " ").trim();
  const line = cutText(text, maxPhraseBytes);
  if (line === "") return [];
  const isShort = line.length <= maxParameterCharacters && !line.includes("=?");
  if (isShort && /^[\w !#$%&'*+/=?^`{|}~-]+$/.test(line)) return line.split(/ +/);
  if (isShort && /^[ -~]+$/.test(line)) return [`"${line.replace(/["\\]/g, "\\$&")}"`];
  return encodeWords(line, "From: ".length);
}

function wordRoom(characters: number): number {
  return Math.floor((characters - encodedWordOverhead) / 4) * 3;
}

function encodeWord(bytes: readonly number[]): string {
  return `=?utf-8?B?${Uint8Array.from(bytes).toBase64()}?=`;
}

function isPlain(text: string): boolean {
  return /^[!-~]{1,60}(?: [!-~]{1,60})*$/.test(text) && !text.includes("=?");
}

function checkValue(name: string, value: string): void {
  if (/[\r\n\0]/.test(value)) {
    throw new MailError(
      "malformed",
      `Cannot compose a message: ${name} ${JSON.stringify(value)} holds a line break or NUL`,
    );
  }
}

function checkItem(what: string, item: string): string {
  const bytes = utf8(item).length;
  if (bytes <= maxItemBytes) return item;
  throw new MailError(
    "too_large",
    `Cannot compose a message with ${what} of ${bytes} bytes: the limit is ${maxItemBytes}`,
  );
}

/** Checks that a value is no longer than its limit. @throws {MailError} `too_large` */
export function checkLength(what: "subject" | "file name", value: string): void {
  const limit = what === "subject" ? limits.maxSubjectBytes : limits.maxFileNameBytes;
  const bytes = utf8(value).length;
  if (bytes <= limit) return;
  throw new MailError(
    "too_large",
    `Cannot compose a message with a ${what} of ${bytes} bytes: the limit is ${limit}`,
  );
}
