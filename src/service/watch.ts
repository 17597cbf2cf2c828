/** The use cases of waiting: for mail, for what becomes of one's own, and for any change. Nobody asks the store again and again: it tells when to look. */
import type { AccountName } from "../model/address.ts";
import type { EntryId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { Account } from "../store/account_store.ts";
import type { Changes } from "../store/filing_store.ts";
import type { Entry } from "../store/mailbox_store.ts";
import type { Actor } from "../store/store.ts";
import type { WatchStore } from "../store/watch_store.ts";
import type { Filings } from "./filing.ts";
import type { Mail, StoredSentState } from "./mail.ts";
import type { NewMailQuery } from "./mail_requests.ts";

export class Watch {
  readonly #store: WatchStore;
  readonly #mail: Mail;
  readonly #looks = new SharedLooks();

  constructor(store: WatchStore, mail: Mail) {
    this.#store = store;
    this.#mail = mail;
  }

  /** Lists new mail as soon as there is any; an empty page once `over` says that it is over. */
  wait(
    account: Account,
    wanted: NewMailQuery,
    over: AbortSignal,
    reader: MailReader = { mail: this.#mail, senders: null },
  ): Promise<{ entries: Entry[]; more: boolean }> {
    const look = () => reader.mail.newMail(account, wanted);
    const senders = reader.senders?.join(" ") ?? "*"; // no account is called so
    const subject = `${whose(account)} mail ${wanted.after} ${wanted.unread} ${senders}`;
    return this.#watch(account, { subject, look, isNews: (page) => page.entries.length > 0 }, over);
  }

  /**
   * Shows something sent as soon as it is further than is known: that it waits no more, receipts, what came
   * back; null: at once. @throws {MailError} `no_such_message`
   */
  waitForRead(
    account: Account,
    { id, known }: { readonly id: EntryId; readonly known: number | null },
    over: AbortSignal,
    { mail }: MailReader = { mail: this.#mail, senders: null },
  ): Promise<StoredSentState> {
    const look = () => mail.sent(account, id);
    const isNews = (state: StoredSentState) => known === null || progressOf(state) > known;
    return this.#watch(account, { subject: `${whose(account)} sent ${id}`, look, isNews }, over);
  }

  /** Tells what changed in a mailbox as soon as anything has, the list of folders too; a page without changes once it is over. */
  waitForChanges(
    account: Account,
    { since, folders, senders }: KnownChanges,
    over: AbortSignal,
    filings: Pick<Filings, "changes">,
  ): Promise<Changes> {
    const query = { since, known: since, limit: limits.maxFilingsPerRequest, aside: false };
    return this.#watch(account, {
      subject: `${whose(account)} changes ${since} ${folders} ${senders?.join(" ") ?? "*"}`,
      look: () => filings.changes(account, query, senders),
      isNews: (page) => page.reset || page.modseq > since || page.folders !== folders,
      watch: (listener) => this.#store.watchChanges(account.id, listener),
    }, over);
  }

  /**
   * Looks again whenever the store says that it may be worth it, until there is news or it is over. The first look is
   * the caller's own, so that it shows what the caller did before; later ones are shared.
   */
  async #watch<T>(
    account: Account,
    { subject, look, isNews, watch = (heard) => this.#store.watch(account.id, heard) }: Watched<T>,
    over: AbortSignal,
  ): Promise<T> {
    const bell = new Bell();
    const onOver = () => bell.ring();
    const stopWatching = watch(() => { // before the first look
      this.#looks.outdate(subject);
      bell.ring();
    });
    over.addEventListener("abort", onOver);
    try {
      let found = await look();
      while (!isNews(found) && !over.aborted) {
        await bell.rung();
        if (!over.aborted) found = await this.#looks.share(subject, look);
      }
      return found;
    } finally {
      stopWatching();
      over.removeEventListener("abort", onOver);
    }
  }
}

/** Whose mail somebody may see: of these senders; null: all. */
export interface MailReader {
  readonly mail: Pick<Mail, "newMail" | "sent">;
  readonly senders: readonly AccountName[] | null;
}

/** What somebody knows of a mailbox who waits for its changes. */
interface KnownChanges {
  readonly since: number;
  /** The version of the list of folders. */
  readonly folders: number;
  readonly senders: MailReader["senders"];
}

/** What somebody waits for. */
interface Watched<T> {
  /** Names the account and what is looked for; the same for everybody who would look alike. */
  readonly subject: string;
  readonly look: () => Promise<T>;
  readonly isNews: (found: T) => boolean;
  /** Calls `heard` whenever it is worth a look, until what it returns is called. Absent: when mail comes. */
  readonly watch?: (heard: () => void) => () => void;
}

/** A look is shared by sessions of one device, and of the account as it is now: where it fails, they all end. */
function whose({ id, epoch, device }: Actor): string {
  return `${id} ${epoch} ${device?.toHex() ?? ""}`;
}

function progressOf({ entry: { deliveries, heldUntil }, bounced }: StoredSentState): number {
  const receipts = deliveries.filter(({ receipt }) => receipt !== null);
  return receipts.length + bounced.length + (heldUntil === null ? 1 : 0);
}

/** Remembers that it rang until somebody has heard it. */
class Bell {
  #next = Promise.withResolvers<void>();

  ring(): void {
    this.#next.resolve();
  }

  async rung(): Promise<void> {
    await this.#next.promise;
    this.#next = Promise.withResolvers();
  }
}

/** Looks at the store under way, one for all who heard that the same thing may have changed; by what they look for. */
class SharedLooks {
  readonly #underWay = new Map<string, Promise<unknown>>();

  /** Lets nobody join the look under way: it may have missed what the store tells now. */
  outdate(subject: string): void {
    this.#underWay.delete(subject);
  }

  /** Joins the look under way, or begins one. Looks for the same subject have the same result type. */
  share<T>(subject: string, look: () => Promise<T>): Promise<T> {
    const joined = this.#underWay.get(subject);
    if (joined !== undefined) return joined as Promise<T>;
    const begun = look().finally(() => {
      if (this.#underWay.get(subject) === begun) this.#underWay.delete(subject);
    });
    this.#underWay.set(subject, begun);
    return begun;
  }
}
