/** The mailbox as a device sees it that may read the mail of some senders only: nothing else is there. */
import type { AccountName } from "../model/address.ts";
import type { EntryId } from "../model/ids.ts";
import type { Account } from "../store/account_store.ts";
import { noSuchMessage } from "../store/failures.ts";
import type { Entry, ListPage } from "../store/mailbox_store.ts";
import type { Mail } from "./mail.ts";
import type { MailQuery, MarkedRead, NewMailQuery, SavedSummaries } from "./mail_requests.ts";

/** What reads mail. */
export type ReadableMail = Pick<
  Mail,
  "list" | "newMail" | "look" | "fetch" | "sent" | "notices" | "markRead" | "saveSummaries"
>;

export class MailOfSenders implements ReadableMail {
  readonly #mail: Mail;
  readonly #senders: ReadonlySet<AccountName>;

  constructor(mail: Mail, senders: readonly AccountName[]) {
    this.#mail = mail;
    this.#senders = new Set(senders);
  }

  /** As `Mail.list`; `total` and `unread` count the whole box. */
  async list(account: Account, query: MailQuery): Promise<ListPage & { readonly more: boolean }> {
    const wanted = [...this.#senders].filter((name) => query.from === null || query.from === name);
    const ask = (from: AccountName) => this.#mail.list(account, { ...query, from });
    const pages = await Promise.all(wanted.map(ask));
    if (pages.length === 0) {
      const { total, unread } = await this.#mail.list(account, { ...query, limit: 1 });
      return { total, unread, entries: [], more: false };
    }
    const floor = Math.max(0, ...pages.map(lastOfCut)); // below it a page that was cut may have more
    const all = pages.flatMap(({ entries }) => entries).toSorted((a, b) => b.id - a.id);
    const entries = all.filter(({ id }) => id >= floor).slice(0, query.limit);
    const more = entries.length > 0 && (floor > 0 || entries.length < all.length);
    return { ...pages[0]!, entries, more };
  }

  async newMail(
    account: Account,
    query: NewMailQuery,
  ): Promise<{ entries: Entry[]; more: boolean }> {
    for (let { after } = query;;) {
      const page = await this.#mail.newMail(account, { ...query, after });
      const entries = page.entries.filter(({ from }) => this.#senders.has(from));
      if (entries.length > 0 || !page.more) {
        return { entries, more: page.more && entries.length > 0 };
      }
      after = page.entries.at(-1)!.id;
    }
  }

  async look(account: Account, ids: readonly EntryId[]): Promise<Entry[]> {
    const entries = await this.#mail.look(account, ids);
    this.#requireAll(entries);
    return entries;
  }

  async fetch(account: Account, id: EntryId) {
    await this.look(account, [id]);
    return await this.#mail.fetch(account, id);
  }

  async sent(account: Account, id: EntryId) {
    await this.look(account, [id]);
    return await this.#mail.sent(account, id);
  }

  async notices(account: Account, ids: readonly EntryId[]) {
    return await this.#mail.notices(account, await this.#own(account, ids, (id) => id));
  }

  async markRead(account: Account, read: readonly MarkedRead[]): Promise<void> {
    await this.#mail.markRead(account, await this.#own(account, read, ({ id }) => id));
  }

  async saveSummaries(
    account: Account,
    { summaries, keyring }: SavedSummaries,
    address: string,
  ): Promise<void> {
    const own = await this.#own(account, summaries, ({ id }) => id);
    await this.#mail.saveSummaries(account, { summaries: own, keyring }, address);
  }

  #requireAll(entries: readonly Entry[]): void {
    const others = entries.filter(({ from }) => !this.#senders.has(from)).map(({ id }) => id);
    if (others.length > 0) throw noSuchMessage(others);
  }

  /** Those that are about mail of the senders. */
  async #own<T>(account: Account, all: readonly T[], idOf: (one: T) => EntryId): Promise<T[]> {
    const from = await this.#mail.sendersOf(account, all.map(idOf));
    return all.filter((one) => this.#senders.has(from.get(idOf(one))!));
  }
}

/** The last id of a page that has more behind it; 0 for one that has not. */
function lastOfCut(
  { entries, more }: { readonly entries: readonly Entry[]; more: boolean },
): number {
  return more ? entries.at(-1)!.id : 0;
}
