/** Messages from outside. */
import type { IdempotencyKey } from "../model/digests.ts";
import { accountId } from "../model/ids.ts";
import type { Quota } from "./administration_store.ts";
import type { NewMessage } from "./send_store.ts";

/** The account that stands for the server itself: what comes from outside is its, and nobody logs in to it. */
export const systemAccountId = accountId(0);

/** A message from outside. */
export interface NewInbound {
  /** Random, and never used before: nobody outside can say that two are the same. */
  readonly key: IdempotencyKey;
  readonly storedAt: number;
  /** The sealed body, or the finished upload of `systemAccountId` that holds it. */
  readonly body: NewMessage["body"];
  /** As in `NewMessage`. */
  readonly quota?: Quota | undefined;
  /** At least one; somebody named twice gets one copy, the first. */
  readonly recipients: NewMessage["recipients"];
}

export interface InboundStore {
  /**
   * Puts a message from outside into the inbox of every recipient, or of none: mail from `systemName`, of which
   * `bounced` tells nothing. It comes back to nobody.
   * @throws {MailError} `no_such_recipient`, `key_changed`, `over_quota`, `storage_full`, `malformed` for an upload,
   * each as `send` does
   */
  receive(inbound: NewInbound): Promise<void>;
}
