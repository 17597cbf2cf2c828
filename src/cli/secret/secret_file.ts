/** Secrets that come in files or on standard input: bounded, and never from a file that others may read. */
import { reasonOf } from "../../files/file_failure.ts";
import { requirePrivate } from "../../files/private.ts";
import { MailError } from "../../model/errors.ts";
import { isCredential } from "../settings/credential.ts";

const others = 0o077;
/** systemd lets the unit's user read by an access control list, whose mask stat(2) shows as the group's bits. */
const othersOfCredential = 0o037;

/** How a secret is read, and called in messages. */
export interface SecretSource {
  /** "the invite file" */
  readonly what: string;
  /** The most that is taken; of a first line, without what ends it. */
  readonly maxBytes: number;
  /** Says that there is more. */
  readonly tooLarge?: (() => MailError) | undefined;
  /** True for a password: stores print it first, and notes below it. */
  readonly firstLine?: boolean | undefined;
}

/**
 * Reads a secret from a file.
 * @throws {MailError} `no_input`, `configuration` for a mode that lets others in, `too_large`, `malformed`
 */
export async function readSecretFile(path: string, source: SecretSource): Promise<string> {
  const what = `${source.what} ${path}`;
  const file = await Deno.open(path).catch((cause) => {
    throw new MailError("no_input", `Cannot read ${what}: ${reasonOf(cause)}`, { cause });
  });
  try {
    await requireClosed(await file.stat(), path, what);
    return await readSecretFrom(file, { ...source, what });
  } finally {
    file.close();
  }
}

/** Reads a secret from what is open. @throws {MailError} `no_input`, `too_large`, `malformed` */
export async function readSecretFrom(source: Reader, how: SecretSource): Promise<string> {
  const { maxBytes, firstLine = false, tooLarge = () => moreThan(how) } = how;
  const most = maxBytes + 3; // a line break, and one byte too many
  let buffer = new Uint8Array(Math.min(most, 64 * 1024));
  let length = 0;
  let line = -1;
  while (line < 0) {
    const count = await read(source, buffer.subarray(length), how.what);
    if (count === 0) break;
    length += count;
    if (firstLine) line = buffer.subarray(0, length).indexOf(newline);
    if (line < 0 && length === most) throw tooLarge();
    if (line < 0 && length === buffer.length) buffer = larger(buffer, most);
    if (line >= 0) length = line;
  }
  if (firstLine && buffer[length - 1] === carriageReturn) length--;
  if (length > maxBytes) throw tooLarge();
  if (firstLine && length === 0) {
    const reason = line < 0 ? "it is empty" : "its first line is empty";
    throw new MailError("malformed", `Cannot use ${how.what}: ${reason}`);
  }
  return decode(buffer.subarray(0, length), how.what);
}

function larger(buffer: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(Math.min(most, 2 * buffer.length));
  grown.set(buffer);
  return grown;
}

interface Reader {
  read(buffer: Uint8Array): Promise<number | null>;
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Refuses a file of secrets that others may read.
 * @throws {MailError} `configuration`
 */
async function requireClosed(
  found: Deno.FileInfo,
  path: string,
  what: string,
): Promise<void> {
  const { isFile, mode, uid } = found;
  if (!isFile || mode === null) return; // a pipe has no mode to protect it
  if ((mode & (uid === 0 && isCredential(path) ? othersOfCredential : others)) === 0) return;
  if (await isMountedReadOnly(path, mode)) return;
  requirePrivate(path, found, what);
}

/**
 * Docker and Kubernetes mount secrets read-only, for all to read inside the container: there whoever mounts them decides
 * who may. Setting the mode that a file has changes nothing, and tells whether it could be another.
 */
async function isMountedReadOnly(path: string, mode: number): Promise<boolean> {
  try {
    await Deno.chmod(path, mode & 0o7777);
    return false;
  } catch (error) {
    return (error as { readonly code?: string }).code === "EROFS";
  }
}

async function read(source: Reader, buffer: Uint8Array, what: string): Promise<number> {
  try {
    return await source.read(buffer) ?? 0;
  } catch (cause) {
    throw new MailError("no_input", `Cannot read ${what}: ${reasonOf(cause)}`, { cause });
  }
}

/** Decodes what a secret came as. @throws {MailError} `malformed` */
export function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new MailError("malformed", `Cannot use ${what}: it is not UTF-8`, { cause });
  }
}

function moreThan({ what, maxBytes }: SecretSource): MailError {
  return new MailError("too_large", `Cannot read ${what}: it has more than ${maxBytes} bytes`);
}
