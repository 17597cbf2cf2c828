/** The messages of an account by folder and UID, and the list of folders, as the server had them at one moment. */
import type { FiledMessage } from "../../client/filing/filed_message.ts";
import { type KnownFiling, wentBack } from "../../client/filing/known_filings.ts";
import { bytesOfString, byteString } from "../../mime/byte_string.ts";
import { plain } from "../../model/bytes.ts";
import { asEnvelopeDigest, type EnvelopeDigest } from "../../model/digests.ts";
import { boxFolders, type FolderList, receivedAt, secondOf } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import type { Box } from "../../model/message.ts";
import { FolderRows } from "./folder_rows.ts";
import type { FolderCounts, MailFolder, MailMessage } from "./mail_folders.ts";

/** A message, and what nobody outside is told of it. */
export interface FiledMail extends MailMessage {
  readonly box: Box;
  readonly folder: MailFolder["key"];
  /** False: its filing was altered, or names a folder that is in no list; so a change has to be made to another one. */
  readonly isAsFiled: boolean;
  /** `internalDate` stands in its filing. */
  readonly hasOwnDate: boolean;
  /** Of its filing. */
  readonly version: number;
  readonly sealedBytes: number;
  /** Of the envelope, a character a byte: a string takes a third of the room. */
  readonly digest: string;
}

/**
 * What is kept of a message as the server tells of it: a fifth of the room, and nothing that the reply is made of. Its
 * folder may be one that is in no list.
 */
export function filedMailOf(message: FiledMessage): FiledMail {
  const { id, box, place, modseq, readAt, storedAt, version, filing, sealedBytes } = message;
  const { folder, flags, keywords, internalDate } = filing;
  return {
    id,
    uid: place,
    modseq,
    isSeen: box === "sent" || readAt !== null,
    flags: sharedFlags.getOrInsert(flags.join(), flags),
    keywords: keywords.length === 0 ? none : keywords,
    internalDate: receivedAt(message),
    storedAt,
    box,
    folder: folder === 0 ? box : folder,
    isAsFiled: message.isIntact,
    hasOwnDate: internalDate !== null,
    version,
    sealedBytes,
    digest: byteString(message.envelopeDigest),
  };
}

/** How a message is filed, as far as it was heard; null where that cannot be told. */
export function knownFilingOf(mail: FiledMail): KnownFiling | null {
  const { id, version, modseq, flags, keywords, folder, internalDate } = mail;
  if (!mail.isAsFiled) return null;
  return {
    id,
    version,
    modseq,
    envelopeDigest: digestOf(mail),
    filing: {
      folder: typeof folder === "number" ? folder : 0,
      flags,
      keywords,
      internalDate: mail.hasOwnDate ? internalDate : null,
    },
  };
}

export function digestOf({ digest }: FiledMail): EnvelopeDigest {
  return asEnvelopeDigest(plain(bytesOfString(digest)));
}

/** What changed since, all at once. */
export interface StateUpdate {
  /** Nothing that was known counts any more. */
  readonly isReset: boolean;
  readonly messages: ReadonlyMap<EntryId, FiledMail>;
  readonly gone: ReadonlySet<EntryId>;
  readonly list: FolderList;
  readonly modseq: number;
}

type Key = MailFolder["key"];

/** A message that left a folder, by deletion, a move or a new UID. */
interface Vanished {
  readonly folder: Key;
  readonly uid: number;
  /** A client that heard of this count or a later one heard of it. */
  readonly modseq: number;
}

const maxVanished = 10_000;

export class FolderState {
  /** Seconds since 1970. */
  readonly #madeAt: number;
  readonly #messages = new Map<EntryId, FiledMail>();
  readonly #rows = new Map<Key, FolderRows<FiledMail>>();
  readonly #noted = new Map<EntryId, FiledMail>();
  #list: FolderList;
  folders: readonly MailFolder[];
  subscribed: ReadonlySet<string>;
  /** 1 at least: RFC 7162 3.1 has no 0. */
  modseq = 1;
  #highest = 0;
  /** What left folders, oldest first. */
  readonly #vanished: Vanished[] = [];
  /** What left before that is not known; null: nothing is known yet. */
  #heardSince: number | null = null;

  /** `createdAt`: of the account, milliseconds since 1970. */
  constructor(list: FolderList, createdAt: number) {
    this.#madeAt = secondOf(createdAt);
    this.#list = list;
    this.folders = this.#describe(list);
    this.subscribed = new Set(list.subscribed);
  }

  get uidNext(): number {
    return this.#highest + 1;
  }

  /** How many messages there are. */
  get size(): number {
    return this.#messages.size;
  }

  find(id: EntryId): FiledMail | null {
    return this.#messages.get(id) ?? null;
  }

  /** By UID; the same array until something in it changes. */
  messages(key: Key): readonly FiledMail[] {
    return this.#rows.get(key)?.sorted ?? none;
  }

  /** Of the same messages. */
  counts(key: Key): FolderCounts {
    return this.#rows.get(key)?.counts ?? { unseen: 0, deleted: 0 };
  }

  /** The UIDs that left a folder after a count of changes, ascending; null: it is not known that far back. */
  vanishedSince(key: Key, modseq: number): readonly number[] | null {
    if (this.#heardSince === null || modseq < this.#heardSince) return null;
    const found = this.#vanished.filter((each) => each.folder === key && each.modseq > modseq);
    return found.map(({ uid }) => uid).sort((a, b) => a - b);
  }

  /** Those with a flag that only this machine's owner sees the effect of. */
  get noted(): readonly FiledMail[] {
    return [...this.#noted.values()];
  }

  /** Takes in what changed; returns what came or changed, and whether anything did. @throws {MailError} `bad_signature` */
  apply(update: StateUpdate): boolean {
    const { isReset, messages, gone, list, modseq } = update;
    if (!isReset) { for (const message of messages.values()) this.#requireNewer(message); }
    const lost = isReset ? [...this.#messages.keys()].filter((id) => !messages.has(id)) : gone;
    this.modseq = Math.max(this.modseq, modseq);
    if (isReset) this.#heardSince = null;
    const isMoved = this.#takeList(list);
    const wasThere = this.#messages.size;
    for (const id of lost) this.#remove(id);
    const isGone = this.#messages.size < wasThere;
    for (const message of messages.values()) this.#put(message);
    if (isMoved) this.#placeAnew();
    this.#heardSince ??= this.modseq;
    this.#forgetOldest();
    return isGone || isMoved || messages.size > 0;
  }

  /** Puts a message into its box's own folder where the list does not have the one it is filed in. */
  #placed(mail: FiledMail): FiledMail {
    const { folder, box } = mail;
    const isThere = folder === box || this.#list.folders.some(({ id }) => id === folder);
    return isThere ? mail : { ...mail, folder: box, isAsFiled: false };
  }

  /** True where it is another list. */
  #takeList(list: FolderList): boolean {
    if (list === this.#list) return false;
    this.#list = list;
    this.folders = this.#describe(list);
    this.subscribed = new Set(list.subscribed);
    return true;
  }

  #describe({ folders }: FolderList): readonly MailFolder[] {
    const own = (["inbox", "sent"] as const).map((box): MailFolder => ({
      key: box,
      name: boxFolders[box],
      use: box === "sent" ? "sent" : "none",
      uidValidity: this.#madeAt,
    }));
    return [
      ...own,
      ...folders.map(({ id, name, use, madeAt }): MailFolder => ({
        key: id,
        name,
        use,
        uidValidity: madeAt || this.#madeAt,
      })),
    ];
  }

  #put(told: FiledMail): void {
    const mail = this.#placed(told);
    const { id, uid, folder } = mail;
    const before = this.#messages.get(id);
    if (before?.folder !== folder) this.#remove(id); // else it stays where it stands
    else {
      if (before.uid !== uid) this.#noteVanished(before);
      this.#rows.get(folder)!.remove(before);
    }
    this.#set(mail);
    this.#highest = Math.max(this.#highest, id, uid);
  }

  #remove(id: EntryId): void {
    const mail = this.#messages.get(id);
    if (mail === undefined) return;
    this.#messages.delete(id);
    this.#noted.delete(id);
    this.#rows.get(mail.folder)!.remove(mail);
    this.#noteVanished(mail);
  }

  #set(mail: FiledMail): void {
    const { id, folder } = mail;
    this.#messages.set(id, mail);
    if (mail.flags.includes("noted")) this.#noted.set(id, mail);
    else this.#noted.delete(id);
    this.#rows.getOrInsertComputed(folder, () => new FolderRows()).add(mail);
  }

  #noteVanished({ folder, uid }: FiledMail): void {
    this.#vanished.push({ folder, uid, modseq: this.modseq });
  }

  #forgetOldest(): void {
    const [last] = this.#vanished.splice(0, this.#vanished.length - maxVanished).slice(-1);
    if (last !== undefined) this.#heardSince = last.modseq;
  }

  /** What was in a folder that is in no list any more. */
  #placeAnew(): void {
    for (const [key, rows] of [...this.#rows]) {
      if (typeof key === "string" || this.#list.folders.some(({ id }) => id === key)) continue;
      this.#rows.delete(key);
      for (const mail of rows.sorted) {
        this.#noteVanished(mail);
        this.#set({ ...mail, folder: mail.box, isAsFiled: false });
      }
    }
  }

  /** What one connection saw, the next one is not told an older state of. */
  #requireNewer({ id, version }: FiledMail): void {
    const known = this.#messages.get(id);
    if (known !== undefined && known.version > version) throw wentBack(id);
  }
}

/** Most messages have none, and the others few combinations of them: so one array is enough for all that are alike. */
const sharedFlags = new Map<string, FiledMail["flags"]>();
const none: readonly never[] = [];
