/** The fields of a query, as Gmail and notmuch have them: one row a field. */
import { type Hint, MailError } from "../../model/errors.ts";
import { builtInFolders, type Flag, type FolderList, foldKeyword } from "../../model/filing.ts";
import type { Box } from "../../model/message.ts";
import { sizeWithin } from "../../model/size.ts";
import { allFolders, folderCalled } from "../filing/named_folder.ts";
import { foldText, type Words } from "./folded_text.ts";
import {
  bodyWordsOf,
  hasPeople,
  hasText,
  inBody,
  type QueryClock,
  type TermValue,
  type Test,
  wordsOf,
} from "./term.ts";

export interface SearchField {
  /** For the help: a value, and what it finds. */
  readonly example: string;
  readonly meaning: string;
  /** Adds to `bodyWords` what it asks the text for. @throws {MailError} `usage` for a value that is none of the field's */
  readonly test: (value: TermValue, clock: QueryClock, bodyWords: Words[]) => Test;
}

const dayMs = 86_400_000;
const units: Readonly<Record<string, number>> = {
  h: dayMs / 24,
  d: dayMs,
  w: 7 * dayMs,
  y: 365 * dayMs,
};
const maxBytes = 1024 ** 4;

export const searchFields: Readonly<Record<string, SearchField>> = {
  from: {
    example: "from:alice",
    meaning: "sent by alice",
    test: (value) => hasPeople(wordsOf(value), ({ from }) => from),
  },
  to: {
    example: "to:bob",
    meaning: "with bob in To, Cc or Bcc",
    test: (value) => hasPeople(wordsOf(value), ({ to }) => to),
  },
  cc: {
    example: "cc:carol",
    meaning: "with carol in Cc",
    test: (value) => hasPeople(wordsOf(value), ({ cc }) => cc),
  },
  bcc: {
    example: "bcc:dave",
    meaning: "with dave in Bcc, of mail that you sent",
    test: (value) => hasPeople(wordsOf(value), ({ bcc }) => bcc),
  },
  subject: {
    example: 'subject:"q3 report"',
    meaning: "with these words in the subject",
    test: (value) => hasText(wordsOf(value), ({ subject }) => subject),
  },
  body: {
    example: 'body:"at noon"',
    meaning: "with these words in the text",
    test: (value, _clock, bodyWords) => inBody(bodyWordsOf(value, bodyWords)),
  },
  filename: {
    example: "filename:pdf",
    meaning: "with this word in the name of an attachment",
    test: (value) => hasText(wordsOf(value), ({ fileNames }) => fileNames),
  },
  has: {
    example: "has:attachment",
    meaning: "with attachments",
    test: oneWord("has", { attachment: ({ attachments }) => attachments > 0 }),
  },
  is: {
    example: "is:unread",
    meaning: "unread (read, flagged, answered, forwarded, sent, draft)",
    test: oneWord("is", {
      unread: ({ isUnread }) => isUnread,
      read: ({ isUnread }) => isUnread === null ? null : !isUnread,
      flagged: hasFlag("flagged"),
      answered: hasFlag("answered"),
      forwarded: hasFlag("forwarded"),
      sent: ({ box }) => box === "sent",
      draft: hasFlag("draft"),
    }),
  },
  keyword: {
    example: "keyword:todo",
    meaning: "with this keyword",
    test: ({ text }) => {
      const wanted = foldKeyword(text);
      return ({ filing }) => filing && filing.keywords.some((each) => foldKeyword(each) === wanted);
    },
  },
  in: {
    example: "in:inbox",
    meaning: "in this folder: in:sent, in:Bills",
    test: ({ text }, { folder = folderIn(builtInFolders) }) => {
      const wanted = folder(text);
      return (message) => message.folder === null ? null : message.folder === wanted;
    },
  },
  before: {
    example: "before:2026-01-31",
    meaning: "dated before this day",
    test: ({ text }, clock) => before(clock.at(dateOf(text))),
  },
  after: {
    example: "after:2026-01-31",
    meaning: "dated on this day or later",
    test: ({ text }, clock) => since(clock.at(dateOf(text))),
  },
  on: {
    example: "on:2026-01-31",
    meaning: "dated on this day",
    test: ({ text }, clock) => within(dayOf(dateOf(text), clock)),
  },
  "older_than": {
    example: "older_than:1y",
    meaning: "older than this: 36h, 7d, 2w, 1y",
    test: ({ text }, { now }) => before(now - spanOf(text)),
  },
  "newer_than": {
    example: "newer_than:7d",
    meaning: "newer than this",
    test: ({ text }, { now }) => since(now - spanOf(text)),
  },
  larger: {
    example: "larger:1M",
    meaning: "of this size at the server, or larger",
    test: ({ text }) => {
      const bytes = sizeWithin(0, maxBytes)(text);
      return ({ sealedBytes }) => sealedBytes >= bytes;
    },
  },
  smaller: {
    example: "smaller:10K",
    meaning: "smaller than this",
    test: ({ text }) => {
      const bytes = sizeWithin(0, maxBytes)(text);
      return ({ sealedBytes }) => sealedBytes < bytes;
    },
  },
  id: {
    example: "id:12",
    meaning: "with this id, or this Message-ID",
    test: ({ text }) => {
      const wanted = foldText(text).replace(/^<(.*)>$/, "$1");
      return ({ id, messageId }) => String(id) === wanted || messageId === wanted;
    },
  },
};

function oneWord(field: string, tests: Readonly<Record<string, Test>>): SearchField["test"] {
  return ({ text }) => {
    const word = text.toLowerCase();
    if (Object.hasOwn(tests, word)) return tests[word]!;
    const words = Object.keys(tests).map((each) => `${field}:${each}`).join(" or ");
    throw new MailError("usage", `Cannot search for ${field}:${text}`, { hint: `Write ${words}.` });
  };
}

/** Finds the folders of a list by their names. @throws {MailError} `usage` from what it returns */
export function folderIn(list: FolderList): (name: string) => number | Box {
  return (name) => {
    const found = folderCalled(list, name);
    if (found !== null) return found.box ?? found.id;
    throw new MailError("usage", `Cannot search in:${name}: there is no such folder`, {
      hint: folderHint(list, name),
    });
  };
}

/** Names a folder that begins like what was typed, in any case. */
function folderHint(list: FolderList, typed: string): Hint {
  const wanted = foldText(typed);
  const near = allFolders(list).find(({ name }) => foldText(name).startsWith(wanted))?.name;
  if (near === undefined) return "Run `mailctl folders` for the list.";
  return `Did you mean in:${/\s/.test(near) ? JSON.stringify(near) : near}?`;
}

function hasFlag(flag: Flag): Test {
  return ({ filing }) => filing && filing.flags.includes(flag);
}

function before(ms: number): Test {
  return ({ date }) => date < ms;
}

function since(ms: number): Test {
  return ({ date }) => date >= ms;
}

function within([first, end]: readonly [number, number]): Test {
  return ({ date }) => date >= first && date < end;
}

/** Gmail writes slashes. */
function dateOf(text: string): string {
  return text.replaceAll("/", "-");
}

/** A day is as long as the clock says: an hour more or less twice a year. */
function dayOf(text: string, { at }: QueryClock): readonly [number, number] {
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(day)) throw noDay(text);
  return [at(text), at(new Date(day + dayMs).toISOString().slice(0, 10))];
}

function noDay(text: string): MailError {
  return new MailError("usage", `Cannot use "${text}" as a day`, { hint: "Write 2026-01-31." });
}

/** Months are left out: elsewhere in mailctl, m is minutes. */
function spanOf(text: string): number {
  const [, count, unit] = /^(\d{1,6})([hdwy])$/.exec(text) ?? [];
  if (unit !== undefined) return Number(count) * units[unit]!;
  throw new MailError("usage", `Cannot use "${text}" as an age`, {
    hint: "Write 36h, 7d, 12w or 1y.",
  });
}
