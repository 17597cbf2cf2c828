/**
 * The header of a message as its sender wrote it, made harmless where it speaks for us. Nothing moves: what has no
 * business there is written over, so that sizes are known before anything is opened.
 */
import { parseAddressList } from "../../mime/header/address_list.ts";
import { startWith } from "../../mime/block.ts";
import { byteString } from "../../mime/byte_string.ts";
import { parseHeader } from "../../mime/header/header.ts";
import { shownAddresses } from "../../mime/header/shown_text.ts";
import { type Address, formatAddress, parseAddress, qualify } from "../../model/address.ts";
import { concatBytes, utf8 } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import { reservedPrefix } from "./trust_fields.ts";

/** The first bytes of a message up to the blank line behind its header, and all that follows. */
export interface Cut {
  readonly header: Uint8Array;
  readonly rest: AsyncGenerator<Uint8Array, void>;
  readonly isWhole: boolean;
}

/**
 * Cuts a message behind its header. One that is too long to be looked through ends where that is, and has `isWhole`
 * false: what it says behind that is no header any more, as its last four bytes say now.
 */
export async function cutHeader(source: AsyncIterable<Uint8Array>): Promise<Cut> {
  const chunks = source[Symbol.asyncIterator]();
  let seen: Uint8Array = new Uint8Array();
  for (;;) {
    const end = endOfHeader(seen);
    if (end !== null && end <= limits.maxHeaderBytes) return cutAt(seen, end, chunks);
    if (seen.length >= limits.maxHeaderBytes) return cutShort(seen, chunks);
    const { value, done } = await chunks.next();
    if (done) return cutAt(seen, seen.length, chunks);
    seen = concatBytes([seen, value]);
  }
}

function cutAt(seen: Uint8Array, at: number, more: AsyncIterator<Uint8Array>): Cut {
  return { header: seen.subarray(0, at), rest: startWith(seen.subarray(at), more), isWhole: true };
}

function cutShort(seen: Uint8Array, more: AsyncIterator<Uint8Array>): Cut {
  const cut = cutAt(seen, limits.maxHeaderBytes, more);
  const header = cut.header.slice();
  header.set(utf8("\r\n\r\n"), header.length - 4);
  return { ...cut, header, isWhole: false };
}

/** Writes over every field that begins with our prefix, and nothing else. */
export function eraseReserved(header: Uint8Array): Uint8Array {
  return eraseLines(header, (name) => name.startsWith(reservedPrefix), false);
}

/**
 * Writes over every field that begins with our prefix, and over `From` where `sender` is not its one author. Null: it
 * may say what it likes.
 */
export function eraseForged(
  header: Uint8Array,
  sender: Address | null,
): { readonly header: Uint8Array; readonly isAuthor: boolean } {
  const lines = linesOf(header);
  const isAuthor = sender === null ||
    lines.filter(({ name }) => name === "from").length === 1 && namesAuthor(header, sender);
  const isForged = (name: string) =>
    name.startsWith(reservedPrefix) || name === "from" && !isAuthor;
  // what continues no field of its own would continue ours
  return { header: eraseLines(header, isForged, true), isAuthor };
}

/** `erases`: what is done with a beginning that continues no field. */
function eraseLines(
  header: Uint8Array,
  isMeant: (name: string) => boolean,
  erases: boolean,
): Uint8Array {
  const erased = header.slice();
  for (const { name, from, to } of linesOf(header)) {
    if (name !== null) erases = isMeant(name);
    if (erases) erase(erased.subarray(from, to), name !== null);
  }
  return erased;
}

/** Writes over a field, with the lines that continue it. */
export function eraseField(
  header: Uint8Array,
  lines: readonly HeaderLine[],
  first: HeaderLine,
): void {
  const after = lines.slice(lines.indexOf(first) + 1);
  const next = after.findIndex(({ name }) => name !== null);
  for (const line of [first, ...next < 0 ? after : after.slice(0, next)]) {
    erase(header.subarray(line.from, line.to), line === first);
  }
}

export interface HeaderLine {
  /** Of the field that begins here, in lower case and without what some programs read past; null: it goes on. */
  readonly name: string | null;
  readonly from: number;
  /** Before its end. */
  readonly to: number;
}

/** Parts a header into lines as the most lenient of its readers does: a lone CR or LF ends one too. */
export function linesOf(header: Uint8Array): HeaderLine[] {
  const text = byteString(header);
  return [...text.matchAll(/[^\r\n]+/g)].map(({ 0: line, index }) => ({
    name: /^[ \t]/.test(line) ? null : nameOf(line),
    from: index,
    to: index + line.length,
  }));
}

function nameOf(line: string): string {
  const colon = line.indexOf(":");
  return line.slice(0, Math.max(0, colon)).replace(/[^!-~]/g, "").toLowerCase();
}

function erase(line: Uint8Array, beginsField: boolean): void {
  const word = beginsField ? "Gone:" : " ";
  for (let at = 0; at < line.length; at++) {
    line[at] = at < word.length ? word.charCodeAt(at) : beginsField ? hyphen : blank;
  }
}

const hyphen = 45;
const blank = 32;

function namesAuthor(header: Uint8Array, sender: Address): boolean {
  try {
    const [, domain = ""] = sender.split("@");
    const fields = parseHeader(header).getAllStructured("from");
    const authors = fields.flatMap(parseAddressList).map(({ address }) => address);
    // Some programs show a name, a comment or a group in the place of the address.
    const shown = [...authors, ...fields.flatMap(shownAddresses)];
    const isOwn = (text: string) => qualify(formatAddress(parseAddress(text)), domain) === sender;
    return authors.length === 1 && shown.every(isOwn);
  } catch {
    return false;
  }
}

/** RFC 5322 2.1: the blank line. */
function endOfHeader(bytes: Uint8Array): number | null {
  if (bytes[0] === 13 && bytes[1] === 10) return 2;
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at + 4;
  }
  return null;
}
