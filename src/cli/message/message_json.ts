/** Whole messages as JSON: data as it is. A body is streamed, and never collected beyond `inlineBytes`. */
import { encodedSource } from "../../client/reading/encoded_source.ts";
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import { BodyReader } from "../../mime/text.ts";
import { concatBytes, utf8 } from "../../model/bytes.ts";
import type { FolderList } from "../../model/filing.ts";
import { formatJson, writeData } from "../terminal/output.ts";
import { listedJson } from "./listed_json.ts";

const inlineBytes = 1024 * 1024;

/**
 * Writes a message with its body: `body` is text where it is UTF-8 of at most 1 MiB, else null, and
 * `bodyBase64` is the bytes then. `text` is what a person is shown, decoded. Nothing is written, nor `before`, if up to
 * 1 MiB of body cannot be read.
 */
export async function writeMessageJson(
  message: OpenedMessage,
  folders: FolderList | undefined,
  before: string,
): Promise<void> {
  const start = before + formatJson(listedJson(message, folders)).slice(0, -1);
  const reader = new BodyReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  const base64 = new Base64Pieces();
  for await (const piece of reader.read(message.source())) {
    if (length > inlineBytes) {
      await writeData(base64.add(piece));
      continue;
    }
    pieces.push(piece.slice());
    length += piece.length;
    if (length > inlineBytes) {
      await writeData(`${start},"body":null,"bodyBase64":"${addAll(base64, pieces)}`);
    }
  }
  const isLong = length > inlineBytes;
  await writeData(isLong ? `${base64.end()}"` : start + inlineBody(concatBytes(pieces)));
  await writeData(`${await textFields(reader)}}`);
}

async function textFields(reader: BodyReader): Promise<string> {
  const text = await reader.text();
  const { type = null, charset = null } = reader.part ?? {};
  return formatJson({ text: text?.text ?? null, type, charset }).replace(/^\{/, ",").slice(0, -1);
}

/** Makes a line of JSON of a message with its whole MIME source, in base64: nothing of it if up to 1 MiB cannot be read. */
export async function* messageSourceJson(
  message: OpenedMessage,
  folders?: FolderList,
): AsyncGenerator<Uint8Array> {
  let held = `${formatJson(listedJson(message, folders)).slice(0, -1)},"source":"`;
  const base64 = new Base64Pieces();
  for await (const piece of encodedSource(message)) {
    held += base64.add(piece);
    if (held.length <= 2 * inlineBytes) continue; // base64, and what stands before it
    yield utf8(held);
    held = "";
  }
  yield utf8(`${held}${base64.end()}"}\n`);
}

function inlineBody(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return `,"body":${formatJson(text)},"bodyBase64":null`;
  } catch {
    return `,"body":null,"bodyBase64":"${bytes.toBase64()}"`;
  }
}

/** Base64 of a stream: what does not fill a group of three bytes waits for the next piece. */
class Base64Pieces {
  #rest: Uint8Array = new Uint8Array();

  add(piece: Uint8Array): string {
    const bytes = concatBytes([this.#rest, piece]);
    const whole = bytes.length - bytes.length % 3;
    this.#rest = bytes.subarray(whole);
    return bytes.subarray(0, whole).toBase64();
  }

  end(): string {
    return this.#rest.toBase64();
  }
}

function addAll(base64: Base64Pieces, pieces: readonly Uint8Array[]): string {
  return pieces.map((piece) => base64.add(piece)).join("");
}
