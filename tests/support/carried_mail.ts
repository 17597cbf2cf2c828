/** Mail that is hard to carry, and mail programs that carry it. */
import assert from "node:assert/strict";
import { bytesOfString, byteString } from "../../src/mime/byte_string.ts";
import { areInstalled } from "./installed.ts";

const mebi = 1024 * 1024;

/** Bodies, a character a byte. */
export const bodies: Readonly<Record<string, string>> = {
  plain: "hello\r\n",
  empty: "",
  dots: ".\r\n..\r\n.hidden\r\nx.\r\n",
  bytes: "\xe4\xf6\xfc \xff\xfe\r\n",
  long: `${"y".repeat(5000)}\r\n`,
  from: "From here on\r\n>From there\r\n",
  blank: "\r\n\r\n\r\nthe end\r\n\r\n",
  medium: lines(1.25 * mebi),
  large: lines(6 * mebi),
};

function lines(bytes: number): string {
  return Array.from({ length: bytes / 64 }, (_, at) => `${at}\r\n`.padStart(64, "z")).join("");
}

/** Makes `take`, which puts its stdin in a file of its own; `ends` is the last that it does. */
export const take = (name: string, ends = "exit") =>
  `printf '#!/bin/sh\\ncat > ${name}.$$\\n%s\\n' '${ends}' > take; chmod +x take\n`;

/** The programs that are there; in CI all of them have to be. */
export function installed<T extends { readonly needs: string }>(
  programs: Readonly<Record<string, T>>,
): [string, T][] {
  return Object.entries(programs).filter(([, { needs }]) => areInstalled(needs));
}

/** Bodies as they come, by how the lines of what came end. */
const expected = {
  crlf: Object.fromEntries(
    Object.entries(bodies).map(([what, body]) => [what, bytesOfString(body)]),
  ),
  lf: Object.fromEntries(
    Object.entries(bodies).map((
      [what, body],
    ) => [what, bytesOfString(body.replaceAll("\r\n", "\n"))]),
  ),
};

/**
 * Compares a message with what was sent under its subject, which is returned. Programs that end lines with LF may leave
 * out blank lines at the end, or add one.
 */
export function checkMessage(message: Uint8Array, isSigned = true): string {
  const start = byteString(message.subarray(0, 8192));
  const [header = ""] = /^.*?\r?\n\r?\n/s.exec(start) ?? [];
  const isCrlf = /^[^\n]*\r\n/.test(header);
  const subject = /^Subject: (.*?)\r?$/m.exec(header)?.[1] ?? "";
  if (isSigned) assert.match(header, /^Mailctl-Sender: alice@mail\.test\r?$/m, subject);
  const body = expected[isCrlf ? "crlf" : "lf"][subject.split(" ").at(-1)!]!;
  const got = message.subarray(header.length);
  const isSame = Buffer.compare(isCrlf ? got : trimmed(got), isCrlf ? body : trimmed(body)) === 0;
  assert.ok(isSame, `${subject}: ${got.length} bytes for ${body.length}`);
  return subject;
}

/** Without the blank lines at its end. */
function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 10) end--;
  return bytes.subarray(0, end);
}
