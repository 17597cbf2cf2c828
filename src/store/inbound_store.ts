/** Messages from outside. */
import type { AccountName } from "../model/address.ts";
import type { IdempotencyKey } from "../model/digests.ts";
import { accountId } from "../model/ids.ts";
import type { AccountRate } from "./account_store.ts";
import type { Quota } from "./administration_store.ts";
import type { NewMessage } from "./send_store.ts";

/** The account that stands for the server itself: what comes from outside is its, and nobody logs in to it. */
export const systemAccountId = accountId(0);

/** Who brings a message from outside. */
export interface InboundSender {
  /** The name of the account that logged in, whose share of each mailbox it takes; null: nobody did. */
  readonly account: AccountName | null;
  /** Of the envelope and of From: what it is blocked by, as `parseSender` folds it. Anybody can make these up. */
  readonly addresses: readonly string[];
}

/** A message from outside. */
export interface NewInbound {
  /** Random, and never used before: nobody outside can say that two are the same. */
  readonly key: IdempotencyKey;
  readonly storedAt: number;
  readonly from: InboundSender;
  /** The sealed body, or the finished upload of `systemAccountId` that holds it. */
  readonly body: NewMessage["body"];
  /** As in `NewMessage`. */
  readonly quota?: Quota | undefined;
  /** At least one; somebody named twice gets one copy, the first. */
  readonly recipients: NewMessage["recipients"];
  /** What each recipient takes a try of, of the account that logged in: as in `Store.as`. */
  readonly rate?: AccountRate | undefined;
}

/** One more message that a mailbox is to have room for. */
export interface RoomQuery {
  /** The name of the account. */
  readonly name: AccountName;
  readonly from: InboundSender;
  readonly bytes: number;
  /** As in `NewMessage`. */
  readonly quota?: Quota | undefined;
}

export interface InboundStore {
  /**
   * Tells whether there is room for a message from outside, or none is needed because its sender is blocked; there is
   * none where there is no such account.
   */
  hasRoom(query: RoomQuery): Promise<boolean>;
  /**
   * Puts a message from outside into the inbox of every recipient who has not blocked its sender, or of none: mail from `systemName`, of which
   * `bounced` tells nothing. It comes back to nobody.
   * @throws {MailError} `no_such_recipient`, `key_changed`, `over_quota`, `storage_full`, `try_later`,
   * each as `send` does
   */
  receive(inbound: NewInbound): Promise<void>;
}
