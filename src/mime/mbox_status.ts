/**
 * Flags and keywords of a message in an mbox file: the fields Status, X-Status and X-Keywords, as Dovecot and UW IMAP write
 * them. What mailctl writes is three lines at the very beginning, which it takes away again. Others' stay where they are.
 */
import { type Bytes, utf8 } from "../model/bytes.ts";
import {
  type Filing,
  type Flag,
  joinFlags,
  readKeywords,
  writtenKeywords,
} from "../model/filing.ts";
import { limits } from "../model/limits.ts";
import { peekStart, startWith } from "./block.ts";
import { byteString } from "./byte_string.ts";
import { type Header, parseHeader } from "./header/header.ts";

/** What a mail program noted in a message. */
export interface MboxStatus extends Pick<Filing, "flags" | "keywords"> {
  readonly isRead: boolean;
  /** Deleted, and not yet taken out of the file; or no mail, but what UW IMAP and Pine keep of the file in its first one. */
  readonly isLeftOut: boolean;
}

/** Letters of X-Status; D is for what is deleted. */
const letters: readonly (readonly [letter: string, flag: Flag])[] = [
  ["A", "answered"],
  ["F", "flagged"],
  ["T", "draft"],
];

/** Of X-Mozilla-Status, a number in hexadecimal (nsMsgMessageFlags.h). */
const mozillaFlags: readonly (readonly [bit: number, flag: Flag])[] = [
  [0x0002, "answered"],
  [0x0004, "flagged"],
  [0x1000, "forwarded"],
];
const [mozillaRead, mozillaDeleted] = [0x0001, 0x0008];

/** Writes the three lines, for the beginning of a message. */
export function formatMboxStatus(
  { isRead, flags, keywords }: Omit<MboxStatus, "isLeftOut">,
): Bytes {
  const found = letters.filter(([, flag]) => flags.includes(flag)).map(([letter]) => letter);
  return utf8(
    `Status: ${isRead ? "RO" : "O"}\r\nX-Status: ${found.join("")}\r\n` +
      `X-Keywords: ${writtenKeywords({ flags, keywords }).join(" ")}\r\n`,
  );
}

/** The lines of `formatMboxStatus`; Dovecot fills a value up with blanks where it changes one. */
const ours = /^Status: ?([RO]*) *\r\nX-Status: ?([ADFT]*) *\r\nX-Keywords:((?: [^ \r\n]+)*) *\r\n/;
/** The most that Dovecot and we make of these lines. */
const mostBytes = (limits.maxKeywords + 1) * (limits.maxKeywordBytes + 1) + 1_000;

/** Takes the lines of `formatMboxStatus` away from the beginning of a message; null: they are not there. */
export async function takeMboxStatus(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly status: MboxStatus | null; readonly content: AsyncIterable<Uint8Array> }> {
  const { start, all } = await peekStart(source, mostBytes);
  const [lines, status = "", xStatus = "", keywords = ""] =
    ours.exec(byteString(start.subarray(0, mostBytes))) ?? [];
  if (lines === undefined) return { status: null, content: all };
  await all.next(); // the start, which is cut
  const content = startWith(start.subarray(lines.length), all);
  return { status: statusIn({ status, xStatus, keywords: [keywords] }), content };
}

/** Finds what a mail program noted in the header of a message: at its end, if a sender wrote the same further up. */
export function findMboxStatus(bytes: Uint8Array): MboxStatus {
  const header = parseHeader(bytes.subarray(0, limits.maxHeaderBytes));
  return statusIn({
    status: lastOf(header, "status"),
    xStatus: lastOf(header, "x-status"),
    mozilla: Number.parseInt(lastOf(header, "x-mozilla-status"), 16) || 0,
    keywords: [lastOf(header, "x-keywords"), lastOf(header, "x-mozilla-keys")],
    isInternal: header.get("x-imap") !== null && header.get("subject") === internalSubject,
  });
}

const internalSubject = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";

function lastOf(header: Header, name: string): string {
  return header.getAllStructured(name).at(-1) ?? "";
}

interface Fields {
  readonly status: string;
  readonly xStatus: string;
  readonly mozilla?: number;
  readonly keywords: readonly string[];
  readonly isInternal?: boolean;
}

function statusIn(
  { status, xStatus, mozilla = 0, keywords, isInternal = false }: Fields,
): MboxStatus {
  const byLetter = letters.filter(([letter]) => xStatus.includes(letter)).map(([, flag]) => flag);
  const byBit = mozillaFlags.filter(([bit]) => mozilla & bit).map(([, flag]) => flag);
  const read = readKeywords(keywords.flatMap((text) => text.split(" ")));
  return {
    isRead: status.includes("R") || (mozilla & mozillaRead) !== 0,
    isLeftOut: isInternal || xStatus.includes("D") || (mozilla & mozillaDeleted) !== 0,
    flags: joinFlags(byLetter, byBit, read.flags),
    keywords: read.keywords,
  };
}
