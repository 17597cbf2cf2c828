/** Messages that come in, and who hears what became of them. */
import type { MboxStatus } from "../../mime/mbox_status.ts";
import type { MailError } from "../../model/errors.ts";
import type { Filing } from "../../model/filing.ts";
import type { Box } from "../../model/message.ts";

/** One message as it is found. */
export interface ImportedMessage {
  /** What it is called in a message to the person. */
  readonly name: string;
  readonly box: Box;
  /** Where the same message is this one: in its box only if its form says that it is of this box, else in any. */
  readonly sameIn: readonly Box[];
  readonly isRead: boolean;
  /** Of a message of an mbox file, what a mail program noted in it; null: its own header tells. */
  readonly mboxStatus?: MboxStatus | null;
  /** True where `export` wrote it: it may be in this mailbox, whoever it is from. */
  readonly isExported?: boolean;
  /** How it is filed from the start. Absent: not at all. */
  readonly filing?: Filing | undefined;
  /** Milliseconds since 1970, for a message that has no date; null: now. */
  readonly date: number | null;
  /** When it came, as the store says that it was in, milliseconds since 1970. Absent or null: its header tells. */
  readonly receivedAt?: number | null;
  /** Its MIME source, once. What is wrong with it fails as it is read. */
  readonly content: AsyncIterable<Uint8Array>;
}

export type ImportResult = "imported" | "skipped";

/** Hears what became of each message; in any order. */
export interface ImportListener {
  done(message: ImportedMessage, result: ImportResult, bytes: number): void;
  /** It cannot be imported, and all others can. */
  refused(message: ImportedMessage, error: MailError): void;
}
