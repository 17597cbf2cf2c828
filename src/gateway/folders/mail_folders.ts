/**
 * An account as mail programs see it: folders, each with messages that have a UID in it (RFC 9051 2.3). One object serves
 * all sessions of a bridge. What it tells is what the server had at the last `refresh`; whoever changes something has it
 * refreshed with it. What each session was told of it is the session's.
 */
import type { Flag, FolderUse } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Box } from "../../model/message.ts";
import type { MimeStructure } from "../../mime/structure.ts";
import type { RecentMessages } from "./recent_messages.ts";

export interface MailFolder {
  /** Stays when the folder is renamed; a box's own folder has the box's name. */
  readonly key: number | Box;
  /** NFC; levels are parted by `/`. */
  readonly name: string;
  /** RFC 6154; `none` for INBOX. */
  readonly use: FolderUse | "sent";
  /** Never changes, and a folder of the same name that is made later has another. 1 to 2^32 - 1. */
  readonly uidValidity: number;
}

/** A message in a folder. Another object stands for it once anything of it changed. */
export interface MailMessage {
  readonly id: EntryId;
  /** Rises in the order in which messages come into the folder. 1 to 2^32 - 1. */
  readonly uid: number;
  /** RFC 7162: rises with every change. */
  readonly modseq: number;
  readonly isSeen: boolean;
  readonly flags: readonly Flag[];
  /** Its owner's. Those that the bridge makes of the outcome are in `MailFacts`. */
  readonly keywords: readonly string[];
  /** Milliseconds since 1970. RFC 9051 2.3.3 */
  readonly internalDate: number;
  /** When it came into the mailbox, milliseconds since 1970. RFC 8474 and `SAVEDATE` are not about it. */
  readonly storedAt: number;
}

/** How many messages of a folder have which mark. */
export interface FolderCounts {
  readonly unseen: number;
  readonly deleted: number;
}

/** What only opening the envelope tells, which is done once. */
export interface MailFacts {
  /** Exactly what `content` gives: RFC822.SIZE. */
  readonly bytes: number;
  /** What is known of who wrote it, as a keyword, such as `$MailctlVerified`; null for what its owner put there. */
  readonly outcomeKeyword: string | null;
}

/** What only opening the body tells, unless it was opened before. */
export interface MailOutline {
  /** The header with its blank line, as `content` begins. */
  readonly header: Uint8Array;
  /** Its ranges are those of `content`. */
  readonly structure: MimeStructure;
}

/** The texts of messages that are known already. */
export interface MailTexts {
  /** The text of all that `content` gives, as `readMessageTexts` folds it; null: only opening the message tells. */
  body(message: MailMessage): Promise<string | null>;
  close(): void;
}

export interface MailChange {
  readonly addFlags?: readonly Flag[];
  readonly removeFlags?: readonly Flag[];
  readonly addKeywords?: readonly string[];
  readonly removeKeywords?: readonly string[];
  /** Has these and no other. */
  readonly setFlags?: readonly Flag[];
  readonly setKeywords?: readonly string[];
  readonly seen?: boolean;
}

export interface AppendedMail {
  readonly isSeen: boolean;
  readonly flags: readonly Flag[];
  readonly keywords: readonly string[];
  /** Null: now. */
  readonly internalDate: number | null;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Which UID in the folder it came from became which in the folder it came into. */
export interface MovedMail {
  readonly from: number;
  readonly to: number;
}

/** @throws {MailError} from every method that returns a promise: `unavailable`, `try_later`, `over_quota` ... */
export interface MailFolders {
  /** INBOX first, Sent second, then in the order of the list. */
  readonly folders: readonly MailFolder[];
  /** Names, also of folders that there are not. */
  readonly subscribed: ReadonlySet<string>;
  /** The highest of all changes that are known: HIGHESTMODSEQ of every folder. At least 1. */
  readonly modseq: number;
  /** Higher than any UID that is in any folder: UIDNEXT of every folder. */
  readonly uidNext: number;
  /** What sessions of RFC 3501 are told of first: kept in memory, for all of them. */
  readonly recent: RecentMessages;
  /** The messages of a folder, by UID; none where there is no such folder. The same array until something in it changes. */
  messages(key: MailFolder["key"]): readonly MailMessage[];
  /** Of the same messages; none where there is no such folder. */
  counts(key: MailFolder["key"]): FolderCounts;
  /** The UIDs that left a folder after a count of changes, ascending; null: it is not known that far back. */
  vanishedSince(key: MailFolder["key"], modseq: number): readonly number[] | null;
  /** Takes in what changed at the server. */
  refresh(): Promise<void>;
  /** Hears each time that something changed, whoever changed it, from now on; the caller ends it by what is returned. */
  watch(listener: () => void): () => void;

  /** Makes a folder, and the levels above it that are not there; subscribes none. @throws {MailError} `name_taken`, `malformed` */
  create(name: string): Promise<MailFolder>;
  /** Renames it, those below it, and their subscriptions. @throws {MailError} `name_taken`, `malformed`, `no_such_message`, `denied` for INBOX and Sent */
  rename(key: MailFolder["key"], name: string): Promise<void>;
  /** What is in it comes into the trash; its name stays subscribed. @throws {MailError} `no_such_message`, `denied` for those that stay */
  remove(key: MailFolder["key"]): Promise<void>;
  /** Subscribes a name, or ends that, whatever there is of it. @throws {MailError} `malformed`, `too_large` */
  subscribe(name: string, isSubscribed: boolean): Promise<void>;

  /** One answer a message, in order; null where it is gone. Opens what was never opened, in portions. */
  facts(messages: readonly MailMessage[]): Promise<(MailFacts | null)[]>;
  /** Null where it is gone. */
  outline(message: MailMessage): Promise<MailOutline | null>;
  /**
   * Hands out bytes of a message, from `from` to before `to`. @throws {MailError} `no_such_message` before the first;
   * `bad_signature` in the midst of it, where a body does not verify: what was begun cannot be finished
   */
  content(message: MailMessage, from?: number, to?: number): AsyncIterable<Uint8Array>;

  /** Opens the texts that a search finds without opening messages; the caller closes them. Null: there are none. */
  openTexts(): Promise<MailTexts | null>;
  /** Changes what is there; a message that changed after `unchangedSince` is passed over. Returns the ids of those. */
  change(
    messages: readonly MailMessage[],
    change: MailChange,
    unchangedSince?: number,
  ): Promise<readonly EntryId[]>;
  /**
   * Copies into a folder; those that are gone are left out. @throws {MailError} `denied` for what burns or waits, and for
   * INBOX of what was sent, or Sent of what was received; `no_such_message` for a folder that is not there
   */
  copy(messages: readonly MailMessage[], into: MailFolder["key"]): Promise<MovedMail[]>;
  /**
   * Moves into a folder; those that are gone, or that another has moved there, are left out. Those that are in it as
   * `messages` has them get a new UID. @throws {MailError} as `copy`, but for what burns or waits
   */
  move(messages: readonly MailMessage[], into: MailFolder["key"]): Promise<MovedMail[]>;
  /**
   * Deletes for good those that still have the flag `deleted` and the UID; what waits to be sent stays. The message of a
   * note, which no program has seen, comes into the trash first.
   */
  expunge(messages: readonly MailMessage[]): Promise<void>;
  /**
   * Stores a message; returns its UID. What `content` gives of a message is stored as a copy of that, as long as it is
   * there and can be copied. In Sent, one that is there already is not stored again, and has its UID returned.
   * @throws {MailError} `over_quota`, `too_large`, `malformed`, `no_such_message` for a folder that is not there
   */
  append(into: MailFolder["key"], mail: AppendedMail): Promise<number>;
  usage(): Promise<MailUsage>;
}

export interface MailUsage {
  readonly bytes: number;
  /** Null: there is no limit. */
  readonly maxBytes: number | null;
}
