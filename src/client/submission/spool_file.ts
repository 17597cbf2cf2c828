/** One file of the queue: a line that says what it is, then the message as it came. */
import { isThere } from "../../files/folder.ts";
import { writeAll } from "../../files/write_all.ts";
import { reasonOf } from "../../files/file_failure.ts";
import { type Hint, MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { bestEffort } from "../../model/promises.ts";

/** What is known of a message when it comes. Written before it, on a line of its own. */
export interface SpoolNote {
  /** `host:port`, with `#fingerprint` where that was given; null: that of whoever sends it again. */
  readonly server: string | null;
  /** The account that sends it; null as above. */
  readonly user: string | null;
  readonly recipients: readonly string[];
  /** The sender's name, where the message has none. */
  readonly name: string | null;
  /** Milliseconds since 1970. */
  readonly queuedAt: number;
  /** Bytes of its header; then comes the body. */
  readonly headerBytes: number;
}

/** Of the line, which holds a hundred recipients of the longest addresses. */
const maxNoteBytes = 256 * 1024;
const chunkBytes = 64 * 1024;

/** Makes a file that nobody else can read, and locks it: it is no killed program's. @throws {MailError} `cannot_create` */
export async function createSpoolFile(path: string): Promise<Deno.FsFile> {
  const options = { read: true, write: true, createNew: true, mode: 0o600 };
  for (;;) {
    const file = await Deno.open(path, options).catch(cannotWrite);
    try {
      await file.lock(true);
      if (await isThere(path)) return file;
    } catch (error) {
      file.close();
      throw error;
    }
    file.close(); // in the moment before the lock, somebody took it for a killed program's
  }
}

/** Opens a file of the queue; null where it is gone. @throws {MailError} `io` */
export async function openOrNull(path: string): Promise<Deno.FsFile | null> {
  try {
    return await Deno.open(path, { read: true, write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new MailError("io", `Cannot open ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Removes a file, unless somebody still writes it: whoever does holds its lock. */
export async function removeUnlocked(path: string): Promise<void> {
  const file = await openOrNull(path);
  if (file === null) return;
  if (await file.tryLock(true)) await bestEffort(Deno.remove(path)); // the next run finds it
  file.close();
}

/** Reads what stands before the body. @throws {MailError} `io` for a file that is not as it was written */
export async function readNote(
  id: string,
  file: Deno.FsFile,
): Promise<{ note: SpoolNote; header: Uint8Array; bodyAt: number; size: number }> {
  await file.seek(0, Deno.SeekMode.Start);
  const start = await readFully(file, maxNoteBytes + limits.maxHeaderBytes);
  const headerAt = start.indexOf(10) + 1;
  const note = parseNote(start.subarray(0, headerAt));
  const bodyAt = headerAt + (note?.headerBytes ?? 0);
  if (note === null || bodyAt > start.length) throw damaged(id);
  const header = start.slice(headerAt, bodyAt);
  return { note, header, bodyAt, size: (await file.stat()).size - headerAt };
}

function parseNote(line: Uint8Array): SpoolNote | null {
  try {
    const note = JSON.parse(new TextDecoder().decode(line)) as SpoolNote;
    const { server, user, recipients, queuedAt, headerBytes } = note;
    const isWhole = [server ?? "", user ?? "", ...recipients].every(isText) &&
      [queuedAt, headerBytes].every((count) => Number.isSafeInteger(count) && count >= 0);
    return isWhole ? note : null;
  } catch {
    return null;
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function damaged(id: string): MailError {
  return new MailError("io", `Cannot read ${id} of the queue: its file is damaged`, {
    hint: hintToRemove(id),
  });
}

/** What can be done about a message that trying again does not send. */
export function hintToRemove(id: string): Hint {
  return `Run \`mailctl queue remove ${id}\` to remove the message.`;
}

/** Reads so many bytes, or what there is. */
async function readFully(file: Deno.FsFile, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  let length = 0;
  while (length < count) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

/** Reads from a place to the end. */
export async function* readFrom(file: Deno.FsFile, at: number): AsyncGenerator<Uint8Array> {
  await file.seek(at, Deno.SeekMode.Start);
  for (;;) {
    const buffer = new Uint8Array(chunkBytes);
    const count = await file.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

/** Writes all of it, wherever the file stands. @throws {MailError} `cannot_create` */
export function writePart(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  return writeAll(file, bytes).catch(cannotWrite);
}

/** Says so of the queue. @throws {MailError} `cannot_create` */
export function cannotWrite(cause: unknown): never {
  throw new MailError(
    "cannot_create",
    `Cannot write the message to the queue: ${reasonOf(cause)}`,
    {
      cause,
      hint: "Check the folder spool beside the saved logins.",
    },
  );
}
