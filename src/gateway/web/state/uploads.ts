/** Attachments of drafts, in memory until they are sent: plaintext never touches the disk. */
import { BoundedMap } from "../../../model/bounded_map.ts";
import { type Bytes } from "../../../model/bytes.ts";
import { MailError } from "../../../model/errors.ts";
import { limits } from "../../../model/limits.ts";
import { formatSize } from "../../../model/size.ts";
import { newWord } from "../visitors.ts";

export interface DraftUpload {
  readonly id: string;
  readonly name: string;
  readonly bytes: Bytes;
}

const maxDrafts = 50;

export class DraftUploads {
  /** By draft, the one used last at the end. */
  readonly #drafts = new BoundedMap<string, DraftUpload[]>(maxDrafts);
  readonly #mostBytes: number;
  #reserved = 0;

  /** `mostBytes`: what all of them may hold. */
  constructor(mostBytes: number = limits.maxPageUploadBytes) {
    this.#mostBytes = mostBytes;
  }

  /** Tells what a draft has. */
  of(draft: string): readonly DraftUpload[] {
    return this.#drafts.get(draft) ?? [];
  }

  /**
   * Reads a file of a length that is known into a draft; `most` is what one draft may hold. The files of drafts that
   * were used least make room for it.
   * @throws {MailError} `too_large`, before room is made for it
   */
  async add(
    draft: string,
    file: { readonly name: string; readonly size: number },
    content: AsyncIterable<Uint8Array>,
    most: number,
  ): Promise<DraftUpload> {
    const { name, size } = file;
    const before = this.of(draft);
    const held = sizeOf(before) + size;
    if (held > most || before.length >= limits.maxAttachments) {
      throw tooMuch(held, most);
    }
    this.#reserve(draft, size);
    try {
      const upload = { id: newWord(), name, bytes: await fill(size, content) };
      this.#put(draft, [...this.of(draft), upload]);
      return upload;
    } finally {
      this.#reserved -= size;
    }
  }

  remove(draft: string, id: string): void {
    this.#put(
      draft,
      this.of(draft).filter((upload) => upload.id !== id),
    );
  }

  /** Gives a draft what another one has. */
  copy(draft: string, other: string): void {
    this.#put(other, [...this.of(draft)]);
  }

  drop(draft: string): void {
    this.#drafts.delete(draft);
  }

  #put(draft: string, uploads: DraftUpload[]): void {
    if (uploads.length > 0) this.#drafts.set(draft, uploads);
    else this.#drafts.delete(draft);
  }

  /** @throws {MailError} `too_large` */
  #reserve(draft: string, size: number): void {
    const own = sizeOf(this.of(draft)) + this.#reserved + size;
    if (own > this.#mostBytes) throw tooMuch(own, this.#mostBytes);
    for (const other of this.#drafts.keys().toArray()) {
      const held = this.#drafts.values().reduce((sum, uploads) => sum + sizeOf(uploads), 0);
      if (held + this.#reserved + size <= this.#mostBytes) break;
      if (other !== draft) this.drop(other);
    }
    this.#reserved += size;
  }
}

function sizeOf(uploads: readonly DraftUpload[]): number {
  return uploads.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

async function fill(size: number, content: AsyncIterable<Uint8Array>): Promise<Bytes> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const piece of content) {
    if (at + piece.length > size) throw notTheLength(size);
    bytes.set(piece, at);
    at += piece.length;
  }
  if (at < size) throw notTheLength(size);
  return bytes;
}

function notTheLength(size: number): MailError {
  return new MailError("malformed", `Cannot attach the file: it does not have ${size} bytes`);
}

function tooMuch(bytes: number, most: number): MailError {
  const what = `Cannot attach ${formatSize(bytes)} in all`;
  return new MailError(
    "too_large",
    `${what}: the limit is ${formatSize(most)}, and ${limits.maxAttachments} files`,
  );
}
