/** An account's folders over its mailbox at the server: one object for all sessions of a bridge. */
import type { FiledMailbox } from "../../client/filing/filed_mailbox.ts";
import { withSubscription } from "../../client/filing/folder_list.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import { ReconnectingMailbox, retryOnce } from "../../client/watching/reconnecting_mailbox.ts";
import type { EntryId } from "../../model/ids.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import { Appending } from "./appending.ts";
import { FolderFeed } from "./folder_feed.ts";
import type { FiledMail } from "./folder_state.ts";
import { ownFolder, withNewFolder, withNewName } from "./list_changes.ts";
import { MailChanges } from "./mail_changes.ts";
import { MailContents } from "./mail_contents.ts";
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
  MailUsage,
  MovedMail,
} from "./mail_folders.ts";
import { MailPresentation } from "./mail_presentation.ts";
import { RecentMessages } from "./recent_messages.ts";

export interface AccountFoldersOptions {
  /** Opens the mailbox on a new connection. */
  readonly open: () => Promise<Mailbox>;
  readonly now: () => number;
  /** Hears why nothing can be heard of others at the moment. */
  readonly onTrouble: (error: unknown) => void;
  /** How long a person who has accepted a key waits for the message at most, once a program asks; 1 second. */
  readonly lookAgainMs?: number | undefined;
}

type Key = MailFolder["key"];

export class AccountFolders implements MailFolders {
  readonly #now: () => number;
  readonly #mailbox: ReconnectingMailbox;
  readonly #feed: FolderFeed;
  readonly #presentation: MailPresentation;
  readonly #contents: MailContents;
  readonly #appending: Appending;
  readonly #changes: MailChanges;
  readonly #tidying = new SerialQueue();
  /** When this is opened, nothing is. */
  recent = new RecentMessages(0);

  private constructor(
    mailbox: ReconnectingMailbox,
    { open, now, onTrouble, lookAgainMs = 1_000 }: AccountFoldersOptions,
    createdAt: number,
  ) {
    this.#now = now;
    this.#mailbox = mailbox;
    const afterHearing = () => this.#tidy();
    const feed = new FolderFeed({ mailbox, open, createdAt, onTrouble, afterHearing });
    const presentation = new MailPresentation(mailbox, () => feed.refresh(), lookAgainMs);
    this.#feed = feed;
    this.#presentation = presentation;
    this.#contents = new MailContents(mailbox, feed.state, presentation);
    const content = (mail: FiledMail) => this.content(mail);
    const changes = new MailChanges({ mailbox, feed, presentation });
    this.#changes = changes;
    this.#appending = new Appending({ mailbox, feed, presentation, changes, content });
  }

  /** Reads how all messages are filed, and follows what others do until `close`. @throws {MailError} */
  static async open(options: AccountFoldersOptions): Promise<AccountFolders> {
    const { open } = options;
    const mailbox = new ReconnectingMailbox(await open(), { ...retryOnce, reopen: open });
    try {
      const { createdAt } = await mailbox.ask(async (opened) => (await opened.filed()).usage());
      const folders = new AccountFolders(mailbox, options, createdAt);
      await folders.#feed.refresh();
      folders.recent = new RecentMessages(folders.uidNext - 1);
      folders.#feed.follow();
      return folders;
    } catch (error) {
      mailbox.close();
      throw error;
    }
  }

  close(): void {
    this.#feed.close();
    this.#mailbox.close();
  }

  get folders(): readonly MailFolder[] {
    return this.#feed.state.folders;
  }

  get subscribed(): ReadonlySet<string> {
    return this.#feed.state.subscribed;
  }

  get modseq(): number {
    return this.#feed.state.modseq;
  }

  vanishedSince(key: Key, modseq: number): readonly number[] | null {
    return this.#feed.state.vanishedSince(key, modseq);
  }

  get uidNext(): number {
    return this.#feed.state.uidNext;
  }

  messages(key: Key): readonly FiledMail[] {
    return this.#feed.state.messages(key);
  }

  counts(key: Key): FolderCounts {
    return this.#feed.state.counts(key);
  }

  async refresh(): Promise<void> {
    await this.#feed.refresh();
    await this.#tidy();
  }

  watch(listener: () => void): () => void {
    return this.#feed.watch(listener);
  }

  async create(name: string): Promise<MailFolder> {
    const wanted = name.normalize("NFC");
    await this.#changeList((filed) =>
      filed.changeFolders((list) => withNewFolder(list, wanted, this.#now()))
    );
    return this.folders.find((folder) => folder.name === wanted)!;
  }

  async rename(key: Key, name: string): Promise<void> {
    const wanted = name.normalize("NFC");
    await this.#changeList((filed) =>
      filed.changeFolders((list) => withNewName(list, ownFolder(list, key), wanted, this.#now()))
    );
  }

  async remove(key: Key): Promise<void> {
    await this.#changeList(async (filed) =>
      await filed.deleteFolder(ownFolder(await filed.folders(), key).name, {
        keepsSubscription: true,
      })
    );
  }

  async subscribe(name: string, isSubscribed: boolean): Promise<void> {
    await this.#changeList((filed) =>
      filed.changeFolders((list) => withSubscription(list, name, isSubscribed))
    );
  }

  facts(messages: readonly MailMessage[]): Promise<(MailFacts | null)[]> {
    return this.#contents.facts(messages);
  }

  outline(message: MailMessage): Promise<MailOutline | null> {
    return this.#contents.outline(message);
  }

  content(message: MailMessage, from?: number, to?: number): AsyncGenerator<Uint8Array, void> {
    return this.#contents.content(message, from, to);
  }

  openTexts(): Promise<MailTexts | null> {
    return this.#contents.openTexts();
  }

  change(
    messages: readonly MailMessage[],
    change: MailChange,
    unchangedSince?: number,
  ): Promise<readonly EntryId[]> {
    return this.#changes.change(messages, change, unchangedSince);
  }

  copy(messages: readonly MailMessage[], into: Key): Promise<MovedMail[]> {
    return this.#changes.copy(messages, into);
  }

  move(messages: readonly MailMessage[], into: Key): Promise<MovedMail[]> {
    return this.#changes.move(messages, into);
  }

  expunge(messages: readonly MailMessage[]): Promise<void> {
    return this.#changes.expunge(messages);
  }

  append(into: Key, mail: AppendedMail): Promise<number> {
    return this.#appending.append(into, mail);
  }

  async usage(): Promise<MailUsage> {
    const { bytes, maxBytes } = await this.#mailbox.ask(async (mailbox) =>
      await (await mailbox.filed()).usage()
    );
    return { bytes, maxBytes };
  }

  async #changeList(change: (filed: FiledMailbox) => Promise<unknown>): Promise<void> {
    await this.#mailbox.ask(async (mailbox) => {
      const filed = await mailbox.filed();
      await filed.folders(); // as it is now: changes are made to what is there
      await change(filed);
    });
    await this.#feed.refresh();
  }

  #tidy(): Promise<void> {
    return this.#tidying.run(async () => {
      await this.#appending.makeOne();
      this.#contents.save();
      this.#presentation.forget(this.#feed.state);
      await this.#presentation.lookAgain(this.#feed.state.noted);
    });
  }
}
