/**
 * A mailbox as its owner filed it: folders, flags and keywords, what changed in it, copies and drafts. What is behind each
 * method is in a file of its own.
 */
import { isFailure, MailError } from "../../model/errors.ts";
import type { Folder, FolderList } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { ReplyOf } from "../../wire/operations.ts";
import type { MailboxContext } from "../mailbox_context.ts";
import type { IndexedTexts } from "../searching/indexed_texts.ts";
import type { ListedPage } from "../reading/list_messages.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import { keepUnopened } from "../reading/open_listed.ts";
import { portionsOf } from "../portions.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import {
  type FeedPage,
  type FeedPosition,
  listAll,
  listFiled,
  readChanges,
  waitForChanges,
} from "./change_feed.ts";
import { type FiledMessage, sealFiling } from "./filed_message.ts";
import { applyChange, type FilingChange, requireChange } from "./filing_change.ts";
import {
  findFolder,
  requireFolder,
  withAddedSubscribed,
  withFolder,
  withName,
  withoutFolder,
  withParents,
  withSubscription,
} from "./folder_list.ts";
import type { FolderSummary } from "./folder_summaries.ts";
import { Folders } from "./folders.ts";
import { findKept, keepMessage, type KeptMessage } from "./keep_message.ts";
import { type FilingChangeOptions, KnownFilings } from "./known_filings.ts";
import type { FilingSource, FolderQuery } from "./list_folder.ts";
import { spelledName } from "./named_folder.ts";
import type { Outline } from "./outline.ts";
import type { NewOutline, OutlinedEntry } from "./outlines.ts";

export class FiledMailbox {
  readonly #context: MailboxContext;
  readonly #filings: KnownFilings;
  readonly #folders: Folders;

  constructor(context: MailboxContext) {
    this.#context = context;
    this.#filings = new KnownFilings(context);
    this.#folders = new Folders(context);
  }

  /** Reads the list of folders anew. @throws {MailError} `bad_signature` */
  folders(): Promise<FolderList> {
    this.#folders.refresh();
    return this.#folders.list();
  }

  /**
   * Makes a folder, and the levels above it that are not there, and subscribes them; `isMade` is false where one of this
   * name was there. @throws {MailError} `malformed`, `too_large`
   */
  async createFolder(name: string): Promise<{ readonly folder: Folder; readonly isMade: boolean }> {
    const { list, isChanged } = await this.createFolders([name]);
    return { folder: findFolder(list, spelledName(list, name))!, isMade: isChanged };
  }

  /** As `createFolder`, of several names. */
  createFolders(names: readonly string[]): ReturnType<Folders["change"]> {
    const add = (list: FolderList, name: string) =>
      withAddedSubscribed(list, withFolder(list, spelledName(list, name), this.#context.now()));
    return this.#folders.change((before) => names.reduce(add, before));
  }

  /**
   * Gives a folder another name, and those below it; they stay subscribed. The levels above it are made. No message changes.
   * @throws {MailError} `no_such_message`, `name_taken`, `malformed`
   */
  async renameFolder(name: string, wanted: string): Promise<Folder> {
    const folder = requireFolder(await this.folders(), name);
    const now = this.#context.now();
    const { list } = await this.#folders.change((before) => {
      const spelled = spelledName(before, wanted);
      const after = withName(before, folder, spelled);
      return withAddedSubscribed(after, withParents(after, spelled, now));
    });
    return findFolder(list, spelledName(list, wanted))!;
  }

  /** Changes the list in any other way: what is subscribed, how long the trash is kept. */
  async changeFolders(change: (list: FolderList) => FolderList): Promise<FolderList> {
    return (await this.#folders.change(change)).list;
  }

  /**
   * Deletes a folder; its name stays subscribed where `keepsSubscription`. Its mail comes into the trash first; what another machine moved into it meanwhile does afterwards.
   * @throws {MailError} `no_such_message`; `denied` for the trash, and where there is none
   */
  async deleteFolder(name: string, { keepsSubscription = false } = {}): Promise<void> {
    const list = await this.folders();
    const { id, use } = requireFolder(list, name);
    const trash = list.folders.find((folder) => folder.use === "trash");
    if (use === "trash" || trash === undefined) throw noTrash(name);
    await this.#moveAll(id, trash.id);
    await this.#folders.change((list) => {
      const now = list.folders.find((folder) => folder.id === id)?.name ?? name;
      return withoutFolder(keepsSubscription ? list : withSubscription(list, now, false), id);
    });
    await this.#moveAll(id, trash.id);
  }

  /** Lists all messages, by pages, as they are filed. `aside`: only those that are in no box's own folder. */
  list(options: { readonly aside?: boolean } = {}): AsyncGenerator<FeedPage, void> {
    return listFiled(this.#context, this.#filings, options);
  }

  /** Lists the messages that are in a folder other than the boxes' own, in the order in which they came into it. */
  async inFolder(folder: number): Promise<FiledMessage[]> {
    const there = (await listAll(this, true)).filter(({ filing }) => filing.folder === folder);
    return there.sort((a, b) => a.place - b.place);
  }

  /**
   * Lists and opens the messages of a folder, newest first. `source` tells how messages are filed: see `FollowedFilings`.
   * @throws {MailError} as `listFolder`
   */
  async listFolder(query: FolderQuery, source: FilingSource = this): Promise<ListedPage> {
    const { listFolder } = await import("./list_folder.ts");
    return await listFolder(this.#context, source, query);
  }

  /** Opens messages as a list does, in this order; those that are gone are left out. */
  async look(ids: readonly EntryId[]): Promise<ListedMessage[]> {
    const { openAsListed } = await import("./list_folder.ts");
    return await openAsListed(this.#context, this, ids);
  }

  /** Tells of all folders how much is in them: see `summariseFolders`. `source`: as above. */
  async summaries(source: FilingSource = this): Promise<FolderSummary[]> {
    const { summariseFolders } = await import("./folder_summaries.ts");
    return await summariseFolders(this.#context, this, source);
  }

  /** Deletes for good what is in a folder, or of it `only` these; returns their ids. @throws {MailError} as `emptyFolder` */
  async empty(folder: number, only: ReadonlySet<EntryId> | null = null): Promise<EntryId[]> {
    const { emptyFolder } = await import("./empty_folder.ts");
    return await emptyFolder(() => this.inFolder(folder), (filed) => this.deleteFiled(filed), only);
  }

  /** Reads how messages are filed; those that are gone are left out. */
  read(ids: readonly EntryId[]): Promise<FiledMessage[]> {
    return this.#filings.read(ids);
  }

  /** Tells what changed behind a position; see `feedStart`. */
  changes(position: FeedPosition): Promise<FeedPage> {
    return readChanges(this.#context, this.#filings, position);
  }

  /** As `changes`, but waits for a minute at most where nothing has. A call made meanwhile ends the wait. */
  waitForChanges(position: FeedPosition): Promise<FeedPage> {
    return waitForChanges(this.#context, this.#filings, position);
  }

  /**
   * Changes flags, keywords or the folder of messages, each on what is there; those that are gone are left out. What
   * moves into a folder that another machine deleted meanwhile comes into the box's own.
   * @throws {MailError} as `KnownFilings.change`
   */
  async change(
    ids: readonly EntryId[],
    change: FilingChange,
    options: FilingChangeOptions = {},
  ): Promise<FiledMessage[]> {
    const changed = await this.#filings.change(ids, change, options);
    if (!change.folder || changed.length === 0) return changed;
    const { folders } = await this.folders(); // behind the move: who deletes a folder looks for mail behind that
    if (folders.some(({ id }) => id === change.folder)) return changed;
    const back = { folder: 0, fromFolder: change.folder };
    return await this.#filings.change(changed.map(({ id }) => id), back);
  }

  /** Stores a message in a folder, as its owner wrote or found it. @throws {MailError} as `keepMessage` */
  keep(message: KeptMessage): Promise<EntryId> {
    return keepMessage(this.#context, message);
  }

  /** Finds what was kept under a key and is there: its id, or null. */
  findKept(key: string): Promise<EntryId | null> {
    return findKept(this.#context, key);
  }

  /** Stores a message in the place of another, which goes once this one is there: a draft is never lost. */
  async replace(id: EntryId, message: KeptMessage): Promise<EntryId> {
    const kept = await this.keep(message);
    await this.#context.client.change("delete", { ids: [id], versions: null }).catch((error) => {
      if (!isFailure(error, "no_such_message")) throw error;
    });
    return kept;
  }

  /**
   * Copies messages, with their flags and keywords, and what is changed of these. One answer an id, in order; null where
   * it is gone. They are opened before, so that their copies are not taken for messages that come again; but for those
   * that `look` has `opened` already.
   * @throws {MailError} `denied` naming what burns, waits, or is a notice; `over_quota`
   */
  async copy(
    ids: readonly EntryId[],
    change: FilingChange = {},
    opened: ReadonlySet<EntryId> = new Set(),
  ): Promise<(EntryId | null)[]> {
    requireChange(change);
    const copies = new Map<EntryId, EntryId | null>();
    for (const portion of portionsOf([...new Set(ids)], limits.maxFilingsPerRequest)) {
      const found = await this.#filings.read(portion);
      await this.#keepUnopened(found, opened);
      const sealed = await Promise.all(found.map((message) => this.#sealCopy(message, change)));
      const answer = await this.#context.client.change("copy", { copies: sealed });
      if (answer.ids.length !== found.length) throw unexpectedReply();
      for (const [at, { id }] of found.entries()) copies.set(id, answer.ids[at]!);
    }
    return ids.map((id) => copies.get(id) ?? null);
  }

  /** Marks inbox messages as unread. Receipts that were given stay given. */
  async markUnread(ids: readonly EntryId[]): Promise<void> {
    for (const portion of portionsOf(ids, limits.maxIdsPerRequest)) {
      const marked = this.#context.client.repeat("markUnread", { ids: portion });
      await this.#context.afterLogin(marked);
    }
  }

  /** Reads what is kept of the content of messages: see `readOutlines`. */
  async outlines(entries: readonly OutlinedEntry[]): Promise<(Outline | null)[]> {
    const { readOutlines } = await import("./outlines.ts");
    return await readOutlines(this.#context, entries);
  }

  /** Keeps what was found in messages that were opened: see `saveOutlines`. */
  async saveOutlines(outlines: readonly NewOutline[]): Promise<void> {
    const { saveOutlines } = await import("./outlines.ts");
    await saveOutlines(this.#context, outlines);
  }

  /** Opens what the search index of this machine has: see `openIndexedTexts`. */
  async indexedTexts(): Promise<IndexedTexts | null> {
    const { openIndexedTexts } = await import("../searching/indexed_texts.ts");
    return await openIndexedTexts(this.#context);
  }

  /** Tells how full the mailbox is. */
  async usage(): Promise<ReplyOf<"usage">> {
    return await this.#context.afterLogin(this.#context.client.call("usage", {}));
  }

  async #sealCopy({ id, envelopeDigest, filing }: FiledMessage, change: FilingChange) {
    const { mailboxKey } = await this.#context.account;
    const copied = applyChange(filing, change);
    const marked = applyChange(copied, { addFlags: ["copied"] });
    return { id, ...await sealFiling(mailboxKey, envelopeDigest, 1, marked) };
  }

  /**
   * Deletes for good what is filed as it is known to be, and does not wait to be sent; returns the ids. `opened`: as in
   * `copy`.
   */
  async deleteFiled(
    filed: readonly Pick<FiledMessage, "id" | "version">[],
    opened: ReadonlySet<EntryId> = new Set(),
  ): Promise<readonly EntryId[]> {
    const [ids, versions] = [filed.map(({ id }) => id), filed.map(({ version }) => version)];
    await this.#keepUnopened(filed, opened);
    return (await this.#context.client.change("delete", { ids, versions })).ids;
  }

  async #keepUnopened(
    messages: readonly Pick<FiledMessage, "id">[],
    opened: ReadonlySet<EntryId>,
  ): Promise<void> {
    const ids = messages.map(({ id }) => id).filter((id) => !opened.has(id));
    if (ids.length > 0) await keepUnopened(this.#context, ids);
  }

  async #moveAll(from: number, to: number): Promise<void> {
    const ids = (await this.inFolder(from)).map(({ id }) => id);
    await this.#filings.change(ids, { folder: to, fromFolder: from });
  }
}

function noTrash(name: string): MailError {
  return new MailError(
    "denied",
    `Cannot delete the folder ${JSON.stringify(name)}: deleted mail has to go into the trash`,
  );
}
