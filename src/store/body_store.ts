/** Sealed bodies, on their way in and out. */
import type { AccountId, EntryId, UploadId } from "../model/ids.ts";

export interface BodyStore {
  /**
   * Begins a body that comes in chunks, for a message of this account or, for `systemAccountId`, from outside. It is
   * gone after `discardUpload`, some time after the process that began it is gone, and after a day at most where several
   * processes use the store; its number is never used again.
   */
  beginUpload(accountId: AccountId): Promise<UploadId>;
  /**
   * Adds a chunk of 1 to `limits.chunkBytes` at its position: 0, 1, 2 ... Calls may overlap and keep their order. A chunk of a
   * position that is stored, with as many bytes, is a repeat and changes nothing.
   * @throws {MailError} `malformed` for another size; `try_later` for an upload that is not there any more, or has lost the
   * chunks before; `storage_full`
   */
  appendUpload(upload: UploadId, position: number, chunk: Uint8Array): Promise<void>;
  /** Drops an upload that no message took; one that a message took stays. */
  discardUpload(upload: UploadId): Promise<void>;
  /** Hands out the sealed body in chunks, header first. An entry deleted meanwhile is `no_such_message`. */
  body(accountId: AccountId, id: EntryId): AsyncIterable<Uint8Array>;
}
