/** Messages as they are kept in a segment of an index: a row each at hand, lists of their words, and their texts apart. */
import { utf8 } from "../../model/bytes.ts";
import { entryId } from "../../model/ids.ts";
import { type Searchable, unknownBody } from "./searchable.ts";
import type { PartPlace, Segment } from "./segment_file.ts";
import { listWords, wordLists } from "./word_list.ts";

/** What an index keeps of a message. */
export interface IndexedMessage {
  /** Its body is not known, and not whether it is unread. */
  readonly message: Searchable;
  /** Tells the entry that it was made from. */
  readonly mark: string;
  /** Folded. */
  readonly text: string;
}

/** What of it is at hand. */
export interface IndexedRow extends Omit<IndexedMessage, "text"> {
  readonly text: PartPlace;
}

export interface IndexedRows {
  readonly rows: readonly IndexedRow[];
  readonly lists: readonly PartPlace[];
}

type HeadRow = readonly [
  id: number,
  box: Searchable["box"],
  date: number,
  sealedBytes: number,
  messageId: string,
  from: string,
  to: string,
  subject: string,
  attachments: number,
  fileNames: string,
  mark: string,
];

interface Head {
  readonly rows: readonly HeadRow[];
  /** Of all parts, in bytes: the lists of words, then the texts. */
  readonly lengths: readonly number[];
}

/** Makes a segment of at most `mostTexts` messages. */
export function segmentOf(messages: readonly IndexedMessage[]): Segment {
  const texts = messages.map(({ text }) => text);
  const parts = [...listWords(texts), ...texts].map(utf8);
  const head: Head = {
    rows: messages.map(headRow),
    lengths: parts.map(({ length }) => length),
  };
  return { head: utf8(JSON.stringify(head)), parts };
}

/** Reads the head of a segment, which was sealed: so it is one that this program wrote. */
export function readHead(head: Uint8Array): IndexedRows {
  const { rows, lengths } = JSON.parse(new TextDecoder().decode(head)) as Head;
  let end = 0;
  const places = lengths.map((length, index) => ({
    index,
    start: (end += length) - length,
    length,
  }));
  return {
    rows: rows.map((row, at) => ({ ...readRow(row), text: places[wordLists + at]! })),
    lists: places.slice(0, wordLists),
  };
}

function headRow({ message, mark }: IndexedMessage): HeadRow {
  const { id, box, date, sealedBytes, messageId, from, to, subject, attachments, fileNames } =
    message;
  return [id, box, date, sealedBytes, messageId, from, to, subject, attachments, fileNames, mark];
}

function readRow(row: HeadRow): Omit<IndexedRow, "text"> {
  const [id, box, date, sealedBytes, messageId, from, to, subject, attachments, fileNames] = row;
  const known = { box, date, sealedBytes, messageId, from, to, subject, attachments, fileNames };
  const message = { id: entryId(id), ...known, body: unknownBody, isUnread: null };
  return { message, mark: row[10] };
}
