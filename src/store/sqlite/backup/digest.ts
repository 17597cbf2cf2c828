/**
 * The last line of a backup: the SHA-256 of every byte before it. SQLite reads as many pages as its header counts, and
 * does not look at what follows them.
 */
import { createHash } from "node:crypto";
import { reasonOf } from "../../../files/file_failure.ts";
import { writeAll } from "../../../files/write_all.ts";
import { utf8 } from "../../../model/bytes.ts";
import { cannotWrite } from "./writing.ts";

const label = "mailctl backup, sha256 ";
const lineBytes = label.length + 64 + 1;
const pieceBytes = 1024 * 1024;

/** Ends a file, which is to be called `name`, by the line. Nothing may write it afterwards. @throws {MailError} `cannot_create` */
export async function appendDigest(path: string, name: string): Promise<void> {
  const file = await Deno.open(path, { read: true, append: true });
  try {
    const { size } = await file.stat();
    await writeAll(file, utf8(lineOf(await digest(file, size))));
  } catch (cause) {
    throw cannotWrite(name, reasonOf(cause), cause);
  } finally {
    file.close();
  }
}

/** Compares the line of a file with all the rest of it. `none`: it does not end by such a line. */
export async function checkDigest(path: string): Promise<"same" | "other" | "none"> {
  const file = await Deno.open(path);
  try {
    const { size } = await file.stat();
    if (size < lineBytes) return "none";
    const computed = lineOf(await digest(file, size - lineBytes));
    const line = new Uint8Array(lineBytes);
    await file.read(line);
    const found = new TextDecoder().decode(line);
    if (found === computed) return "same";
    return found.startsWith(label) ? "other" : "none";
  } finally {
    file.close();
  }
}

function lineOf(digest: string): string {
  return `${label}${digest}\n`;
}

/** Reads so many bytes from where the file stands. */
async function digest(file: Deno.FsFile, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(pieceBytes);
  for (let left = bytes; left > 0;) {
    const read = await file.read(piece.subarray(0, left));
    if (read === null) break;
    hash.update(piece.subarray(0, read));
    left -= read;
  }
  return hash.digest("hex");
}
