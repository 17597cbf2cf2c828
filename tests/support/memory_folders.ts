/** Folders in memory, as the sessions of IMAP see those of an account; changes of others are made by its own methods. */
import { bytesOfString, byteString } from "../../src/mime/byte_string.ts";
import { readStructure } from "../../src/mime/structure/read_structure.ts";
import type {
  AppendedMail,
  FolderCounts,
  MailChange,
  MailFacts,
  MailFolder,
  MailFolders,
  MailMessage,
  MailOutline,
  MailTexts,
  MovedMail,
} from "../../src/gateway/folders/mail_folders.ts";
import { RecentMessages } from "../../src/gateway/folders/recent_messages.ts";
import { MailError } from "../../src/model/errors.ts";
import { flags as allFlags, foldKeyword } from "../../src/model/filing.ts";
import { type EntryId, entryId } from "../../src/model/ids.ts";

type Key = MailFolder["key"];

interface Kept {
  key: Key;
  message: MailMessage;
  readonly text: string;
}

/** What a delivery may say besides its text. */
export type Delivered = Partial<Omit<MailMessage, "id" | "uid" | "modseq">>;

const uses = [
  ["inbox", "INBOX", "none"],
  ["sent", "Sent", "sent"],
  [1, "Archive", "archive"],
  [2, "Drafts", "drafts"],
  [3, "Trash", "trash"],
  [4, "Junk", "junk"],
] as const;

export class MemoryFolders implements MailFolders {
  folders: MailFolder[] = uses.map(([key, name, use]) => ({
    key,
    name,
    use,
    uidValidity: 7,
  }));
  subscribed = new Set<string>(uses.map(([, name]) => name));
  modseq = 1;
  uidNext = 1;
  /** Nothing is; a test may have all. */
  recent = new RecentMessages(Infinity);
  /** Thrown by everything that is asked for. */
  failure: MailError | null = null;
  maxBytes: number | null = null;
  /** Bytes a piece of `content`. */
  pieceBytes = 1_000;
  /** Of every message. */
  outcomeKeyword: string | null = "$MailctlVerified";
  opened = 0;
  refreshed = 0;
  /** What it knows of messages that left, whatever the folder; null: nothing. */
  vanished: readonly number[] | null = null;
  /** A folder that another machine has made, and that is not heard of yet. */
  unheard: string | null = null;
  #kept: Kept[] = [];
  #lastId = 0;
  readonly #lists = new Map<Key, readonly MailMessage[]>();
  readonly #listeners = new Set<() => void>();

  /** How many sessions listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  openTexts(): Promise<MailTexts | null> {
    return Promise.resolve(null);
  }

  messages(key: Key): readonly MailMessage[] {
    return this.#lists.getOrInsertComputed(
      key,
      () =>
        this.#kept.filter((each) => each.key === key).map(({ message }) => message)
          .sort((a, b) => a.uid - b.uid),
    );
  }

  counts(key: Key): FolderCounts {
    const messages = this.messages(key);
    return {
      unseen: messages.filter(({ isSeen }) => !isSeen).length,
      deleted: messages.filter(({ flags }) => flags.includes("deleted")).length,
    };
  }

  /** What a message holds, a character a byte. */
  text(message: { readonly id: EntryId }): string | undefined {
    return this.#kept.find((each) => each.message.id === message.id)?.text;
  }

  /** Mail comes in. `text`: a character a byte. */
  deliver(key: Key, text: string, more: Delivered = {}): MailMessage {
    const message: MailMessage = {
      isSeen: false,
      flags: [],
      keywords: [],
      internalDate: Date.UTC(2026, 0, 2, 3, 4, 5),
      storedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
      ...more,
      id: entryId(++this.#lastId),
      uid: this.uidNext++,
      modseq: ++this.modseq,
    };
    this.#kept.push({ key, message, text });
    this.#changed();
    return message;
  }

  /** Somebody else changes a message. */
  alter(id: EntryId, change: Partial<MailMessage>): void {
    const kept = this.#kept.find(({ message }) => message.id === id)!;
    kept.message = { ...kept.message, ...change, modseq: ++this.modseq };
    this.#changed();
  }

  /** Somebody else deletes messages for good. */
  lose(...ids: EntryId[]): void {
    this.#kept = this.#kept.filter(({ message }) => !ids.includes(message.id));
    this.modseq++;
    this.#changed();
  }

  vanishedSince(): readonly number[] | null {
    return this.vanished;
  }

  async refresh(): Promise<void> {
    await this.#work();
    this.refreshed++;
    const name = this.unheard;
    this.unheard = null;
    if (name !== null) await this.create(name);
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async create(name: string): Promise<MailFolder> {
    await this.#work();
    if (this.folders.some((folder) => folder.name === name)) {
      throw new MailError("name_taken", `Cannot create ${name}: there is such a folder`);
    }
    if (name.includes("//")) throw new MailError("malformed", "Cannot create a folder: no name");
    const levels = name.split("/").map((_, at, all) => all.slice(0, at + 1).join("/"));
    for (const each of levels) {
      if (this.folders.some((folder) => folder.name === each)) continue;
      const key = 16 + this.folders.length;
      this.folders.push({ key, name: each, use: "none", uidValidity: key });
    }
    this.#changed();
    return this.folders.find((folder) => folder.name === name)!;
  }

  async rename(key: Key, name: string): Promise<void> {
    await this.#work();
    if (this.folders.some((folder) => folder.name === name)) {
      throw new MailError("name_taken", `Cannot rename: ${name} is there`);
    }
    this.#folder(key, (folder) => ({ ...folder, name }));
  }

  async remove(key: Key): Promise<void> {
    await this.#work();
    if (typeof key === "string") throw new MailError("denied", "Cannot delete: it stays");
    await this.move(this.messages(key), 3);
    this.folders = this.folders.filter((folder) => folder.key !== key);
    this.#changed();
  }

  async subscribe(name: string, isSubscribed: boolean): Promise<void> {
    await this.#work();
    if (isSubscribed) this.subscribed.add(name);
    else this.subscribed.delete(name);
  }

  async facts(messages: readonly MailMessage[]): Promise<(MailFacts | null)[]> {
    await Promise.resolve();
    return messages.map((message) => {
      const text = this.text(message);
      if (text === undefined) return null;
      return { bytes: text.length, outcomeKeyword: this.outcomeKeyword };
    });
  }

  async outline(message: MailMessage): Promise<MailOutline | null> {
    await this.#work();
    const text = this.text(message);
    if (text === undefined) return null;
    this.opened++;
    const structure = await readStructure(ReadableStream.from([bytesOfString(text)]));
    const header = bytesOfString(text.slice(0, structure.header.to));
    return { header, structure };
  }

  async *content(message: MailMessage, from = 0, to = Infinity): AsyncGenerator<Uint8Array> {
    await this.#work();
    const text = this.text(message);
    if (text === undefined) throw new MailError("no_such_message", "The message is gone");
    this.opened++;
    const wanted = text.slice(from, to);
    for (let at = 0; at < wanted.length; at += this.pieceBytes) {
      yield bytesOfString(wanted.slice(at, at + this.pieceBytes));
    }
  }

  async change(
    messages: readonly MailMessage[],
    change: MailChange,
    unchangedSince = Infinity,
  ): Promise<readonly EntryId[]> {
    await this.#work();
    const passedOver: EntryId[] = [];
    for (const { id } of messages) {
      const kept = this.#kept.find(({ message }) => message.id === id);
      if (kept === undefined) continue;
      if (kept.message.modseq > unchangedSince) passedOver.push(id);
      else kept.message = { ...changed(kept.message, change), modseq: ++this.modseq };
    }
    this.#changed();
    return passedOver;
  }

  copy(messages: readonly MailMessage[], into: Key): Promise<MovedMail[]> {
    return this.#transfer(messages, (kept) => {
      return { from: kept.message.uid, to: this.deliver(into, kept.text, kept.message).uid };
    });
  }

  move(messages: readonly MailMessage[], into: Key): Promise<MovedMail[]> {
    return this.#transfer(messages, (kept) => {
      const [from, to] = [kept.message.uid, this.uidNext++];
      kept.message = { ...kept.message, uid: to, modseq: ++this.modseq };
      kept.key = into;
      return { from, to };
    });
  }

  async expunge(messages: readonly MailMessage[]): Promise<void> {
    await this.#work();
    const ids = new Set(messages.map(({ id }) => id));
    this.#kept = this.#kept.filter(({ message }) =>
      !ids.has(message.id) || !message.flags.includes("deleted")
    );
    this.modseq++;
    this.#changed();
  }

  async append(into: Key, mail: AppendedMail): Promise<number> {
    await this.#work();
    let text = "";
    for await (const bytes of mail.content) text += byteString(bytes);
    if (text.length !== mail.bytes) throw new Error(`${text.length} of ${mail.bytes} bytes came`);
    const { isSeen, flags, keywords, internalDate } = mail;
    const date = internalDate === null ? {} : { internalDate };
    return this.deliver(into, text, { isSeen, flags, keywords, ...date }).uid;
  }

  async usage() {
    await this.#work();
    const bytes = this.#kept.reduce((sum, { text }) => sum + text.length, 0);
    return { bytes, maxBytes: this.maxBytes };
  }

  async #work(): Promise<void> {
    await Promise.resolve();
    if (this.failure !== null) throw this.failure;
  }

  async #transfer(
    messages: readonly MailMessage[],
    transfer: (kept: Kept) => MovedMail,
  ): Promise<MovedMail[]> {
    await this.#work();
    const kept = messages.map(({ id }) => this.#kept.find(({ message }) => message.id === id));
    const moved = kept.filter((each) => each !== undefined).map(transfer);
    this.#changed();
    return moved;
  }

  #folder(key: Key, change: (folder: MailFolder) => MailFolder): void {
    this.folders = this.folders.map((folder) => folder.key === key ? change(folder) : folder);
    this.#changed();
  }

  #changed(): void {
    this.#lists.clear();
    for (const listener of [...this.#listeners]) listener();
  }
}

function changed(message: MailMessage, change: MailChange): MailMessage {
  const flags = new Set(change.setFlags ?? message.flags);
  for (const flag of change.addFlags ?? []) flags.add(flag);
  for (const flag of change.removeFlags ?? []) flags.delete(flag);
  const keywords = new Map(
    [...change.setKeywords ?? message.keywords, ...change.addKeywords ?? []]
      .map((keyword) => [foldKeyword(keyword), keyword]),
  );
  for (const keyword of change.removeKeywords ?? []) keywords.delete(foldKeyword(keyword));
  return {
    ...message,
    isSeen: change.seen ?? message.isSeen,
    flags: allFlags.filter((flag) => flags.has(flag)),
    keywords: [...keywords.values()],
  };
}
