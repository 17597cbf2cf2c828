/** Bytes of one message, opened once for all sections that are small enough to be kept together. */
import { concatBytes } from "../../../model/bytes.ts";
import type { ByteRange } from "../../../mime/structure.ts";
import type { MailFolders, MailMessage } from "../../folders/mail_folders.ts";
import { CutShort } from "../../cut_short.ts";

const maxKeptBytes = 256 * 1024;

export class MessageContent {
  readonly #folders: MailFolders;
  readonly #message: MailMessage;
  #kept: { readonly from: number; readonly bytes: Uint8Array } | null = null;

  constructor(folders: MailFolders, message: MailMessage) {
    this.#folders = folders;
    this.#message = message;
  }

  /** Reads what all of the ranges need, if it is at most 256 KiB from the first to the last. */
  async keep(ranges: readonly ByteRange[]): Promise<void> {
    if (ranges.length === 0) return;
    const from = Math.min(...ranges.map(({ from }) => from));
    const to = Math.max(...ranges.map(({ to }) => to));
    if (to - from > maxKeptBytes) return;
    const pieces: Uint8Array[] = [];
    for await (const piece of this.read({ from, to })) pieces.push(piece);
    this.#kept = { from, bytes: concatBytes(pieces) };
  }

  /** Hands out exactly the bytes of a range. @throws {CutShort} where there are less, or more */
  async *read({ from, to }: ByteRange): AsyncGenerator<Uint8Array, void> {
    if (this.#kept !== null) {
      const { from: origin, bytes } = this.#kept;
      yield bytes.subarray(from - origin, to - origin);
      return;
    }
    let left = to - from;
    for await (const piece of this.#folders.content(this.#message, from, to)) {
      left -= piece.length;
      if (left < 0) throw new CutShort("A message has more bytes than it should");
      yield piece;
    }
    if (left > 0) throw new CutShort("A message has fewer bytes than it should");
  }
}
