/** Data items with a section: BODY[1.TEXT]<0.100>, BINARY[2] and their kin. RFC 9051 6.4.5.1 and 9. */
import type { Section } from "../../../mime/structure/section.ts";
import type { CommandText } from "../command_text.ts";
import { Bad } from "../refusal.ts";
import { quote } from "../writer.ts";

export interface SectionItem {
  readonly kind: "section";
  /** As the answer names it, such as `BODY[1.TEXT]<0>`. */
  readonly label: string;
  readonly section: Section;
  /** Of a header, only these fields, or all others; null: all of it. */
  readonly fields: SectionFields | null;
  /** Null: all bytes. */
  readonly partial: PartialRange | null;
  /** `decoded`: without its transfer encoding; `decodedSize`: how many bytes that is. */
  readonly form: "raw" | "decoded" | "decodedSize";
}

export interface SectionFields {
  readonly names: readonly string[];
  readonly which: "with" | "without";
}

export interface PartialRange {
  readonly from: number;
  /** At least 1. */
  readonly count: number;
}

export interface ReadSectionItem {
  readonly item: SectionItem;
  readonly setsSeen: boolean;
}

type Words = Pick<SectionItem, "section" | "fields">;

/** Items of RFC 3501 that stand for a section. */
export const wholeSections: Readonly<Record<string, ReadSectionItem>> = {
  RFC822: { item: wholeSection("RFC822", "all"), setsSeen: true },
  "RFC822.HEADER": { item: wholeSection("RFC822.HEADER", "header"), setsSeen: false },
  "RFC822.TEXT": { item: wholeSection("RFC822.TEXT", "text"), setsSeen: true },
};

const forms: Readonly<Record<string, SectionItem["form"]>> = {
  BODY: "raw",
  "BODY.PEEK": "raw",
  BINARY: "decoded",
  "BINARY.PEEK": "decoded",
  "BINARY.SIZE": "decodedSize",
};

const maxNumber = 2 ** 32 - 1;
const partNumbers = /[1-9]\d{0,9}(?:\.[1-9]\d{0,9})*/y;
const sectionWord = /HEADER\.FIELDS(?:\.NOT)?|HEADER|TEXT|MIME/iy;
const partialText = /<(\d{1,16})\.([1-9]\d{0,15})>/y;
const atom = /^[!#$&'+,\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+$/;

/** Reads what follows the name of an item: its section, and which bytes of it. @throws {Bad} */
export function readSectionItem(text: CommandText, name: string, isUtf8: boolean): ReadSectionItem {
  if (!Object.hasOwn(forms, name)) throw new Bad(`There is no data item ${name}[`);
  const form = forms[name]!;
  text.require("[");
  const path = readPath(text);
  const words = form === "raw" ? readWords(text, path) : wholePart(path);
  text.require("]");
  const partial = form !== "decodedSize" && text.sees("<") ? readPartial(text) : null;
  const origin = partial === null ? "" : `<${partial.from}>`;
  const label = `${name.replace(".PEEK", "")}[${labelOf(words, isUtf8)}]${origin}`;
  return {
    item: { kind: "section", label, ...words, partial, form },
    setsSeen: name === "BODY" || name === "BINARY",
  };
}

function wholeSection(label: string, text: Section["text"]): SectionItem {
  return {
    kind: "section",
    label,
    section: { path: [], text },
    fields: null,
    partial: null,
    form: "raw",
  };
}

function readPath(text: CommandText): number[] {
  const path = (text.match(partNumbers)?.[0] ?? "").split(".").filter((number) => number !== "")
    .map(Number);
  if (path.some((number) => number > maxNumber)) throw new Bad("There is no such part");
  return path;
}

function wholePart(path: readonly number[]): Words {
  return { section: { path, text: "all" }, fields: null };
}

function readWords(text: CommandText, path: readonly number[]): Words {
  if (text.sees("]")) return wholePart(path);
  if (path.length > 0) text.require(".");
  const word = text.match(sectionWord)?.[0].toLowerCase();
  if (word === undefined || (word === "mime" && path.length === 0)) throw text.bad();
  if (!word.startsWith("header.")) {
    return { section: { path, text: word as Section["text"] }, fields: null };
  }
  text.space();
  const names = text.list(() => text.astring());
  const which = word === "header.fields" ? "with" : "without";
  return { section: { path, text: "header" }, fields: { names, which } };
}

function readPartial(text: CommandText): PartialRange {
  const found = text.match(partialText);
  if (found === null) throw text.bad();
  return { from: Number(found[1]), count: Number(found[2]) };
}

function labelOf({ section: { path, text }, fields }: Words, isUtf8: boolean): string {
  const word = fields === null
    ? text === "all" ? "" : text.toUpperCase()
    : fieldsLabel(fields, isUtf8);
  return [...path, word].filter((each) => each !== "").join(".");
}

function fieldsLabel({ names, which }: SectionFields, isUtf8: boolean): string {
  const list = names.map((name) => atom.test(name) ? name : quote(name, isUtf8)).join(" ");
  return `HEADER.FIELDS${which === "with" ? "" : ".NOT"} (${list})`;
}
