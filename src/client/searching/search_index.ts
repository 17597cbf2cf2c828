/**
 * A machine's index of one mailbox: what a search sees of its messages, sealed in a file. It is never right by itself: what
 * it has of a message holds only for the entry that it was made from, and only the server tells which are there.
 */
import type { IndexSeal } from "../../crypto/account/mailbox_key.ts";
import type { EnvelopeDigest } from "../../model/digests.ts";
import type { EntryId } from "../../model/ids.ts";
import type { WireEntry } from "../../wire/layouts.ts";
import { BrokenIndex, HeldSegments, type IndexPlace, type WordsFound } from "./held_segments.ts";
import type { IndexedMessage, IndexedRows } from "./indexed_segment.ts";
import type { MailboxState } from "./mailbox_state.ts";
import type { ParsedQuery } from "./query.ts";
import {
  bodyOf,
  type FoundMessage,
  type MessageStates,
  type Searchable,
  unknownBody,
  unknownStates,
} from "./searchable.ts";
import { mostTexts } from "./word_list.ts";

/** A message that may be meant. */
interface Candidate {
  readonly id: EntryId;
  readonly place: IndexPlace;
  /** Null: that depends on its text. */
  readonly meant: true | null;
  readonly body: Searchable["body"];
}

export class SearchIndex {
  readonly #segments: HeldSegments;
  /** What was heard of the mailbox; to be kept by `keepState` once the index is as it says. */
  readonly state: MailboxState;

  private constructor(segments: HeldSegments, state: MailboxState) {
    this.#segments = segments;
    this.state = state;
  }

  /** Opens the index in a file; whatever that is, at worst it is empty. @throws {MailError} as `SegmentFile.open` */
  static async open(path: string, seal: IndexSeal, maxBytes?: number): Promise<SearchIndex> {
    const { segments, state } = await HeldSegments.open(path, seal, maxBytes);
    return new SearchIndex(segments, state);
  }

  /** The ids of its messages. */
  ids(): EntryId[] {
    return this.#segments.ids.flat();
  }

  /** How many messages it has. */
  get count(): number {
    return this.#segments.ids.reduce((sum, { length }) => sum + length, 0);
  }

  hasId(id: EntryId): boolean {
    return this.#segments.placeOf(id) !== null;
  }

  /** Drops what it has of entries that are others by now. @throws {BrokenIndex} where there are any */
  async check(entries: readonly MarkedEntry[]): Promise<void> {
    const others = new Set<EntryId>();
    for (const entry of entries) {
      if (this.hasId(entry.id) && !await this.has(entry)) others.add(entry.id);
    }
    if (others.size === 0) return;
    await this.remove(others);
    throw new BrokenIndex();
  }

  /** True where what it has of an id was made from this envelope. @throws {BrokenIndex} */
  async isOf(id: EntryId, digest: EnvelopeDigest): Promise<boolean> {
    return (await this.#markOf(id))?.startsWith(`${markOfDigest(digest)} `) ?? false;
  }

  /** All text of a message with this envelope, as `ReadText` has it; null: it is not kept. @throws {BrokenIndex} */
  async bodyOf(id: EntryId, digest: EnvelopeDigest): Promise<string | null> {
    if (!await this.isOf(id, digest)) return null;
    return await this.#segments.body(this.#segments.placeOf(id)!);
  }

  /** True where it has the message as the server tells of it. @throws {BrokenIndex} */
  async has(entry: MarkedEntry): Promise<boolean> {
    return await this.#markOf(entry.id) === markOf(entry);
  }

  /**
   * Finds messages that are meant, newest first. What depends on a state that is not known is found too. Opens no segments
   * behind those that are needed for as many as are asked for.
   * @throws {BrokenIndex}
   */
  async *find(
    query: ParsedQuery,
    states: MessageStates = unknownStates,
  ): AsyncGenerator<FoundMessage, void> {
    const left = this.#segments.ids.map((ids, at) => ({ at, newest: Math.max(0, ...ids) }))
      .sort((a, b) => a.newest - b.newest);
    let candidates: Candidate[] = [];
    for (let count = firstSegments; left.length > 0; count *= 2) {
      const some = left.splice(-count).map(({ at }) => this.#findIn(at, query, states));
      candidates = [...candidates, ...(await allOver(some)).flat()].sort((a, b) => a.id - b.id);
      const newestLeft = left.at(-1)?.newest ?? 0;
      while ((candidates.at(-1)?.id ?? 0) > newestLeft) {
        const found = await this.#judge(candidates.pop()!, query, states);
        if (found !== null) yield found;
      }
    }
  }

  /** Takes messages in, as far as there is room; each in the place of one that has its id. @throws {BrokenIndex} */
  async add(messages: readonly IndexedMessage[]): Promise<void> {
    await this.remove(new Set(messages.map(({ message: { id } }) => id)));
    const { ids } = this.#segments;
    const last = ids.length - 1;
    const first = (ids[last]?.length ?? mostTexts) < mostTexts ? last : last + 1;
    await this.#segments.writeFrom(first, messages);
  }

  /** Drops messages, and their texts from the file. @throws {BrokenIndex} */
  async remove(ids: ReadonlySet<EntryId>): Promise<void> {
    const places = [...ids].flatMap((id) => this.#segments.placeOf(id) ?? []);
    for (const at of new Set(places.map((place) => place.at))) {
      const messages = await this.#segments.messagesOf(at);
      await this.#segments.replace(at, messages.filter(({ message: { id } }) => !ids.has(id)));
    }
    const full = this.#segments.ids.length - 1;
    if (2 * this.count < mostTexts * full) await this.#segments.writeFrom(0, []);
  }

  /** Keeps what was heard, in the end: where this is not reached, an older position is kept, or none. */
  async keepState(): Promise<void> {
    await this.#segments.keep(this.state);
    this.state.isKept = true;
  }

  close(): void {
    this.#segments.close();
  }

  async #markOf(id: EntryId): Promise<string | null> {
    const place = this.#segments.placeOf(id);
    return place && show(await this.#segments.rows(place.at), place.row).mark;
  }

  /** Finds what is meant in a segment, as far as its headers and its lists of words tell. */
  async #findIn(
    at: number,
    { test, bodyWords }: ParsedQuery,
    states: MessageStates,
  ): Promise<Candidate[]> {
    const [rows, words] = [
      await this.#segments.rows(at),
      await this.#segments.findWords(at, bodyWords),
    ];
    const body = bodyIn(words, () => rows.row);
    const candidates: Candidate[] = [];
    for (let row = 0; row < rows.count; row++) {
      const meant = test(show(rows, row, states, body));
      if (meant === false) continue;
      candidates.push({ id: rows.id, place: { at, row }, meant, body: bodyIn(words, () => row) });
    }
    return candidates;
  }

  /** Looks into the text of a candidate where it depends on that; null: it is not meant. */
  async #judge(
    { id, place, meant, body }: Candidate,
    { test, bodyWords }: ParsedQuery,
    states: MessageStates,
  ): Promise<FoundMessage | null> {
    if (meant !== null || bodyWords.length === 0) return { id, body };
    const whole = bodyOf(await this.#segments.text(place));
    const rows = await this.#segments.rows(place.at);
    return test(show(rows, place.row, states, whole)) === false ? null : { id, body: whole };
  }
}

/** Segments that a search opens first; then twice as many each time. */
const firstSegments = 4;

/** As `Promise.all`, but where one fails, the work on the others is over before that is told. */
async function allOver<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}

/** Shows one message of a segment; until the next is shown. */
function show(
  rows: IndexedRows,
  row: number,
  states: MessageStates = unknownStates,
  body: Searchable["body"] = unknownBody,
): IndexedRows {
  return Object.assign(rows, { row, states, body });
}

/** The body of the message in a row, as far as it is known which texts have the words. */
function bodyIn(found: WordsFound, row: () => number): Searchable["body"] {
  return (words) => {
    const texts = found.get(words) ?? null;
    if (texts === null) return null;
    return texts.sure.has(row()) || (texts.possible.has(row()) ? null : false);
  };
}

type MarkedEntry = Pick<WireEntry, "id" | "envelopeDigest" | "from" | "burn">;

/** All that the server tells of a message and that decides what is indexed of it. */
export function markOf({ envelopeDigest, from, burn }: MarkedEntry): string {
  return `${markOfDigest(envelopeDigest)} ${from}${burn ? " burns" : ""}`;
}

function markOfDigest(digest: EnvelopeDigest): string {
  return digest.subarray(0, 12).toBase64();
}
