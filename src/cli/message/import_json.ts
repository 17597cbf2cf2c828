/** Messages as `export --format json` writes them: a JSON object a line, with the MIME source in base64. */
import type { ImportedMessage } from "../../client/importing/imported_message.ts";
import { concatBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import { joinFlags, readKeywords, shownFlags } from "../../model/filing.ts";
import { limits } from "../../model/limits.ts";
import { defaultsOf, type ImportOptions, isByForm, type SaidOfMessage } from "./import_options.ts";

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
      if (text !== "") yield { name, ...await messageOf(text, query) };
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      yield { ...defaultsOf(query), name, date: null, content: failing(error) };
    }
  }
}

async function messageOf(
  text: string,
  query: ImportOptions,
): Promise<Omit<ImportedMessage, "name">> {
  const { source, box, readAt, date, receivedAt, ...filed } = parseObject(text);
  if (typeof source !== "string") throw malformed("it has no source");
  const isRead = typeof readAt === "string";
  const said = { ...await filingOf(filed, query), isRead, box: boxes.find((each) => each === box) };
  return {
    ...defaultsOf(query, said),
    isExported: true,
    date: timeOf(date),
    receivedAt: timeOf(receivedAt),
    content: ReadableStream.from([decode(source)]),
  };
}

const boxes = ["inbox", "sent"] as const;

function timeOf(value: unknown): number | null {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return time >= 0 ? time : null;
}

/** How it was filed, as far as that can be read; of anything else nothing. */
async function filingOf(
  { folder: name, flags, keywords }: Record<string, unknown>,
  query: ImportOptions,
): Promise<Pick<SaidOfMessage, "flags" | "keywords" | "folder">> {
  const read = readKeywords(textsIn(keywords));
  const shown = shownFlags.filter((flag) => textsIn(flags).includes(flag));
  const said = { ...read, flags: joinFlags(shown, read.flags) };
  if (typeof name !== "string" || !isByForm(query)) return said;
  const [folder] = await query.findFolders([name]);
  if (folder === null) throw malformed(`no folder can be called ${JSON.stringify(name)}`);
  return { ...said, folder };
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
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
