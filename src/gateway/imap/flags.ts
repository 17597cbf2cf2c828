/** Flags and keywords as IMAP spells them: RFC 9051 2.3.2. */
import { type Flag, foldKeyword, isKeyword } from "../../model/filing.ts";
import { limits } from "../../model/limits.ts";
import type { MailChange, MailFacts, MailMessage } from "../folders/mail_folders.ts";
import type { CommandText } from "./command_text.ts";
import type { SequencedMessage } from "./items/sequenced_message.ts";
import { Bad, No } from "./refusal.ts";

/** What a flag of IMAP says of a message. */
type Meaning = Flag | "seen";

/** In the order in which they are told. */
const spelled: readonly (readonly [name: string, meaning: Meaning])[] = [
  ["\\Answered", "answered"],
  ["\\Flagged", "flagged"],
  ["\\Deleted", "deleted"],
  ["\\Seen", "seen"],
  ["\\Draft", "draft"],
  ["$Forwarded", "forwarded"],
];

/** The names of all flags that every folder has. */
export const flagNames: readonly string[] = spelled.map(([name]) => name);

const meanings: ReadonlyMap<string, Meaning> = new Map(
  spelled.map(([name, meaning]) => [name.toLowerCase(), meaning]),
);

/** Keywords that begin so are the bridge's own: they tell the outcome, and no client changes them. */
const ownKeyword = /^\$mailctl/i;

/** The keywords that the bridge makes of an outcome. */
export const outcomeKeywords = [
  "$MailctlVerified",
  "$MailctlSigned",
  "$MailctlUnknown",
  "$MailctlUnsigned",
  "$MailctlNotice",
] as const;

/** The keywords of a folder, each once, as it is written first. */
export class KnownKeywords {
  readonly #names = new Map<string, string>();

  get names(): readonly string[] {
    return [...this.#names.values()];
  }

  /** Takes in those of messages; tells whether any was new. */
  add(messages: readonly MailMessage[]): boolean {
    const before = this.#names.size;
    for (const { keywords } of messages) {
      if (keywords.length === 0) continue; // most have none
      for (const keyword of keywords) this.#names.getOrInsert(foldKeyword(keyword), keyword);
    }
    for (const name of flagNames) this.#names.delete(foldKeyword(name));
    return this.#names.size > before;
  }
}

/** What a client says of the flags of a message. */
export interface WrittenFlags {
  readonly isSeen: boolean;
  readonly flags: readonly Flag[];
  /** Each once, whatever its case. */
  readonly keywords: readonly string[];
  /** False where a keyword of the bridge's own was among them, which was passed over. */
  readonly isWhole: boolean;
}

/** The flags that a message has. */
type Flagged = Pick<MailMessage, "isSeen" | "flags" | "keywords">;

/** Finds what a flag of this name says; null: it is a keyword, or unknown. Case does not count. */
export function meaningOf(name: string): Flag | "seen" | null {
  return meanings.get(name.toLowerCase()) ?? null;
}

/** Names the flags of a message, in brackets. `facts` null: without the keyword of the outcome. */
export function flagText(
  { message, isRecent = false }: Pick<SequencedMessage, "message" | "isRecent">,
  facts: MailFacts | null,
): string {
  const flags = spelled.filter(([, meaning]) => hasFlag(message, meaning)).map(([name]) => name);
  const outcome = facts?.outcomeKeyword == null ? [] : [facts.outcomeKeyword];
  const recent = isRecent ? ["\\Recent"] : [];
  return `(${[...recent, ...flags, ...message.keywords, ...outcome].join(" ")})`;
}

export function hasFlag(message: MailMessage, meaning: Flag | "seen"): boolean {
  return meaning === "seen" ? message.isSeen : message.flags.includes(meaning);
}

/**
 * Reads a flag in brackets or without, as STORE and APPEND have it. Passes over the bridge's own keywords, and `\Recent`.
 * @throws {No} LIMIT, CANNOT for what no message may have. @throws {Bad}
 */
export function readFlags(text: CommandText): WrittenFlags {
  const names = text.sees("(")
    ? text.list(() => readName(text), { mayBeEmpty: true })
    : [readName(text)];
  while (!text.isAtEnd && text.skip(" ")) names.push(readName(text)); // STORE, without brackets
  return flagsOf(names);
}

/** As `readFlags`, of a list in brackets, behind which something else may stand. */
export function readFlagList(text: CommandText): WrittenFlags {
  return flagsOf(text.list(() => readName(text), { mayBeEmpty: true }));
}

/** What STORE changes: `+` adds, `-` removes, an empty sign replaces. */
export function changeOf(
  sign: "+" | "-" | "",
  { isSeen, flags, keywords }: WrittenFlags,
): MailChange {
  const seen = isSeen ? { seen: sign !== "-" } : {};
  if (sign === "+") return { ...seen, addFlags: flags, addKeywords: keywords };
  if (sign === "-") return { ...seen, removeFlags: flags, removeKeywords: keywords };
  return { seen: isSeen, setFlags: flags, setKeywords: keywords };
}

/** Tells whether a message has what a change makes of how it was, and nothing else. */
export function isChangedTo(now: Flagged, before: Flagged, change: MailChange): boolean {
  const { setFlags, setKeywords, addFlags, addKeywords, removeFlags, removeKeywords } = change;
  return now.isSeen === (change.seen ?? before.isSeen) &&
    isSum(now.flags, setFlags ?? before.flags, addFlags, removeFlags) &&
    isSum(now.keywords, setKeywords ?? before.keywords, addKeywords, removeKeywords);
}

function isSum(
  now: readonly string[],
  before: readonly string[],
  added: readonly string[] = [],
  removed: readonly string[] = [],
): boolean {
  const fold = (names: readonly string[]) => new Set(names.map(foldKeyword));
  const sum = fold([...before, ...added]).difference(fold(removed));
  return sum.symmetricDifference(fold(now)).size === 0;
}

function readName(text: CommandText): string {
  return text.skip("\\") ? `\\${text.atom()}` : text.atom();
}

function flagsOf(names: readonly string[]): WrittenFlags {
  const flags = new Set<Flag>();
  const keywords = new Map<string, string>();
  let [isSeen, isWhole] = [false, true];
  for (const name of names) {
    const meaning = meaningOf(name);
    if (meaning === "seen") isSeen = true;
    else if (meaning !== null) flags.add(meaning);
    else if (name.startsWith("\\")) requireRecent(name);
    else if (ownKeyword.test(name)) isWhole = false;
    else addKeyword(keywords, name);
  }
  return { isSeen, flags: [...flags], keywords: [...keywords.values()], isWhole };
}

/** RFC 9051 9: a client cannot set `\Recent`, and clients that copy the flags of a message say it nevertheless. */
function requireRecent(name: string): void {
  if (name.toLowerCase() !== "\\recent") throw new Bad(`There is no flag ${name}`);
}

function addKeyword(keywords: Map<string, string>, name: string): void {
  if (!isKeyword(name)) throw new No("The keyword is too long", "LIMIT");
  if (!keywords.has(foldKeyword(name))) keywords.set(foldKeyword(name), name);
  if (keywords.size > limits.maxKeywords) throw new No("There are too many keywords", "LIMIT");
}
