/**
 * The segments of an index, of which each is opened when it is asked for: which messages are in which is kept behind them
 * all, with how far the server was heard.
 */
import type { IndexSeal } from "../../crypto/account/mailbox_key.ts";
import { type Bytes, concatBytes, utf8 } from "../../model/bytes.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Words } from "./folded_text.ts";
import { type IndexedMessage, IndexedRows, segmentOf } from "./indexed_segment.ts";
import { MailboxState } from "./mailbox_state.ts";
import { type PartPlace, SegmentFile } from "./segment_file.ts";
import { findWords, type FoundWords, listsFor, mostTexts } from "./word_list.ts";

/** A part of the file cannot be opened. What was there is not in the index any more. */
export class BrokenIndex extends Error {}

/** Where a message stands. */
export interface IndexPlace {
  readonly at: number;
  readonly row: number;
}

export type WordsFound = ReadonlyMap<Words, FoundWords | null>;

interface HeldSegment {
  /** Of its messages, row by row. */
  readonly ids: readonly EntryId[];
  /** Null: it is not opened. */
  rows: IndexedRows | null;
}

/** Which messages are in which segments, as it is kept: of each its id in the file, and theirs. */
type Contents = readonly (readonly [segment: string, ids: readonly EntryId[]])[];

export class HeldSegments {
  readonly #file: SegmentFile;
  #segments: HeldSegment[] = [];
  /** Of each message its row, and `mostTexts` for each segment before its own; null: nobody asked yet. */
  #places: Map<EntryId, number> | null = null;

  private constructor(file: SegmentFile) {
    this.#file = file;
  }

  /** Opens a file; whatever that is, at worst it is empty. @throws {MailError} as `SegmentFile.open` */
  static async open(
    path: string,
    seal: IndexSeal,
    maxBytes?: number,
  ): Promise<{ readonly segments: HeldSegments; readonly state: MailboxState }> {
    const file = await SegmentFile.open(path, seal, maxBytes);
    const { contents, state } = decodeTrailer(await file.trailer());
    const segments = new HeldSegments(file);
    segments.#segments = await Promise.all(
      Array.from({ length: file.count }, async (_, at) => {
        const [segment, ids] = contents[at] ?? [];
        if (segment === file.idOf(at)) return { ids: ids!, rows: null };
        return heldSegment(await file.head(at) ?? segmentOf([]).head); // it was written since
      }),
    );
    return { segments, state };
  }

  /** Of all messages, segment by segment. */
  get ids(): readonly (readonly EntryId[])[] {
    return this.#segments.map(({ ids }) => ids);
  }

  placeOf(id: EntryId): IndexPlace | null {
    const place = (this.#places ??= placesIn(this.ids)).get(id);
    if (place === undefined) return null;
    return { at: Math.floor(place / mostTexts), row: place % mostTexts };
  }

  /** Opens the headers of a segment, once. @throws {BrokenIndex} */
  async rows(at: number): Promise<IndexedRows> {
    const segment = this.#segments[at]!;
    if (segment.rows !== null) return segment.rows;
    const head = await this.#file.head(at);
    if (head !== null) return segment.rows = new IndexedRows(head);
    await this.replace(at, []);
    throw new BrokenIndex();
  }

  /** Opens the text of a message. @throws {BrokenIndex} */
  async text({ at, row }: IndexPlace): Promise<string> {
    return await this.#open(at, (await this.rows(at)).text(row));
  }

  /** Opens all text of a message; null: it is not kept. @throws {BrokenIndex} */
  async body(place: IndexPlace): Promise<string | null> {
    const kept = (await this.rows(place.at)).keptBody(place.row);
    if (kept === null) return null;
    const before = kept.isRest ? await this.text(place) : "";
    const rest = kept.place.length === 0 ? "" : await this.#open(place.at, kept.place);
    return before + rest;
  }

  /** Finds which texts of a segment have the words, as far as its lists tell. @throws {BrokenIndex} */
  async findWords(at: number, wanted: readonly Words[]): Promise<WordsFound> {
    const rows = await this.rows(at);
    if (rows.count === 0) return new Map();
    const lists = new Map<number, string>();
    for (const list of new Set(wanted.flatMap(listsFor))) {
      lists.set(list, await this.#open(at, rows.list(list)));
    }
    return new Map(wanted.map((words) => [words, findWords(lists, words)]));
  }

  /** All messages of a segment. @throws {BrokenIndex} */
  async messagesOf(at: number): Promise<IndexedMessage[]> {
    const rows = await this.rows(at);
    const messages: IndexedMessage[] = [];
    for (let row = 0; row < rows.count; row++) {
      const place = { at, row };
      messages.push(rows.take(row, await this.text(place), await this.body(place)));
    }
    return messages;
  }

  /** Writes the segments from one on again, and more messages behind them. @throws {BrokenIndex} */
  async writeFrom(first: number, more: readonly IndexedMessage[]): Promise<void> {
    const messages: IndexedMessage[] = [];
    for (let at = first; at < this.#segments.length; at++) {
      messages.push(...await this.messagesOf(at));
    }
    messages.push(...more);
    const segments = [];
    for (let at = 0; at < messages.length; at += mostTexts) {
      segments.push(segmentOf(messages.slice(at, at + mostTexts)));
    }
    await this.#file.replaceFrom(first, segments);
    const kept = segments.slice(0, this.#file.count - first).map(({ head }) => heldSegment(head));
    this.#segments = [...this.#segments.slice(0, first), ...kept];
    this.#places = null;
  }

  /** Writes a segment again, with these messages. */
  async replace(at: number, messages: readonly IndexedMessage[]): Promise<void> {
    const segment = segmentOf(messages);
    await this.#file.replace(at, segment);
    this.#segments[at] = heldSegment(segment.head);
    this.#places = null;
  }

  /** Writes what stands behind all segments. */
  async keep(state: MailboxState): Promise<void> {
    const contents = this.#segments.map(({ ids }, at) => [this.#file.idOf(at), ids] as const);
    await this.#file.writeTrailer(encodeTrailer(contents, state));
  }

  close(): void {
    this.#file.close();
  }

  async #open(at: number, place: PartPlace): Promise<string> {
    const opened = await this.#file.part(at, place);
    if (opened !== null) return decoder.decode(opened);
    await this.replace(at, []);
    throw new BrokenIndex();
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function heldSegment(head: Uint8Array): HeldSegment {
  const rows = new IndexedRows(head);
  return { ids: Array.from({ length: rows.count }, (_, row) => rows.idOf(row)), rows };
}

/** Numbers: for 10,000 messages, as many objects are a millisecond. */
function placesIn(ids: readonly (readonly EntryId[])[]): Map<EntryId, number> {
  const places = new Map<EntryId, number>();
  for (const [at, own] of ids.entries()) {
    own.forEach((id, row) => places.set(id, mostTexts * at + row));
  }
  return places;
}

/** Two lines of JSON. */
function encodeTrailer(contents: Contents, state: MailboxState): Bytes {
  return concatBytes([utf8(`${JSON.stringify(contents)}\n`), state.encode()]);
}

function decodeTrailer(trailer: Bytes | null): { contents: Contents; state: MailboxState } {
  if (trailer === null) return { contents: [], state: new MailboxState(null) };
  const end = trailer.indexOf(10);
  const contents = JSON.parse(decoder.decode(trailer.subarray(0, end))) as Contents;
  return { contents, state: new MailboxState(trailer.subarray(end + 1)) };
}
