/**
 * The one place where a mail program shows that nobody answers for an author: in front of the subject. A name in From
 * would not do, since programs show the name of their own address book there.
 */
import { byteString } from "../../mime/byte_string.ts";
import { concatBytes, utf8 } from "../../model/bytes.ts";
import type { Outcome } from "../../model/message.ts";
import { eraseField, type HeaderLine, linesOf } from "./header.ts";

/**
 * The mark that mail of this outcome bears; null: the account in From signed it, the server
 * wrote it, or its owner brought it in.
 */
export function markOf(outcome: Outcome): string | null {
  return markedOutcomes.has(outcome) ? `[${outcome}]` : null;
}

const markedOutcomes: ReadonlySet<Outcome> = new Set(["unsigned", "invalid"]);

/**
 * Puts a mark before the subject, or makes a subject of it. Of several Subject fields programs show one or another: so
 * all but the first that every program reads as such are written over. Adds at most 13 bytes to the mark.
 */
export function markSubject(header: Uint8Array, mark: string): Uint8Array {
  const lines = linesOf(header);
  const text = byteString(header);
  const kept = lines.find((line) => line.name === "subject" && isPlain(text, line));
  const alone = header.slice();
  for (const line of lines) {
    if (line.name === "subject" && line !== kept) eraseField(alone, lines, line);
  }
  if (kept === undefined) return concatBytes([utf8(`Subject: ${mark}\r\n`), alone]);
  const at = kept.from + "subject:".length;
  const blank = at < kept.to && !/[ \t]/.test(text[at]!) ? " " : "";
  return concatBytes([alone.subarray(0, at), utf8(` ${mark}${blank}`), alone.subarray(at)]);
}

/** True for a line that begins a Subject field for strict readers and lenient ones alike. */
function isPlain(text: string, { from }: HeaderLine): boolean {
  const isAtStart = from === 0 || text.slice(from - 2, from) === "\r\n";
  return isAtStart && /^subject:/i.test(text.slice(from, from + "subject:".length));
}
