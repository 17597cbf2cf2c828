/** Messages as `export --format json` writes them: a JSON object a line, with the MIME source in base64. */
import type { ImportedMessage } from "../../client/importing/importer.ts";
import { concatBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { type Flag, foldKeyword, isKeyword, shownFlags } from "../../model/filing.ts";
import { limits } from "../../model/limits.ts";
import { defaultsOf, type ImportOptions } from "./import_options.ts";

const lineFeed = 10;
/** Base64 of the longest source, and what else a line has. It is held as a whole. */
const maxLineBytes = Math.min(2 * limits.maxMessageCeilingBytes, 256 * 1024 * 1024);

/** Reads messages. A line that is none fails as it is read, and no other with it. */
export async function* jsonMessages(
  source: AsyncIterable<Uint8Array>,
  query: ImportOptions,
): AsyncGenerator<ImportedMessage> {
  let number = 0;
  for await (const line of linesOf(source)) {
    number++;
    const name = `line ${number}`;
    try {
      if (line === null) throw malformed("it is too long");
      const text = new TextDecoder().decode(line).trim();
      if (text !== "") yield { name, ...messageOf(text, query) };
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      yield { ...defaultsOf(query), name, date: null, content: failing(error) };
    }
  }
}

function messageOf(text: string, query: ImportOptions): Omit<ImportedMessage, "name"> {
  const { source, box, readAt, date, flags, keywords } = parseObject(text);
  if (typeof source !== "string") throw malformed("it has no source");
  const chosen = query.box ?? (box === "sent" ? "sent" : "inbox");
  const time = typeof date === "string" ? Date.parse(date) : NaN;
  const said = { flags: flagsIn(flags), keywords: keywordsIn(keywords) };
  const known = defaultsOf({ ...query, box: chosen }, said);
  return {
    ...known,
    isRead: known.isRead || typeof readAt === "string",
    date: time >= 0 ? time : null,
    content: ReadableStream.from([decode(source)]),
  };
}

/** Those that a person can see; of anything else none. */
function flagsIn(value: unknown): Flag[] {
  return shownFlags.filter((flag) => Array.isArray(value) && value.includes(flag));
}

function keywordsIn(value: unknown): string[] {
  const words = Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
  const byName = new Map(words.filter(isKeyword).map((word) => [foldKeyword(word), word]));
  return [...byName.values()].slice(0, limits.maxKeywords);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw malformed("it is not a JSON object");
}

function decode(source: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(source);
  } catch {
    throw malformed("its source is not base64");
  }
}

async function* failing(error: MailError): AsyncGenerator<Uint8Array> {
  await Promise.reject(error);
  yield new Uint8Array();
}

/** Null: a line that is too long, passed over. */
async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | null> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  const take = (piece: Uint8Array) => {
    bytes += piece.length;
    if (bytes <= maxLineBytes) pieces.push(piece);
    else pieces = [];
  };
  const line = () => bytes <= maxLineBytes ? concatBytes(pieces) : null;
  for await (const chunk of source) {
    let at = 0;
    for (let feed = chunk.indexOf(lineFeed); feed >= 0; feed = chunk.indexOf(lineFeed, at)) {
      take(chunk.subarray(at, feed));
      yield line();
      [pieces, bytes, at] = [[], 0, feed + 1];
    }
    take(chunk.subarray(at));
  }
  if (bytes > 0) yield line();
}

function malformed(reason: string): MailError {
  return new MailError("malformed", reason);
}
