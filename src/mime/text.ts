/** The body of a message: as text for a person, or as its exact bytes. */

import { cutText, utf8 } from "../model/bytes.ts";
import { isFailure } from "../model/errors.ts";
import { letOthersIn } from "../model/promises.ts";
import { fileNameOf } from "./attachments.ts";
import { StartOf } from "./block.ts";
import { decodeText, decodeTextStart } from "./charset/charset.ts";
import type { Header } from "./header/header.ts";
import { type Leaf, parseMessage, parseParts } from "./parse.ts";
import type { PartHeader } from "./part.ts";
import { mayBeShown, withRoles } from "./role.ts";

/** What a person reads. It still holds every character that was sent, control characters too. */
export interface BodyText {
  readonly text: string;
  /** True where the body went on after `maxBytes`. */
  readonly truncated: boolean;
}

/** A body in the forms that it has; `html` is its source, as hostile as it came. */
export interface BodyForms {
  /** As `readText` finds it. */
  readonly text: BodyText | null;
  /** The first HTML. */
  readonly html: BodyText | null;
}

const [plain, html] = ["text/plain", "text/html"] as const;
const defaultMaxBytes = 1024 * 1024;
/** Messages in messages in messages, and so on, are shown so deep. */
const maxShownDepth = 4;

/**
 * Reads the body for a person: every text of the message in its order, of forms of the same text the plain one, unless
 * it is blank; HTML reduced to text. Where there is none, files of plain text that are not marked as attachments. Of a
 * message that is attached, the fields that mail programs show come before its text. At most `maxBytes` (1 MiB) of all.
 * `null` means that there is no text.
 * @throws {MailError} as `parseMessage` does.
 */
export async function readText(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number = defaultMaxBytes,
): Promise<BodyText | null> {
  return await joinTexts(await readTexts(parseParts(source), maxBytes));
}

/**
 * Reads the text as `readText` does, and the first HTML, at most 1 MiB of both.
 * @throws {MailError} as `parseMessage` does.
 */
export async function readForms(source: AsyncIterable<Uint8Array>): Promise<BodyForms> {
  const texts = await readTexts(parseParts(source), defaultMaxBytes);
  const found = texts.find(({ type }) => type === html) ?? null;
  return {
    text: await joinTexts(texts),
    html: found && { text: found.text, truncated: found.truncated },
  };
}

/**
 * Reads the exact bytes of the first text, or where there is none of the first part that is not marked as an
 * attachment; none if there is no such part.
 * @throws {MailError} as `parseMessage` does.
 */
export async function* readBody(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const { part, content, role } of withRoles(parseParts(source))) {
    if (role !== "body" && !part.isWhole) continue;
    yield* content;
    return;
  }
}

/** Reads a message once: the bytes of its body as they go by, and from all of its parts the text. */
export class BodyReader {
  readonly #texts = new ShownTexts(defaultMaxBytes);
  #part: PartHeader | null = null;

  /** What the body is; null: there is none, or it did not come yet. */
  get part(): PartHeader | null {
    return this.#part;
  }

  /** Hands out the bytes that `readBody` does, and reads on to the end. @throws {MailError} as `parseMessage` does */
  async *read(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const { part, content, role } of withRoles(parseParts(source))) {
      const isBody = this.#part === null && (role === "body" || part.isWhole);
      if (isBody) this.#part = part;
      if (role !== "body" || !part.type.startsWith("text/")) {
        if (isBody) yield* content;
        else if (role === "file") await this.#texts.addFile(part, content);
        continue;
      }
      const start = new StartOf(this.#texts.room);
      for await (const piece of content) {
        start.take(piece);
        if (isBody) yield piece;
      }
      this.#texts.add(part, start);
    }
  }

  /** The text as `readText` finds it, 1 MiB at most; once all was read. */
  text(): Promise<BodyText | null> {
    return joinTexts(this.#texts.shown);
  }
}

interface ShownText extends BodyText {
  readonly type: string;
  readonly alternative: number | null;
  readonly from: "body" | "message" | "file";
}

/** The texts of a message as they go by. */
class ShownTexts {
  readonly #all: ShownText[] = [];
  /** Bytes that there is room for. */
  room: number;
  #roomOfFiles: number;
  readonly #depth: number;
  #files = 0;
  #isBlank = true;

  /** `depth`: the messages that it is attached to. */
  constructor(maxBytes: number, depth = 0) {
    this.room = maxBytes;
    this.#roomOfFiles = maxBytes;
    this.#depth = depth;
  }

  /**
   * Where no body has a text, the files that may be shown have it, in the room that is left: some programs give what they
   * write a name.
   */
  get shown(): readonly ShownText[] {
    const hasBody = this.#all.some(({ from, text }) => from === "body" && text.trim() !== "");
    if (hasBody) return this.#all.filter(({ from }) => from !== "file");
    let room = this.room;
    return this.#all.map((shown) => {
      if (shown.from !== "file") return shown;
      const text = cutText(shown.text, room);
      room -= utf8(text).length;
      return { ...shown, text, truncated: shown.truncated || text !== shown.text };
    });
  }

  add(part: PartHeader, start: StartOf): void {
    this.#push(part, start, "body");
    this.room -= start.bytes().length;
  }

  #push(part: PartHeader, start: StartOf, from: ShownText["from"]): void {
    const { type, alternative } = part;
    const text = decodeLeaf(part, start.bytes(), start.isCut);
    this.#isBlank &&= text.trim() === "";
    this.#all.push({ text, truncated: start.isCut, type, alternative, from });
  }

  /** Adds the text of an attached message. Other files of the message itself are in its headers. */
  async addFile(part: PartHeader, content: AsyncIterable<Uint8Array>): Promise<void> {
    const name = `[${fileNameOf(part, ++this.#files)}]`;
    if (mayBeShown(part)) {
      const start = await startOf(content, this.#roomOfFiles);
      this.#push(part, start, "file");
      this.#roomOfFiles -= start.bytes().length;
    }
    const isShown = isMessage(part) && this.#depth < maxShownDepth && this.room > 0;
    const message = isShown ? await readAttached(content, this.room, this.#depth + 1) : null;
    if (message === null && this.#depth === 0) return;
    const text = `${this.#isBlank ? "" : "\n"}${name}\n${message?.text ?? ""}`;
    this.#isBlank = false;
    this.#all.push({
      text,
      truncated: message?.truncated ?? false,
      type: plain,
      alternative: null,
      from: "message",
    });
    this.room -= utf8(text).length;
  }
}

function isMessage({ type }: PartHeader): boolean {
  return type === "message/rfc822" || type === "message/global";
}

async function readTexts(
  leaves: AsyncIterable<Leaf>,
  maxBytes: number,
  depth = 0,
): Promise<readonly ShownText[]> {
  const texts = new ShownTexts(maxBytes, depth);
  for await (const { part, content, role } of withRoles(leaves)) {
    if (role === "file") await texts.addFile(part, content);
    else if (role === "body" && part.type.startsWith("text/")) {
      texts.add(part, await startOf(content, texts.room));
    }
  }
  return texts.shown;
}

/** Reads a message that is attached; null where it has more parts than can be read. */
async function readAttached(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  depth: number,
): Promise<BodyText | null> {
  try {
    const { header, leaves } = await parseMessage(source);
    const fields = shownFields(header);
    const body = await joinTexts(await readTexts(leaves, maxBytes - fields.length, depth));
    return { text: `${fields}\n${body?.text ?? ""}`, truncated: body?.truncated ?? false };
  } catch (error) {
    if (isFailure(error, "too_large")) return null;
    throw error;
  }
}

/** What mail programs show of a header, a line each. */
function shownFields(header: Header): string {
  return ["From", "To", "Cc", "Date", "Subject"].map((name) => {
    const value = header.get(name);
    return value === null ? "" : `${name}: ${value}\n`;
  }).join("");
}

/** Chooses among the forms of each text, and joins what is left. */
async function joinTexts(texts: readonly ShownText[]): Promise<BodyText | null> {
  const shown = chosenOf(texts);
  if (shown.length === 0) return null;
  const parts: string[] = [];
  for (const each of shown) parts.push(await plainText(each));
  return { text: joinLines(parts), truncated: shown.some(({ truncated }) => truncated) };
}

/** HTML is mostly beside a plain text, and what reduces it need not be loaded then. */
async function plainText({ type, text }: ShownText): Promise<string> {
  if (type !== html) return text;
  await letOthersIn(); // it may be one of a thousand
  return await (await import("./html.ts")).parseHtml(text);
}

/** RFC 2046 5.1.4: alternatives are forms of one text. Those for other programs, such as AMP, are source to a person. */
function chosenOf(texts: readonly ShownText[]): ShownText[] {
  const best = new Map<number, string>();
  for (const { type, alternative, text } of texts) {
    if (alternative === null || best.get(alternative) === plain) continue;
    const isForm = type === html || type === plain && text.trim() !== "";
    if (isForm) best.set(alternative, type);
  }
  return texts.filter(({ type, alternative }) =>
    alternative === null || type === (best.get(alternative) ?? type)
  );
}

/** Puts texts under one another, each on lines of its own. */
function joinLines(texts: readonly string[]): string {
  const pieces: string[] = [];
  for (const text of texts) {
    const isEnded = pieces.at(-1)?.endsWith("\n") ?? true;
    if (!isEnded) pieces.push("\n");
    if (text !== "") pieces.push(text);
  }
  return pieces.join("");
}

/** Reads a leaf of text, at most `maxBytes` of it. */
export async function readLeafText({ part, content }: Leaf, maxBytes: number): Promise<BodyText> {
  const start = await startOf(content, maxBytes);
  return { text: decodeLeaf(part, start.bytes(), start.isCut), truncated: start.isCut };
}

/** Decodes the bytes of a text by its charset; HTML that has none may name it itself. */
export function decodeLeaf(
  { type, charset }: Pick<PartHeader, "type" | "charset">,
  bytes: Uint8Array,
  isCut: boolean,
): string {
  const label = charset ?? (type === html ? charsetOfHtml(bytes) : null);
  return (isCut ? decodeTextStart : decodeText)(bytes, label).replaceAll("\r\n", "\n");
}

const sniffedBytes = 1024; // HTML 13.2.3.2

function charsetOfHtml(bytes: Uint8Array): string | null {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, sniffedBytes));
  return /<meta\s[^<>]*\bcharset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(start)?.[1] ?? null;
}

async function startOf(content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StartOf> {
  const start = new StartOf(maxBytes);
  for await (const piece of content) {
    start.take(piece);
    if (start.isCut) break;
  }
  return start;
}
