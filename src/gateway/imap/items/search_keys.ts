/** The keys of SEARCH that hold no others: one row a key. */
import { foldText } from "../../../client/searching/folded_text.ts";
import { bytesOfString } from "../../../mime/byte_string.ts";
import { type Flag, foldKeyword } from "../../../model/filing.ts";
import type { CommandText } from "../command_text.ts";
import { hasFlag, meaningOf, outcomeKeywords } from "../flags.ts";
import { Bad } from "../refusal.ts";
import { emailId } from "./email_id.ts";
import type { HeaderTexts } from "./header_texts.ts";
import type { SequencedMessage } from "./sequenced_message.ts";
import { dayOf, readDate } from "./search_date.ts";
import { byFacts, byHeader, byTexts, known, not, type SearchKey } from "./search_key.ts";

/** Reads what follows the name of a key. @throws {Bad} */
type KeyReader = (text: CommandText) => SearchKey;

const outcomes = new Set(outcomeKeywords.map(foldKeyword));

export const searchKeys: Readonly<Record<string, KeyReader>> = {
  ALL: () => known(() => true),
  ANSWERED: flag("answered"),
  DELETED: flag("deleted"),
  DRAFT: flag("draft"),
  FLAGGED: flag("flagged"),
  SEEN: flag("seen"),
  UNANSWERED: negated(flag("answered")),
  UNDELETED: negated(flag("deleted")),
  UNDRAFT: negated(flag("draft")),
  UNFLAGGED: negated(flag("flagged")),
  UNSEEN: negated(flag("seen")),
  KEYWORD: keyword,
  UNKEYWORD: negated(keyword),
  NEW: () => known(({ message, isRecent = false }) => isRecent && !message.isSeen),
  OLD: () => known(({ isRecent = false }) => !isRecent),
  RECENT: () => known(({ isRecent = false }) => isRecent),

  LARGER: size((bytes, limit) => bytes > limit),
  SMALLER: size((bytes, limit) => bytes < limit),

  BEFORE: internalDay((day, wanted) => day < wanted),
  ON: internalDay((day, wanted) => day === wanted),
  SINCE: internalDay((day, wanted) => day >= wanted),
  SENTBEFORE: sentDay((day, wanted) => day < wanted),
  SENTON: sentDay((day, wanted) => day === wanted),
  SENTSINCE: sentDay((day, wanted) => day >= wanted),
  OLDER: age((ms, limit) => ms <= limit),
  YOUNGER: age((ms, limit) => ms >= limit),

  FROM: addresses("from"),
  TO: addresses("to"),
  CC: addresses("cc"),
  BCC: addresses("bcc"),
  SUBJECT: field("subject"),
  HEADER: (text) => {
    text.space();
    return field(text.astring())(text);
  },
  BODY: (text) => {
    const wanted = readWanted(text);
    return byTexts(({ body }) => body.includes(wanted), (body) => body.includes(wanted));
  },
  TEXT: (text) => {
    const wanted = readWanted(text);
    return byTexts(
      ({ body, partHeaders }) => body.includes(wanted) || partHeaders.includes(wanted),
      (body) => body.includes(wanted) || null,
      ({ whole }) => whole.includes(wanted),
    );
  },

  MODSEQ: modseq,
  EMAILID: (text) => {
    const wanted = readAtom(text);
    return known(({ message }) => emailId(message.id) === wanted);
  },
  // RFC 8474 5.2: messages here have no THREADID.
  THREADID: (text) => {
    readAtom(text);
    return known(() => false);
  },
};

function negated(reader: KeyReader): KeyReader {
  return (text) => not(reader(text));
}

function flag(meaning: Flag | "seen"): KeyReader {
  return () => known(({ message }) => hasFlag(message, meaning));
}

/** `$Forwarded` is a flag here, and what tells the outcome stands in the facts. */
function keyword(text: CommandText): SearchKey {
  const name = readAtom(text);
  const meaning = meaningOf(name);
  if (meaning !== null) return flag(meaning)(text);
  const wanted = foldKeyword(name);
  if (outcomes.has(wanted)) {
    return byFacts(({ outcomeKeyword }) =>
      outcomeKeyword !== null && foldKeyword(outcomeKeyword) === wanted
    );
  }
  return known(({ message }) => message.keywords.some((each) => foldKeyword(each) === wanted));
}

function size(isMeant: (bytes: number, limit: number) => boolean): KeyReader {
  return (text) => {
    text.space();
    const limit = text.number64();
    return byFacts(({ bytes }) => isMeant(bytes, limit));
  };
}

/** RFC 9051 6.4.4: "disregarding time and timezone", so as INTERNALDATE is told. */
function internalDay(isMeant: (day: number, wanted: number) => boolean): KeyReader {
  return (text) => {
    text.space();
    const wanted = readDate(text);
    return known(({ message }) => isMeant(dayOf(message.internalDate), wanted));
  };
}

/** A message without a date that can be read was sent before any day. */
function sentDay(isMeant: (day: number, wanted: number) => boolean): KeyReader {
  return (text) => {
    text.space();
    const wanted = readDate(text);
    return byHeader(({ sentDay }) => isMeant(sentDay ?? -Infinity, wanted));
  };
}

/** RFC 5032 3: seconds before now. */
function age(isMeant: (internalDate: number, limit: number) => boolean): KeyReader {
  return (text) => {
    text.space();
    const seconds = text.number();
    if (seconds === 0) throw new Bad("An age is at least 1 second");
    return {
      needs: [],
      test: ({ now }) => ({ message }: SequencedMessage) =>
        isMeant(message.internalDate, now - 1000 * seconds),
    };
  };
}

function addresses(name: string): KeyReader {
  return (text) => {
    const wanted = readWanted(text);
    return byHeader((header: HeaderTexts) =>
      header.addresses(name).some((value) => value.includes(wanted))
    );
  };
}

function field(name: string): KeyReader {
  return (text) => {
    const wanted = readWanted(text);
    return byHeader((header: HeaderTexts) =>
      header.fields(name).some((value) => value.includes(wanted))
    );
  };
}

/** The names of flags are read and passed over: a message has one modseq for all (RFC 7162 3.1.5). */
function modseq(text: CommandText): SearchKey {
  text.space();
  if (text.sees('"')) {
    text.string();
    text.space();
    const kind = text.word();
    if (!["PRIV", "SHARED", "ALL"].includes(kind)) throw new Bad(`There is no kind ${kind}`);
    text.space();
  }
  const least = text.number64();
  return known(({ message }) => message.modseq >= least);
}

function readAtom(text: CommandText): string {
  text.space();
  return text.atom();
}

const utf8Decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads what is looked for, folded. ASCII is UTF-8 as well. @throws {Bad} where it is neither */
function readWanted(text: CommandText): string {
  text.space();
  const bytes = bytesOfString(text.astring());
  try {
    return foldText(utf8Decoder.decode(bytes));
  } catch {
    throw new Bad("The text to look for is not UTF-8");
  }
}
