/** SEARCH and the items of FETCH that are not of the structure, as Dovecot answers them. */
import assert from "node:assert/strict";
import { bytesOfString, byteString } from "../../src/mime/byte_string.ts";
import { formatInternalDate } from "../../src/gateway/imap/items/internal_date.ts";
import { NumberSet } from "../../src/gateway/imap/number_set.ts";
import type { Flag } from "../../src/model/filing.ts";
import { hasDovecot, playDovecot, type StoredMessage } from "../support/dovecot.ts";
import { fetchText, itemsOf, searchNumbers } from "../support/imap_stage.ts";
import { MemoryFolders } from "../support/memory_folders.ts";
import { seeded } from "../support/mime.ts";

const ignore = !hasDovecot;
const dayMs = 86_400_000;
const random = seeded(4);
const pick = <T>(values: readonly T[]): T => values[random() % values.length]!;

interface Sample extends StoredMessage {
  readonly isSeen: boolean;
  readonly flags: readonly Flag[];
  readonly keywords: readonly string[];
  readonly internalDate: number;
}

const letters: readonly (readonly [letter: string, flag: Flag])[] = [
  ["D", "draft"],
  ["F", "flagged"],
  ["R", "answered"],
  ["T", "deleted"],
];

const people = [
  "alice@example.org",
  "Bob Smith <bob@example.net>",
  '"Carol, the boss" <carol@example.org>',
  "=?utf-8?q?J=C3=B6rg_M=C3=BCller?= <joerg@example.org>",
  "undisclosed-recipients:;",
];
const subjects = [
  "Quarterly report",
  "Re: Quarterly  report",
  "=?utf-8?b?R3LDvMOfZQ==?= aus Berlin",
  "lunch\r\n tomorrow",
  "",
];
const bodies = [
  "Content-Type: text/plain\r\n\r\nThe budget is attached.\r\nSee you\r\ntomorrow.\r\n",
  "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSch\xf6ne Tage\r\n",
  "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
  "sch=C3=B6ne long=\r\nword\r\n",
  "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
  `${btoa("the needle in the haystack")}\r\n`,
  'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nfirst words\r\n--b\r\n' +
  "Content-Type: application/pdf; name=invoice.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
  `${btoa("invisible budget")}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n` +
  "Subject: the inner needle\r\n\r\nforwarded words\r\n--b--\r\n",
  "\r\nno type at all",
  "\r\n",
];
const dates = [
  "Date: Thu, 01 Jan 2026 23:30:00 -0500",
  "Date: Fri, 02 Jan 2026 00:30:00 +0500",
  "Date: Sat, 28 Feb 2026 12:00:00 +0000",
  "Date: Mon, 15 Jun 2026 08:00:00 +0200 (CEST)",
  "X-No-Date: 1",
];

function samples(now: number): Sample[] {
  return Array.from({ length: 60 }, () => {
    const lines = [
      `From: ${pick(people)}`,
      `To: ${pick(people)}`,
      ...random() % 3 === 0 ? [`Cc: ${pick(people)}`] : [],
      ...random() % 5 === 0 ? ["Bcc: dave@example.org"] : [],
      ...random() % 4 === 0 ? ["X-Mark: Yes"] : [],
      ...random() % 4 === 0 ? ["X-Mark:"] : [],
      `Subject: ${pick(subjects)}`,
      pick(dates),
      "MIME-Version: 1.0",
      "",
    ];
    const own = letters.filter(() => random() % 4 === 0);
    const isSeen = random() % 2 === 0;
    const days = pick([0.25, 3, 40, 200]);
    return {
      bytes: bytesOfString(lines.join("\r\n") + pick(bodies)),
      letters: own.map(([letter]) => letter).join("") + (isSeen ? "S" : ""),
      isSeen,
      flags: own.map(([, flag]) => flag),
      keywords: ["Work", "$label1"].filter(() => random() % 4 === 0),
      internalDate: Math.floor((now - days * dayMs) / 1000) * 1000,
    };
  });
}

function storedIn(folders: MemoryFolders, all: readonly Sample[]): void {
  for (const { bytes, isSeen, flags, keywords, internalDate } of all) {
    folders.deliver("inbox", byteString(bytes), { isSeen, flags, keywords, internalDate });
  }
}

/** To the second session, no message is recent. */
const seenOnce = ["x SELECT INBOX", "y SELECT INBOX"];

/** The day of a moment, as SEARCH has it. */
function dateOf(ms: number): string {
  return formatInternalDate(ms).slice(1, 12).trim();
}

function keysFor(now: number): string[] {
  const days = [0, 3, 4, 40, 200].map((days) => dateOf(now - days * dayMs));
  const sent = ["1-Jan-2026", "2-Jan-2026", "28-Feb-2026", "15-Jun-2026", "16-Jun-2026"];
  const words = [
    "alice",
    "CAROL",
    '"carol, the boss"',
    "example",
    '"Quarterly report"',
    "quarterly",
    '"lunch tomorrow"',
    "needle",
    "haystack",
    "budget",
    "longword",
    '"See you tomorrow"',
    "forwarded",
    "inner",
    "invoice",
    "invisible",
    "nowhere",
    "type",
    ...["Gr\xc3\xbc\xc3\x9fe", "sch\xc3\xb6ne", "m\xc3\xbcller"].map((text) => `{${text}}`),
  ];
  return [
    ..."ALL ANSWERED DELETED DRAFT FLAGGED SEEN UNANSWERED UNDELETED UNDRAFT UNFLAGGED UNSEEN NEW OLD RECENT"
      .split(" "),
    ...["Work", "WORK", "$label1", "$none"].flatMap((
      name,
    ) => [`KEYWORD ${name}`, `UNKEYWORD ${name}`]),
    ...["LARGER", "SMALLER"].flatMap((key) => [0, 200, 300, 400].map((bytes) => `${key} ${bytes}`)),
    ...["BEFORE", "ON", "SINCE"].flatMap((key) => days.map((day) => `${key} ${day}`)),
    ...["SENTBEFORE", "SENTON", "SENTSINCE"].flatMap((key) => sent.map((day) => `${key} ${day}`)),
    ...["OLDER", "YOUNGER"].flatMap((key) => [3600, 86_400, 864_000].map((age) => `${key} ${age}`)),
    ...["FROM", "TO", "CC", "BCC", "SUBJECT", "BODY", "TEXT", "HEADER Subject"].flatMap((key) =>
      words.map((word) => `${key} ${word}`)
    ),
    ...["X-Mark", "Date", "X-None", "Bcc"].map((name) => `HEADER ${name} ""`),
    "HEADER X-Mark yes",
    ...["1", "5:10", "10:5,58:*", "*", "61", "61:*", "UID 1:3,60:*", "UID 99", "UID 99:*"],
  ];
}

/** Keys of other keys. */
function combined(keys: readonly string[], depth = 0): string {
  if (depth === 3 || random() % 3 === 0) return pick(keys);
  const key = () => combined(keys, depth + 1);
  const kinds = [
    () => `NOT ${key()}`,
    () => `OR ${key()} ${key()}`,
    () => `(${key()} ${key()})`,
    () => `(NOT (${key()}) ${key()})`,
  ];
  return pick(kinds)();
}

/** Literals that do not wait, as `{n+}`. */
function asWritten(key: string): string {
  return key.replace(/\{([^}]*)\}/g, (_, text: string) => `{${text.length}+}\r\n${text}`);
}

/** What Dovecot does not find, or finds beyond it; keys that have such a key in them are left out. */
const differences: readonly { readonly why: string; readonly keys: readonly string[] }[] = [
  {
    why: "RFC 9051 9: 61:* is 60 and 61 where 60 is the last",
    keys: ["61:*"],
  },
  {
    why:
      "of two dates in an OR under a NOT, both leave out messages; Dovecot goes by the earlier one",
    keys: ["NOT OR SENTBEFORE 28-Feb-2026 SENTBEFORE 15-Jun-2026"],
  },
  {
    why: "all blanks between two words are one, as for mailctl search: lines are broken anywhere",
    keys: [
      'BODY "See you tomorrow"',
      'TEXT "See you tomorrow"',
      'TEXT "Quarterly report"',
      'HEADER Subject "Quarterly report"',
    ],
  },
];

/** Two dates of one kind, which Dovecot may join. */
const joinsDates = /(BEFORE|SINCE|LARGER|SMALLER|OLDER|YOUNGER) .*\1 /;

Deno.test({
  name: "SEARCH finds what Dovecot finds, by all keys and by keys of keys",
  ignore,
  async fn() {
    const now = Date.now();
    const all = samples(now);
    const folders = new MemoryFolders();
    storedIn(folders, all);
    const keys = keysFor(now);
    const parting = differences.flatMap(({ keys }) => keys);
    const mixed = Array.from({ length: 300 }, () => combined(keys))
      .filter((key) => !parting.some((each) => key.includes(each)) && !joinsDates.test(key));
    const asked = [...new Set([...keys, ...parting, ...mixed])];
    const marks = all.flatMap(({ keywords }, at) =>
      keywords.length === 0 ? [] : [`m${at} STORE ${at + 1} +FLAGS.SILENT (${keywords.join(" ")})`]
    );
    const searches = asked.map((key, at) =>
      `s${at} SEARCH RETURN (ALL) CHARSET UTF-8 ${asWritten(key)}`
    );
    const output = await playDovecot(all, [...seenOnce, ...marks, ...searches]);
    const theirs = new Map(
      output.matchAll(/\* ESEARCH \(TAG "s(\d+)"\)(?: ALL ([\d:,]+))?\r\n/g)
        .map(([, at, numbers]) => [Number(at), numbers ?? ""]),
    );
    assert.equal(theirs.size, asked.length, output.slice(-500));
    const parted: string[] = [];
    for (const [at, key] of asked.entries()) {
      const ours = NumberSet.of(await searchNumbers(folders, key, { now })).toString();
      const isSame = ours === theirs.get(at);
      if (isSame === parting.includes(key)) {
        parted.push(`${key}: ${ours} and not ${theirs.get(at)}`);
      }
    }
    assert.deepEqual(parted, []);
  },
});

const fetched = [
  "UID",
  "FLAGS",
  "INTERNALDATE",
  "RFC822.SIZE",
  "RFC822",
  "RFC822.HEADER",
  "RFC822.TEXT",
  "BODY[]<0.20>",
  "BODY[]<7.1>",
  "BODY[TEXT]<5.99999>",
  "BODY[HEADER]<99999.5>",
  "BODY[1]<1.3>",
  "BODY[HEADER.FIELDS (SUBJECT FROM)]",
  "BODY[HEADER.FIELDS.NOT (SUBJECT DATE)]",
  "BODY[HEADER.FIELDS (X-NONE)]",
  "BODY[HEADER.FIELDS (TO)]<3.10>",
  "BINARY[1]",
  "BINARY[2]",
  "BINARY[1]<2.5>",
  "BINARY.SIZE[1]",
  "BINARY.SIZE[2]",
];

Deno.test({
  name: "items of FETCH are what Dovecot answers",
  ignore,
  async fn() {
    const all = samples(Date.UTC(2026, 3, 5, 6, 7, 8));
    const folders = new MemoryFolders();
    folders.outcomeKeyword = null;
    storedIn(folders, all.map((each) => ({ ...each, keywords: [] })));
    const items = `(${fetched.join(" ").replaceAll(/(BODY|BINARY)\[/g, "$1.PEEK[")})`;
    const output = await playDovecot(all, [...seenOnce, "z EXAMINE INBOX", `f FETCH 1:* ${items}`]);
    const parted: string[] = [];
    for (const [at, theirs] of answersIn(output).entries()) {
      const ours = itemsOf(
        await fetchText(folders, items, {}, [{
          message: folders.messages("inbox")[at]!,
          sequence: at + 1,
        }]),
      );
      for (const [label, value] of theirs) {
        const [a, b] = [ours.get(label), value].map((each) =>
          label === "FLAGS" ? sortedFlags(each) : each?.replace(/^" (?=\d-)/, '"0') ?? ""
        );
        if (a !== b) {
          parted.push(`${at + 1} ${label}: ${JSON.stringify(a)} and not ${JSON.stringify(b)}`);
        }
      }
    }
    assert.deepEqual(parted, []);
  },
});

function answersIn(output: string): Map<string, string | null>[] {
  const answers: Map<string, string | null>[] = [];
  for (let at = 1;; at++) {
    const start = output.indexOf(`* ${at} FETCH (`);
    if (start < 0) return answers;
    answers.push(itemsOf(output.slice(start)));
  }
}

function sortedFlags(flags: string | null | undefined): string {
  return flags?.replace(/[()]/g, "").split(" ").filter((flag) => flag !== "").sort().join(" ") ??
    "";
}
