/**
 * Bytes as text, whatever charset they claim. Never throws.
 *
 * The runtime knows the charsets and labels of the WHATWG Encoding standard. This adds the names that Windows and
 * programs of East Asia write, and the few charsets beyond it that mail still has.
 */
import { BoundedMap } from "../../model/bounded_map.ts";
import { decodeCodePage, isCodePage } from "./code_page.ts";
import { decodeHz, decodeIso2022 } from "./iso_2022.ts";
import { decodeUtf7 } from "./utf_7.ts";

const fallbackCharset = "windows-1252"; // what "latin1" means in practice, WHATWG Encoding 4.2

/** Labels as they are written, in lower case and without marks, and the charset that is meant. */
const aliases: Readonly<Record<string, string>> = {
  // Windows and IBM
  cp932: "shift_jis",
  cp942: "shift_jis",
  cp943: "shift_jis",
  mskanji: "shift_jis",
  windows932: "shift_jis",
  cp936: "gbk",
  ms936: "gbk",
  windows936: "gbk",
  cp54936: "gb18030",
  windows54936: "gb18030",
  cp949: "euc-kr",
  ms949: "euc-kr",
  uhc: "euc-kr",
  xwindows949: "euc-kr",
  cp950: "big5",
  ms950: "big5",
  windows950: "big5",
  big5eten: "big5",
  big5hkscs2004: "big5",
  cp1361: "euc-kr",
  eucjpms: "euc-jp",
  eucjpwin: "euc-jp",
  cp51932: "euc-jp",
  cp20932: "euc-jp",
  cp51949: "euc-kr",
  euccn: "gbk",
  gb2312eucc: "gbk",
  xeuccn: "gbk",
  cp20866: "koi8-r",
  cp21866: "koi8-u",
  koi8: "koi8-r",
  koi8ru: "koi8-u",
  cp28591: "windows-1252",
  cp28592: "iso-8859-2",
  cp28595: "iso-8859-5",
  cp28605: "iso-8859-15",
  cp819: "windows-1252",
  cp1200: "utf-16le",
  cp1201: "utf-16be",
  ucs2: "utf-16be",
  iso10646ucs2: "utf-16be",
  cp65000: "utf-7",
  unicode11utf7: "utf-7",
  utf7: "utf-7",
  csunicode11utf7: "utf-7",
  cp65001: "utf-8",
  utf8mb4: "utf-8",
  utf8mb3: "utf-8",
  cesu8: "utf-8",
  // ISO 2022 in seven bits
  cp50220: "iso-2022-jp",
  cp50221: "iso-2022-jp",
  cp50222: "iso-2022-jp",
  iso2022jpms: "iso-2022-jp",
  csiso2022jp: "iso-2022-jp",
  csiso2022jp2: "iso-2022-jp",
  jis: "iso-2022-jp",
  jis7: "iso-2022-jp",
  cp50225: "iso-2022-kr",
  csiso2022kr: "iso-2022-kr",
  cp50227: "iso-2022-cn",
  hz: "hz",
  hzgb2312: "hz",
  cp52936: "hz",
  // Macs and old Unix
  macroman: "macintosh",
  xmacroman: "macintosh",
  macosroman: "macintosh",
  maccyrillic: "x-mac-cyrillic",
  macce: "x-mac-ce",
  macgreek: "x-mac-greek",
  macturkish: "x-mac-turkish",
  roman8: "hp-roman8",
  hproman8: "hp-roman8",
  pt154: "kz-1048",
  // DOS
  cp808: "ibm866",
  cp874: "windows-874",
};

/** Labels that say no more than nothing: UTF-8 where the bytes are it, as where there is no label. */
const ascii = new Set([
  "us-ascii",
  "ascii",
  "ansi_x3.4-1968",
  "iso646-us",
  "iso_646.irv:1991",
  "646",
]);

/**
 * Decodes text. Where the label is missing, ASCII or unknown it is UTF-8 if it can be, else Latin-1; where it is of a
 * charset that the bytes are not of, UTF-8 if it can be. A byte order mark says more than the label.
 */
export function decodeText(bytes: Uint8Array, label: string | null): string {
  return decode(bytes, label, false);
}

/** Decodes the beginning of a longer text; a character cut off at the end is left out. */
export function decodeTextStart(bytes: Uint8Array, label: string | null): string {
  return decode(bytes, label, true);
}

function decode(bytes: Uint8Array, label: string | null, isCut: boolean): string {
  const charset = markedCharset(bytes) ?? (label === null ? null : charsetOf(label));
  if (charset === null) return decodeUnlabelled(bytes, isCut);
  const text = decodeAs(charset, bytes, isCut);
  const isOther = text.includes("\ufffd") && bytes.some((byte) => byte > 127);
  return isOther ? decodeUtf8(bytes, isCut) ?? text : text;
}

function decodeAs(charset: string, bytes: Uint8Array, isCut: boolean): string {
  const decodeOwn = ownDecoder(charset);
  if (decodeOwn === null) return new TextDecoder(charset).decode(bytes, { stream: isCut });
  const text = decodeOwn(bytes);
  return isCut ? text.replace(/\ufffd$/, "") : text;
}

function ownDecoder(charset: string): ((bytes: Uint8Array) => string) | null {
  if (charset.startsWith("iso-2022-")) return decodeIso2022;
  if (charset === "hz") return decodeHz;
  if (charset === "utf-7") return decodeUtf7;
  return isCodePage(charset) ? (bytes) => decodeCodePage(bytes, charset) : null;
}

function decodeUnlabelled(bytes: Uint8Array, isCut: boolean): string {
  return decodeUtf8(bytes, isCut) ?? new TextDecoder(fallbackCharset).decode(bytes);
}

/** Null: it is none. */
function decodeUtf8(bytes: Uint8Array, isCut: boolean): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut });
  } catch {
    return null;
  }
}

/** No name of a charset is as long. Of a longer one, cutting off what is no part of it would take the square of its length. */
const maxLabelCharacters = 128;

/** What labels mean that were looked up last: a header may have thousands of words, mostly of one charset. */
const lookedUp = new BoundedMap<string, string | null>(100);

/** Finds the charset that a label means; null where it means none, or ASCII. */
function charsetOf(label: string): string | null {
  if (label.length > maxLabelCharacters) return null;
  const known = lookedUp.get(label);
  if (known !== undefined) return known;
  const found = lookUp(label);
  lookedUp.set(label, found);
  return found;
}

function lookUp(label: string): string | null {
  const name = label.toLowerCase().replace(/^[\s"'`]+|[\s"'`;,]+$/g, "");
  if (ascii.has(name)) return null;
  // In this order: what the runtime takes for another charset, what it knows, and what is only spelt otherwise.
  const spellings = [name, name.replaceAll("_", "-"), name.replace(/^(?:x-|charset=)/, "")];
  for (const spelling of new Set(spellings)) {
    const known = ownCharset(spelling) ?? runtimeCharset(spelling);
    if (known !== null) return known;
  }
  return null;
}

function ownCharset(name: string): string | null {
  const bare = name.replace(/[^a-z0-9]/g, "").replace(/^(?:ibm|oem|dos)(?=\d{3,5}$)/, "cp");
  if (/^iso2022/.test(bare)) return `iso-2022-${bare.slice(7)}`;
  if (Object.hasOwn(aliases, bare)) return aliases[bare]!;
  return [name, bare].find(isCodePage) ?? null;
}

function runtimeCharset(name: string): string | null {
  try {
    const { encoding } = new TextDecoder(name);
    return encoding === "replacement" ? null : encoding;
  } catch {
    return null;
  }
}

function markedCharset([first, second, third]: Uint8Array): string | null {
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : null;
}
