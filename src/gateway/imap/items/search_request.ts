/** What a SEARCH asks for: RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 5032 (WITHIN), RFC 7162 3.1.5, RFC 8474 5.3. */
import type { CommandText } from "../command_text.ts";
import { readNumberSet, resolveSet } from "../number_set.ts";
import { Bad, No } from "../refusal.ts";
import { searchKeys } from "./search_keys.ts";
import { allOf, anyOf, not, type SearchKey } from "./search_key.ts";

const searchReturns = ["MIN", "MAX", "ALL", "COUNT", "SAVE"] as const;

export type SearchReturn = typeof searchReturns[number];

export interface SearchRequest {
  /** What RETURN asks for, ALL where it names nothing; null: there was no RETURN. */
  readonly returns: ReadonlySet<SearchReturn> | null;
  /** It asks by MODSEQ: the answer has the highest one, and the session knows CONDSTORE from here on. */
  readonly usesModseq: boolean;
  readonly key: SearchKey;
}

const maxKeys = 1_000;
const maxDepth = 20;
const charsets = ["US-ASCII", "UTF-8"];
/** With the names that Python has for them, which its programs write. */
const charsetName = /^(?:(?:US-)?ASCII|UTF[-_]?8)$/i;

/** Reads what follows `SEARCH` and its blank, to the end. @throws {Bad} @throws {No} `BADCHARSET` */
export function readSearch(text: CommandText): SearchRequest {
  const returns = text.skip("RETURN ") ? readReturns(text) : null;
  if (returns !== null) text.space();
  if (text.skip("CHARSET ")) readCharset(text);
  const reader = new KeyReader(text);
  const keys = reader.readAll();
  text.end();
  return { returns, usesModseq: reader.usesModseq, key: allOf(keys) };
}

function readReturns(text: CommandText): ReadonlySet<SearchReturn> {
  const names = text.list(() => text.word(), { mayBeEmpty: true });
  const known = searchReturns.filter((name) => names.includes(name));
  const unknown = names.find((name) => !known.some((each) => each === name));
  if (unknown !== undefined) throw new Bad(`Cannot return ${unknown}`);
  return new Set(known.length === 0 ? ["ALL"] : known);
}

function readCharset(text: CommandText): void {
  const charset = text.astring();
  text.space();
  if (charsetName.test(charset)) return;
  throw new No("The charset is unknown", `BADCHARSET (${charsets.join(" ")})`);
}

class KeyReader {
  readonly #text: CommandText;
  #count = 0;
  usesModseq = false;

  constructor(text: CommandText) {
    this.#text = text;
  }

  /** Reads keys up to the end of what they stand in. */
  readAll(depth = 0): SearchKey[] {
    const keys = [this.#read(depth)];
    while (this.#text.skip(" ")) keys.push(this.#read(depth));
    return keys;
  }

  #read(depth: number): SearchKey {
    if (++this.#count > maxKeys) throw new Bad("There are too many search keys");
    if (depth > maxDepth) throw new Bad("The search keys are nested too deep");
    if (this.#text.skip("(")) return this.#readList(depth);
    if (this.#text.match(/(?=[\d*$])/y) !== null) return sequenceSet(this.#text);
    const name = this.#text.word();
    if (name === "NOT") return not(this.#readNext(depth));
    if (name === "OR") return anyOf([this.#readNext(depth), this.#readNext(depth)]);
    if (name === "UID") return uidSet(this.#text);
    if (!Object.hasOwn(searchKeys, name)) throw new Bad(`There is no search key ${name}`);
    this.usesModseq ||= name === "MODSEQ";
    return searchKeys[name]!(this.#text);
  }

  #readNext(depth: number): SearchKey {
    this.#text.space();
    return this.#read(depth + 1);
  }

  #readList(depth: number): SearchKey {
    const keys = this.readAll(depth + 1);
    this.#text.require(")");
    return allOf(keys);
  }
}

function sequenceSet(text: CommandText): SearchKey {
  const written = readNumberSet(text);
  if (written === "$") return savedMessages;
  return {
    needs: [],
    test: ({ highestSequence, saved }) => {
      const meant = resolveSet(written, highestSequence, saved);
      return ({ sequence }) => meant.has(sequence);
    },
  };
}

function uidSet(text: CommandText): SearchKey {
  text.space();
  const written = readNumberSet(text);
  return {
    needs: [],
    test: ({ highestUid, saved }) => {
      const meant = resolveSet(written, highestUid, saved);
      return ({ message }) => meant.has(message.uid);
    },
  };
}

/** RFC 5182 2.1 */
const savedMessages: SearchKey = {
  needs: [],
  test: ({ saved }) => ({ message }) => saved.has(message.uid),
};
