/** Messages that an account puts into its own mailbox. */
import type { IdempotencyKey } from "../model/digests.ts";
import type { AccountId, EntryId, UploadId } from "../model/ids.ts";
import type { Box } from "../model/message.ts";
import type { Quota } from "./administration_store.ts";
import type { SealedFiling } from "./filing_store.ts";
import type { StoredCopy } from "./send_store.ts";

/** A message that an account puts into its own mailbox. */
export interface NewAppend {
  readonly accountId: AccountId;
  readonly idempotencyKey: IdempotencyKey;
  readonly box: Box;
  /** What is in sent is always read. */
  readonly isRead: boolean;
  readonly storedAt: number;
  /** The sealed body, or the finished upload that holds it. */
  readonly body: Uint8Array | { readonly upload: UploadId };
  readonly copy: StoredCopy;
  /** How it is filed from the start; null: not at all. */
  readonly filing: SealedFiling | null;
  /** As in `NewMessage`. */
  readonly quota?: Quota | undefined;
}

export interface AppendStore {
  /**
   * Stores a message in the account's own mailbox; whoever watches for mail is not told. Repeated under the same key while the entry is
   * there it changes nothing and tells the id; an upload it names stays. Once it was deleted it is stored anew.
   * @throws {MailError} `over_quota`, `storage_full`, `try_later` for an upload as `send` does
   */
  append(message: NewAppend): Promise<{ id: EntryId; repeated: boolean }>;
  /** One answer a key, in order: the id of what was appended under it and is there. */
  findAppended(accountId: AccountId, keys: readonly IdempotencyKey[]): Promise<(EntryId | null)[]>;
}
