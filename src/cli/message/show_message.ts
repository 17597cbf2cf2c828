/** The ways in which `read` shows messages. Each tells `done` once a message is wholly out. */
import { useAttachment } from "../../client/reading/attachment.ts";
import { burnsWhenRead, mayNot } from "../../client/reading/burn.ts";
import { encodedSource } from "../../client/reading/encoded_source.ts";
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import { readWholly } from "../../client/reading/whole_source.ts";
import { readBody } from "../../mime/text.ts";
import { freeBytes, rechunk } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import type { FolderList } from "../../model/filing.ts";
import { limits } from "../../model/limits.ts";
import { outcomeWords } from "../../model/outcome.ts";
import { visible, visibleLine, visibleText } from "../../model/visible_text.ts";
import { despiteReader, write, writeData, writeLine } from "../terminal/output.ts";
import type { Write } from "../terminal/pager.ts";
import { isPersonReading } from "../terminal/terminal.ts";
import { writeMessageJson } from "./message_json.ts";
import { showHead, showMessage } from "./message_view.ts";
import { writeNewFile } from "./new_file.ts";
import { saveAttachments } from "./save_attachments.ts";

/** What of a message is wanted, and where it goes. */
export interface Reading {
  readonly json: boolean;
  readonly raw: boolean;
  readonly body: boolean;
  readonly attachment: string | undefined;
  readonly output: string | undefined;
  readonly force: boolean;
  readonly save: string | undefined;
  readonly anyway: boolean;
}

type Done = (message: OpenedMessage) => void;

/**
 * Shows messages, one after the other, in the way that was asked for; `page` is where a person reads.
 * @throws {MailError} `bad_signature` at the first that does not verify, unless `anyway`
 */
export async function showWith(
  reading: Reading,
  messages: AsyncIterable<OpenedMessage>,
  { count, page, done, folders }: {
    count: number;
    page: Write;
    done: Done;
    /** Those of the account; absent: no message is in another than its box's own. */
    folders?: FolderList | undefined;
  },
): Promise<void> {
  if (reading.json) return await showJson(reading, messages, { count, done, folders });
  const isForPerson = !reading.raw && !reading.body && reading.attachment === undefined &&
    reading.save === undefined;
  if (isForPerson) return await showToPerson(reading, messages, { count, page, done });
  for await (const message of messages) {
    checkOutcome(message, reading);
    await readWholly(message, (whole) => extract(reading, whole));
    done(message);
  }
}

async function showToPerson(
  reading: Reading,
  messages: AsyncIterable<OpenedMessage>,
  { count, page, done }: { count: number; page: Write; done: Done },
): Promise<void> {
  const margin = count > 1 ? "| " : ""; // or a body could go on like the head of the next message
  let separator = visible``;
  for await (const message of messages) {
    await page(separator);
    if (message.outcome === "invalid" && !reading.anyway) await showHead(message, page);
    checkOutcome(message, reading);
    let isAll = true;
    await readWholly(message, async (whole) => {
      isAll = await showMessage(whole, page, margin);
    });
    if (!isAll && burnsWhenRead(message)) throw onlyPart(message);
    done(message);
    separator = visible`\n`;
  }
}

async function showJson(
  reading: Reading,
  messages: AsyncIterable<OpenedMessage>,
  { count, done, folders }: { count: number; done: Done; folders: FolderList | undefined },
): Promise<void> {
  let [before, end] = [count > 1 ? "[" : "", ""];
  try {
    for await (const message of messages) {
      checkOutcome(message, reading);
      await readWholly(message, (whole) => writeMessageJson(whole, folders, before));
      [before, end] = [",\n", count > 1 ? "]\n" : "\n"];
      done(message);
    }
  } finally {
    await writeData(end); // what was written before a failure is whole
  }
}

async function extract(reading: Reading, message: OpenedMessage): Promise<void> {
  const { raw, body, attachment, save } = reading;
  const use = (content: AsyncIterable<Uint8Array>) => writeContent(reading, content);
  if (save !== undefined) return await printPaths(await saveAttachments(message, save));
  if (attachment !== undefined) return await useAttachment(message, attachment, use);
  if (raw) return await use(encodedSource(message));
  if (body) return await use(readBody(message.source()));
}

/** Writes content to a file, or to standard output: on a terminal only text, made harmless. @throws {MailError} */
export async function writeContent(
  { output, force }: Pick<Reading, "output" | "force">,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (output !== undefined && output !== "-") {
    await writeNewFile(output, content, force);
  } else if (isPersonReading()) {
    await showContent(content);
  } else {
    for await (const piece of rechunk(content, limits.chunkBytes)) {
      await writeData(piece);
      freeBytes(piece);
    }
  }
}

/** Shows bytes on a terminal: text made harmless, and nothing that is no text. */
async function showContent(content: AsyncIterable<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const piece of content) await write(visibleText(decodeText(decoder, piece)));
}

function decodeText(decoder: TextDecoder, piece: Uint8Array): string {
  try {
    return decoder.decode(piece, { stream: true });
  } catch {
    throw new MailError("usage", "Cannot show the data on a terminal: it is not text", {
      hint: "Use -o FILE, or a pipe.",
    });
  }
}

async function printPaths(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const isShown = isPersonReading();
    await (isShown ? writeLine(visibleLine(path)) : despiteReader(writeData(`${path}\n`)));
  }
}

/**
 * Refuses ways to read what burns that would not erase it, or erase what was not shown.
 * @throws {MailError} `denied`
 */
export function checkBurning(
  message: OpenedMessage,
  { peek, save, raw }: Pick<Reading, "save" | "raw"> & { readonly peek: boolean },
): void {
  if (!burnsWhenRead(message)) return;
  if (peek) throw mayNot(message.id, "peek at");
  const isWhole = raw || save !== undefined || message.headers.attachments.length === 0;
  if (!isWhole) throw onlyPart(message);
}

function onlyPart({ id, headers }: OpenedMessage): MailError {
  return new MailError(
    "denied",
    `Cannot show only a part of message ${id}: it burns when it is read`,
    {
      hint: headers.attachments.length === 0
        ? "Use --body, which writes all of it."
        : "Use --save DIR for its text and attachments, or --raw for its MIME source.",
    },
  );
}

function checkOutcome(message: OpenedMessage, { anyway }: Reading): void {
  if (message.outcome !== "invalid" || anyway) return;
  throw new MailError(
    "bad_signature",
    `Cannot trust message ${message.id}: ${outcomeWords.invalid}`,
    {
      hint: "Use --anyway to show it.",
    },
  );
}
