/** Secrets that come in files or on standard input: bounded, and never from a file that others may read. */
import { reasonOf } from "../../files/file_failure.ts";
import { MailError } from "../../model/errors.ts";
import { isCredential } from "../settings/credential.ts";
import { host } from "../host.ts";

const others = 0o077;
/** systemd lets the unit's user read by an access control list, whose mask stat(2) shows as the group's bits. */
const othersOfCredential = 0o037;

/**
 * Reads a text of at most `maxBytes` from a file, or from standard input for `-`.
 * @throws {MailError} `no_input`, `configuration` for a mode that lets others in, `too_large`, `malformed`
 */
export async function readSecretFile(
  path: string,
  { what, maxBytes }: { readonly what: string; readonly maxBytes: number },
): Promise<string> {
  if (path === "-") return await readBounded(host.stdin, what, maxBytes);
  const file = await Deno.open(path).catch((cause) => {
    throw new MailError("no_input", `Cannot read ${what}: ${reasonOf(cause)}`, { cause });
  });
  try {
    requireClosed(await file.stat(), path);
    return await readBounded(file, what, maxBytes);
  } finally {
    file.close();
  }
}

/**
 * Refuses a file of secrets that others may read; `what` names it in the message.
 * @throws {MailError} `configuration`
 */
export function requireClosed(
  { isFile, mode, uid }: Deno.FileInfo,
  path: string,
  what: string = path,
): void {
  if (!isFile || mode === null) return; // a pipe has no mode to protect it
  if ((mode & (uid === 0 && isCredential(path) ? othersOfCredential : others)) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  throw new MailError(
    "configuration",
    `Cannot use ${what}: other users can access it (mode ${octal})`,
    {
      hint: `Run \`chmod 600 ${path}\`.`,
    },
  );
}

async function readBounded(
  source: { read(buffer: Uint8Array): Promise<number | null> },
  what: string,
  maxBytes: number,
): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const piece = new Uint8Array(Math.min(64 * 1024, maxBytes + 1));
    const count = await read(source, piece, what);
    if (count === null) break;
    pieces.push(piece.subarray(0, count));
    length += count;
    if (length > maxBytes) {
      throw new MailError("too_large", `Cannot read ${what}: it has more than ${maxBytes} bytes`);
    }
  }
  return decode(pieces, what);
}

async function read(
  source: { read(buffer: Uint8Array): Promise<number | null> },
  piece: Uint8Array,
  what: string,
): Promise<number | null> {
  try {
    return await source.read(piece);
  } catch (cause) {
    throw new MailError("no_input", `Cannot read ${what}`, { cause });
  }
}

function decode(pieces: readonly Uint8Array[], what: string): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    const text = pieces.map((piece) => decoder.decode(piece, { stream: true })).join("");
    return text + decoder.decode();
  } catch (cause) {
    throw new MailError("malformed", `Cannot use ${what}: it is not UTF-8`, { cause });
  }
}
