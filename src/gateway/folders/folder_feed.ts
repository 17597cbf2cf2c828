/** Keeps the state of an account as the server has it: asks for what changed, and watches on a connection of its own. */
import { type FeedPage, type FeedPosition, feedStart } from "../../client/filing/change_feed.ts";
import type { FiledMessage } from "../../client/filing/filed_message.ts";
import type { FiledMailbox } from "../../client/filing/filed_mailbox.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import { Pauses } from "../../client/watching/pauses.ts";
import { ReconnectingMailbox, retryForever } from "../../client/watching/reconnecting_mailbox.ts";
import { isFailure } from "../../model/errors.ts";
import { builtInFolders, type FolderList } from "../../model/filing.ts";
import type { EntryId } from "../../model/ids.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import { type FiledMail, filedMailOf, FolderState, type StateUpdate } from "./folder_state.ts";

export interface FeedOptions {
  readonly mailbox: ReconnectingMailbox;
  /** Opens the mailbox on a new connection. */
  readonly open: () => Promise<Mailbox>;
  /** Of the account, milliseconds since 1970. */
  readonly createdAt: number;
  /** Hears why nothing can be heard at the moment. */
  readonly onTrouble: (error: unknown) => void;
  /** Is called each time that the watcher has heard something, and once a minute. */
  readonly afterHearing: () => Promise<void>;
}

export class FolderFeed {
  readonly #options: FeedOptions;
  readonly state: FolderState;
  readonly #queue = new SerialQueue();
  readonly #listeners = new Set<() => void>();
  readonly #pauses = new Pauses();
  #position: FeedPosition = feedStart;
  #list: FolderList = builtInFolders;
  #next: Promise<void> | null = null;
  #watcher: ReconnectingMailbox | null = null;
  #isClosed = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.state = new FolderState(builtInFolders, options.createdAt);
  }

  /** Takes in all that changed by now. Those who ask while another asks share the next one. */
  refresh(): Promise<void> {
    return this.#next ??= this.#queue.run(() => {
      this.#next = null;
      return this.#read();
    });
  }

  /**
   * Takes in messages as a change of them was answered. Where something else changed before or between, that is asked for:
   * each change has the count behind that of the one before.
   */
  async takeIn(changed: readonly FiledMessage[]): Promise<void> {
    const isAll = await this.#queue.run(() => Promise.resolve(this.#takeAnswers(changed)));
    if (!isAll) await this.refresh();
  }

  /** Calls a listener each time that anything changed, until what is returned is called. */
  watch(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Follows what others do, until `close`. */
  async follow(): Promise<void> {
    while (!this.#isClosed) {
      const askedAt = performance.now();
      try {
        const known = this.#position;
        const page = await this.#hear(known);
        const told = page.position;
        if (!await this.#queue.run(() => Promise.resolve(this.#takePage(known, page)))) {
          await this.refresh();
        }
        await this.#options.afterHearing();
        if (isSame(told, known)) await this.#pauses.afterFruitless(askedAt);
      } catch (error) {
        if (this.#isClosed) return;
        this.#options.onTrouble(error);
        await this.#pauses.wait(troubleMs);
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#pauses.end();
    this.#watcher?.close();
  }

  /** Waits until there is more than is known, but not for ever. */
  async #hear(known: FeedPosition): Promise<FeedPage> {
    const { open, onTrouble } = this.#options;
    const policy = { ...retryForever(onTrouble), onlyAfterSuccess: false, reopen: open };
    this.#watcher ??= new ReconnectingMailbox(await open(), policy);
    if (this.#isClosed) this.#watcher.close();
    return await this.#watcher.ask(async (mailbox) =>
      await (await mailbox.filed()).waitForChanges(known)
    );
  }

  /** Takes in what was heard. False: there is more to it, or more was taken in meanwhile. */
  #takePage(known: FeedPosition, { position, reset, messages, gone, more }: FeedPage): boolean {
    const { since, folders } = this.#position;
    if (!reset && position.since <= since && position.folders === folders) return true;
    const isAll = !reset && !more && position.folders === folders;
    if (!isAll || !isSame(known, this.#position)) return false;
    return this.#take(messages, gone, position);
  }

  #takeAnswers(changed: readonly FiledMessage[]): boolean {
    const { since, known } = this.#position;
    const fresh = changed.filter(({ modseq }) => modseq > since)
      .sort((a, b) => a.modseq - b.modseq);
    const isAll = since === known && fresh.every(({ modseq }, at) => modseq === since + 1 + at);
    if (!isAll) return false;
    const until = since + fresh.length;
    return this.#take(fresh, [], { ...this.#position, since: until, known: until });
  }

  /** False: a message is in a folder that is not known. */
  #take(
    messages: readonly FiledMessage[],
    gone: readonly EntryId[],
    position: FeedPosition,
  ): boolean {
    const taken = messages.map(filedMailOf);
    if (!taken.every(({ folder }) => this.#isFolder(folder))) return false;
    this.#apply({
      isReset: false,
      messages: new Map(taken.map((mail) => [mail.id, mail])),
      gone: new Set(gone),
      list: this.#list,
    }, position);
    return true;
  }

  #isFolder(folder: FiledMail["folder"]): boolean {
    return typeof folder === "string" || this.#list.folders.some(({ id }) => id === folder);
  }

  async #read(): Promise<void> {
    const { update, position } = await this.#options.mailbox.ask(async (mailbox) => {
      const reading = new Reading(await mailbox.filed(), this.#position, this.#list, this.state);
      return await reading.all();
    });
    this.#apply(update, position);
  }

  #apply(update: Omit<StateUpdate, "modseq">, position: FeedPosition): void {
    const isChanged = this.state.apply({ ...update, modseq: position.since });
    this.#position = position;
    this.#list = update.list;
    if (isChanged) { for (const listener of [...this.#listeners]) listener(); }
  }
}

function isSame(a: FeedPosition, b: FeedPosition): boolean {
  return a.since === b.since && a.folders === b.folders;
}

const troubleMs = 5_000;

/** What changed behind a position, read to its end. */
class Reading {
  readonly #filed: FiledMailbox;
  readonly #messages = new Map<EntryId, FiledMail>();
  readonly #gone = new Set<EntryId>();
  #position: FeedPosition;
  #list: FolderList;
  #isReset: boolean;
  readonly #before: FolderState;

  constructor(
    filed: FiledMailbox,
    position: FeedPosition,
    list: FolderList,
    before: FolderState,
  ) {
    this.#filed = filed;
    this.#before = before;
    this.#position = position;
    this.#list = list;
    this.#isReset = position.since === 0;
  }

  async all() {
    const { folders } = this.#position;
    await this.#readPages();
    if (this.#position.folders !== folders) this.#list = await this.#filed.folders();
    if (await this.#takeBack()) await this.#readPages();
    return {
      position: this.#position,
      update: {
        isReset: this.#isReset,
        messages: this.#messages,
        gone: this.#gone,
        list: this.#list,
      },
    };
  }

  async #readPages(): Promise<void> {
    for (let more = true; more;) {
      const page = await this.#filed.changes(this.#position);
      ({ more } = page);
      this.#position = page.position;
      if (page.reset) this.#beginAnew();
      for (const id of page.gone) this.#lose(id);
      for (const message of page.messages) {
        this.#messages.set(message.id, filedMailOf(message));
        this.#gone.delete(message.id);
      }
    }
  }

  #beginAnew(): void {
    this.#isReset = true;
    this.#messages.clear();
    this.#gone.clear();
  }

  #lose(id: EntryId): void {
    this.#messages.delete(id);
    this.#gone.add(id);
  }

  /**
   * Files what is in a folder that is in no list, as a machine leaves it that was stopped while another one deleted the
   * folder, in its box's own: there it needs a UID above those that are there. A login that may not leaves it.
   */
  async #takeBack(): Promise<boolean> {
    const lost = this.#lost();
    for (const [fromFolder, messages] of Map.groupBy(lost, ({ folder }) => folder as number)) {
      try {
        await this.#filed.change(messages.map(({ id }) => id), { folder: 0, fromFolder });
      } catch (error) {
        if (!isFailure(error, "denied")) throw error;
        return false;
      }
    }
    return lost.length > 0;
  }

  #lost(): FiledMail[] {
    const known = new Set<FiledMail["folder"]>(this.#list.folders.map(({ id }) => id));
    const isLost = ({ folder }: FiledMail) => typeof folder === "number" && !known.has(folder);
    const deleted = this.#before.folders.filter(({ key }) =>
      typeof key === "number" && !known.has(key)
    ).flatMap(({ key }) => this.#before.messages(key));
    const untold = deleted.filter(({ id }) => !this.#messages.has(id) && !this.#gone.has(id));
    return [...this.#messages.values().filter(isLost), ...untold];
  }
}
