/** What a FETCH asks for: RFC 9051 6.4.5, RFC 3501 6.4.5, RFC 7162 3.1.4 and 3.2.6, RFC 8474 5. */
import type { CommandText } from "../command_text.ts";
import { Bad } from "../refusal.ts";
import { isValueName, type ValueName } from "./fetch_values.ts";
import { readSectionItem, type SectionItem, wholeSections } from "./section_item.ts";

export interface ValueItem {
  readonly kind: "value";
  /** As the answer names it. */
  readonly label: ValueName;
}

export type FetchItem = ValueItem | SectionItem;

export interface FetchRequest {
  /** In the order in which they are asked for, each once. */
  readonly items: readonly FetchItem[];
  /** To fetch the messages marks them as seen. */
  readonly setsSeen: boolean;
  /** It asks for MODSEQ, or by CHANGEDSINCE: the session knows CONDSTORE from here on. */
  readonly usesModseq: boolean;
  /** Only messages of a higher modseq are meant; null: all. */
  readonly changedSince: number | null;
  /** What is gone since then is asked for as well. */
  readonly vanished: boolean;
}

export interface FetchForm {
  /** UID FETCH: each answer has the UID, and VANISHED may be asked for. */
  readonly isUid: boolean;
  /** As `quote` has it. */
  readonly isUtf8: boolean;
}

const fast: readonly ValueName[] = ["FLAGS", "INTERNALDATE", "RFC822.SIZE"];

const macros: Readonly<Record<string, readonly ValueName[]>> = {
  FAST: fast,
  ALL: [...fast, "ENVELOPE"],
  FULL: [...fast, "ENVELOPE", "BODY"],
};

const maxItems = 200;
const itemName = /[A-Z0-9.]+/iy;

/** Reads what follows the set and its blank, to the end. @throws {Bad} */
export function readFetch(text: CommandText, { isUid, isUtf8 }: FetchForm): FetchRequest {
  const read = readItems(text, isUtf8);
  const modifiers = text.skip(" ") ? readModifiers(text, isUid) : noModifiers;
  text.end();
  if (read.length > maxItems) throw new Bad("There are too many data items");
  const uid: ReadItem[] = isUid ? [valueItem("UID")] : [];
  const items = Map.groupBy([...uid, ...read], ({ item }) => item.label);
  return {
    items: items.values().map(([first]) => first!.item).toArray(),
    setsSeen: read.some(({ setsSeen }) => setsSeen),
    usesModseq: modifiers.changedSince !== null || items.has("MODSEQ"),
    ...modifiers,
  };
}

interface ReadItem {
  readonly item: FetchItem;
  readonly setsSeen: boolean;
}

function readItems(text: CommandText, isUtf8: boolean): ReadItem[] {
  if (text.sees("(")) return text.list(() => readItem(text, isUtf8));
  for (const [name, values] of Object.entries(macros)) {
    if (text.skip(name)) return values.map(valueItem);
  }
  return [readItem(text, isUtf8)];
}

function readItem(text: CommandText, isUtf8: boolean): ReadItem {
  const name = text.match(itemName)?.[0].toUpperCase();
  if (name === undefined) throw text.bad();
  if (text.sees("[")) return readSectionItem(text, name, isUtf8);
  if (isValueName(name)) return valueItem(name);
  const whole = Object.hasOwn(wholeSections, name) ? wholeSections[name] : undefined;
  if (whole === undefined) throw new Bad(`There is no data item ${name}`);
  return whole;
}

function valueItem(label: ValueName): ReadItem {
  return { item: { kind: "value", label }, setsSeen: false };
}

type Modifiers = Pick<FetchRequest, "changedSince" | "vanished">;

const noModifiers: Modifiers = { changedSince: null, vanished: false };

/** RFC 7162 3.2.6: VANISHED goes with CHANGEDSINCE and UID FETCH only. */
function readModifiers(text: CommandText, isUid: boolean): Modifiers {
  let [changedSince, vanished]: [number | null, boolean] = [null, false];
  text.list(() => {
    if (text.skip("CHANGEDSINCE ")) changedSince = text.number64();
    else if (text.skip("VANISHED")) vanished = true;
    else throw text.bad();
  });
  if (vanished && (changedSince === null || !isUid)) {
    throw new Bad("VANISHED needs CHANGEDSINCE and UID FETCH");
  }
  return { changedSince, vanished };
}
