/** The parameters of a field (RFC 2045 5.1, RFC 2231) on the way in. Never throws; linear. */

import { concatBytes, utf8 } from "../../model/bytes.ts";
import { decodeText } from "../charset/charset.ts";
import { decodeEscapes } from "../escape.ts";

/** A field such as Content-Type: what comes first, in lower case, and its parameters by name. */
export interface Parameterized {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** The names of those encoded by RFC 2231: in them, an encoded word is plain text. */
  readonly extended: ReadonlySet<string>;
}

interface Section {
  readonly text: string;
  readonly isExtended: boolean;
}

/** Parses a structured field; the first parameter of a name counts, an RFC 2231 one before a plain one. */
export function parseParameters(text: string): Parameterized {
  const [first = "", ...rest] = splitOutsideQuotes(text);
  const plain = new Map<string, string>();
  const extended = new Set<string>();
  const sectioned = new Map<string, Map<number, Section>>();
  for (const piece of rest) {
    const equals = piece.indexOf("=");
    if (equals < 0) continue;
    const name = piece.slice(0, equals).trim().toLowerCase();
    addParameter(name, unquote(piece.slice(equals + 1).trim()), plain, sectioned);
  }
  for (const [name, sections] of sectioned) {
    if (!sections.has(0)) continue;
    plain.set(name, joinSections(sections));
    // Where no section is extended, or none names a charset, an encoded word that was cut over them is one.
    const isExtended = [...sections.values()].some(({ isExtended }) => isExtended);
    if (isExtended && sections.get(0)!.text.includes("'")) extended.add(name);
  }
  return { value: firstToken(first).toLowerCase(), parameters: plain, extended };
}

/** Takes the token a text begins with, behind comments: printable ASCII, up to a blank, a comment or a semicolon. */
export function firstToken(text: string): string {
  return /^(?:\s|\([^()]*\))*([!-'*-:<-~]*)/.exec(text)?.[1] ?? "";
}

function addParameter(
  name: string,
  text: string,
  plain: Map<string, string>,
  sectioned: Map<string, Map<number, Section>>,
): void {
  const [, base, digits, star] = /^([^*]+)\*(?:(\d{1,5})(\*)?)?$/.exec(name) ?? [];
  if (base === undefined) {
    if (!plain.has(name)) plain.set(name, text);
    return;
  }
  const sections = sectioned.get(base) ?? new Map<number, Section>();
  sectioned.set(base, sections);
  const at = Number(digits ?? 0);
  const isExtended = digits === undefined || star !== undefined;
  if (!sections.has(at)) sections.set(at, { text, isExtended });
}

// RFC 2231 4.1: the charset stands in the first section only.
function joinSections(sections: ReadonlyMap<number, Section>): string {
  const runs: Uint8Array[] = [];
  let charset: string | null = null;
  for (let at = 0, section = sections.get(0); section !== undefined; section = sections.get(++at)) {
    let { text } = section;
    const [prefix, label] = /^([^']*)'[^']*'/.exec(text) ?? [];
    if (at === 0 && section.isExtended && prefix !== undefined) {
      text = text.slice(prefix.length);
      charset = label === undefined || label === "" ? null : label;
    }
    runs.push(section.isExtended ? decodeEscapes(text, "%") : utf8(text));
  }
  return decodeText(concatBytes(runs), charset);
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  const end = /^"(?:[^"\\]|\\[^])*/.exec(text)?.[0].length ?? 1;
  // Only these two are unescaped: senders on Windows write C:\dir\file as it is.
  return text.slice(1, end).replace(/\\(["\\])/g, "$1");
}

function* splitOutsideQuotes(text: string): Generator<string> {
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (character === "\\" && isQuoted) at++;
    else if (character === ";" && !isQuoted) {
      yield text.slice(start, at);
      start = at + 1;
    }
  }
  yield text.slice(start);
}
