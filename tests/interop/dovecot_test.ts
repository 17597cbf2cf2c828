/** ENVELOPE, BODY, BODYSTRUCTURE and every section, as Dovecot answers them. */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { formatBodyStructure } from "../../src/gateway/imap/items/body_structure.ts";
import { formatEnvelope } from "../../src/gateway/imap/items/envelope.ts";
import { byteString } from "../../src/mime/byte_string.ts";
import type { MimeStructure } from "../../src/mime/structure.ts";
import { selectFields } from "../../src/mime/structure/header_fields.ts";
import { readStructure } from "../../src/mime/structure/read_structure.ts";
import { findSection, type Section } from "../../src/mime/structure/section.ts";
import { askDovecot, hasDovecot, type ImapValue, readImapValue } from "../support/dovecot.ts";
import { cut } from "../support/mime.ts";
import { uglyMessages } from "../support/ugly_messages.ts";

const ignore = !hasDovecot;
const sectionTexts = ["all", "header", "text", "mime"] as const;

/** Every section that there may be, and some that there is not. */
function sectionsOf(structure: MimeStructure): Section[] {
  const paths = [[], [1], [2], ...pathsOf(structure, [])];
  const keyed = new Map(paths.map((path) => [path.join("."), path]));
  return [...keyed.values()].flatMap((path) => sectionTexts.map((text) => ({ path, text })))
    .filter(({ path, text }) => path.length > 0 || text !== "mime");
}

function pathsOf({ parts, message }: MimeStructure, path: readonly number[]): number[][] {
  const inner = parts.length > 0
    ? parts.flatMap((part, at) => pathsOf(part, [...path, at + 1]))
    : message !== null && path.length > 0
    ? pathsOf(message, path)
    : [[...path, 1]];
  return [[...path], [...path, parts.length + 1], ...inner];
}

function nameOf({ path, text }: Section): string {
  return [path.join("."), text === "all" ? "" : text.toUpperCase()].filter((word) => word !== "")
    .join(".");
}

async function answersOf(bytes: Uint8Array): Promise<Map<string, ImapValue>> {
  const structure = await readStructure(cut(bytes, 1000));
  const form = { isExtended: false, isUtf8: false };
  const header = bytes.subarray(structure.header.from, structure.header.to);
  const answers = new Map<string, ImapValue>([
    ["ENVELOPE", readImapValue(formatEnvelope(header, false))],
    ["BODY", readImapValue(formatBodyStructure(structure, form))],
    [
      "BODYSTRUCTURE",
      readImapValue(formatBodyStructure(structure, { ...form, isExtended: true })),
    ],
  ]);
  for (const which of ["with", "without"] as const) {
    const fields = byteString(selectFields(header, ["TO", "SUBJECT"], which));
    answers.set(`BODY[HEADER.FIELDS${which === "with" ? "" : ".NOT"} (TO SUBJECT)]`, fields);
  }
  for (const section of sectionsOf(structure)) {
    const range = findSection(structure, section);
    const text = range === null ? null : byteString(bytes.subarray(range.from, range.to));
    answers.set(`BODY[${nameOf(section)}]`, text);
  }
  return answers;
}

interface Difference {
  readonly why: string;
  /** Of messages, and of those that have them in a multipart or a message. */
  readonly names: readonly string[];
  /** Where; null: wherever it shows. */
  readonly items: RegExp | null;
}

const differences: readonly Difference[] = [
  {
    why: "RFC 5322 4.4: empty elements of a list are nothing",
    names: ["empty elements"],
    items: null,
  },
  {
    why: "RFC 1034 3.1: a dot at the end of a domain says that it is whole",
    names: ["last dot"],
    items: null,
  },
  {
    why: "what can be read of a broken address is told, and what follows it",
    names: [
      "no local part",
      "no domain behind the at",
      "quote not closed",
      "comment not closed",
      "two in brackets",
      "parted by a semicolon",
      "something and nothing",
      "NUL",
      "backslash",
    ],
    items: /^ENVELOPE$|^BODY(?:STRUCTURE)?$/,
  },
  {
    why: "programs go by what stands in brackets, whatever is in front of it",
    names: ["address as its own name"],
    items: null,
  },
  {
    why: "as in every list of mailctl, the first of two counts",
    names: ["two Dates", "two Subjects"],
    items: null,
  },
  {
    why: "RFC 2045 5.2: a Content-Type that is invalid is none",
    names: [
      "type without subtype",
      "type of nothing",
      "type that is none",
      "type with two slashes",
    ],
    items: /^BODY(?:STRUCTURE)?$/,
  },
  {
    why: "what can be read of broken parameters is told, and what follows them",
    names: [
      "no semicolon",
      "two semicolons",
      "no value",
      "parameter with a quote not closed",
      "special in a value",
    ],
    items: /^BODY(?:STRUCTURE)?$/,
  },
  {
    why: "RFC 2183 2: a disposition has a type",
    names: ["disposition of nothing"],
    items: /^BODYSTRUCTURE$/,
  },
  {
    why: "many programs leave MIME-Version out, and mean what they say nevertheless",
    names: ["no MIME-Version"],
    items: /^BODY(?:STRUCTURE)?$/,
  },
  {
    why: "a line that only begins as a delimiter is content, as for every reader of mailctl",
    names: ["delimiter with more", "long boundary", "boundary with a blank at its end"],
    items: null,
  },
  {
    why:
      "RFC 2046 5.1.1: the line break in front of a delimiter belongs to it; what is signed goes by that",
    names: [
      "messages in a multipart",
      "nested",
      "nested, closed side by side",
      "nested, the same boundary",
      "nested, the inner is a prefix",
      "nested, the outer is a prefix",
    ],
    items: /^BODY(?:STRUCTURE|\[\d(?:\.TEXT)?\])?$/,
  },
  {
    why: "the line break that ends a header is of it: header and text are the whole",
    names: [
      "empty parts",
      "parts without blank line",
      "parts of all sorts",
      "digest of empty parts",
      "empty message in a multipart",
      "message in a multipart, cut within its header",
    ],
    items: /\.(?:MIME|HEADER)\]$/,
  },
  {
    why: "RFC 9051 9: message/global has a header and a text of its own",
    names: ["message/global"],
    items: /^BODY\[1\.(?:HEADER|TEXT)\]$/,
  },
  {
    why: "RFC 9051 6.4.5.1: a message without a blank line has none in its header",
    names: ["nothing", "header without blank line"],
    items: /^BODY\[HEADER\.FIELDS \(/,
  },
  {
    why: "a multipart that nothing divides has its text as a part, as for every reader of mailctl",
    names: [
      "multipart without boundary",
      "multipart of an empty boundary",
      "multipart of no parts",
      "no parts",
    ],
    items: /^BODY(?:STRUCTURE|\[(?:\d\.)*1\])?$/,
  },
  {
    why: "bytes are given as they stand",
    names: ["lone LF", "lone LF, multipart", "mixed line ends", "NUL"],
    items: /^BODY/,
  },
];

/** Tells whether a section is part 1 of a leaf in a multipart, which RFC 9051 6.4.5.1 does not have, and Dovecot has. */
function isPartOfLeaf(item: string, ours: ImapValue): boolean {
  return ours === null && /\.1(?:\.MIME)?\]$/.test(item);
}

/** What is ugly about a message. */
function baseOf(name: string): string {
  return name.replace(/, in a (?:multipart|message)$/, "");
}

function differenceOf(name: string, item: string): Difference | undefined {
  return differences.find(({ names, items }) =>
    (names.includes(name) || names.includes(baseOf(name))) && items?.test(item) !== false
  );
}

Deno.test({
  name: "what we tell of ugly messages is what Dovecot tells, but for what a table names",
  ignore,
  async fn() {
    const ours = await Promise.all(uglyMessages.map(({ bytes }) => answersOf(bytes)));
    const questions = uglyMessages.map(({ bytes: message }, at) => ({
      message,
      items: [...ours[at]!.keys()].map((item) => item.replace("[", ".PEEK[")),
    }));
    const theirs = await askDovecot(questions);
    const found = new Set<string>();
    for (const [at, { name }] of uglyMessages.entries()) {
      for (const [item, value] of ours[at]!) {
        const other = theirs[at]!.get(item)!;
        // Dovecot has an empty string where there is nothing.
        if (isDeepStrictEqual(value ?? (item.includes("[") ? "" : null), other)) continue;
        if (isPartOfLeaf(item, value)) continue;
        const difference = differenceOf(name, item);
        assert.ok(difference !== undefined, `${name}: ${item}: ${show(value)}, not ${show(other)}`);
        for (const each of [name, baseOf(name)]) found.add(`${difference.why}: ${each}`);
      }
    }
    const wanted = differences.flatMap(({ why, names }) => names.map((name) => `${why}: ${name}`));
    assert.deepEqual(wanted.filter((each) => !found.has(each)), []);
    assert.ok(uglyMessages.length >= 150);
  },
});

function show(value: ImapValue): string {
  return JSON.stringify(value).slice(0, 2_000);
}
