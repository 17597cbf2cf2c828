/** A message before it is sealed, as a person or a program writes it. */

import type { Address } from "../../model/address.ts";
import type { Moment } from "../../model/delivery_time.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Attachment } from "../../model/message.ts";

/** Bytes that are at hand, or that come as they are read. */
export type Content = Uint8Array | AsyncIterable<Uint8Array>;

export async function* contentStream(content: Content): AsyncGenerator<Uint8Array, void> {
  if (content instanceof Uint8Array) yield content;
  else yield* content;
}

/** What a body is whose MIME was made by somebody else: it goes out as it is, behind the header given here. */
export interface Submitted {
  readonly messageId: string;
  /** Milliseconds since 1970. */
  readonly date: number;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  /** As a reader will find them in the body; known at the latest when that has been read. */
  readonly attachments: readonly Attachment[] | Promise<readonly Attachment[]>;
  /** Whole fields, each line with its CRLF; without the blank line behind them. */
  readonly header: Uint8Array;
}

export interface Draft {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly subject: string;
  readonly body: Content;
  readonly attachments: readonly {
    readonly name: string;
    readonly type: string;
    /** Bytes, where it is known before reading. */
    readonly size: number | null;
    readonly content: Content;
  }[];
  /** The id, in this mailbox, of the message that this answers. */
  readonly replyTo?: EntryId | undefined;
  /** The id, in this mailbox, of the message that this passes on; it is among the attachments. */
  readonly forwards?: EntryId | undefined;
  /** Set where the body is the body of a whole message, with its thread; then there are no `attachments`. */
  readonly submitted?: Submitted | undefined;
  /**
   * Repeating a send with the same key stores it once. Without a key, what was `submitted` has one made of its message
   * id and content.
   */
  readonly key?: string | undefined;
  /** True: whoever exists gets it, and for everybody else it comes back. */
  readonly partial?: boolean | undefined;
  /** When the recipients' copies go: unread ones come back. A span is counted from the delivery. */
  readonly expires?: Moment | undefined;
  /** When the recipients get it; a span is counted from when it is stored. Absent: at once. */
  readonly deliver?: Moment | undefined;
  /** True: each recipient's copy is erased when it is read, and the body with the last. */
  readonly burn?: boolean | undefined;
}

export interface SendResult {
  /** Id of the sender's own copy. */
  readonly id: EntryId;
  readonly messageId: string;
  /** Whom it names, as `sent` shows them: `name@domain`, and with the tag. */
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  /** True where the key had been used for the same content before: nothing new was stored. */
  readonly repeated: boolean;
  /** Addresses it could not be stored for: the inbox has a notice for each. */
  readonly bounced: readonly Address[];
  /** Recipients that were aliases, and the accounts that they are. */
  readonly aliases: readonly { readonly alias: Address; readonly address: Address }[];
  /** When the recipients get it; null: they have it. */
  readonly heldUntil: number | null;
}
