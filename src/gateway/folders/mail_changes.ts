/** Changes of messages as mail programs ask for them: flags, copies, moves, and deletion for good. */
import type { FilingChange } from "../../client/filing/filing_change.ts";
import type { FiledMessage } from "../../client/filing/filed_message.ts";
import type { FiledMailbox } from "../../client/filing/filed_mailbox.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import { portionsOf } from "../../client/portions.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { boxFolders } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { FolderFeed } from "./folder_feed.ts";
import { type FiledMail, knownFilingOf } from "./folder_state.ts";
import { noSuchFolder } from "./list_changes.ts";
import type {
  AppendedMail,
  MailChange,
  MailFolder,
  MailMessage,
  MovedMail,
} from "./mail_folders.ts";
import type { MailPresentation } from "./mail_presentation.ts";

export interface MailChangesOptions {
  readonly mailbox: ReconnectingMailbox;
  readonly feed: FolderFeed;
  readonly presentation: MailPresentation;
}

type Key = MailFolder["key"];

export class MailChanges {
  readonly #options: MailChangesOptions;

  constructor(options: MailChangesOptions) {
    this.#options = options;
  }

  /** Returns the ids of messages that changed behind `unchangedSince`, which are passed over. @throws {MailError} */
  async change(
    messages: readonly MailMessage[],
    { seen, ...change }: MailChange,
    unchangedSince = Infinity,
  ): Promise<readonly EntryId[]> {
    const { feed } = this.#options;
    if (unchangedSince < Infinity) await feed.refresh();
    const there = this.#there(messages);
    const meant = there.filter(({ modseq }) => modseq <= unchangedSince);
    const filed = await this.#file(meant, change, unchangedSince);
    const changed = filed === null ? idsOf(meant) : idsOf(filed);
    const read = seen === undefined ? [] : meant.filter(({ id }) => changed.has(id));
    const isMarked = seen !== undefined && await this.#mark(read, seen);
    if (isMarked || filed?.length !== meant.length) await feed.refresh();
    else await feed.takeIn(filed);
    return there.map(({ id }) => id).filter((id) =>
      !changed.has(id) && feed.state.find(id) !== null
    );
  }

  /** @throws {MailError} `denied` for what burns or waits, or is of the other box; `no_such_message` for the folder */
  async copy(messages: readonly MailMessage[], into: Key): Promise<MovedMail[]> {
    const there = this.#there(messages);
    this.#requireRoom(there, into, "copy");
    const ids = there.map(({ id }) => id);
    const opened = this.#options.presentation.opened(there);
    const change = { folder: numberOf(into) };
    const copies = await this.#filed((filed) => filed.copy(ids, change, opened));
    await this.#options.feed.refresh();
    return there.flatMap(({ uid }, at) => {
      const id = copies[at] ?? null;
      return id === null ? [] : { from: uid, to: this.#options.feed.state.find(id)?.uid ?? id };
    });
  }

  /**
   * Copies a message that a program appends, filed as the program says; returns the UID of the copy. Null: the message is
   * gone, or no copy can be made of it. @throws {MailError} `over_quota`
   */
  async copyAppended(mail: FiledMail, into: Key, appended: AppendedMail): Promise<number | null> {
    const { isSeen, flags: setFlags, keywords: setKeywords } = appended;
    const internalDate = appended.internalDate ?? undefined;
    const change = { folder: numberOf(into), setFlags, setKeywords, internalDate };
    const opened = this.#options.presentation.opened([mail]);
    const [id = null] = await this.#filed((filed) => filed.copy([mail.id], change, opened))
      .catch((error) => {
        if (!isFailure(error, "denied")) throw error;
        return [];
      });
    if (id === null) return null;
    await this.#options.feed.refresh();
    const copy = this.#options.feed.state.find(id);
    if (copy !== null && copy.isSeen !== isSeen) await this.change([copy], { seen: isSeen });
    return copy?.uid ?? id;
  }

  /** @throws {MailError} as `copy`, but for what burns or waits */
  async move(messages: readonly MailMessage[], into: Key): Promise<MovedMail[]> {
    const there = this.#there(messages);
    this.#requireRoom(there, into, "move");
    const uids = new Set(messages.map(({ uid }) => uid));
    const isHere = ({ folder, uid }: FiledMail) => folder === into && uids.has(uid);
    const moved = [
      ...await this.#change(there.filter(isHere), { comesAnew: true }),
      ...await this.#change(there.filter((mail) => !isHere(mail)), { folder: numberOf(into) }),
    ];
    if (moved.length === there.length) await this.#options.feed.takeIn(moved);
    else await this.#options.feed.refresh();
    const places = new Map(moved.map(({ id, place }) => [id, place]));
    return there.flatMap(({ id, uid }) => {
      const to = places.get(id);
      return to === undefined || to === uid ? [] : { from: uid, to };
    });
  }

  /**
   * Deletes for good those that still have the flag and are where they were; what waits to be sent stays. The message of
   * a note, which no program has seen, comes into the trash; from there it is deleted.
   */
  async expunge(messages: readonly MailMessage[]): Promise<void> {
    const { feed, presentation } = this.#options;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const meant = messages.flatMap(({ id, uid }) => {
        const mail = feed.state.find(id);
        return mail?.uid === uid && mail.flags.includes("deleted") ? mail : [];
      });
      if (meant.length === 0) return;
      const shown = await presentation.of(meant);
      const isKept = (at: number) => shown[at]?.note != null && meant[at]!.folder !== this.#trash();
      await this.#toTrash(meant.filter((_, at) => isKept(at)));
      const left = await this.#delete(meant.filter((_, at) => !isKept(at)));
      await feed.refresh();
      if (left.every((mail) => feed.state.find(mail.id)?.version === mail.version)) return; // it waits
    }
  }

  async #delete(mails: readonly FiledMail[]): Promise<readonly FiledMail[]> {
    const deleted = new Set<EntryId>();
    for (const portion of portionsOf(mails, limits.maxIdsPerRequest)) {
      const opened = this.#options.presentation.opened(portion);
      const gone = await this.#filed((filed) => filed.deleteFiled(portion, opened));
      for (const id of gone) deleted.add(id);
    }
    return mails.filter(({ id }) => !deleted.has(id));
  }

  /** Where there is no trash they stay. */
  async #toTrash(mails: readonly FiledMail[]): Promise<void> {
    const trash = this.#trash();
    if (trash === null || mails.length === 0) return;
    const ids = mails.map(({ id }) => id);
    await this.#filed((filed) => filed.change(ids, { folder: trash, removeFlags: ["deleted"] }));
  }

  #trash(): number | null {
    const trash = this.#options.feed.state.folders.find(({ use }) => use === "trash");
    return trash === undefined ? null : trash.key as number;
  }

  /** Returns those that are filed as it is asked for; null: nothing is asked for. */
  async #file(
    mails: readonly FiledMail[],
    change: FilingChange,
    unchangedSince: number,
  ): Promise<readonly FiledMessage[] | null> {
    if (Object.values(change).every((value) => value === undefined)) return null;
    return await this.#change(mails, change, unchangedSince);
  }

  async #change(
    mails: readonly FiledMail[],
    change: FilingChange,
    unchangedSince?: number,
  ): Promise<readonly FiledMessage[]> {
    if (mails.length === 0) return [];
    const known = mails.map(knownFilingOf).filter((one) => one !== null);
    const ids = mails.map(({ id }) => id);
    return await this.#filed((filed) => filed.change(ids, change, { unchangedSince, known }));
  }

  /**
   * What burns is never marked as read: that would erase it. What was sent is never unread. Returns whether any was marked.
   */
  async #mark(mails: readonly FiledMail[], seen: boolean): Promise<boolean> {
    const meant = mails.filter(({ box, isSeen }) => box === "inbox" && isSeen !== seen);
    const shown = seen ? await this.#options.presentation.of(meant) : [];
    const ids = meant.filter((_, at) => !seen || shown[at] != null && !erases(shown[at]))
      .map(({ id }) => id);
    for (const portion of portionsOf(ids, limits.maxIdsPerRequest)) {
      await this.#ask(async (mailbox) => {
        if (seen) await mailbox.markFetched(portion);
        else await (await mailbox.filed()).markUnread(portion);
      });
    }
    return ids.length > 0;
  }

  #there(messages: readonly MailMessage[]): FiledMail[] {
    return messages.flatMap(({ id }) => this.#options.feed.state.find(id) ?? []);
  }

  #requireRoom(mails: readonly FiledMail[], into: Key, verb: string): void {
    if (!this.#options.feed.state.folders.some(({ key }) => key === into)) {
      throw noSuchFolder();
    }
    const other = typeof into === "number" ? undefined : mails.find(({ box }) => box !== into);
    if (other === undefined) return;
    const does = into === "inbox" ? "you sent it" : "you received it";
    const name = boxFolders[into as "inbox" | "sent"];
    throw new MailError("denied", `Cannot ${verb} message ${other.id} to ${name}: ${does}`);
  }

  #ask<T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    return this.#options.mailbox.ask(work);
  }

  #filed<T>(work: (filed: FiledMailbox) => Promise<T>): Promise<T> {
    return this.#ask(async (mailbox) => await work(await mailbox.filed()));
  }
}

const attempts = 5;

function erases({ note }: { readonly note: { readonly reason: string } | null }): boolean {
  return note?.reason === "burns";
}

function idsOf(messages: readonly { readonly id: EntryId }[]): ReadonlySet<EntryId> {
  return new Set(messages.map(({ id }) => id));
}

function numberOf(key: Key): number {
  return typeof key === "number" ? key : 0;
}
